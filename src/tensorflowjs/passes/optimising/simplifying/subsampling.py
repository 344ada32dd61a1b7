"""Every second row of every second row is every fourth, however it is spelled."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, integers
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.strides import cuts

Ranges = list[range | None]  # for each axis: which of its indices are taken; None: all of them


def pool(at: Spot) -> Value | None:
    """A pool over windows of one element leaves out what its strides pass over.

    %y = AvgPool(%x) {ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1]}
                                                ->  %y = StridedSlice(%x, ...) (every second of both axes)
    """
    dims, strides = at.shapes.of(at.x), integers(at.old, "strides")
    if dims is None or len(strides) != len(dims) or integers(at.old, "ksize") != [1] * len(dims):
        return None
    if any(stride > 1 and dim is None for stride, dim in zip(strides, dims, strict=True)):
        at.missed("the size of an axis is not known")
        return None
    return _taken(at, at.x, [range(0, dim or 0, by) if by > 1 else None for dim, by in zip(dims, strides, strict=True)])


def merge(at: Spot) -> Value | None:
    """One StridedSlice does what two do; and padding that is cut off again need not be added.

    %p = Pad(%x, %widths) (one row behind)
    %a = StridedSlice(%p, ...) (from the second row on)
    %y = StridedSlice(%a, ...) (every second)   ->  %y = StridedSlice(%x, ...) (every second, from the second on)
    """
    outer = _ranges(at, at.old)
    node = at.x.node
    if outer is None or at.x.index:
        return None
    if node.op == "StridedSlice":
        inner = _ranges(at, node)
        if inner is None:
            return None
        return _taken(at, node.inputs[0], [_of(*pair) for pair in zip(inner, outer, strict=True)])
    return _unpadded(at, node, outer) if node.op in ("Pad", "PadV2", "MirrorPad") else None


def _ranges(at: Spot, node: Node) -> Ranges | None:
    """What a StridedSlice takes, if it is known and leaves all axes."""
    dims = at.shapes.of(node.inputs[0])
    begin, end, strides = (at.shapes.numbers(value) for value in node.inputs[1:4])
    if dims is None or begin is None or end is None or strides is None:
        return None
    found = cuts(node, len(dims), begin, end, strides)
    if found is None or any(cut.axis is None or cut.index or not cut.known or cut.step < 0 for cut in found):
        return None
    ranges: Ranges = []
    for cut, dim in zip(found, dims, strict=True):
        if not cut.is_whole and dim is None:
            return None
        ranges.append(None if cut.is_whole else cut.range_of(dim or 0))
    return ranges


def _of(inner: range | None, outer: range | None) -> range | None:
    if inner is None or outer is None:
        return outer if inner is None else inner
    return inner[outer.start : outer.stop : outer.step]


def _unpadded(at: Spot, pad: Node, outer: Ranges) -> Value | None:
    widths, dims = constant(pad.inputs[1]), at.shapes.of(pad.inputs[0])
    if widths is None or dims is None:
        return None
    shifted: Ranges = []
    for taken, dim, (before, after) in zip(outer, dims, widths.tolist(), strict=True):
        if taken is None or dim is None or not len(taken):
            if before or after or taken is not None:
                return None
            shifted.append(None)
        elif taken[0] < before or taken[-1] >= before + dim:
            at.missed("some of the padding is needed")
            return None
        else:
            shifted.append(range(taken.start - before, taken[-1] + 1 - before, taken.step))
    return _taken(at, pad.inputs[0], shifted)


def _taken(at: Spot, value: Value, ranges: Sequence[range | None]) -> Value:
    """A StridedSlice that takes these indices."""
    whole = sum(1 << axis for axis, each in enumerate(ranges) if each is None)
    begin = [0 if each is None else each.start for each in ranges]
    end = [0 if each is None else (each[-1] + 1 if len(each) else each.start) for each in ranges]
    step = [1 if each is None else each.step for each in ranges]
    masks = {f"{key}_mask": 0 for key in ("ellipsis", "new_axis", "shrink_axis")}
    return at(
        "StridedSlice", value, at.ints(begin), at.ints(end), at.ints(step), begin_mask=whole, end_mask=whole, **masks
    )


PASS = Pass(
    "subsampling",
    "cutting what has been cut or padded",
    rules={**dict.fromkeys(("AvgPool", "MaxPool"), pool), "StridedSlice": merge},
)
