"""THE list of what the optimiser does, in order: stages, each repeated until nothing changes any more."""

from __future__ import annotations

from collections.abc import Collection

from tensorflowjs.errors import UsageError
from tensorflowjs.passes.optimising import identities
from tensorflowjs.passes.optimising.passes import Pass

STAGES: dict[str, tuple[Pass, ...]] = {
    "simplify": (identities.PASS,),
    "fold": (identities.PASS,),
    "fuse": (identities.PASS,),
}

NAMES: tuple[str, ...] = tuple(dict.fromkeys(each.name for stage in STAGES.values() for each in stage))


def chosen(only: Collection[str] | None, without: Collection[str]) -> list[tuple[Pass, ...]]:
    """The stages with only those passes (all, if None) that the user wants."""
    unknown = [name for name in (*(only or ()), *without) if name not in NAMES]
    if unknown:
        raise UsageError(
            f"There is no pass named {', '.join(map(repr, unknown))}.", hint=f"There are: {', '.join(NAMES)}."
        )
    wanted = set(NAMES if only is None else only) - set(without)
    return [tuple(each for each in stage if each.name in wanted) for stage in STAGES.values()]
