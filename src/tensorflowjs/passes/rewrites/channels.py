"""Ops on images with channels first, as TF.js runs them: with channels last."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Attr, Node, Value
from tensorflowjs.passes.building import constant, integers, text
from tensorflowjs.passes.rewrites.site import Rule, Site


def channels_first(node: Node) -> bool:
    return text(node, "data_format").startswith("NC") and text(node, "data_format") not in ("NCHW_VECT_C",)


def last_first(rank: int) -> list[int]:
    """The order that brings the last axis behind the first."""
    return [0, rank - 1, *range(1, rank - 1)]


def first_last(rank: int) -> list[int]:
    """The order that brings the second axis to the end."""
    return [0, *range(2, rank), 1]


def moved(at: Site, *, data: int = 0, sizes: Sequence[int] = ()) -> Value | None:
    """An op on channels first -> Transpose, the op on channels last, Transpose.

    `data` is the position of the images, `sizes` are those of inputs with a number for each of their axes.
    """
    if not channels_first(at.old):
        return None
    rank = len(text(at.old, "data_format"))
    inputs = list(at.inputs)
    inputs[data] = at.transpose(inputs[data], first_last(rank))
    for position in sizes:
        if at.shapes.dim(inputs[position], 0) == rank:
            inputs[position] = at.permuted(inputs[position], first_last(rank))
    attrs = _moved_attrs(at.old, rank)
    return at.transpose(at(at.old.op, *inputs, **attrs), last_first(rank))


def _moved_attrs(node: Node, rank: int) -> dict[str, Attr]:
    attrs = dict(node.attrs)
    for key in ("strides", "ksize", "dilations"):
        values = integers(node, key)
        if len(values) == rank:
            attrs[key] = [values[axis] for axis in first_last(rank)]
    pads = integers(node, "explicit_paddings")
    if pads:
        attrs["explicit_paddings"] = [pads[2 * axis + side] for axis in first_last(rank) for side in (0, 1)]
    attrs["data_format"] = b"NHWC" if rank == 4 else b"NDHWC"
    return attrs


def pool(at: Site) -> Value | None:
    return moved(at)


def add_bias(at: Site) -> Value | None:
    """BiasAdd on channels first -> AddV2 of the bias with an axis of size 1 for each axis behind the channels"""
    rank = at.shapes.rank(at.x)
    if not channels_first(at.old) or rank is None:
        return at("AddV2", *at.inputs) if at.old.op == "BiasAddV1" else None
    bias = at.reshape(at.inputs[1], [-1, *[1] * (rank - 2)])
    return at("AddV2", at.x, bias)


def max_pool_v2(at: Site) -> Value | None:
    """MaxPoolV2 with constant sizes -> MaxPool"""
    sizes, strides = (constant(value) for value in at.inputs[1:3])
    if sizes is None or strides is None:
        return None
    attrs: dict[str, Attr] = {
        "ksize": [int(size) for size in sizes],
        "strides": [int(stride) for stride in strides],
        "padding": at.old.attrs.get("padding", b"VALID"),
        "data_format": at.old.attrs.get("data_format", b"NHWC"),
        "explicit_paddings": [],
    }
    return at("MaxPool", at.x, **attrs)


def max_pool(at: Site) -> Value | None:
    """MaxPool with paddings of its own -> PadV2 with the lowest number, MaxPool without padding"""
    if channels_first(at.old):
        return moved(at)
    if text(at.old, "padding") != "EXPLICIT":
        return None
    pads = integers(at.old, "explicit_paddings")
    widths = at.const([pads[axis : axis + 2] for axis in range(0, len(pads), 2)], "int32")
    padded = at("PadV2", at.x, widths, at.const(-3.4028234e38, "float32"))
    return at.again(padded, *at.inputs[1:], padding=b"VALID", explicit_paddings=[])


def space_to_depth(at: Site) -> Value | None:
    """SpaceToDepth -> Reshape [b, h, n, w, n, c], Transpose, Reshape [b, h, w, n * n * c]"""
    if channels_first(at.old):
        return moved(at)
    block = at.old.attrs.get("block_size")
    sizes = at.sizes(at.x)
    if not isinstance(block, int) or sizes is None or text(at.old, "data_format", "NHWC") != "NHWC":
        return None
    batch, height, width, channels = sizes
    rows, columns = (_divided(at, size, block) for size in (height, width))
    split = at.reshape(at.x, at.packed([batch, rows, block, columns, block, channels]))
    depth = at.product([block * block, channels])
    return at.reshape(at.transpose(split, [0, 1, 3, 2, 4, 5]), at.packed([batch, rows, columns, depth]))


def _divided(at: Site, size: Value | int, by: int) -> Value | int:
    return size // by if isinstance(size, int) else at("FloorDiv", size, at.ints(by))


def depth_to_space(at: Site) -> Value | None:
    return moved(at)


def batch_to_space(at: Site) -> Value | None:
    """SpaceToBatch and BatchToSpace -> those of several axes with the same block for both"""
    block = at.old.attrs.get("block_size")
    if not isinstance(block, int):
        return None
    return at(f"{at.old.op}ND", at.x, at.ints([block, block]), at.inputs[1])


RULES: dict[str, Rule] = {
    "AvgPool": pool,
    "AvgPool3D": pool,
    "MaxPool": max_pool,
    "MaxPool3D": pool,
    "MaxPoolV2": max_pool_v2,
    "BiasAdd": add_bias,
    "BiasAddV1": add_bias,
    "SpaceToDepth": space_to_depth,
    "DepthToSpace": depth_to_space,
    "SpaceToBatch": batch_to_space,
    "BatchToSpace": batch_to_space,
}
