"""Convolutions: channels first, in groups, with strides and dilations at once."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import integers, text
from tensorflowjs.passes.rewrites.channels import channels_first, moved
from tensorflowjs.passes.rewrites.site import Rule, Site


def conv2d(at: Site) -> Value | None:
    if channels_first(at.old):
        return moved(at)
    return _complete(at) or _in_groups(at) or _strided_and_dilated(at) or _uneven(at)


def depthwise(at: Site) -> Value | None:
    if channels_first(at.old):
        return moved(at)
    return _complete(at) or _strided_and_dilated(at) or _uneven(at)


def conv3d(at: Site) -> Value | None:
    return moved(at) if channels_first(at.old) else _complete(at)


def conv2d_transposed(at: Site) -> Value | None:
    return moved(at, data=2, sizes=(0,)) if channels_first(at.old) else None


def _complete(at: Site) -> Value | None:
    """TF.js has no defaults for these."""
    rank = 5 if at.old.op == "Conv3D" else 4
    data_format = b"NDHWC" if rank == 5 else b"NHWC"
    defaults = {"dilations": [1] * rank, "data_format": data_format}
    missing = {key: value for key, value in defaults.items() if key not in at.old.attrs}
    return at.again(*at.inputs, **missing) if missing else None  # type: ignore[arg-type]


def _in_groups(at: Site) -> Value | None:
    """Conv2D whose kernel takes fewer channels than there are -> Split, Conv2D each, ConcatV2

    or, for one channel in each group, DepthwiseConv2dNative.
    """
    x, kernel = at.inputs
    channels, shape = at.shapes.dim(x, 3), at.shapes.of(kernel)
    if channels is None or shape is None or shape[2] is None or shape[3] is None or channels == shape[2]:
        return None
    groups = channels // shape[2]
    if shape[2] == 1:
        sizes = at.sizes(kernel)
        assert sizes is not None
        per_channel = at.reshape(kernel, at.packed([*sizes[:2], channels, shape[3] // channels]))
        attrs = {key: value for key, value in at.old.attrs.items() if key != "use_cudnn_on_gpu"}
        return at("DepthwiseConv2dNative", x, per_channel, **attrs)
    parts = at.node("Split", at.ints(3), x, num_split=groups)
    kernels = at.node("Split", at.ints(3), kernel, num_split=groups)
    return at.concat([at.again(parts.value(group), kernels.value(group)) for group in range(groups)], 3)


def _strided_and_dilated(at: Site) -> Value | None:
    """A convolution with strides and dilations -> Pad, the convolution with dilations only, StridedSlice"""
    strides, dilations = integers(at.old, "strides"), integers(at.old, "dilations", [1] * 4)
    if max(strides) == 1 or max(dilations) == 1:
        return None
    x, kernel = at.inputs
    pads = _pads(at, x, kernel, strides, dilations)
    if pads is None:
        return None
    if any(map(any, pads)):
        x = at("Pad", x, at.const(pads, "int32"))
    full = at.again(x, kernel, strides=[1] * 4, padding=b"VALID", explicit_paddings=[])
    masks = {"begin_mask": 15, "end_mask": 15, "ellipsis_mask": 0, "new_axis_mask": 0, "shrink_axis_mask": 0}
    return at("StridedSlice", full, at.ints([0] * 4), at.ints([0] * 4), at.ints(strides), **masks)


def _uneven(at: Site) -> Value | None:
    """SAME that adds rows along one axis while strides jump over the last ones of the other -> the same as EXPLICIT

    The WebAssembly backend would take what strides jump over for something to add, and answer with zeros.
    """
    if text(at.old, "padding") != "SAME" or not _jumps_unevenly(at):
        return None
    x, kernel = at.inputs
    strides, dilations = integers(at.old, "strides"), integers(at.old, "dilations", [1] * 4)
    pads = _pads(at, x, kernel, strides, dilations)
    if pads is None:
        return None
    return at.again(x, kernel, padding=b"EXPLICIT", explicit_paddings=[size for pair in pads for size in pair])


def _jumps_unevenly(at: Site) -> bool:
    """Whether strides jump further than the window reaches along an axis, while along some axis rows may be added."""
    strides, dilations = integers(at.old, "strides"), integers(at.old, "dilations", [1] * 4)
    windows = [at.shapes.dim(at.inputs[1], axis) for axis in (0, 1)]
    reaches = [None if size is None else (size - 1) * dilations[axis] + 1 for axis, size in enumerate(windows, 1)]
    jumps = [reach is not None and reach < strides[axis] for axis, reach in enumerate(reaches, 1)]
    return any(jumps) and not all(reach == 1 for reach in reaches)


def _pads(
    at: Site, x: Value, kernel: Value, strides: Sequence[int], dilations: Sequence[int]
) -> list[tuple[int, int]] | None:
    """What a convolution adds at the edges of each axis."""
    padding = text(at.old, "padding")
    if padding == "EXPLICIT":
        flat = integers(at.old, "explicit_paddings")
        return [(flat[2 * axis], flat[2 * axis + 1]) for axis in range(4)]
    if padding == "VALID":
        return [(0, 0)] * 4
    pads = [(0, 0)] * 4
    for axis in (1, 2):
        size, window = at.shapes.dim(x, axis), at.shapes.dim(kernel, axis - 1)
        if size is None or window is None:
            return None
        reach = (window - 1) * dilations[axis] + 1
        total = max((math.ceil(size / strides[axis]) - 1) * strides[axis] + reach - size, 0)
        pads[axis] = (total // 2, total - total // 2)
    return pads


RULES: dict[str, Rule] = {
    "Conv2D": conv2d,
    "DepthwiseConv2dNative": depthwise,
    "Conv3D": conv3d,
    "Conv2DBackpropInput": conv2d_transposed,
}
