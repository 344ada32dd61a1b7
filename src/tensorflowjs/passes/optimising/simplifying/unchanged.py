"""Takes out nodes that move or cut nothing, for the shape that their input turns out to have."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, flag, integer, integers
from tensorflowjs.passes.dims import all_known
from tensorflowjs.passes.optimising.passes import Pass, Rule
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.strides import cuts


def same_shape(at: Spot) -> Value | None:
    """What can only change the shape, and does not.

    %x = Placeholder() {shape: shape[?, 4]}
    %y = Reshape(%x, %to) (to: -1, 4)           ->  %x
    """
    terms = at.terms.of(at.x)
    return at.x if terms is not None and terms == at.terms.of(at.old.output) else None


def _squeeze(at: Spot) -> Value | None:
    dims = at.shapes.of(at.x)
    return at.x if dims is not None and not integers(at.old, "squeeze_dims") and _none_of(dims, 1) else None


def _none_of(dims: tuple[int | None, ...], number: int) -> bool:
    return None not in dims and number not in dims


def _all(number: int) -> Rule:
    """Widths of 0, or times of 1."""

    def rule(at: Spot) -> Value | None:
        numbers = constant(at.inputs[1])
        return at.x if numbers is not None and bool(np.all(numbers == number)) else None

    return rule


def _transpose(at: Spot) -> Value | None:
    order = all_known(at.shapes.numbers(at.inputs[1]))
    return at.x if order is not None and order == tuple(range(len(order))) else None


def _slice(at: Spot) -> Value | None:
    begin, size = (all_known(at.shapes.numbers(each)) for each in at.inputs[1:3])
    dims = at.shapes.of(at.x)
    if begin is None or size is None or dims is None or any(begin):
        return None
    return at.x if all(count in (-1, dim) for count, dim in zip(size, dims, strict=True)) else None


def _strided_slice(at: Spot) -> Value | None:
    dims = at.shapes.of(at.x)
    begin, end, strides = (at.shapes.numbers(each) for each in at.inputs[1:4])
    if dims is None or begin is None or end is None or strides is None:
        return None
    found = cuts(at.old, len(dims), begin, end, strides)
    if found is None or any(cut.axis is None for cut in found):
        return None
    return at.x if all(cut.is_all_of(dims[cut.axis or 0]) for cut in found) else None


def _alone(at: Spot) -> Value | None:
    """A ConcatV2 or AddN of one."""
    return at.x if len(at.inputs) == (2 if at.old.op == "ConcatV2" else 1) else None


def _pack(at: Spot) -> Value | None:
    return at.expand(at.x, integer(at.old, "axis")) if len(at.inputs) == 1 else None


def _unpack(at: Spot) -> Value | None:
    axis = integer(at.old, "axis")
    return at("Squeeze", at.x, squeeze_dims=[axis]) if at.shapes.dim(at.x, axis) == 1 else None


def _split(at: Spot) -> Value | None:
    return at.inputs[1] if integer(at.old, "num_split") == 1 else None


def _split_v(at: Spot) -> Value | None:
    return at.x if at.shapes.dim(at.inputs[1], 0) == 1 else None


def _gather(at: Spot) -> Value | None:
    indices = all_known(at.shapes.numbers(at.inputs[1]))
    axis = at.shapes.numbers(at.inputs[2]) if len(at.inputs) > 2 else (0,)
    if not indices or axis is None or axis[0] is None or at.shapes.rank(at.inputs[1]) != 1:
        return None
    size = None if integer(at.old, "batch_dims") else at.shapes.dim(at.x, axis[0])
    return at.x if size is not None and indices == tuple(range(size)) else None


def _reduction(at: Spot) -> Value | None:
    """One of a kind is its own sum, mean, product and extreme; without `keep_dims` only the axis goes.

    %s = Mean(%x, %axis) (axis: 1, of size 1)   ->  %s = Squeeze(%x) {squeeze_dims: [1]}
    """
    dims = at.shapes.of(at.x)
    axes = at.shapes.axes(at.inputs[1], len(dims)) if dims else None
    if dims is None or axes is None or any(dims[axis] != 1 for axis in axes):
        return None
    if flag(at.old, "keep_dims") or not axes:
        return at.x
    return at("Squeeze", at.x, squeeze_dims=[*sorted(axes)])


def _mean(at: Spot) -> Value | None:
    return None if at.is_int else _reduction(at)


def _cumulative(at: Spot) -> Value | None:
    if flag(at.old, "exclusive"):
        return None
    return _over_ones(at)


def _over_ones(at: Spot) -> Value | None:
    dims = at.shapes.of(at.x)
    axes = at.shapes.axes(at.inputs[1], len(dims)) if dims else None
    return at.x if dims and axes is not None and all(dims[axis] == 1 for axis in axes) else None


def _pool(at: Spot) -> Value | None:
    ones = all(each == 1 for key in ("ksize", "strides") for each in integers(at.old, key, [0]))
    return at.x if ones else None


def _resize(at: Spot) -> Value | None:
    return same_shape(at) if at.dtype == "float32" else None


def _block(at: Spot) -> Value | None:
    return at.x if integer(at.old, "block_size") == 1 else None


PASS = Pass(
    "unchanged",
    "nodes that move, cut or add nothing for the shape at hand",
    rules={
        **dict.fromkeys(("Reshape", "BroadcastTo", "EnsureShape"), same_shape),
        "Squeeze": _squeeze,
        **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _all(0)),
        "Tile": _all(1),
        "Transpose": _transpose,
        "Slice": _slice,
        "StridedSlice": _strided_slice,
        **dict.fromkeys(("ConcatV2", "AddN"), _alone),
        "Pack": _pack,
        "Unpack": _unpack,
        "Split": _split,
        "SplitV": _split_v,
        **dict.fromkeys(("Gather", "GatherV2"), _gather),
        **dict.fromkeys(("Sum", "Max", "Min", "Prod", "All", "Any"), _reduction),
        "Mean": _mean,
        **dict.fromkeys(("Cumsum", "Cumprod"), _cumulative),
        "ReverseV2": _over_ones,
        **dict.fromkeys(("MaxPool", "AvgPool"), _pool),
        **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor"), _resize),
        "DepthToSpace": _block,
    },
)
