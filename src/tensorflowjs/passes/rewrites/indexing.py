"""Picking, putting and moving elements."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import constant, integer
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def one_hot(at: Site) -> Value | None:
    """OneHot of floats along any axis -> OneHot of integers along the last, Transpose, SelectV2

    TF.js knows no other axis, and WebAssembly writes the bits of integers where floats should be.
    """
    axis = integer(at.old, "axis", -1)
    rank = at.shapes.rank(at.x) if axis != -1 else 0
    if rank is None or (axis == -1 and at.is_int):
        return None
    indices, depth, on, off = at.inputs
    if at.is_int:
        return _with_axis(at, at.again(*at.inputs, axis=-1), axis, rank)
    hot = at("OneHot", indices, depth, at.ints(1), at.ints(0), axis=-1)
    return _chosen(at, _with_axis(at, hot, axis, rank), on, off)


def _with_axis(at: Site, hot: Value, axis: int, rank: int) -> Value:
    """The last axis, of `rank` and one, in its place."""
    if axis == -1:
        return hot
    order = list(range(rank))
    order.insert(axis, rank)
    return at.transpose(hot, order)


def _chosen(at: Site, hot: Value, on: Value, off: Value) -> Value:
    """`on` where `hot` is 1, `off` where it is 0."""
    numbers = [constant(value) for value in (on, off)]
    if (
        type_of(on) == "float32"
        and all(each is not None for each in numbers)
        and [float(each) for each in numbers if each is not None] == [1, 0]
    ):
        return at.cast(hot, "float32")
    return at.select(at("Equal", hot, at.ints(1)), on, off)


def gather_in_batches(at: Site) -> Value | None:
    """GatherV2 along the axis behind its batch dimensions -> GatherV2 of rows numbered through all batches

    WebAssembly picks others.
    """
    batch = integer(at.old, "batch_dims")
    axis = constant(at.inputs[2])
    x, indices = at.inputs[:2]
    sizes, rank = at.sizes(x), at.shapes.rank(indices)
    if batch < 1 or axis is None or sizes is None or rank is None:
        return None
    if int(axis) % len(sizes) != batch:
        return _gather_further(at, int(axis) % len(sizes), batch, len(sizes), rank)
    batches = at.product(sizes[:batch])
    rows = at.reshape(x, at.packed([at.product([batches, sizes[batch]]), *sizes[batch + 1 :]]))
    starts = at("Range", at.ints(0), _value(at, at.product([batches, sizes[batch]])), _value(at, sizes[batch]))
    places = at("AddV2", indices, at.reshape(starts, at.packed([*sizes[:batch], *[1] * (rank - batch)])))
    return at.gather(rows, places)


def _gather_further(at: Site, axis: int, batch: int, rank: int, of_indices: int) -> Value:
    """GatherV2 along an axis further behind -> Transpose to bring it forward, GatherV2, Transpose to bring it back"""
    x, indices = at.inputs[:2]
    forward = [*range(batch), axis, *range(batch, axis), *range(axis + 1, rank)]
    found = at.again(at.transpose(x, forward), indices, at.ints(batch))
    gathered, between = of_indices - batch, axis - batch
    moved = range(batch + gathered, batch + gathered + between)
    back = [*range(batch), *moved, *range(batch, batch + gathered), *range(moved.stop, rank + gathered - 1)]
    return at.transpose(found, back)


def _value(at: Site, size: Value | int) -> Value:
    return at.ints(size) if isinstance(size, int) else size


def cast_to_bool(at: Site) -> Value | None:
    """Cast to bool -> NotEqual(x, 0), since WebAssembly looks at the first byte only"""
    return at("NotEqual", at.x, at.like(0, at.x)) if at.dtype == "bool" and type_of(at.x) in _NUMBERS else None


_NUMBERS = ("float32", "int32")


def roll(at: Site) -> Value | None:
    """Roll(x, shift, axis) -> ConcatV2 of two slices, or GatherV2 along an axis of unknown size"""
    shifts, axes, rank = constant(at.inputs[1]), constant(at.inputs[2]), at.shapes.rank(at.x)
    if shifts is None or axes is None or rank is None:
        return None
    result = at.x
    for shift, axis in zip(shifts.reshape(-1).tolist(), axes.reshape(-1).tolist(), strict=True):
        result = _rolled(at, result, int(shift), int(axis) % rank, rank)
    return at("Identity", result) if result is at.x else result


def _rolled(at: Site, x: Value, shift: int, axis: int, rank: int) -> Value:
    size = at.shapes.dim(x, axis)
    if size is None:
        count = at.gather(at.shape(x), at.ints(axis))
        indices = at("Range", at.ints(0), count, at.ints(1))
        return at.gather(x, at("FloorMod", at("Sub", indices, at.ints(shift)), count), axis)
    if size == 0 or shift % size == 0:
        return x
    cut = size - shift % size
    behind = at.slice(x, [cut if each == axis else 0 for each in range(rank)], [-1] * rank)
    front = at.slice(x, [0] * rank, [cut if each == axis else -1 for each in range(rank)])
    return at.concat([behind, front], axis)


def bucketize(at: Site) -> Value | None:
    """Bucketize(x) -> how many boundaries are not above x"""
    boundaries = at.old.attrs.get("boundaries")
    if not isinstance(boundaries, list):
        return None
    limits = at.const(np.array(boundaries, "<f4"), "float32")
    reached = at("GreaterEqual", at.expand(at.cast(at.x, "float32"), -1), limits)
    return at.sum(at.cast(reached, "int32"), [-1])


def scatter_add(at: Site) -> Value:
    """TensorScatterAdd(x, indices, updates) -> AddV2(x, ScatterNd(indices, updates, Shape(x)))"""
    x, indices, updates = at.inputs
    op = "AddV2" if at.old.op == "TensorScatterAdd" else "Sub"
    return at(op, x, at("ScatterNd", indices, updates, at.shape(x)))


def top_k(at: Site) -> list[Value]:
    node = at.node("TopKV2", at.x, at.ints(integer(at.old, "k")), sorted=at.old.attrs.get("sorted", True))
    return [node.value(0), node.value(1)]


def invert_permutation(at: Site) -> Value:
    """InvertPermutation(p) -> ScatterNd(ExpandDims(p), Range(n), [n])"""
    shape = at.shape(at.x)
    count = at.gather(shape, at.ints(0))
    return at("ScatterNd", at.expand(at.x, 1), at("Range", at.ints(0), count, at.ints(1)), shape)


def unique_with_counts(at: Site) -> list[Value]:
    """UniqueWithCounts(x) -> Unique(x), DenseBincount of its indices"""
    if at.old.op == "UniqueWithCountsV2":
        unique = at.node("UniqueV2", *at.inputs, out_idx=Type("int32"))
    else:
        unique = at.node("Unique", at.x, out_idx=Type("int32"))
    distinct, indices = unique.value(0), unique.value(1)
    size = at.gather(at.shape(distinct), at.ints(0))
    counts = at("DenseBincount", indices, size, at.const([], "int32"), binary_output=False)
    return [distinct, indices, counts]


def reverse_sequence(at: Site) -> Value | None:
    """ReverseSequence(x, lengths) -> GatherNd with indices that run backwards up to each length"""
    rank = at.shapes.rank(at.x)
    if rank is None:
        return None
    batch, time = integer(at.old, "batch_dim") % rank, integer(at.old, "seq_dim") % rank
    order = [batch, time, *(axis for axis in range(rank) if axis not in (batch, time))]
    x = at.transpose(at.x, order)
    shape = at.shape(x)
    rows, steps = (at("Range", at.ints(0), at.gather(shape, at.ints(axis)), at.ints(1)) for axis in (0, 1))
    lengths = at.expand(at.cast(at.inputs[1], "int32"), 1)
    step = at.expand(steps, 0)
    backwards = at("Sub", at("Sub", lengths, at.ints(1)), step)
    source = at.select(at("Less", step, lengths), backwards, step)
    row = at("AddV2", at.expand(rows, 1), at("ZerosLike", source))
    result = at("GatherNd", x, at("Pack", row, source, axis=2))
    return at.transpose(result, [order.index(axis) for axis in range(rank)])


def empty(at: Site) -> Value | None:
    """Empty -> zeros"""
    dtype = at.old.attrs.get("dtype")
    name = dtype.name if isinstance(dtype, Type) else ""
    return at("Fill", at.x, at.const(0, name)) if name in ("float32", "int32", "bool") else None


def unravel_index(at: Site) -> Value | None:
    """UnravelIndex(i, dims) -> FloorMod(FloorDiv(i, sizes of the axes behind), dims), for constant dims"""
    indices, dims = at.inputs
    sizes = constant(dims)
    rank = at.shapes.rank(indices)
    if sizes is None or rank is None or rank > 1 or type_of(indices) != "int32":
        return None
    strides = np.concatenate([np.cumprod(sizes[::-1])[::-1][1:], [1]]).astype("<i4")
    column = [-1, 1] if rank else [-1]
    quotient = at("FloorDiv", indices, at.const(strides.reshape(column), "int32"))
    return at("FloorMod", quotient, at.const(sizes.reshape(column), "int32"))


RULES: dict[str, Rule] = {
    "OneHot": one_hot,
    "GatherV2": gather_in_batches,
    "Cast": cast_to_bool,
    "Roll": roll,
    "Bucketize": bucketize,
    "TensorScatterAdd": scatter_add,
    "TensorScatterSub": scatter_add,
    "TopK": top_k,
    "InvertPermutation": invert_permutation,
    "UniqueWithCounts": unique_with_counts,
    "UniqueWithCountsV2": unique_with_counts,
    "ReverseSequence": reverse_sequence,
    "Empty": empty,
    "UnravelIndex": unravel_index,
}
