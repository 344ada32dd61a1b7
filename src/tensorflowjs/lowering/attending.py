"""Where attention may look, and the softmax that heeds it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tensorflowjs.catalog.attending import Blind
from tensorflowjs.lowering.functions import counted, softmax, where
from tensorflowjs.lowering.values import BOOL, FLOAT, Mask, Traced

if TYPE_CHECKING:
    from tensorflowjs.lowering.engine import Site

FORBIDDEN = -1e9  # what Keras puts in the place of a score that must not count, or adds to it


def attended(scores: Traced, mask: Mask, blind: Blind, axes: Sequence[int] = (-1,)) -> Traced:
    """Weights from scores. `mask` may hold numbers: Keras 2 takes shares of what is allowed."""
    if mask is None:
        return softmax(scores, axes)
    if blind.forgets_scores and mask.dtype == BOOL:
        weights = softmax(where(mask, scores, FORBIDDEN), axes)
    else:
        weights = softmax(scores + (1.0 - mask.cast(FLOAT)) * FORBIDDEN, axes)
    return where(mask, weights, 0.0) if blind.gives_nothing and mask.dtype == BOOL else weights


def masked_softmax(site: Site, x: Traced, mask: Traced, axes: Sequence[int]) -> Traced:
    """The softmax of a layer of that name, which attention with heads uses as well when it is not fused."""
    allowed = mask if mask.dtype == BOOL or site.generation == 2 else mask > 0.5
    return attended(x, allowed, Blind.of_heads("Softmax", site.version, is_fused=False), axes)


def both(masks: Sequence[Mask]) -> Mask:
    """What all of them allow."""
    found = [mask for mask in dict.fromkeys(masks) if mask is not None]
    result = found[0] if found else None
    for mask in found[1:]:
        result = mask if result is None else result & mask
    return result


def in_order(query: Traced, key: Traced, axis: int, *, causal: bool, window: int | None = None) -> Mask:
    """By the positions of queries and keys along `axis`: no key behind the query, none too far away."""
    if not causal and window is None:
        return None
    rows = counted(query, query.size(axis)).expand(-1)
    columns = counted(key, key.size(axis)).expand(0)
    allowed: list[Mask] = [rows >= columns] if causal else []
    if window is not None:
        ahead = columns - rows
        allowed += [ahead > -window] if causal else [ahead < window, ahead > -window]
    return both(allowed)
