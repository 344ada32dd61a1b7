"""Integers where TF.js takes floats only; floats hold them exactly up to 2^24."""

from __future__ import annotations

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import integer
from tensorflowjs.passes.rewrites.channels import channels_first
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def by_floats(at: Site) -> Value | None:
    """Integers: MaxPool(x) -> Cast(MaxPool(Cast(x)))"""
    if type_of(at.x) != "int32" or not at.is_int:
        return None
    attrs = {key: Type("float32") if value == Type("int32") else value for key, value in at.old.attrs.items()}
    return at.cast(at(at.old.op, at.cast(at.x, "float32"), *at.inputs[1:], **attrs), "int32")


def depth_to_space(at: Site) -> Value | None:
    """Integers: DepthToSpace -> Reshape [b, h, w, n, n, c], Transpose, Reshape [b, h * n, w * n, c]"""
    block, sizes = integer(at.old, "block_size"), at.sizes(at.x)
    if not at.is_int or sizes is None or channels_first(at.old) or not isinstance(sizes[3], int):
        return None
    batch, height, width, channels = sizes[0], sizes[1], sizes[2], sizes[3] // (block * block)
    split = at.reshape(at.x, at.packed([batch, height, width, block, block, channels]))
    turned = at.transpose(split, [0, 1, 3, 2, 4, 5])
    rows, columns = at.product([height, block]), at.product([width, block])
    return at.reshape(turned, at.packed([batch, rows, columns, channels]))


RULES: dict[str, Rule] = {
    "MaxPool": by_floats,
    "ResizeNearestNeighbor": by_floats,
    "DepthToSpace": depth_to_space,
}
