"""Lists of tensors, and strings: ops that TF.js has, but reads otherwise than TensorFlow writes them."""

from __future__ import annotations

from tensorflowjs.ir.graph import Shape, Value
from tensorflowjs.passes.building import constant, integer
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def concat_list(at: Site) -> Value | None:
    """TensorListConcatV2(list, shape of elements) -> the same with the shape as an attribute, where TF.js looks"""
    shape = constant(at.inputs[1])
    if "element_shape" in at.old.attrs or shape is None:
        return None
    dims = tuple(None if int(size) < 0 else int(size) for size in shape) if shape.ndim else None
    return at.again(*at.inputs, element_shape=Shape(dims))


def gather_strings(at: Site) -> Value | None:
    """GatherV2 of strings -> GatherNd, since TF.js gathers only numbers along an axis"""
    axis = constant(at.inputs[2]) if len(at.inputs) > 2 else 0
    if type_of(at.x) != "string" or axis is None or int(axis) != 0 or integer(at.old, "batch_dims"):
        return None
    return at("GatherNd", at.x, at.expand(at.inputs[1], -1))


RULES: dict[str, Rule] = {
    "TensorListConcatV2": concat_list,
    **dict.fromkeys(("Gather", "GatherV2"), gather_strings),
}
