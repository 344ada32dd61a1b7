"""Sums and counts: means of integers, norms, running sums, and whether something is among the largest."""

from __future__ import annotations

from tensorflowjs.ir.graph import Type, Value
from tensorflowjs.passes.building import constant, flag, integer
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def mean_of_integers(at: Site) -> Value | None:
    """Integers: Mean(x) -> TruncateDiv(Sum(x), number of elements)"""
    if not at.is_int:
        return None
    x, axes = at.inputs
    total = at("Sum", x, axes, keep_dims=at.old.attrs.get("keep_dims", False))
    sizes = at.gather(at.shape(x), at("FloorMod", axes, at("Rank", x)))
    listed = at.shapes.rank(axes) != 0
    return at("TruncateDiv", total, at("Prod", sizes, at.ints([0]), keep_dims=False) if listed else sizes)


def euclidean_norm(at: Site) -> Value | None:
    """EuclideanNorm(x) -> Sqrt(Sum(Square(x))), since TF.js takes one or two axes of floats only"""
    x, axes = at.inputs
    if type_of(x) not in ("float32", "int32"):
        return None
    squares = at("Square", at.cast(x, "float32"))
    norm = at("Sqrt", at("Sum", squares, axes, keep_dims=flag(at.old, "keep_dims")))
    return at.cast(norm, "int32") if at.is_int else norm


def running(at: Site) -> Value | None:
    """Cumsum along an axis counted from behind -> counted from the front: TF.js takes others"""
    axis, rank = constant(at.inputs[1]), at.shapes.rank(at.x)
    if axis is None or rank is None or int(axis) >= 0:
        return None
    return at.again(at.x, at.ints(int(axis) + rank))


def product_kept(at: Site) -> Value | None:
    """Prod(x) that keeps its axes -> Prod(x) without them, then ExpandDims: WebGPU drops them where x is small"""
    rank = at.shapes.rank(at.x)
    axes = at.shapes.axes(at.inputs[1], rank) if rank is not None else None
    if axes is None or not flag(at.old, "keep_dims"):
        return None
    found = at.again(*at.inputs, keep_dims=False)
    for axis in sorted(axes):
        found = at.expand(found, axis)
    return found


def place_in_a_row(at: Site) -> Value | None:
    """ArgMax of one axis -> of a single row, then Reshape, since WebGPU leaves an axis of size 1"""
    if at.shapes.rank(at.x) != 1:
        return None
    return at.reshape(at.again(at.reshape(at.x, [1, -1]), at.ints(1)), [])


def bincount(at: Site) -> Value | None:
    """Counts as integers -> counted as floats: WebGPU returns their bits; whether there are any -> Minimum(counts, 1)

    Without weights where only that is asked for: TF.js would return them.
    """
    x, size, weights = at.inputs
    dtype = type_of(weights)
    unweighted = at.shapes.dim(weights, 0) == 0
    binary = flag(at.old, "binary_output")
    if dtype not in ("float32", "int32") or not (binary or (dtype == "int32" and unweighted)):
        return None
    changes = {"binary_output": False} if binary else {}
    found = at.again(x, size, at.const([], "float32"), T=Type("float32"), **changes)
    return at.cast(at("Minimum", found, at.const(1, "float32")) if binary else found, dtype)


def in_top_k(at: Site) -> Value | None:
    """InTopK(x, targets) -> fewer than k are larger than x[target], and that is a number in the row at all"""
    x, targets = at.inputs[:2]
    k = at.inputs[2] if len(at.inputs) > 2 else at.ints(integer(at.old, "k"))
    classes = at.gather(at.shape(x), at.ints(1))
    hit = at("Equal", at("Range", at.ints(0), classes, at.ints(1)), at.expand(targets, 1))
    none = at.const(0, "float32")
    target = at.sum(at.select(hit, x, none), [1], keep=True)
    larger = at.sum(at.cast(at("Greater", x, target), "int32"), [1])
    known = at("LogicalAnd", at("Any", hit, at.ints([1]), keep_dims=False), _all_finite(at, x))
    return at("LogicalAnd", at("Less", larger, k), known)


def _all_finite(at: Site, x: Value) -> Value:
    return at("All", at("IsFinite", x), at.ints([1]), keep_dims=False)


RULES: dict[str, Rule] = {
    "Mean": mean_of_integers,
    "EuclideanNorm": euclidean_norm,
    **dict.fromkeys(("Cumsum", "Cumprod"), running),
    "Prod": product_kept,
    **dict.fromkeys(("ArgMax", "ArgMin"), place_in_a_row),
    **dict.fromkeys(("Bincount", "DenseBincount"), bincount),
    **dict.fromkeys(("InTopK", "InTopKV2"), in_top_k),
}
