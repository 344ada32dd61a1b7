"""What a StridedSlice asks for, axis by axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorflowjs.ir.graph import Node
from tensorflowjs.passes.building import integer
from tensorflowjs.passes.dims import Dim


@dataclass(frozen=True)
class Cut:
    """What becomes of one axis of the input: a part of it, or one index, after which it is gone.

    `begin` and `end` are as in the op, None where a mask says "from the edge"; `known` is False where they are
    computed when the model runs. A new axis of size 1 has no `axis`.
    """

    axis: int | None
    begin: Dim = None
    end: Dim = None
    step: int = 1
    index: bool = False
    known: bool = True

    @property
    def is_whole(self) -> bool:
        """Whether all of an axis is taken, whatever its size."""
        if self.axis is None or self.index or not self.known or self.step != 1:
            return False
        return self.begin in (None, 0) and (self.end is None or self.end == 2**31 - 1)

    def is_all_of(self, size: Dim) -> bool:
        """Whether all of an axis of that size is taken."""
        if self.is_whole:
            return True
        if size is None or self.axis is None or self.index or not self.known or self.step != 1:
            return False
        return self.range_of(size) == range(size)

    def range_of(self, size: int) -> range:
        return range(*slice(self.begin, self.end, self.step).indices(size))


def cuts(node: Node, rank: int, begin: Sequence[Dim], end: Sequence[Dim], strides: Sequence[Dim]) -> list[Cut] | None:
    """One for each axis of the output or input, in order; None if the strides are not known, or do not fit."""
    masks = {key: integer(node, f"{key}_mask") for key in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    specs = len(begin)
    taken = sum(not (masks["new_axis"] >> at & 1 or masks["ellipsis"] >> at & 1) for at in range(specs))
    found: list[Cut] = []
    axis = 0
    for at in range(specs):
        step = strides[at]
        if masks["ellipsis"] >> at & 1:
            found += [Cut(axis + each) for each in range(rank - taken)]
            axis += rank - taken
        elif masks["new_axis"] >> at & 1:
            found.append(Cut(None))
        elif axis >= rank or not step:
            return None
        else:
            found.append(_cut(axis, at, masks, begin[at], end[at], step))
            axis += 1
    return found + [Cut(each) for each in range(axis, rank)]


def _cut(axis: int, at: int, masks: dict[str, int], begin: Dim, end: Dim, step: int) -> Cut:
    if masks["shrink_axis"] >> at & 1:
        return Cut(axis, begin, index=True, known=begin is not None)
    from_edge, to_edge = bool(masks["begin"] >> at & 1), bool(masks["end"] >> at & 1)
    known = (from_edge or begin is not None) and (to_edge or end is not None)
    return Cut(axis, None if from_edge else begin, None if to_edge else end, step, known=known)
