"""Rows and columns that are left out: at once, by whatever is fastest at it, and without padding that nobody reads."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, integers
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.strides import cuts

Ranges = list[range | None]  # for each axis: which of its indices are taken; None: all of them


def convolution(at: Spot) -> Value | None:
    """A convolution that looks at single places can pass over what a pool of single elements leaves out.

    %p = AvgPool(%x) {ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1]}
    %y = Conv2D(%p, %w) (1 x 1)                 ->  %y = Conv2D(%x, %w) {strides: [1, 2, 2, 1]}
    """
    by = _pool_of_ones(at.x.node)
    filter_ = at.shapes.known(at.inputs[1])
    if by is None or filter_ is None or filter_[:2] != (1, 1) or any(integers(at.old, "explicit_paddings")):
        return None
    strides = [one * other for one, other in zip(integers(at.old, "strides"), by, strict=True)]
    return at.again(
        at.x.node.inputs[0],
        at.inputs[1],
        strides=[*strides],
        padding=b"VALID",
        dilations=[1, 1, 1, 1],
        explicit_paddings=[],
    )


def _pool_of_ones(node: Node) -> list[int] | None:
    """The strides of a pool over windows of one element."""
    if node.op not in ("AvgPool", "MaxPool") or integers(node, "ksize") != [1, 1, 1, 1]:
        return None
    return integers(node, "strides")


def pool(at: Spot) -> Value | None:
    """Padding that strides pass over need not be there.

    %p = Pad(%x, %widths) (one row behind)
    %a = StridedSlice(%p, ...) (from the second row on)
    %y = AvgPool(%a) {ksize: 1, strides: 2}     ->  %y = AvgPool(%a) of %a = StridedSlice(%x, ...)
    """
    by, dims = _pool_of_ones(at.old), at.shapes.of(at.x)
    if by is None or dims is None or any(stride > 1 and dim is None for stride, dim in zip(by, dims, strict=True)):
        return None
    read: Ranges = [range(0, dim or 0, stride) if stride > 1 else None for dim, stride in zip(dims, by, strict=True)]
    node = at.x.node
    if node.op == "StridedSlice":
        inner = _ranges(at, node)
        if inner is None or not _is_dense(inner):
            return None
        read, node = [_of(*pair) for pair in zip(inner, read, strict=True)], node.inputs[0].node
    ranges = _unpadded(at, node, read) if node.op in ("Pad", "PadV2", "MirrorPad") else None
    if ranges is None:
        return None
    sizes = at.shapes.of(node.inputs[0]) or ()
    dense = [_dense(each, size) for each, size in zip(ranges, sizes, strict=True)]
    if all(each is None for each in dense):
        return at.again(node.inputs[0])
    return at.again(_taken(at, node.inputs[0], dense))


def _dense(taken: range | None, size: int | None) -> range | None:
    """All indices from the first to the last of those taken; None if that is the whole axis."""
    if taken is None or (taken.start == 0 and taken[-1] + 1 == size):
        return None
    return range(taken.start, taken[-1] + 1)


def _is_dense(ranges: Ranges) -> bool:
    return all(each is None or each.step == 1 for each in ranges)


def cut(at: Spot) -> Value | None:
    """One StridedSlice does what two do; padding that is cut off again need not be added.

    %a = StridedSlice(%x, ...) (from the second row on)
    %y = StridedSlice(%a, ...) (from the third) ->  %y = StridedSlice(%x, ...) (from the fourth on)

    One that takes every second of rows and columns is a pool of single elements: in WebAssembly that is much faster.
    """
    outer = _ranges(at, at.old)
    if outer is None or at.x.index:
        return None
    if not _is_dense(outer):
        return _as_pool(at, outer)
    node = at.x.node
    if node.op == "StridedSlice":
        inner = _ranges(at, node)
        if inner is None or not _is_dense(inner):
            return None
        return _taken(at, node.inputs[0], [_of(*pair) for pair in zip(inner, outer, strict=True)])
    ranges = _unpadded(at, node, outer) if node.op in ("Pad", "PadV2", "MirrorPad") else None
    return _taken(at, node.inputs[0], ranges) if ranges is not None else None


def _as_pool(at: Spot, outer: Ranges) -> Value | None:
    dims = at.shapes.of(at.x)
    steps = [1 if each is None else each.step for each in outer]
    if dims is None or len(dims) != 4 or at.dtype != "float32" or steps[0] != 1 or steps[3] != 1:
        return None
    if any(each is not None and each != range(0, dim or 0, each.step) for each, dim in zip(outer, dims, strict=True)):
        at.missed("it does not begin at the first row and column")
        return None
    return at("AvgPool", at.x, ksize=[1, 1, 1, 1], strides=[*steps], padding=b"VALID", data_format=b"NHWC")


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


def _unpadded(at: Spot, pad: Node, outer: Ranges) -> Ranges | None:
    """The same indices before the padding, if none of it is among them."""
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
    return shifted


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
    rules={"Conv2D": convolution, **dict.fromkeys(("AvgPool", "MaxPool"), pool), "StridedSlice": cut},
)
