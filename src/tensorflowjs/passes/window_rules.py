"""The shapes of what convolutions, pools, paddings and resizes return."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, integer, integers, text
from tensorflowjs.passes.dims import Dim, Dims, all_known

if TYPE_CHECKING:
    from tensorflowjs.passes.shapes import Shapes


def _pad(shapes: Shapes, value: Value) -> Dims:
    dims, widths = shapes.of(value.node.inputs[0]), constant(value.node.inputs[1])
    if dims is None or widths is None:
        return None if dims is None else (None,) * len(dims)
    return tuple(None if dim is None else dim + int(sum(pair)) for dim, pair in zip(dims, widths, strict=True))


def _window(shapes: Shapes, value: Value) -> Dims:
    """Convolutions and pools: spatial axes shrink by strides and windows, the last axis comes from the kernel."""
    node = value.node
    dims = shapes.of(node.inputs[0])
    if dims is None or text(node, "data_format", "NHWC")[:2] == "NC":
        return None if dims is None else (None,) * len(dims)
    window, channels = _window_of(shapes, node, dims)
    if window is None:
        return (dims[0], *(None,) * (len(dims) - 2), channels)
    strides = integers(node, "strides", [1] * len(dims))
    dilations = integers(node, "dilations", integers(node, "rates", [1] * len(dims)))
    pads = integers(node, "explicit_paddings")
    sizes: list[Dim] = []
    for axis in range(1, len(dims) - 1):
        added = sum(pads[2 * axis : 2 * axis + 2]) if text(node, "padding") == "EXPLICIT" and pads else 0
        sizes.append(
            _windows(dims[axis], window[axis - 1], strides[axis], dilations[axis], text(node, "padding"), added)
        )
    return (dims[0], *sizes, channels)


def _window_of(shapes: Shapes, node: Node, dims: tuple[Dim, ...]) -> tuple[tuple[Dim, ...] | None, Dim]:
    if node.op.startswith(("MaxPool", "AvgPool")):
        size = integers(node, "ksize")
        return (tuple(size[1:-1]) if size else None), dims[-1]
    kernel = shapes.of(node.inputs[1])
    if kernel is None:
        return None, None
    if node.op == "Dilation2D":
        return kernel[:2], dims[-1]
    if "Depthwise" in node.op:
        known = all_known(kernel[-2:])
        return kernel[:2], None if known is None else known[0] * known[1]
    return kernel[:-2], kernel[-1]


def _windows(dim: Dim, window: Dim, stride: int, dilation: int, padding: str, added: int) -> Dim:
    if dim is None:
        return None
    if padding == "SAME":
        return -(-dim // stride)
    if window is None:
        return None
    return -(-(dim + added - (window - 1) * dilation) // stride)


def _resize(shapes: Shapes, value: Value) -> Dims:
    dims, size = shapes.of(value.node.inputs[0]), shapes.numbers(value.node.inputs[1])
    if dims is None or len(dims) != 4:
        return None
    height, width = size if size is not None and len(size) == 2 else (None, None)
    return (dims[0], height, width, dims[3])


def _blocks(shapes: Shapes, value: Value) -> Dims:
    dims, block = shapes.of(value.node.inputs[0]), integer(value.node, "block_size", 1)
    if dims is None or len(dims) != 4 or text(value.node, "data_format", "NHWC") != "NHWC":
        return None
    batch, *sides, depth = dims
    if value.node.op == "SpaceToDepth":
        return (batch, *(side and side // block for side in sides), depth and depth * block**2)
    return (batch, *(side and side * block for side in sides), depth and depth // block**2)


WINDOWS: dict[str, Callable[[Shapes, Value], Dims]] = {
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _pad),
    **dict.fromkeys(("Conv2D", "Conv3D", "DepthwiseConv2dNative", "Dilation2D"), _window),
    **dict.fromkeys(("_FusedConv2D", "FusedDepthwiseConv2dNative"), _window),
    **dict.fromkeys(("MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D"), _window),
    **dict.fromkeys(("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea"), _resize),
    **dict.fromkeys(("SpaceToDepth", "DepthToSpace"), _blocks),
}
