"""Sums and means over segments."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.rewrites.site import Rule, Site


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


RULES: dict[str, Rule] = {
    "UnsortedSegmentSum": unsorted_sum,
    "SegmentSum": sorted_sum,
    "SegmentSumV2": unsorted_sum,
    "SegmentMean": sorted_mean,
    "SparseSegmentSumWithNumSegments": sparse,
    "SparseSegmentMeanWithNumSegments": sparse,
}
