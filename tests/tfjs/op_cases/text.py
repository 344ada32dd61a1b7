"""Strings and sparse tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.traced_case import Case, Make, fixed, floats, raw


def words(*values: str) -> Make:
    return lambda rng: np.array([value.encode() for value in values], object)


TEXT: Any = ([None], words("the red fox", "a", "", "jumps  over it", "caf\u00e9 au lait"))
STRINGS = [
    Case("StringToHashBucketFast", lambda x: raw.StringToHashBucketFast(input=x, num_buckets=1000), [TEXT]),
    Case("StringToHashBucketFast few", lambda x: raw.StringToHashBucketFast(input=x, num_buckets=7), [TEXT]),
    *[
        Case(
            f"StringSplit {skip} {delimiter!r}",
            lambda x, skip=skip, delimiter=delimiter: list(
                raw.StringSplit(input=x, delimiter=delimiter, skip_empty=skip)
            ),
            [TEXT],
        )
        for skip in (True, False)
        for delimiter in (" ", "e")
    ],
    *[
        Case(
            f"StringNGrams {widths} {pad} {short}",
            lambda x, widths=widths, pad=pad, short=short: list(
                raw.StringNGrams(
                    data=x,
                    data_splits=tf.constant([0, 2, 2, 5], tf.int64),
                    separator="-",
                    ngram_widths=widths,
                    left_pad="l",
                    right_pad="r",
                    pad_width=pad,
                    preserve_short_sequences=short,
                )
            ),
            [TEXT],
        )
        for widths, pad, short in (([2], 0, False), ([1, 2], 1, False), ([3], -1, True), ([4], 0, True))
    ],
    *[
        Case(
            f"StaticRegexReplace {pattern} {everywhere}",
            lambda x, pattern=pattern, everywhere=everywhere: raw.StaticRegexReplace(
                input=x, pattern=pattern, rewrite="_", replace_global=everywhere
            ),
            [TEXT],
        )
        for pattern in ("[aeiou]", " +", "o(v)e")
        for everywhere in (True, False)
    ],
    Case(
        "StringNGrams with other signs",
        lambda x: list(
            raw.StringNGrams(
                data=x,
                data_splits=tf.constant([0, 5], tf.int64),
                separator=" ",
                ngram_widths=[3],
                left_pad="<",
                right_pad=">",
                pad_width=-1,
                preserve_short_sequences=False,
            )
        ),
        [TEXT],
    ),
    Case("moved strings", lambda x: [tf.reshape(x, [-1, 1]), tf.expand_dims(x, 0), tf.identity(x)], [TEXT]),
    Case("RegexReplace", lambda x: tf.strings.regex_replace(x, "o", "0"), [TEXT]),
    Case("Equal of strings", lambda x: tf.equal(x, x[1]), [TEXT]),
    Case(
        "sliced strings", lambda x: [x[1:], x[0], tf.gather(x, [2, 0]), tf.concat([x, x], 0), tf.stack([x, x])], [TEXT]
    ),
]
INDICES: Any = ([None, 2], fixed([[0, 1], [0, 3], [2, 0]], "<i8"))
VALUES: Any = ([None], floats(3))
SHAPE: Any = ([2], fixed([5, 4], "<i8"))
SPARSE = [
    Case(
        "SparseReshape",
        lambda i, s: list(raw.SparseReshape(input_indices=i, input_shape=s, new_shape=[2, -1])),
        [INDICES, SHAPE],
    ),
    Case(
        "SparseFillEmptyRows",
        lambda i, v, s: list(raw.SparseFillEmptyRows(indices=i, values=v, dense_shape=s, default_value=9.5)),
        [INDICES, VALUES, SHAPE],
    ),
    Case(
        "SparseSegmentSum",
        lambda x: [
            raw.SparseSegmentSum(data=x, indices=[4, 0, 1, 1], segment_ids=[0, 0, 1, 2]),
            raw.SparseSegmentMean(data=x, indices=[4, 0, 1, 1], segment_ids=[0, 0, 1, 3]),
        ],
        [([None, 3], floats(5, 3))],
    ),
    Case("sparse to dense", lambda i, v: tf.sparse.to_dense(tf.SparseTensor(i, v, [5, 4])), [INDICES, VALUES]),
    Case(
        "sparse product",
        lambda v, d: tf.sparse.sparse_dense_matmul(tf.SparseTensor([[0, 1], [2, 0], [2, 3]], v, [3, 4]), d),
        [VALUES, ([4, 5], floats(4, 5))],
    ),
]
GROUPS = {"strings": STRINGS, "sparse": SPARSE}
