"""Which elements of an operand an index of JAX means: what gather and scatter have in common.

An index picks a window of the operand. Axes along which the window is the whole operand stay; all others are
made one, in which an element is found by one number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorflowjs.lowering.functions import counted, product_of
from tensorflowjs.lowering.jax.walking import Site
from tensorflowjs.lowering.values import BOOL, INT, Size, Traced, binary


@dataclass(frozen=True)
class Places:
    """Where the windows are: `site` is of a gather or scatter, whose second operand holds the indices."""

    site: Site
    window: Sequence[Any]  # sizes, one for each axis of the operand
    kept: Sequence[int]  # axes of the operand that are axes of a window
    indexed: Sequence[int]  # axis of the operand for each number of an index
    batches: Sequence[tuple[int, int]]  # axes of the operand and of the indices that go together

    # ------------------------------------------------------------------------ axes

    @property
    def shape(self) -> Sequence[Any]:
        return tuple(self.site.aval().shape)

    @property
    def whole(self) -> list[int]:
        """Axes along which every window is all of the operand."""
        of_batches = [axis for axis, _ in self.batches]
        return [axis for axis in self.kept if axis not in of_batches and self._room(axis) == 0]

    @property
    def picked(self) -> list[int]:
        return [axis for axis in range(len(self.shape)) if axis not in self.whole]

    @property
    def spread(self) -> list[int]:
        """Axes of windows that are less than the operand."""
        return [axis for axis in self.kept if axis not in self.whole]

    def _room(self, axis: int) -> Any:
        """How far a window can move along an axis."""
        return self.shape[axis] - self.window[axis]

    def room(self, axis: int) -> Size:
        return self.site.size(self._room(axis))

    @property
    def loops(self) -> Sequence[Any]:
        """Sizes of the axes over which the indices run."""
        return tuple(self.site.aval(1).shape[:-1])

    # ------------------------------------------------------------------------ indices

    @property
    def starts(self) -> list[Traced]:
        """What the indices say, for each axis that is indexed."""
        indices = self.site.input(1)
        return [indices.at(-1, at) for at in range(len(self.indexed))]

    @property
    def are_inside(self) -> bool:
        """Whether it is known now that no window goes beyond the ends."""
        numbers, rooms = self.site.number(1), [self._room(axis) for axis in self.indexed]
        if numbers is None or not all(isinstance(room, int) for room in rooms):
            return not self.indexed
        return bool((numbers >= 0).all() and (numbers <= np.array(rooms)).all())

    def inside(self) -> Traced:
        """For each index, whether its window is inside the operand."""
        found = None
        for axis, start in zip(self.indexed, self.starts, strict=True):
            one = (start >= 0) & binary("LessEqual", start, self.room(axis), BOOL)
            found = one if found is None else found & one
        assert found is not None
        return found

    def elements(self) -> Traced:
        """The numbers of the elements: one for each index, and for each place along the `spread` axes."""
        site, steps = self.site, self._steps()
        more = [1] * len(self.spread)
        total: Traced | None = None
        terms = [self.clamped(axis, start) * steps[axis] for axis, start in self.moving()]
        terms += [self._row(at) * steps[axis] for axis, at in self.batches]
        for term in terms:
            total = term if total is None else total + term
        base = site.builder.ints(0) if total is None else total
        if total is None or base.rank < len(self.loops):
            base = base.reshape([1] * len(self.loops))
        base = base.reshape([*self._loop_sizes(base), *more])
        for at, axis in enumerate(self.spread):
            count = site.fixed(self.window[axis], "a window")
            along = site.builder.ints(list(range(count))).reshape(
                [count if each == at else 1 for each in range(len(more))]
            )
            base = base + along * steps[axis]
        return base

    def moving(self) -> list[tuple[int, Traced]]:
        pairs = zip(self.indexed, self.starts, strict=True)
        return [(axis, start) for axis, start in pairs if axis not in self.whole]

    def clamped(self, axis: int, start: Traced) -> Traced:
        return start if self.are_inside else start.maximum(0).minimum(self.room(axis))

    def _row(self, at: int) -> Traced:
        """0, 1, 2, ... along one of the axes of the indices."""
        size = self.site.size(self.loops[at])
        row = counted(self.site.input(1), size)
        return row.reshape([-1 if each == at else 1 for each in range(len(self.loops))])

    def _loop_sizes(self, base: Traced) -> list[Size]:
        sizes = [size if isinstance(size, int) else None for size in base.dims]
        return [self.site.size(self.loops[at]) if size is None else size for at, size in enumerate(sizes)]

    def _steps(self) -> dict[int, Size]:
        """How far apart neighbours along an axis are."""
        sizes = {axis: self.site.size(self.shape[axis]) for axis in self.picked}
        return {axis: product_of([sizes[other] for other in self.picked if other > axis]) for axis in self.picked}

    # ------------------------------------------------------------------------ the operand

    @property
    def order(self) -> list[int]:
        return [*self.picked, *self.whole]

    def flattened(self, x: Traced) -> Traced:
        """The operand with the axes that are picked from as one, the first."""
        sizes = [self.site.size(self.shape[axis]) for axis in self.whole]
        return x.transpose(self.order).reshape([self.count, *sizes])

    @property
    def count(self) -> Size:
        return product_of([self.site.size(self.shape[axis]) for axis in self.picked])


def numbers_for(x: Traced) -> Traced:
    """Values that TF.js moves on all backends: booleans as integers."""
    return x.cast(INT) if x.dtype == BOOL else x
