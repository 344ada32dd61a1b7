"""What a mask says, as a formula over values of the model: equal formulas are equal masks.

NonZero     a step counts where the whole number `source` is not 0              Embedding(mask_zero=True)
Differs     a step counts where any feature of `source` is not `value`          Masking
All, Some   a step counts if it does in all, or in any, of these
Joined      masks one behind the other along time
ALWAYS      every step counts, but there is a mask
Unclear     there is a mask, but no formula for it
None        there is no mask
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from tensorflowjs.ir.layers import Ref


@dataclass(frozen=True)
class NonZero:
    source: Ref


@dataclass(frozen=True)
class Differs:
    source: Ref
    value: float


@dataclass(frozen=True)
class All:
    parts: frozenset[Term]


@dataclass(frozen=True)
class Some:
    parts: frozenset[Term]


@dataclass(frozen=True)
class Joined:
    parts: tuple[Term, ...]


@dataclass(frozen=True)
class Unclear:
    why: str


Term = NonZero | Differs | All | Some | Joined | Unclear
Mask = Term | None

ALWAYS = All(frozenset())
NEVER = Some(frozenset())


def every(masks: Iterable[Term]) -> Term:
    """The mask of steps that count in all of `masks`."""
    parts: set[Term] = set()
    for mask in masks:
        if isinstance(mask, Unclear) or mask == NEVER:
            return mask
        parts |= mask.parts if isinstance(mask, All) else {mask}
    return next(iter(parts)) if len(parts) == 1 else All(frozenset(parts))


def some(masks: Iterable[Term]) -> Term:
    """The mask of steps that count in any of `masks`."""
    parts: set[Term] = set()
    for mask in masks:
        if isinstance(mask, Unclear) or mask == ALWAYS:
            return mask
        parts |= mask.parts if isinstance(mask, Some) else {mask}
    return next(iter(parts)) if len(parts) == 1 else Some(frozenset(parts))


def renamed(mask: Mask, now: Mapping[Ref, Ref]) -> Mask:
    """`mask` over the values that those of its formula have become."""
    return None if mask is None else _renamed(mask, now)


def _renamed(mask: Term, now: Mapping[Ref, Ref]) -> Term:
    match mask:
        case NonZero(source):
            return NonZero(now.get(source, source))
        case Differs(source, value):
            return Differs(now.get(source, source), value)
        case All(parts):
            return All(frozenset(_renamed(part, now) for part in parts))
        case Some(parts):
            return Some(frozenset(_renamed(part, now) for part in parts))
        case Joined(ordered):
            return Joined(tuple(_renamed(part, now) for part in ordered))
        case Unclear():
            return mask


def sources(mask: Mask) -> Iterator[Ref]:
    """The values that a formula looks at."""
    match mask:
        case NonZero(source) | Differs(source, _):
            yield source
        case All(parts) | Some(parts):
            for part in parts:
                yield from sources(part)
        case Joined(ordered):
            for part in ordered:
                yield from sources(part)
        case _:
            return
