"""Functions of TensorFlow that TF.js would not compute as they are meant: op, function, what the error says of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.dtype_cases import halves
from tests.passes.traced_case import Case, floats, ints, raw
from tests.tfjs.op_cases.choices import BOXES
from tests.tfjs.op_cases.lists import filled, pushed, stacked
from tests.tfjs.op_cases.text import TEXT

X: Any = ([None, 4], floats(3, 4))
PAIR: Any = [X, X]
MATRIX: Any = ([None, 4, 4], floats(3, 4, 4))
UNKNOWN: Any = (None, floats(3, 4))


def case(op: str, says: str, function: Callable[..., Any], *inputs: Any) -> tuple[str, str, Case]:
    return op, says, Case(op, function, inputs or [X])


def _random_lengths(x: Any) -> Any:
    return raw.TensorListSplit(tensor=x, element_shape=tf.constant([1, 4]), lengths=[1, 1, 1])


REFUSED = [
    case("CumulativeLogsumexp", "no such op", lambda x: tf.math.cumulative_logsumexp(x, 1)),
    case("HistogramFixedWidth", "no such op", lambda x: tf.histogram_fixed_width(x, [-1.0, 1.0], 7)),
    case(
        "SparseSegmentSqrtN", "no sparse", lambda x: raw.SparseSegmentSqrtN(data=x, indices=[0, 1], segment_ids=[0, 0])
    ),
    case("TensorScatterMax", "no such op", lambda x: raw.TensorScatterMax(tensor=x, indices=[[1]], updates=x[:1])),
    case("TensorScatterMin", "no such op", lambda x: raw.TensorScatterMin(tensor=x, indices=[[1]], updates=x[:1])),
    case("NthElement", "no such op", lambda x: raw.NthElement(input=x, n=2)),
    case(
        "SoftmaxCrossEntropyWithLogits",
        "only training",
        lambda x: raw.SoftmaxCrossEntropyWithLogits(features=x, labels=x)[0],
    ),
    case("MatrixDiagPartV3", "no such op", lambda x: tf.linalg.diag_part(x, k=(-1, 1)), MATRIX),
    case("Exp", "complex", lambda x, y: tf.math.real(tf.exp(tf.complex(x, y))), *PAIR),
    case("Sqrt", "complex", lambda x, y: tf.math.real(tf.sqrt(tf.complex(x, y))), *PAIR),
    case("Equal", "complex", lambda x, y: tf.equal(tf.complex(x, y), tf.complex(y, x)), *PAIR),
    case(
        "FFT3D",
        "no such op",
        halves(lambda z: tf.signal.fft3d(tf.reshape(z, [-1, 2, 2, 2]))),
        *[([4, 4], floats(4, 4))] * 2,
    ),
    case("IRFFT", "ignores the length", lambda x, y: tf.signal.irfft(tf.complex(x, y), [7]), *PAIR),
    case("StaticRegexReplace", "another way", lambda x: tf.strings.regex_replace(x, "([aeiou])", r"<\1>"), TEXT),
    case("StaticRegexReplace", "another way", lambda x: tf.strings.regex_replace(x, "[[:punct:]]", ""), TEXT),
    case("StaticRegexReplace", "small letters", lambda x: tf.strings.regex_replace(x, "[A-Z]", ""), TEXT),
    case(
        "StringNGrams",
        "small letters",
        lambda x: raw.StringNGrams(
            data=x,
            data_splits=tf.constant([0, 5], tf.int64),
            separator="-",
            ngram_widths=[2],
            left_pad="L",
            right_pad="R",
            pad_width=0,
            preserve_short_sequences=False,
        )[0],
        TEXT,
    ),
    case("StringSplitV2", "does not change or cut strings", lambda x: raw.StringSplitV2(input=x, sep="")[1], TEXT),
    case("StringLower", "does not change or cut strings", tf.strings.lower, TEXT),
    case("Select", "numbers only", lambda x: raw.Select(condition=tf.equal(x, "a"), x=x, y=x), TEXT),
    case("ReverseV2", "numbers only", lambda x: tf.reverse(x, [0]), TEXT),
    case(
        "NonMaxSuppressionV5",
        "does not pad",
        lambda b, s: raw.NonMaxSuppressionV5(
            boxes=b,
            scores=s,
            max_output_size=9,
            iou_threshold=0.3,
            score_threshold=0.4,
            soft_nms_sigma=0.0,
            pad_to_max_output_size=True,
        )[0],
        *BOXES,
    ),
    case(
        "CombinedNonMaxSuppression",
        "one class at a time",
        lambda b, s: tf.image.combined_non_max_suppression(b[None, :, None], s[None, :, None], 5, 5)[0],
        *BOXES,
    ),
    case("TensorListSplit", "rows", lambda x: stacked(_random_lengths(x), x, (1, 4))),
    case(
        "TensorListPopBack",
        "only training",
        lambda x: raw.TensorListPopBack(
            input_handle=pushed(x), element_shape=tf.constant([4]), element_dtype=tf.float32
        )[1],
    ),
    case(
        "TensorListSetItem",
        "still needed",
        lambda x: [
            stacked(first := filled(x), x),
            stacked(raw.TensorListSetItem(input_handle=first, index=0, item=x[1]), x),
        ],
    ),
    case(
        "TensorListConcatV2",
        "first result only",
        lambda x: raw.TensorListConcatV2(
            input_handle=raw.TensorListFromTensor(tensor=x[:, None], element_shape=tf.constant([1, 4])),
            element_shape=tf.constant([-1, 4]),
            leading_dims=tf.zeros([0], tf.int64),
            element_dtype=tf.float32,
        )[1],
    ),
    case("Cumsum", "from the front only", lambda x: tf.cumsum(x, -1), UNKNOWN),
    case("OneHot", "at the end only", lambda x: tf.one_hot(x, 4, axis=0), (None, ints(3, low=0, high=4))),
    case("MatrixBandPart", "not known to be equal", lambda x: tf.linalg.band_part(x, 0, -1), UNKNOWN),
    case(
        "Conv2D",
        "not both",
        lambda x: tf.nn.conv2d(x, np.ones([3, 3, 4, 2], "<f4"), 2, "SAME", dilations=2),
        ([None, None, None, 4], floats(2, 5, 6, 4)),
    ),
    case("MatrixInverse", "linear algebra", tf.linalg.inv, MATRIX),
    case("Lgamma", "no such function", tf.math.lgamma),
    case("Digamma", "no such function", tf.math.digamma),
    case("Erfinv", "no such function", tf.math.erfinv, ([None], floats(3, low=-0.9, high=0.9))),
    case("NextAfter", "no such function", lambda x: tf.math.nextafter(x, x)),
    case("Betainc", "no such function", lambda x: tf.math.betainc(tf.abs(x), tf.abs(x), tf.abs(x) / 9)),
    case("BitwiseXor", "bits", lambda x: tf.bitwise.bitwise_xor(x, 5), ([None], ints(3))),
    case("BitwiseOr", "bits", lambda x: tf.bitwise.bitwise_or(x, 5), ([None], ints(3))),
    case("BitwiseAnd", "bits", lambda x: tf.bitwise.bitwise_and(x, 5), ([None], ints(3))),
    case(
        "QuantizeAndDequantizeV4",
        "as if to a few bits",
        lambda x: tf.quantization.quantize_and_dequantize_v2(x, -1.0, 1.0),
    ),
    case(
        "RaggedTensorToTensor",
        "ragged",
        lambda x: tf.RaggedTensor.from_row_splits(x, [0, 2, 3]).to_tensor(),
        ([3], floats(3)),
    ),
    case("DecodeJpeg", "image", lambda x: tf.io.decode_jpeg(x[0]), TEXT),
    case(
        "ResizeBicubic",
        "no such op",
        lambda x: tf.image.resize(x, [9, 9], "bicubic"),
        ([None, None, None, 3], floats(2, 4, 5, 3)),
    ),
]
