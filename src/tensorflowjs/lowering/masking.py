"""Masks of time steps, as each version of Keras sends them from layer to layer.

A mask is a value beside another one: true for the steps that count. Layers hand it on, end it, combine those of
several inputs, or make new ones; which class does what stands in `catalog.masks`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.layers import attention
from tensorflowjs.ir.layers import Ref, refs_in
from tensorflowjs.lowering.functions import as_bool, broadcast_to, concat, full, sizes_of
from tensorflowjs.lowering.values import BOOL, Mask, Traced

if TYPE_CHECKING:
    from tensorflowjs.lowering.engine import Site

# ---------------------------------------------------------------------------- what a call gets


def given(site: Site) -> tuple[Mask, ...]:
    """The masks that a call computes with, one for each input."""
    if site.layer.class_name in table.ATTENTION:
        return _given_to_attention(site)
    if not _is_told(site):
        return ()
    masks: list[Mask] = [site.carried.get(ref) for ref in refs_in(site.call.args)]
    explicit = site.kwargs.get("mask")
    if isinstance(explicit, Traced):
        masks[:1] = [as_bool(explicit)]
    elif isinstance(explicit, list):
        for index, value in enumerate(explicit[: len(masks)]):
            masks[index] = as_bool(value) if isinstance(value, Traced) else masks[index]
    return tuple(masks)


def _is_told(site: Site) -> bool:
    """Whether the layer gets to know masks: Keras 3 forgets them in calls with an initial state."""
    call = site.call
    if site.generation == 2 or site.layer.class_name not in table.RECURRENT or isinstance(call.kwargs.get("mask"), Ref):
        return True
    return len(list(refs_in(call.args))) + len(list(refs_in(call.kwargs.get("initial_state")))) == 1


def _given_to_attention(site: Site) -> tuple[Mask, ...]:
    """Masks of query, value and key."""
    site.roles = attention.roles(site.layer, site.call)
    carried = [site.carried.get(ref) for ref in site.roles]
    if site.layer.class_name in ("Attention", "AdditiveAttention"):
        explicit = attention.list_arguments(site.call).get("mask")
        if not isinstance(explicit, list):
            return tuple(carried)
        return tuple(as_bool(site.values[mask]) if isinstance(mask, Ref) else None for mask in explicit)
    if site.layer.class_name == "MultiHeadAttention" and not table.reaches_heads(site.version):
        return ()
    given = attention.multi_head_arguments(site.call)
    named = [given.get(f"{role}_mask") for role in ("query", "value", "key")]
    return tuple(
        as_bool(site.values[mask]) if isinstance(mask, Ref) else own for own, mask in zip(carried, named, strict=True)
    )


# ---------------------------------------------------------------------------- what comes out


def handed_on(site: Site) -> list[Mask]:
    """Masks of the outputs of one call."""
    name = site.layer.class_name
    masks = given(site) if name in table.ATTENTION else _carried(site)
    first = masks[0] if masks else None
    in_list = bool(site.call.args) and isinstance(site.call.args[0], list)
    if all(mask is None for mask in masks) or (in_list and not table.lists_keep_masks(site.version)):
        return []
    if name in table.RECURRENT:
        return _of_recurrent(site, first)
    if name in table.MERGES:
        return [_merged(site, masks)]
    if name == "Concatenate":
        return [_concatenated(site, masks)]
    if name in table.ATTENTION:
        return [first]
    return [first] if table.keeps(name, site.generation) else []


def _carried(site: Site) -> tuple[Mask, ...]:
    """Those that come with the inputs, or as arguments, whether or not the layer computes with them."""
    masks: list[Mask] = [site.carried.get(ref) for ref in refs_in(site.call.args)]
    told = given(site)
    return tuple(told) if told else tuple(masks)


def _of_recurrent(site: Site, mask: Mask) -> list[Mask]:
    """Whole sequences keep the mask, last outputs and states have none."""
    inner = site.layer.children.get("forward_layer", site.layer)
    if not inner.config.get("return_sequences"):
        return []
    both = site.layer.class_name == "Bidirectional" and site.config.get("merge_mode", "concat") is None
    return [mask, mask] if both else [mask]


def _merged(site: Site, masks: Sequence[Mask]) -> Mask:
    present = [mask for mask in masks if mask is not None]
    if table.merges_any(site.version):
        return _combined(present, Traced.__or__) if len(present) == len(masks) else None
    return _combined(present, Traced.__and__)


def _combined(masks: Sequence[Traced], combine: Callable[[Traced, Traced], Traced]) -> Traced:
    result = masks[0]
    for mask in masks[1:]:
        result = result if mask is result else combine(result, mask)
    return result


def _concatenated(site: Site, masks: Sequence[Mask]) -> Traced:
    """As large as the inputs and put together like them, a step counts if all of it does; from 3.4 on, if any does."""
    inputs, axis = site.inputs, site.config.get("axis", -1) % site.x.rank
    any_counts = table.merges_any(site.version)
    if axis == 1 and all(mask is None or mask.rank == 2 for mask in masks) and site.x.rank > 2:
        return concat([_whole(x, mask) for x, mask in zip(inputs, masks, strict=True)], 1)
    if axis == site.x.rank - 1 and all(mask is None or mask.rank == axis for mask in masks):
        return _beside(inputs, masks, any_counts)
    full_masks = [_as_large(x, mask) for x, mask in zip(inputs, masks, strict=True)]
    return concat(full_masks, axis).reduce("Any" if any_counts else "All", [-1])


def _beside(inputs: Sequence[Traced], masks: Sequence[Mask], any_counts: bool) -> Traced:
    present = [mask for mask in masks if mask is not None]
    if any_counts and len(present) < len(masks):
        return full(inputs[0], sizes_of(inputs[0])[:-1], True, BOOL)
    return _combined(present, Traced.__or__ if any_counts else Traced.__and__)


def _whole(x: Traced, mask: Mask) -> Traced:
    return full(x, sizes_of(x)[:2], True, BOOL) if mask is None else mask


def _as_large(x: Traced, mask: Mask) -> Traced:
    if mask is None:
        return full(x, sizes_of(x), True, BOOL)
    while mask.rank < x.rank:
        mask = mask.expand(-1)
    return broadcast_to(mask, sizes_of(x))
