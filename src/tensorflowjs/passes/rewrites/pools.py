"""Windows of which the largest counts: WebAssembly takes 0 for the largest of negative numbers in these ops."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import flag, integers, text
from tensorflowjs.passes.rewrites.channels import channels_first
from tensorflowjs.passes.rewrites.site import Rule, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_PLACES = 81  # of a window whose places are taken one by one
_LOWEST = -3.4028234e38


def max_pool_3d(at: Site) -> Value | None:
    """MaxPool3D -> MaxPool over height and width of each slice, MaxPool over the depth"""
    sizes = at.sizes(at.x)
    if sizes is None or channels_first(at.old) or at.dtype != "float32":
        return None
    window, strides = integers(at.old, "ksize"), integers(at.old, "strides")
    batch, depth, height, width, channels = sizes
    slices = at.reshape(at.x, at.packed([at.product([batch, depth]), height, width, channels]))
    flat = _max_pool(at, slices, window[2:4], strides[2:4])
    _, rows, columns, _ = at.sizes(flat) or [0] * 4
    deep = at.reshape(flat, at.packed([batch, depth, at.product([rows, columns]), channels]))
    pooled = _max_pool(at, deep, [window[1], 1], [strides[1], 1])
    layers = (at.sizes(pooled) or [0] * 4)[1]
    return at.reshape(pooled, at.packed([batch, layers, rows, columns, channels]))


def _max_pool(at: Site, x: Value, window: Sequence[int], strides: Sequence[int]) -> Value:
    padding = at.old.attrs.get("padding", b"VALID")
    sizes = {"ksize": [1, *window, 1], "strides": [1, *strides, 1]}
    return at("MaxPool", x, padding=padding, data_format=b"NHWC", explicit_paddings=[], **sizes)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- place by place


@dataclass(frozen=True)
class _Side:
    """How windows lie along the height or the width."""

    size: int
    window: int
    stride: int
    rate: int
    before: int
    after: int

    @property
    def count(self) -> int:
        reach = (self.window - 1) * self.rate + 1
        return (self.size + self.before + self.after - reach) // self.stride + 1


def _sides(at: Site, window: Sequence[int], rates: Sequence[int]) -> list[_Side] | None:
    dims, strides = at.shapes.of(at.x), integers(at.old, "strides")
    if dims is None or window[0] * window[1] > _MOST_PLACES:
        return None
    sides = []
    for size, length, stride, rate in zip(dims[1:3], window, strides[1:3], rates, strict=True):
        if size is None:
            return None
        reach = (length - 1) * rate + 1
        same = text(at.old, "padding") == "SAME"
        total = max((math.ceil(size / stride) - 1) * stride + reach - size, 0) if same else 0
        sides.append(_Side(size, length, stride, rate, total // 2, total - total // 2))
    return sides


def _places(at: Site, sides: Sequence[_Side]) -> list[Value]:
    """What lies at each place of the windows, for all windows at once."""
    pads = [(0, 0), *((side.before, side.after) for side in sides), (0, 0)]
    x = at.x
    if any(map(any, pads)):
        x = at("PadV2", x, at.const(pads, "int32"), at.const(_LOWEST, "float32"))
    return [_place(at, x, sides, row, column) for row in range(sides[0].window) for column in range(sides[1].window)]


def _place(at: Site, x: Value, sides: Sequence[_Side], row: int, column: int) -> Value:
    begin = [0, row * sides[0].rate, column * sides[1].rate, 0]
    size = [-1, *((side.count - 1) * side.stride + 1 for side in sides), -1]
    taken = at.slice(x, begin, size)
    strides = [side.stride for side in sides]
    if strides == [1, 1]:
        return taken
    masks = {"begin_mask": 15, "end_mask": 15, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}
    return at("StridedSlice", taken, at.ints([0] * 4), at.ints([0] * 4), at.ints([1, *strides, 1]), **masks)


def dilation(at: Site) -> Value | None:
    """Dilation2D(x, k) -> Maximum of x + k[i, j] over all places i, j of the window"""
    kernel = at.inputs[1]
    shape = at.shapes.known(kernel)
    sides = _sides(at, shape[:2], integers(at.old, "rates")[1:3]) if shape is not None else None
    if shape is None or sides is None:
        return None
    result: Value | None = None
    for index, place in enumerate(_places(at, sides)):
        row, column = divmod(index, shape[1])
        added = at("AddV2", place, at.reshape(at.slice(kernel, [row, column, 0], [1, 1, -1]), [-1]))
        result = added if result is None else at("Maximum", result, added)
    return result


def max_pool_with_places(at: Site) -> list[Value] | None:
    """MaxPoolWithArgmax(x) -> Max and ArgMax over the places of the windows, and where in `x` those are"""
    window, channels = integers(at.old, "ksize")[1:3], at.shapes.dim(at.x, 3)
    sides = _sides(at, window, [1, 1])
    if sides is None or channels is None or at.dtype != "float32":
        return None
    places = at("Pack", *_places(at, sides), axis=0)
    largest = at("Max", places, at.ints([0]), keep_dims=False)
    which = at("ArgMax", places, at.ints(0), output_type=Type("int32"))
    row = at("AddV2", at("FloorDiv", which, at.ints(window[1])), at.const(_starts(sides[0]).reshape(-1, 1, 1), "int32"))
    column = at("AddV2", at("FloorMod", which, at.ints(window[1])), at.const(_starts(sides[1]).reshape(-1, 1), "int32"))
    flat = at("AddV2", at("Mul", row, at.ints(sides[1].size)), column)
    index = at("AddV2", at("Mul", flat, at.ints(channels)), at.ints(range(channels)))
    if flag(at.old, "include_batch_in_index"):
        index = at("AddV2", index, _batches(at, sides[0].size * sides[1].size * channels))
    return [largest, index]


def _starts(side: _Side) -> NDArray[Any]:
    """Where windows begin."""
    return np.arange(side.count) * side.stride - side.before


def _batches(at: Site, each: int) -> Value:
    count = at.gather(at.shape(at.x), at.ints(0))
    starts = at("Mul", at("Range", at.ints(0), count, at.ints(1)), at.ints(each))
    return at.reshape(starts, [-1, 1, 1, 1])


RULES: dict[str, Rule] = {
    "MaxPool3D": max_pool_3d,
    "Dilation2D": dilation,
    "MaxPoolWithArgmax": max_pool_with_places,
}
