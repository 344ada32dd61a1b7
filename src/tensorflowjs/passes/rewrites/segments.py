"""Sums, means and extremes over segments."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def unsorted_sum(at: Site) -> Value | None:
    """UnsortedSegmentSum(x, ids, n) -> ScatterNd(ids, x), which adds up; what has a negative id goes behind the end"""
    x, ids, count = at.inputs
    return _sums(at, x, ids, count)


def sorted_sum(at: Site) -> Value | None:
    x, ids = at.inputs
    return _sums(at, x, ids, _segments(at, ids))


def sorted_mean(at: Site) -> Value | None:
    x, ids = at.inputs
    return _means(at, x, ids, _segments(at, ids))


def sparse(at: Site) -> Value | None:
    """SparseSegmentSumWithNumSegments(x, indices, ids, n) -> the sum over GatherV2(x, indices)"""
    x, indices, ids, count = at.inputs
    rule = _means if "Mean" in at.old.op else _sums
    return rule(at, at.gather(x, indices), ids, count)


def _segments(at: Site, ids: Value) -> Value:
    """One more than the largest id."""
    return at("AddV2", at("Max", ids, at.ints([0]), keep_dims=False), at.ints(1))


def _sums(at: Site, x: Value, ids: Value, count: Value) -> Value | None:
    rank = at.shapes.rank(ids)
    if rank is None or at.shapes.rank(x) is None:
        return None
    safe = at.select(at("Less", ids, at.ints(0)), count, ids)
    one_more = at.expand(at("AddV2", count, at.ints(1)), 0)
    rest = at.slice(at.shape(x), [rank], [-1])
    sums = at("ScatterNd", at.expand(safe, -1), x, at.concat([one_more, rest], 0))
    size = at.concat([at.expand(count, 0), rest], 0)
    return at("Slice", sums, at("ZerosLike", size), size)


def _means(at: Site, x: Value, ids: Value, count: Value) -> Value | None:
    sums, rank = _sums(at, x, ids, count), at.shapes.rank(x)
    if sums is None or rank is None or at.shapes.rank(ids) != 1:
        return None
    members = _sums(at, at("OnesLike", at.cast(ids, "float32")), ids, count)
    assert members is not None
    members = at("Maximum", members, at.like(1, members))
    return at("RealDiv", sums, at.reshape(members, [-1, *[1] * (rank - 1)]))


def unsorted_extreme(at: Site) -> Value | None:
    """UnsortedSegmentMax(x, ids, n) -> Max over all rows, with the lowest number in place of those of other segments"""
    x, ids, count = at.inputs
    rank, rows = at.shapes.rank(ids), at.sizes(x)
    if rank is None or rows is None or type_of(x) not in ("float32", "int32"):
        return None
    if rank != 1:
        ids = at.reshape(ids, [-1])
        x = at.reshape(x, at.packed([at.product(rows[:rank]), *rows[rank:]]))
    op, neutral = _EXTREMES[at.old.op.removeprefix("UnsortedSegment").removeprefix("Segment")]
    other = at.like(neutral[type_of(x) == "int32"], x)
    member = at("Equal", at.expand(ids, 1), at("Range", at.ints(0), count, at.ints(1)))
    behind = len(rows) - rank
    member = at.reshape(member, at.listed([*_pair(at, ids, count), *[1] * behind]))
    return at(op, at.select(member, at.expand(x, 1), other), at.ints([0]), keep_dims=False)


def _pair(at: Site, ids: Value, count: Value) -> list[Value | int]:
    return [at.gather(at.shape(ids), at.ints(0)), count]


def sorted_extreme(at: Site) -> Value | None:
    """SegmentMax(x, ids) -> that of UnsortedSegmentMax, but 0 in segments without members (SegmentProd: 1)"""
    x, ids = at.inputs
    count = _segments(at, ids)
    found = at(f"Unsorted{at.old.op}", x, ids, count)
    rank = at.shapes.rank(x)
    if at.old.op == "SegmentProd":
        return found
    members = _sums(at, at("OnesLike", at.cast(ids, "int32")), ids, count)
    if rank is None or members is None:
        return None
    filled = at.reshape(at("Greater", members, at.ints(0)), [-1, *[1] * (rank - 1)])
    return at.select(filled, found, at.like(0, x))


_HIGHEST = 3.4028234e38, 2**31 - 1
_EXTREMES: dict[str, tuple[str, tuple[float, float]]] = {
    "Max": ("Max", (-_HIGHEST[0], -(2**31))),
    "Min": ("Min", _HIGHEST),
    "Prod": ("Prod", (1, 1)),
}

RULES: dict[str, Rule] = {
    "UnsortedSegmentSum": unsorted_sum,
    "SegmentSum": sorted_sum,
    "SegmentSumV2": unsorted_sum,
    "SegmentMean": sorted_mean,
    **{f"UnsortedSegment{name}": unsorted_extreme for name in _EXTREMES},
    **{f"Segment{name}": sorted_extreme for name in _EXTREMES},
    "SparseSegmentSumWithNumSegments": sparse,
    "SparseSegmentMeanWithNumSegments": sparse,
}
