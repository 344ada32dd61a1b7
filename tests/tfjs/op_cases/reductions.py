"""Sums, products, extremes, counts, running sums: over every kind of axes."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.passes.traced_case import Case, bools, fixed, floats, ints, raw

X: Any = ([None, 4, 5], floats(3, 4, 5))
AXES: tuple[Any, ...] = (0, 1, -1, [0, 2], [-1, -3], [0, 1, 2], [])


def name(axis: Any) -> str:
    return f"over {axis}"


FLOATS = [
    Case(
        f"{op} {name(axis)} {keep}",
        lambda x, op=op, axis=axis, keep=keep: getattr(raw, op)(input=x, axis=axis, keep_dims=keep),
        [X],
    )
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm")
    for axis in AXES
    for keep in (False, True)
    if axis != [] or not keep
]
INTS = [
    Case(
        f"{op} of integers {name(axis)}",
        lambda x, op=op, axis=axis: getattr(raw, op)(input=x, axis=axis),
        [([None, 4, 5], ints(3, 4, 5, low=-4, high=4))],
    )
    for op in ("Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm")
    for axis in (0, [-1], [0, 1, 2], [1, 2])
]
BOOLS = [
    Case(
        f"{op} {name(axis)} {keep}",
        lambda x, op=op, axis=axis, keep=keep: getattr(raw, op)(input=x, axis=axis, keep_dims=keep),
        [([None, 4], bools(3, 4))],
    )
    for op in ("All", "Any")
    for axis in (0, 1, -1, [0, 1], [])
    for keep in (False, True)
]
SHAPES = (
    [
        Case(
            f"{op} of rank {rank}",
            lambda x, op=op, rank=rank: getattr(raw, op)(input=x, axis=list(range(0, rank, 2))),
            [([None, 3, 2, 3, 2, 2][:rank], floats(*[2, 3, 2, 3, 2, 2][:rank]))],
        )
        for op in ("Sum", "Mean", "Max", "Min", "Prod")
        for rank in (1, 5, 6)
    ]
    + [
        Case(
            f"{op} of a scalar",
            lambda x, op=op: getattr(raw, op)(input=x, axis=tf.zeros([0], tf.int32)),
            [([], floats())],
        )
        for op in ("Sum", "Mean", "Max", "Prod")
    ]
    + [
        Case(f"{op} of nothing", lambda x, op=op: getattr(raw, op)(input=x, axis=1), [([3, None], floats(3, 0))])
        for op in ("Sum", "EuclideanNorm")
    ]
    + [
        Case("Sum of rows that are nothing", lambda x: tf.reduce_sum(x, 1), [([None, 3], floats(0, 3))]),
        Case("Sum of unknown rank", lambda x: tf.reduce_sum(x), [(None, floats(3, 4))]),
        Case("Mean of unknown rank", lambda x: tf.reduce_mean(x, [1], True), [(None, floats(3, 4))]),
        Case("Mean of integers of unknown rank", lambda x: tf.reduce_mean(x), [(None, ints(3, 4))]),
        Case("Mean by one number", lambda x: raw.Mean(input=x, axis=1), [X]),
        Case("variance", lambda x: tf.nn.moments(x, [0, 1]), [X]),
        Case("logarithm of a sum", lambda x: tf.reduce_logsumexp(x, -1), [X]),
        Case("standard deviation", lambda x: tf.math.reduce_std(x, [1], True), [X]),
    ]
)
ARGS = [
    Case(
        f"{op} {axis} {kind} {dtype}",
        lambda x, op=op, axis=axis, dtype=dtype: getattr(raw, op)(input=x, dimension=axis, output_type=dtype),
        [([None, 4, 5], make)],
    )
    for op in ("ArgMax", "ArgMin")
    for axis in (0, 1, -1)
    for kind, make in (("float", floats(3, 4, 5)), ("int", ints(3, 4, 5, low=-3, high=3)))
    for dtype in (tf.int32, tf.int64)
] + [
    Case("ArgMax of one axis", lambda x: tf.argmax(x), [([None], floats(9))]),
    Case("ArgMax of bools", lambda x: tf.argmax(x, 1), [([None, 4], bools(3, 4))]),
    Case(
        "ArgMax of int16", lambda x: raw.ArgMax(input=x, dimension=1, output_type=tf.int16), [([None, 5], floats(3, 5))]
    ),
    Case("ArgMin of negatives", lambda x: tf.argmin(x, 1), [([None, 5], floats(3, 5, high=-1))]),
    Case("ArgMax of rank 5", lambda x: tf.argmax(x, 3), [([None, 2, 2, 3, 2], floats(2, 2, 2, 3, 2))]),
]
RUNNING = [
    Case(
        f"{op} {axis} {exclusive} {reverse} {kind}",
        lambda x, op=op, axis=axis, exclusive=exclusive, reverse=reverse: getattr(raw, op)(
            x=x, axis=axis, exclusive=exclusive, reverse=reverse
        ),
        [([None, 4, 5], make)],
    )
    for op in ("Cumsum", "Cumprod")
    for axis in (0, 1, -1)
    for exclusive in (False, True)
    for reverse in (False, True)
    for kind, make in (("float", floats(3, 4, 5)), ("int", ints(3, 4, 5, low=-2, high=4)))
    if kind == "float" or axis == 1
] + [
    Case("Cumsum of one axis", lambda x: tf.cumsum(x), [([None], floats(9))]),
    Case("Cumsum of rank 5", lambda x: tf.cumsum(x, -2), [([None, 2, 2, 3, 2], floats(2, 2, 2, 3, 2))]),
]
NUMBERS = ints(12, low=0, high=5)
COUNTS = [
    Case("Bincount", lambda x: raw.Bincount(arr=x, size=7, weights=tf.zeros([0], tf.int32)), [([None], NUMBERS)]),
    Case("Bincount short", lambda x: raw.Bincount(arr=x, size=3, weights=tf.zeros([0], tf.int32)), [([None], NUMBERS)]),
    Case(
        "Bincount weights",
        lambda x, w: raw.Bincount(arr=x, size=7, weights=w),
        [([None], NUMBERS), ([None], floats(12))],
    ),
    Case("bincount", lambda x: tf.math.bincount(x), [([None], NUMBERS)]),
    *[
        Case(
            f"DenseBincount {rank} {binary} {weighted}",
            lambda x, w, binary=binary, weighted=weighted: raw.DenseBincount(
                input=x, size=6, weights=w if weighted else tf.zeros([0], tf.float32), binary_output=binary
            ),
            [([None, 4][:rank], ints(*[3, 4][:rank], low=0, high=6)), ([None, 4][:rank], floats(*[3, 4][:rank]))],
        )
        for rank in (1, 2)
        for binary in (False, True)
        for weighted in (False, True)
    ],
    Case("count of nonzero", lambda x: tf.math.count_nonzero(x, 1), [([None, 4], ints(3, 4, low=0, high=3))]),
    Case("confusion", lambda x, y: tf.math.confusion_matrix(x, y, 5), [([None], NUMBERS), ([None], NUMBERS)]),
]
SEGMENTED = [
    *[
        Case(
            f"{op} {kind}", lambda x, op=op: getattr(raw, op)(data=x, segment_ids=[0, 0, 1, 3, 3, 3]), [([6, 4], make)]
        )
        for op in ("SegmentSum", "SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd")
        for kind, make in (("float", floats(6, 4)), ("int", ints(6, 4)))
        if kind == "float" or op != "SegmentMean"
    ],
    *[
        Case(
            f"{op} {kind}",
            lambda x, i, op=op: getattr(raw, op)(data=x, segment_ids=i, num_segments=5),
            [([None, 4], make), ([None], fixed([3, 1, 0, 3, 4, -1], "<i4"))],
        )
        for op in ("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd")
        for kind, make in (("float", floats(6, 4)), ("int", ints(6, 4)))
    ],
    *[
        Case(
            f"unsorted segment {name}",
            lambda x, i, name=name: getattr(tf.math, f"unsorted_segment_{name}")(x, i, 5),
            [([None, 4], floats(6, 4)), ([None], fixed([3, 1, 0, 3, 4, 1], "<i4"))],
        )
        for name in ("mean", "sqrt_n")
    ],
    *[
        Case(
            f"{op} {kind}",
            lambda x, op=op: getattr(raw, op)(data=x, indices=[4, 0, 1, 1], segment_ids=[0, 0, 2, 2]),
            [([None, 4], make)],
        )
        for op in ("SparseSegmentSum", "SparseSegmentMean")
        for kind, make in (("float", floats(6, 4)),)
    ],
]
GROUPS = {
    "reductions of floats": FLOATS,
    "reductions of integers": INTS,
    "reductions of bools": BOOLS,
    "reductions of any shape": SHAPES,
    "places of extremes": ARGS,
    "running sums": RUNNING,
    "counts": COUNTS,
    "segments": SEGMENTED,
}
