"""Choosing boxes and places: suppression of overlapping boxes, places of what is not zero."""

from __future__ import annotations

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import flag, is_read, number
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def suppress(at: Site) -> Value:
    """NonMaxSuppression {iou_threshold} -> NonMaxSuppressionV2, where that is an input"""
    overlap = at.const(number(at.old, "iou_threshold", 0.5), "float32")
    return at("NonMaxSuppressionV2", *at.inputs, overlap)


def count_suppressed(at: Site) -> list[Value] | None:
    """NonMaxSuppressionV5: how many boxes are left -> the size of the first output, since TF.js has but two"""
    if flag(at.old, "pad_to_max_output_size") or not is_read(at.old.value(2)):
        return None
    node = at.node(at.old.op, *at.inputs, **at.old.attrs)
    return [node.value(0), node.value(1), at("Size", node.value(0), out_type=Type("int32"))]


def where(at: Site) -> Value | None:
    """Where of numbers -> Where(x != 0), since WebAssembly looks at bytes"""
    if type_of(at.x) not in ("float32", "int32"):
        return None
    return at("Where", at("NotEqual", at.x, at.like(0, at.x)))


RULES: dict[str, Rule] = {
    "NonMaxSuppression": suppress,
    "NonMaxSuppressionV5": count_suppressed,
    "Where": where,
}
