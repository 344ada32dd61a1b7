"""Which mask a value carries in TF.js.

TF.js gives all outputs of a call the mask of the first, computes masks of merged inputs wrongly, and fails where
only some of the tensors to be joined along time have one.
"""

from __future__ import annotations

from tensorflowjs.catalog import masks as table
from tensorflowjs.fitting.mask_terms import ALWAYS, Differs, Joined, Mask, NonZero, Term, Unclear, every
from tensorflowjs.ir.layers import Layer, Ref

LOWEST = -3.4e38  # Masking of this leaves nothing out: a step all of whose features are this does not occur


def carried(layer: Layer, inputs: list[Ref], masks: list[Mask], rank: int) -> Mask:
    """The mask of what a call of `layer` returns; `rank` is that of its first input."""
    if layer.model is not None or not inputs:
        return None
    match layer.class_name:
        case "Embedding":
            return NonZero(inputs[0]) if layer.config.get("mask_zero") else None
        case "Masking":
            value = float(layer.config.get("mask_value") or 0)
            return ALWAYS if value == LOWEST else Differs(inputs[0], value)
        case "Concatenate":
            return _concatenated(layer, masks, rank)
        case name if name in table.RECURRENT:
            inner = layer.children.get("forward_layer", layer)
            return masks[0] if inner.config.get("return_sequences") else None
        case name if name in table.KEEP_IN_TFJS:
            return masks[0]
    return None


def _concatenated(layer: Layer, masks: list[Mask], rank: int) -> Mask:
    present = [mask for mask in masks if mask is not None]
    if not present:
        return None
    if is_last(layer.config.get("axis", -1), rank):
        return every(present)
    return Joined(tuple(present))


def is_last(axis: int, rank: int) -> bool:
    return axis in (-1, rank - 1)


def to_be_stripped(class_name: str, axis: int, masks: list[Mask], rank: int) -> bool:
    """Whether TF.js would fail or go wrong on a layer of several inputs because of their masks."""
    present: list[Term] = [mask for mask in masks if mask is not None]
    if not present:
        return False
    if class_name in table.MERGES:
        return True
    if class_name != "Concatenate":
        return False
    partly = len(present) < len(masks) and not is_last(axis, rank)
    return partly or any(isinstance(mask, Unclear | Joined) for mask in present)
