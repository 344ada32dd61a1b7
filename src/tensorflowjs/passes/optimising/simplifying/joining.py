"""What is cut out of what has just been joined, or joined of what has just been cut."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import integer
from tensorflowjs.passes.dims import Dim, all_known
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.strides import cuts


def concat(at: Spot) -> Value | None:
    """All the parts of a value in their order are the value; what is joined twice may be joined at once.

    %s = Split(%axis, %x) {num_split: 2}
    %y = ConcatV2(%s, %s:1, %axis)              ->  %x
    """
    *parts, axis_value = at.inputs
    rank = at.shapes.rank(parts[0])
    axes = at.shapes.axes(axis_value, rank) if rank else None
    if not axes:
        return None
    axis = axes[0]
    whole = _whole(at, parts, axis)
    if whole is not None:
        return whole
    kept = [part for part in parts if at.shapes.dim(part, axis) != 0]
    if len(kept) < len(parts) and kept:
        return at.concat(kept, axis)
    return _flat(at, parts, axis)


def _whole(at: Spot, parts: Sequence[Value], axis: int) -> Value | None:
    """What Split, SplitV has cut into just these parts."""
    node = parts[0].node
    if node.op not in ("Split", "SplitV") or any(part.node is not node for part in parts):
        return None
    data, along = (node.inputs[1], node.inputs[0]) if node.op == "Split" else (node.inputs[0], node.inputs[2])
    rank = at.shapes.rank(data)
    if not rank or at.shapes.axes(along, rank) != [axis]:
        return None
    count = integer(node, "num_split", 0)
    return data if [part.index for part in parts] == list(range(count)) else None


def _flat(at: Spot, parts: Sequence[Value], axis: int) -> Value | None:
    flat: list[Value] = []
    for part in parts:
        inner = at.own(part, "ConcatV2") if parts.count(part) == 1 else None
        if inner is not None and at.shapes.axes(inner.inputs[-1], at.shapes.rank(part) or 1) == [axis]:
            flat += inner.inputs[:-1]
        else:
            flat.append(part)
    return at.concat(flat, axis) if len(flat) > len(parts) else None


def pack(at: Spot) -> Value | None:
    """All that Unpack has taken apart, put together again."""
    node = at.x.node
    if node.op != "Unpack" or any(part.node is not node for part in at.inputs):
        return None
    data, rank = node.inputs[0], at.shapes.rank(node.inputs[0])
    if rank is None or integer(node, "axis") % rank != integer(at.old, "axis") % rank:
        return None
    in_order = [part.index for part in at.inputs] == list(range(len(at.inputs)))
    return data if in_order and at.shapes.dim(data, integer(node, "axis")) == len(at.inputs) else None


def unpack(at: Spot) -> Sequence[Value] | None:
    """All that Pack has put together, taken apart again."""
    node = at.x.node
    rank = at.shapes.rank(at.x)
    if node.op != "Pack" or rank is None or integer(node, "axis") % rank != integer(at.old, "axis") % rank:
        return None
    return list(node.inputs)


def split(at: Spot) -> Sequence[Value] | None:
    """What ConcatV2 has joined, cut at the joints."""
    data = at.inputs[1] if at.old.op == "Split" else at.x
    node, rank = data.node, at.shapes.rank(data)
    along = at.x if at.old.op == "Split" else at.inputs[2]
    axes = at.shapes.axes(along, rank) if rank and node.op == "ConcatV2" else None
    if not axes or at.shapes.axes(node.inputs[-1], rank or 1) != axes:
        return None
    parts = node.inputs[:-1]
    sizes = [at.shapes.dim(part, axes[0]) for part in parts]
    wanted = [at.shapes.dim(at.old.value(index), axes[0]) for index in range(integer(at.old, "num_split", 0))]
    return list(parts) if None not in sizes and sizes == wanted else None


def cut(at: Spot) -> Value | None:
    """A part of a part is a part; a part of what is joined is a part of one of those, where it does not cross a joint.

    %c = ConcatV2(%a, %b, %axis) (3 and 4 wide)
    %y = Slice(%c, ...) (from 3, 4 wide)        ->  %b
    """
    begin, size = (all_known(at.shapes.numbers(each)) for each in at.inputs[1:3])
    dims = at.shapes.of(at.old.output)
    node = at.x.node
    if begin is None or size is None or dims is None:
        return None
    if node.op == "Slice":
        first = all_known(at.shapes.numbers(node.inputs[1]))
        lengths = [
            dim if dim is not None else -1 if count == -1 else None for dim, count in zip(dims, size, strict=True)
        ]
        if first is None or None in lengths or not _all_rest(at, node, lengths):
            return None
        moved = [one + other for one, other in zip(begin, first, strict=True)]
        return at.slice(node.inputs[0], moved, [length for length in lengths if length is not None])
    return _of_joined(at, node, begin, size) if node.op == "ConcatV2" else None


def _length(dim: Dim, count: int) -> Dim:
    """How much is taken: -1 for all the rest of an axis whose size is not known."""
    return dim if dim is not None else -1 if count == -1 else None


def _all_rest(at: Spot, inner: Node, lengths: Sequence[int | None]) -> bool:
    """Where the outer one takes all the rest, the inner one must have done so too."""
    taken = at.shapes.numbers(inner.inputs[2])
    if taken is None:
        return False
    return all(count == -1 for count, length in zip(taken, lengths, strict=True) if length == -1)


def _of_joined(at: Spot, node: Node, begin: Sequence[int], size: Sequence[int]) -> Value | None:
    parts = node.inputs[:-1]
    axes = at.shapes.axes(node.inputs[-1], len(begin))
    sizes = all_known(tuple(at.shapes.dim(part, axes[0]) for part in parts)) if axes else None
    if not axes or sizes is None:
        return None
    axis = axes[0]
    for part, length, end in zip(parts, sizes, accumulate(sizes), strict=True):
        start = end - length
        count = sum(sizes) - begin[axis] if size[axis] == -1 else size[axis]
        if start <= begin[axis] and begin[axis] + count <= end and count:
            moved = [at_axis - start if each == axis else at_axis for each, at_axis in enumerate(begin)]
            return at.slice(part, moved, [count if each == axis else one for each, one in enumerate(size)])
    at.missed("it crosses a joint")
    return None


def index(at: Spot) -> Value | None:
    """One of what Pack has put together."""
    node, rank = at.x.node, at.shapes.rank(at.x)
    begin, end, strides = (at.shapes.numbers(each) for each in at.inputs[1:4])
    if node.op != "Pack" or not rank or begin is None or end is None or strides is None:
        return None
    found = cuts(at.old, rank, begin, end, strides)
    axis = integer(node, "axis") % rank
    if found is None or any(not each.is_whole for each in found if each.axis != axis):
        return None
    at_axis = next(each for each in found if each.axis == axis)
    if not at_axis.index or at_axis.begin is None or not -len(node.inputs) <= at_axis.begin < len(node.inputs):
        return None
    return node.inputs[at_axis.begin]


PASS = Pass(
    "joining",
    "cutting what was joined and joining what was cut",
    rules={
        "ConcatV2": concat,
        "Pack": pack,
        "Unpack": unpack,
        **dict.fromkeys(("Split", "SplitV"), split),
        "Slice": cut,
        "StridedSlice": index,
    },
)
