"""Creation, sorting, choosing, searching, suppressing: ops whose results are places or made of nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.traced_case import Case, bools, fixed, floats, ints, raw

ROWS: Any = ([None, 6], floats(3, 6))
CREATED = [
    Case(
        "Fill",
        lambda x, n: [tf.fill([n, 3], x), tf.fill([], x), tf.fill([2], 7), tf.fill([2, 2], True)],
        [([], floats()), ([], fixed(2, "<i4"))],
    ),
    Case(
        "LinSpace",
        lambda x: [
            tf.linspace(x, 7.0, 5),
            raw.LinSpace(start=x, stop=x + 3, num=4),
            raw.LinSpace(start=x, stop=9.0, num=1),
        ],
        [([], floats())],
    ),
    Case("linspace of rows", lambda x: tf.linspace(x, x + 3, 4, axis=-1), [([None], floats(3))]),
    Case(
        "Range",
        lambda n, x: [tf.range(n), tf.range(2, n), tf.range(n, 0, -2), tf.range(0.0, x, 0.25), tf.range(x)],
        [([], fixed(7, "<i4")), ([], fixed(2.1, "<f4"))],
    ),
    Case("Range of int64", lambda n: [tf.range(n), tf.range(n, delta=3)], [([], fixed(7, "<i8"))]),
    Case(
        "ZerosLike",
        lambda x, n, b: [
            raw.ZerosLike(x=x),
            raw.OnesLike(x=x),
            raw.ZerosLike(x=n),
            raw.OnesLike(x=n),
            raw.ZerosLike(x=b),
            raw.OnesLike(x=b),
        ],
        [ROWS, ([None], ints(3)), ([None], bools(3))],
    ),
    Case("zeros of any size", lambda x: [tf.zeros(tf.shape(x)), tf.ones([tf.shape(x)[0], 2], tf.int32)], [ROWS]),
    *[
        Case(
            f"OneHot {axis} {kind} {rank}",
            lambda x, axis=axis, on=on, off=off: tf.one_hot(x, 4, on, off, axis=axis),
            [([None, 3][:rank], ints(*[2, 3][:rank], low=-1, high=5))],
        )
        for axis in (-1, 0, 1)
        for kind, on, off in (("float", 2.5, -1.0), ("int", 3, 4), ("bool", True, False))
        for rank in (1, 2)
    ],
    Case(
        "OneHot by inputs",
        lambda x, n, a: tf.one_hot(x, n, a, 0.5),
        [([None], ints(4, low=0, high=3)), ([], fixed(3, "<i4")), ([], floats())],
    ),
    Case("OneHot of a scalar", lambda x: tf.one_hot(x, 4), [([], fixed(2, "<i4"))]),
    Case("PlaceholderWithDefault", lambda x: raw.PlaceholderWithDefault(input=x * 2, shape=[None, 6]) + 1, [ROWS]),
    Case("Empty", lambda x: tf.shape(raw.Empty(shape=tf.shape(x), dtype=tf.float32)), [ROWS]),
    Case(
        "constants",
        lambda x: [x + tf.constant([[1.5]] * 3), tf.constant([1, 2]), tf.constant(True), tf.constant(2.5)],
        [([3, 6], floats(3, 6))],
    ),
]
CHOSEN = [
    *[
        Case(
            f"TopKV2 {k} {kind} {rank}",
            lambda x, k=k: list(raw.TopKV2(input=x, k=k, sorted=True)),
            [([None, 2, 6][-rank:] if rank > 1 else [None], make(*[3, 2, 6][-rank:]))],
        )
        for k in (1, 3, 6)
        for kind, make in (("float", floats), ("int", lambda *s: ints(*s, low=-3, high=3)))
        for rank in (1, 2, 3)
    ],
    Case("TopKV2 unsorted", lambda x: tf.sort(raw.TopKV2(input=x, k=3, sorted=False)[0]), [ROWS]),
    Case("TopKV2 by an input", lambda x, k: list(tf.math.top_k(x, k)), [ROWS, ([], fixed(2, "<i4"))]),
    Case(
        "sort",
        lambda x: [tf.sort(x), tf.sort(x, 0), tf.sort(x, direction="DESCENDING"), tf.argsort(x, stable=True)],
        [ROWS],
    ),
    Case(
        "sort of integers",
        lambda x: [tf.sort(x), tf.argsort(x, stable=True)],
        [([None, 6], ints(3, 6, low=-3, high=3))],
    ),
    *[
        Case(
            f"InTopKV2 {k}",
            lambda x, y, k=k: [raw.InTopKV2(predictions=x, targets=y, k=k), raw.InTopK(predictions=x, targets=y, k=k)],
            [ROWS, ([None], ints(3, low=0, high=6))],
        )
        for k in (1, 3)
    ],
    Case("Unique", lambda x: list(raw.Unique(x=x)), [([None], ints(9, low=-2, high=3))]),
    Case("Unique of floats", lambda x: list(raw.Unique(x=x)), [([None], fixed([2.5, -1.0, 2.5, 0.25, -1.0], "<f4"))]),
    Case("Unique of bools", lambda x: list(raw.Unique(x=x)), [([None], bools(9))]),
    Case(
        "UniqueV2",
        lambda x: [*raw.UniqueV2(x=x, axis=[0]), *raw.UniqueV2(x=x, axis=[1])],
        [([None, 2], fixed([[1, 1], [0, 2], [1, 1]], "<i4"))],
    ),
    Case("UniqueV2 of one axis", lambda x: list(raw.UniqueV2(x=x, axis=[0])), [([None], ints(9, low=-2, high=3))]),
    Case(
        "UniqueV2 without axis",
        lambda x: list(raw.UniqueV2(x=x, axis=tf.zeros([0], tf.int64))),
        [([None], ints(9, low=-2, high=3))],
    ),
    Case("UniqueWithCounts", lambda x: list(raw.UniqueWithCounts(x=x)), [([None], ints(9, low=-2, high=3))]),
    Case(
        "ListDiff",
        lambda x, y: list(raw.ListDiff(x=x, y=y)),
        [([None], ints(9, low=-3, high=4)), ([None], ints(3, low=-3, high=4))],
    ),
    *[
        Case(
            f"{op} {kind}",
            lambda x, v, op=op: getattr(raw, op)(sorted_inputs=tf.sort(x), values=v),
            [([None, 6], make(3, 6)), ([None, 4], make(3, 4))],
        )
        for op in ("LowerBound", "UpperBound")
        for kind, make in (("float", floats), ("int", lambda *s: ints(*s, low=-4, high=4)))
    ],
    Case(
        "searchsorted",
        lambda x, v: [tf.searchsorted(tf.sort(x), v, side) for side in ("left", "right")],
        [([None], floats(6)), ([None], floats(9))],
    ),
    Case("Bucketize", lambda x: raw.Bucketize(input=x, boundaries=[-1.0, 0.0, 1.5]), [ROWS]),
    Case("Where", lambda x: [tf.where(x > 0), tf.where(x[0] > 0), tf.where(x)], [ROWS]),
    Case("Where of rank 3", lambda x: tf.where(x > 0), [([None, 2, 3], floats(2, 2, 3))]),
    Case("ragged rows", lambda x: tf.boolean_mask(x, x > 0), [ROWS]),
]


def corners(rng: np.random.Generator) -> Any:
    lows = rng.uniform(0, 1, (12, 2))
    return np.concatenate([lows, lows + rng.uniform(0.2, 0.6, (12, 2))], 1).astype("<f4")


def scores(rng: np.random.Generator) -> Any:
    return rng.permutation(np.linspace(0.05, 0.95, 12)).astype("<f4")


BOXES: Any = [([None, 4], corners), ([None], scores)]
SUPPRESSED = [
    Case(
        "NonMaxSuppression",
        lambda b, s: raw.NonMaxSuppression(boxes=b, scores=s, max_output_size=5, iou_threshold=0.3),
        BOXES,
    ),
    Case(
        "NonMaxSuppressionV2",
        lambda b, s: raw.NonMaxSuppressionV2(boxes=b, scores=s, max_output_size=5, iou_threshold=0.3),
        BOXES,
    ),
    Case(
        "NonMaxSuppressionV3",
        lambda b, s: raw.NonMaxSuppressionV3(
            boxes=b, scores=s, max_output_size=9, iou_threshold=0.3, score_threshold=0.4
        ),
        BOXES,
    ),
    Case(
        "NonMaxSuppressionV3 of turned boxes",
        lambda b, s: raw.NonMaxSuppressionV3(
            boxes=tf.gather(b, [2, 1, 0, 3], axis=1),
            scores=s,
            max_output_size=9,
            iou_threshold=0.3,
            score_threshold=0.1,
        ),
        BOXES,
    ),
    *[
        Case(
            f"NonMaxSuppressionV4 {padded}",
            lambda b, s, padded=padded: list(
                raw.NonMaxSuppressionV4(
                    boxes=b,
                    scores=s,
                    max_output_size=9,
                    iou_threshold=0.3,
                    score_threshold=0.4,
                    pad_to_max_output_size=padded,
                )
            ),
            BOXES,
        )
        for padded in (False, True)
    ],
    *[
        Case(
            f"NonMaxSuppressionV5 {sigma}",
            lambda b, s, sigma=sigma: list(
                raw.NonMaxSuppressionV5(
                    boxes=b, scores=s, max_output_size=7, iou_threshold=0.6, score_threshold=0.2, soft_nms_sigma=sigma
                )
            ),
            BOXES,
        )
        for sigma in (0.0, 0.5)
    ],
    Case(
        "NonMaxSuppression by inputs",
        lambda b, s, n: tf.image.non_max_suppression(b, s, n, 0.4),
        [*BOXES, ([], fixed(3, "<i4"))],
    ),
]


def about(x: Any, low: float, high: float, mean: float, spread: float) -> list[Any]:
    """What holds for every draw of a kind: its shape, its bounds, and about its mean and spread."""
    x = tf.cast(x, tf.float32)
    return [
        tf.shape(x),
        tf.reduce_all((x >= low) & (x < high)),
        tf.abs(tf.reduce_mean(x) - mean) < 0.2,
        tf.abs(tf.math.reduce_std(x) - spread) < 0.2,
    ]


SIZE: Any = ([], fixed(50, "<i4"))
RANDOM = [
    Case("RandomUniform", lambda n: about(tf.random.uniform([n, 60], seed=3), 0, 1, 0.5, 0.29), [SIZE]),
    Case("RandomUniform between", lambda n: about(tf.random.uniform([n, 60], -2, 4), -2, 4, 1, 1.73), [SIZE]),
    Case("RandomUniformInt", lambda n: about(tf.random.uniform([n, 60], -2, 3, tf.int32), -2, 3, 0, 1.41), [SIZE]),
    Case("RandomStandardNormal", lambda n: about(tf.random.normal([n, 60], 1, 2, seed=4), -99, 99, 1, 2), [SIZE]),
    Case("TruncatedNormal", lambda n: about(tf.random.truncated_normal([n, 60], seed=5), -2, 2, 0, 0.88), [SIZE]),
    Case(
        "Multinomial",
        lambda x: about(raw.Multinomial(logits=x, num_samples=2000, seed=7, seed2=8), 0, 3, 1.25, 0.83),
        [([None, 3], fixed(np.log([[0.25, 0.25, 0.5]]), "<f4"))],
    ),
    Case(
        "Multinomial of longs",
        lambda x: tf.shape(raw.Multinomial(logits=x, num_samples=9, output_dtype=tf.int32)),
        [ROWS],
    ),
    Case("stateless", lambda n: about(tf.random.stateless_uniform([n, 60], [1, 2]), 0, 1, 0.5, 0.29), [SIZE]),
    Case("stateless normal", lambda n: about(tf.random.stateless_normal([n, 60], [1, 2]), -99, 99, 0, 1), [SIZE]),
    Case("dropout", lambda n: about(tf.nn.dropout(tf.ones([n, 60]), 0.5), 0, 3, 1, 1), [SIZE]),
    Case(
        "a branch that draws",
        lambda n: tf.shape(tf.cond(n > 3, lambda: tf.random.uniform([n]), lambda: tf.zeros([n]))),
        [SIZE],
    ),
    Case(
        "a loop that draws",
        lambda n: tf.while_loop(
            lambda i, y: i < 3, lambda i, y: (i + 1, y + tf.random.uniform([4]) * 0), (0, tf.ones([4]))
        )[1],
        [SIZE],
    ),
]
GROUPS = {
    "random numbers": RANDOM,
    "creation": CREATED,
    "choices": CHOSEN,
    "suppression": SUPPRESSED,
}
