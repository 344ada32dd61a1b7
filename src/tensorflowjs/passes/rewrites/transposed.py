"""Transposed convolutions that TF.js lacks: zeros between the elements, and a convolution with the turned kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tensorflowjs.ir.graph import Attr, Value
from tensorflowjs.passes.building import integers, text
from tensorflowjs.passes.rewrites.channels import channels_first, moved
from tensorflowjs.passes.rewrites.site import Rule, Site


@dataclass(frozen=True)
class _Axis:
    """One axis of a convolution: sizes of its input and its output, and how the kernel moves over it."""

    large: int
    small: int
    window: int
    stride: int
    dilation: int
    before: int

    @property
    def pads(self) -> tuple[int, int]:
        """What is missing at the edges for the kernel, once the elements of the output stand `stride` apart."""
        reach = (self.window - 1) * self.dilation
        first = reach - self.before
        return first, self.large + reach - first - self.spread

    @property
    def spread(self) -> int:
        """The elements of the output, a stride apart."""
        return (self.small - 1) * self.stride + 1


def transposed_3d(at: Site) -> Value | None:
    """Conv3DBackpropInputV2(sizes, k, d) -> Conv3D(d with zeros in between and around, turned k)"""
    if channels_first(at.old):
        return moved(at, data=2, sizes=(0,))
    return _as_convolution(at, "Conv3D", 3)


def transposed_2d(at: Site) -> Value | None:
    """Conv2DBackpropInput with dilations -> the same with Conv2D"""
    if channels_first(at.old) or max(integers(at.old, "dilations", [1])) == 1:
        return None
    return _as_convolution(at, "Conv2D", 2)


def transposed_depthwise(at: Site) -> Value | None:
    """DepthwiseConv2dNativeBackpropInput -> DepthwiseConv2dNative each for itself, then sums over the multiplier"""
    if channels_first(at.old):
        return moved(at, data=2, sizes=(0,))
    kernel = at.shapes.known(at.inputs[1])
    axes = _axes(at, 2)
    if kernel is None or axes is None:
        return None
    rows, columns, channels, multiplier = kernel
    spread = _spread(at, at.inputs[2], axes)
    turned = at.reshape(_turned(at, at.inputs[1], 2), [rows, columns, channels * multiplier, 1])
    found = at("DepthwiseConv2dNative", spread, turned, strides=[1] * 4, padding=b"VALID", data_format=b"NHWC",
               dilations=[1, *(axis.dilation for axis in axes), 1], explicit_paddings=[])  # fmt: skip
    if multiplier == 1:
        return found
    apart = at.reshape(found, [-1, *(axis.large for axis in axes), channels, multiplier])
    return at.sum(apart, [4])


def _as_convolution(at: Site, op: str, spatial: int) -> Value | None:
    axes = _axes(at, spatial)
    if axes is None:
        return None
    order = [*range(spatial), spatial + 1, spatial]
    turned = at.transpose(_turned(at, at.inputs[1], spatial), order)
    extra: dict[str, Attr] = {"explicit_paddings": []} if op == "Conv2D" else {}
    return at(op, _spread(at, at.inputs[2], axes), turned, strides=[1] * (spatial + 2), padding=b"VALID",
              data_format=b"NHWC" if spatial == 2 else b"NDHWC",
              dilations=[1, *(axis.dilation for axis in axes), 1], **extra)  # fmt: skip


def _turned(at: Site, kernel: Value, spatial: int) -> Value:
    return at("ReverseV2", kernel, at.ints(list(range(spatial))))


def _axes(at: Site, spatial: int) -> list[_Axis] | None:
    """What is known of each axis of the image; None if a size is missing."""
    wanted, kernel, gradient = at.shapes.numbers(at.inputs[0]), at.shapes.of(at.inputs[1]), at.shapes.of(at.inputs[2])
    padding = text(at.old, "padding")
    if wanted is None or kernel is None or gradient is None:
        return None
    large = wanted if len(wanted) == spatial else wanted[1:-1]
    strides, dilations = (integers(at.old, key, [1] * (spatial + 2))[1:-1] for key in ("strides", "dilations"))
    explicit = integers(at.old, "explicit_paddings")
    axes = []
    sizes = zip(large, kernel, gradient[1:-1], strides, dilations, strict=False)
    for index, (size, window, small, stride, dilation) in enumerate(sizes):
        if size is None or window is None or small is None:
            return None
        reach = (window - 1) * dilation + 1
        before = {"VALID": 0, "SAME": max((math.ceil(size / stride) - 1) * stride + reach - size, 0) // 2}
        axes.append(
            _Axis(size, small, window, stride, dilation, before.get(padding, (explicit or [0] * 8)[2 * index + 2]))
        )
    return axes if all(min(axis.pads) >= 0 for axis in axes) else None


def _spread(at: Site, x: Value, axes: Sequence[_Axis]) -> Value:
    """`x` with its elements a stride apart and zeros around."""
    for index, axis in enumerate(axes, start=1):
        if axis.stride > 1:
            x = _apart(at, x, index, axes)
    pads = [(0, 0), *(axis.pads for axis in axes), (0, 0)]
    return at("Pad", x, at.const(pads, "int32")) if any(map(any, pads)) else x


def _apart(at: Site, x: Value, index: int, axes: Sequence[_Axis]) -> Value:
    """[.., n, ..] -> [.., n, 1, ..] -> Pad [.., n, stride, ..] -> [.., n * stride, ..] -> without the last zeros"""
    axis, rank = axes[index - 1], len(axes) + 2
    spread = [
        each.stride * (each.small - 1) + 1 if place < index - 1 else each.small for place, each in enumerate(axes)
    ]
    channels = at.sizes(x)
    assert channels is not None
    single = at.expand(x, index + 1)
    widths = [[0, axis.stride - 1] if place == index + 1 else [0, 0] for place in range(rank + 1)]
    filled = at("Pad", single, at.const(widths, "int32"))
    spread[index - 1] = axis.small * axis.stride
    joined = at.reshape(filled, at.packed([channels[0], *spread, channels[-1]]))
    size = [-1] * rank
    size[index] = axis.spread
    return at.slice(joined, [0] * rank, size)


RULES: dict[str, Rule] = {
    "Conv3DBackpropInputV2": transposed_3d,
    "Conv2DBackpropInput": transposed_2d,
    "DepthwiseConv2dNativeBackpropInput": transposed_depthwise,
}
