"""Where an op takes a size or number that is not known from what it reads; None stands for one of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import flag, integer, integers
from tensorflowjs.passes.dims import all_known
from tensorflowjs.passes.optimising.strides import cuts
from tensorflowjs.passes.optimising.terms import Term, broadcast_terms, divided, is_size, times
from tensorflowjs.passes.shape_rules import BROADCAST, SAME

if TYPE_CHECKING:
    from tensorflowjs.passes.optimising.sizes import Sizes

Found = Sequence[Term | None] | None
Rule = Callable[["Sizes", Value], Found]
_BORDERS = frozenset({"Enter", "Exit", "NextIteration", "LoopCond"})


def _same(sizes: Sizes, value: Value) -> Found:
    return sizes.of(value.node.inputs[0])


def _broadcast(sizes: Sizes, value: Value) -> Found:
    known = [terms for each in value.node.inputs if (terms := sizes.of(each)) is not None]
    if len(known) != len(value.node.inputs):
        return None
    rank = max(map(len, known))
    padded = [(1,) * (rank - len(terms)) + terms for terms in known]
    return [broadcast_terms(list(column)) for column in zip(*padded, strict=True)]


def _rows(sizes: Sizes, value: Value) -> Found:
    """Convolutions, pools, resizes: the batch stays."""
    terms, rank = sizes.of(value.node.inputs[0]), sizes.shapes.rank(value)
    return None if not terms or rank is None else [terms[0], *[None] * (rank - 1)]


def _transpose(sizes: Sizes, value: Value) -> Found:
    terms, order = sizes.of(value.node.inputs[0]), all_known(sizes.shapes.numbers(value.node.inputs[1]))
    return None if terms is None or order is None else [terms[axis] for axis in order]


def _expand(sizes: Sizes, value: Value) -> Found:
    terms, axis = sizes.of(value.node.inputs[0]), all_known(sizes.shapes.numbers(value.node.inputs[1]))
    if terms is None or not axis:
        return None
    at = axis[0] % (len(terms) + 1)
    return [*terms[:at], 1, *terms[at:]]


def _squeeze(sizes: Sizes, value: Value) -> Found:
    terms, axes = sizes.of(value.node.inputs[0]), integers(value.node, "squeeze_dims")
    if terms is None or not axes:
        return None
    gone = {axis % len(terms) for axis in axes}
    return [term for axis, term in enumerate(terms) if axis not in gone]


def _reshape(sizes: Sizes, value: Value) -> Found:
    """Sizes that are asked for, and the one that follows from the others."""
    data, asked = sizes.of(value.node.inputs[0]), sizes.entries(value.node.inputs[1])
    if asked is None:
        return None
    open_ones = [at for at, term in enumerate(asked) if not is_size(term)]
    if data is None or len(open_ones) != 1:
        return [None if at in open_ones else term for at, term in enumerate(asked)]
    at = open_ones[0]
    return [*asked[:at], divided(times(data), times((*asked[:at], *asked[at + 1 :]))), *asked[at + 1 :]]


def _asked(position: int) -> Rule:
    def rule(sizes: Sizes, value: Value) -> Found:
        return sizes.entries(value.node.inputs[position])

    return rule


def _reduction(sizes: Sizes, value: Value) -> Found:
    terms = sizes.of(value.node.inputs[0])
    axes = sizes.shapes.axes(value.node.inputs[1], len(terms)) if terms else None
    if terms is None or axes is None:
        return None
    if flag(value.node, "keep_dims"):
        return [1 if axis in axes else term for axis, term in enumerate(terms)]
    return [term for axis, term in enumerate(terms) if axis not in axes]


def _joined(sizes: Sizes, value: Value) -> Found:
    """All parts agree on the other axes, so the first tells."""
    first, axis = sizes.of(value.node.inputs[0]), all_known(sizes.shapes.numbers(value.node.inputs[-1]))
    if not first or not axis:
        return None
    at = axis[0] % len(first)
    return [None if each == at else term for each, term in enumerate(first)]


def _pack(sizes: Sizes, value: Value) -> Found:
    first = sizes.of(value.node.inputs[0])
    if first is None:
        return None
    at = integer(value.node, "axis") % (len(first) + 1)
    return [*first[:at], len(value.node.inputs), *first[at:]]


def _unpack(sizes: Sizes, value: Value) -> Found:
    terms = sizes.of(value.node.inputs[0])
    if not terms:
        return None
    at = integer(value.node, "axis") % len(terms)
    return [*terms[:at], *terms[at + 1 :]]


def _parts(data: int, axis: int) -> Rule:
    """Split and SplitV cut one axis."""

    def rule(sizes: Sizes, value: Value) -> Found:
        terms = sizes.of(value.node.inputs[data])
        number = all_known(sizes.shapes.numbers(value.node.inputs[axis]))
        if not terms or not number:
            return None
        at = number[0] % len(terms)
        return [None if each == at else term for each, term in enumerate(terms)]

    return rule


def _gather(sizes: Sizes, value: Value) -> Found:
    data, indices = (sizes.of(each) for each in value.node.inputs[:2])
    if not data or indices is None:
        return None
    axis = all_known(sizes.shapes.numbers(value.node.inputs[2])) if len(value.node.inputs) > 2 else (0,)
    if not axis:
        return None
    at = axis[0] % len(data)
    return [*data[:at], *indices[integer(value.node, "batch_dims") :], *data[at + 1 :]]


def _matmul(sizes: Sizes, value: Value) -> Found:
    left, right = (sizes.of(each) for each in value.node.inputs[:2])
    if left is None or right is None or min(len(left), len(right)) < 2:
        return None
    node = value.node
    rows = left[-1] if flag(node, "transpose_a") or flag(node, "adj_x") else left[-2]
    columns = right[-2] if flag(node, "transpose_b") or flag(node, "adj_y") else right[-1]
    rank = max(len(left), len(right)) - 2
    fronts = [(1,) * (rank + 2 - len(terms)) + terms[:-2] for terms in (left, right)]
    return [*(broadcast_terms(list(pair)) for pair in zip(*fronts, strict=True)), rows, columns]


def _slice(sizes: Sizes, value: Value) -> Found:
    """What is asked for; -1 from the start of an axis is all of it."""
    terms = sizes.of(value.node.inputs[0])
    begin, size = (sizes.entries(each) for each in value.node.inputs[1:3])
    if terms is None or begin is None or size is None:
        return None
    return [
        term if count == -1 and start == 0 else count if is_size(count) else None
        for term, start, count in zip(terms, begin, size, strict=True)
    ]


def _strided_slice(sizes: Sizes, value: Value) -> Found:
    """Axes that are taken whole."""
    terms = sizes.of(value.node.inputs[0])
    begin, end, strides = (sizes.shapes.numbers(each) for each in value.node.inputs[1:4])
    if terms is None or begin is None or end is None or strides is None:
        return None
    found = cuts(value.node, len(terms), begin, end, strides)
    if found is None:
        return None
    return [terms[cut.axis] if cut.axis is not None and cut.is_whole else None for cut in found if not cut.index]


def _switched(sizes: Sizes, value: Value) -> Found:
    return sizes.of(value.node.inputs[1])


# ---------------------------------------------------------------------------- what integer values hold


def _shape_entries(sizes: Sizes, value: Value) -> Found:
    return sizes.of(value.node.inputs[value.index])


def _handed_on(sizes: Sizes, value: Value) -> Found:
    return sizes.entries(value.node.inputs[0])


def _listed_entries(sizes: Sizes, value: Value) -> Found:
    node = value.node
    found: list[Term | None] = []
    for part in node.inputs if node.op == "Pack" else node.inputs[:-1]:
        terms = sizes.entries(part)
        length = 1 if node.op == "Pack" else sizes.shapes.dim(part, 0)
        found += terms if terms is not None else [None] * (length or 0)
    return found


def _chosen_entries(sizes: Sizes, value: Value) -> Found:
    entries, at = sizes.entries(value.node.inputs[0]), all_known(sizes.shapes.numbers(value.node.inputs[1]))
    return None if entries is None or at is None else [entries[index] for index in at]


def _cut_entries(sizes: Sizes, value: Value) -> Found:
    entries = sizes.entries(value.node.inputs[0])
    begin, end, strides = (all_known(sizes.shapes.numbers(each)) for each in value.node.inputs[1:4])
    if entries is None or begin is None or end is None or strides is None:
        return None
    found = cuts(value.node, 1, begin, end, strides)
    if found is None or len(found) != 1 or found[0].axis is None:
        return None
    if found[0].index:
        return [entries[begin[0]]]
    return [entries[at] for at in found[0].range_of(len(entries))]


def _product(sizes: Sizes, value: Value) -> Found:
    entries = sizes.entries(value.node.inputs[0])
    return None if entries is None else [times(entries)]


def _all_sizes(sizes: Sizes, value: Value) -> Found:
    terms = sizes.of(value.node.inputs[0])
    return None if terms is None else [times(terms)]


def _pairs(compute: Callable[[Term, Term], Term | None]) -> Rule:
    def rule(sizes: Sizes, value: Value) -> Found:
        left, right = (sizes.entries(each) for each in value.node.inputs[:2])
        if left is None or right is None:
            return None
        length = max(len(left), len(right))
        left, right = (each * length if len(each) == 1 else each for each in (left, right))
        return [compute(one, other) for one, other in zip(left, right, strict=True)]

    return rule


SIZES: dict[str, Rule] = {
    **dict.fromkeys(SAME - _BORDERS, _same),
    **dict.fromkeys(BROADCAST, _broadcast),
    **dict.fromkeys(
        ("Conv2D", "DepthwiseConv2dNative", "Conv3D", "MaxPool", "AvgPool", "MaxPool3D", "AvgPool3D", "Dilation2D",
         "ResizeBilinear", "ResizeNearestNeighbor", "_FusedConv2D", "FusedDepthwiseConv2dNative", "DepthToSpace"),
        _rows,
    ),
    "Transpose": _transpose,
    "ExpandDims": _expand,
    "Squeeze": _squeeze,
    "Reshape": _reshape,
    **dict.fromkeys(("Fill", "Conv2DBackpropInput", "RandomUniform", "RandomStandardNormal"), _asked(0)),
    "BroadcastTo": _asked(1),
    **dict.fromkeys(("Sum", "Mean", "Max", "Min", "Prod", "All", "Any", "EuclideanNorm"), _reduction),
    "ConcatV2": _joined,
    "Pack": _pack,
    "Unpack": _unpack,
    "Split": _parts(1, 0),
    "SplitV": _parts(0, 2),
    **dict.fromkeys(("Gather", "GatherV2"), _gather),
    **dict.fromkeys(("MatMul", "_FusedMatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), _matmul),
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "Select": _switched,
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _same),
}  # fmt: skip

ENTRIES: dict[str, Rule] = {
    **dict.fromkeys(("Shape", "ShapeN"), _shape_entries),
    "Size": _all_sizes,
    **dict.fromkeys(("Identity", "Cast", "Squeeze", "ExpandDims", "Reshape"), _handed_on),
    **dict.fromkeys(("Pack", "ConcatV2"), _listed_entries),
    "StridedSlice": _cut_entries,
    **dict.fromkeys(("Gather", "GatherV2"), _chosen_entries),
    "Prod": _product,
    "Mul": _pairs(lambda one, other: times((one, other))),
    "FloorDiv": _pairs(divided),
}
