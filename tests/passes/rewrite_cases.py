"""Small functions of TensorFlow, one for each op and attribute that is rewritten for TF.js."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.dtype_cases import BOOLS, COMPLEX, INTEGERS, SLICES
from tests.passes.traced_case import ROWS, Case, V, bools, fixed, floats, ints, nonzero, raw

ARITHMETIC = [
    Case("erfc", lambda x: raw.Erfc(x=x), [(ROWS, V)], ("Erfc",)),
    Case("gelu", lambda x: tf.nn.gelu(x, approximate=False), [(ROWS, V)], ("Erfc",)),
    Case("softsign", tf.nn.softsign, [(ROWS, V)], ("Softsign",)),
    Case("rint", tf.math.rint, [(ROWS, fixed([[0.5, 1.5, -2.5, 0.7]], "<f4"))], ("Rint",)),
    Case("inv", lambda x: raw.Inv(x=x), [(ROWS, V)], ("Inv",)),
    Case("xdivy", tf.math.xdivy, [([4], fixed([0, 0, 1, -2], "<f4")), ([4], fixed([0, 3, 2, 4], "<f4"))], ("Xdivy",)),
    Case("xlogy", tf.math.xlogy, [([4], fixed([0, 0, 1, -2], "<f4")), ([4], fixed([0, 3, 2, 4], "<f4"))], ("Xlogy",)),
    Case(
        "xlog1py",
        tf.math.xlog1py,
        [([4], fixed([0, 0, 1, -2], "<f4")), ([4], fixed([-1, 3, 2, 4], "<f4"))],
        ("Xlog1py",),
    ),
    Case(
        "multiply no nan",
        tf.math.multiply_no_nan,
        [([4], fixed([np.inf, np.nan, 1, -2], "<f4")), ([4], fixed([0, 0, 2, 4], "<f4"))],
        ("MulNoNan",),
    ),
    Case(
        "truncated division", lambda a, b: raw.TruncateDiv(x=a, y=b), [([50], ints(50, low=-99)), ([50], nonzero(50))]
    ),
    Case("integer division", lambda a, b: raw.Div(x=a, y=b), [([50], ints(50, low=-99)), ([50], nonzero(50))]),
    Case(
        "large integer division",
        lambda a, b: raw.TruncateDiv(x=a, y=b),
        [([50], ints(50, low=-(2**31) + 1, high=2**31)), ([50], nonzero(50))],
    ),
    Case("truncated remainder", lambda a, b: raw.TruncateMod(x=a, y=b), [([50], ints(50)), ([50], nonzero(50))]),
    Case("mod of integers", lambda a, b: raw.Mod(x=a, y=b), [([50], ints(50)), ([50], nonzero(50))], ("Mod",)),
    Case("mod of floats", lambda a, b: raw.Mod(x=a, y=b), [([50], floats(50)), ([50], floats(50))], ("Mod",)),
    Case(
        "approximately equal",
        lambda a, b: raw.ApproximateEqual(x=a, y=b, tolerance=0.5),
        [([50], floats(50)), ([50], floats(50))],
        ("ApproximateEqual",),
    ),
    Case("l2 loss", tf.nn.l2_loss, [([None, 4], V)], ("L2Loss",)),
    Case("invert", tf.bitwise.invert, [([20], ints(20))], ("Invert",)),
    Case("left shift", lambda x: tf.bitwise.left_shift(x, 3), [([20], ints(20))], ("LeftShift",)),
    Case("right shift", lambda x: tf.bitwise.right_shift(x, 2), [([20], ints(20, low=-99))], ("RightShift",)),
    Case("low bits", lambda x: tf.bitwise.bitwise_and(x, 7), [([20], ints(20, low=-99))], ("BitwiseAnd",)),
    Case(
        "sign bits",
        lambda x: tf.less(tf.bitwise.bitwise_and(tf.bitcast(x, tf.int32), tf.constant(-(2**31))), 0),
        [([5], fixed([0.0, -0.0, -3, 2, -np.inf], "<f4"))],
        ("Bitcast", "BitwiseAnd"),
    ),
    Case("clipped integers", lambda x: raw.ClipByValue(t=x, clip_value_min=-3, clip_value_max=4), [([9], ints(9))]),
    Case("mean of integers", lambda x: tf.reduce_mean(x, [0, 2]), [([None, 4, 3], ints(5, 4, 3))], ("TruncateDiv",)),
    Case("mean of integers of one axis", lambda x: tf.reduce_mean(x, 1, True), [([None, 4], ints(5, 4))]),
    Case("shapes", lambda x, y: raw.ShapeN(input=[x, y]), [(ROWS, V), ([None], floats(7))], ("ShapeN",)),
]

NORMALIZATION = [
    Case(
        f"batch norm {'training' if training else 'inference'} {layout} {op}",
        lambda x, s, o, m, v, op=op, training=training, layout=layout: getattr(raw, op)(
            x=x, scale=s, offset=o, mean=m, variance=v, epsilon=0.02, data_format=layout, is_training=training
        )[0],
        [
            ([None, 3, 4, 5], floats(2, 3, 4, 5)),
            *[([None], floats(0 if training and at > 1 else size, low=0.5)) for at in range(4)],
        ],
        ("FusedBatchNormV3",) if training else (),
        1e-4,
    )
    for op in ("FusedBatchNorm", "FusedBatchNormV3")
    for training in (False, True)
    for layout, size in (("NHWC", 5), ("NCHW", 3))
    if training or layout == "NHWC"
]


def conv(strides: int = 1, dilations: int = 1, padding: Any = "SAME") -> Callable[..., Any]:
    return lambda x, k: tf.nn.conv2d(x, k, strides, padding, dilations=dilations)


CONVOLUTION = [
    Case("groups", conv(), [([None, 6, 7, 6], floats(2, 6, 7, 6)), ([3, 3, 2, 9], floats(3, 3, 2, 9))], (), 1e-4),
    Case(
        "groups of one",
        conv(2),
        [([None, 6, 7, 6], floats(2, 6, 7, 6)), ([3, 3, 1, 12], floats(3, 3, 1, 12))],
        ("Conv2D",),
        1e-4,
    ),
    *[
        Case(
            f"patches {padding} {strides} {rates}",
            lambda x, padding=padding, strides=strides, rates=rates: tf.image.extract_patches(
                x, [1, 3, 2, 1], [1, strides, strides, 1], [1, rates, rates, 1], padding
            ),
            [([None, 9, 8, 3], floats(2, 9, 8, 3))],
            ("ExtractImagePatches",),
        )
        for padding in ("SAME", "VALID")
        for strides, rates in ((1, 1), (2, 1), (1, 2), (2, 2))
    ],
    Case("space to depth", lambda x: tf.nn.space_to_depth(x, 2), [([None, 4, 6, 3], floats(2, 4, 6, 3))]),
    Case("space to depth of any size", lambda x: tf.nn.space_to_depth(x, 2), [([None] * 4, floats(2, 4, 6, 3))]),
    Case(
        "space to batch",
        lambda x: raw.SpaceToBatch(input=x, paddings=[[0, 2], [1, 1]], block_size=2),
        [([None, 4, 6, 3], floats(2, 4, 6, 3))],
        ("SpaceToBatch",),
    ),
    Case(
        "batch to space",
        lambda x: raw.BatchToSpace(input=x, crops=[[0, 2], [1, 1]], block_size=2),
        [([None, 4, 6, 3], floats(8, 4, 6, 3))],
        ("BatchToSpace",),
    ),
    Case(
        "max pool v2",
        lambda x: raw.MaxPoolV2(input=x, ksize=[1, 2, 3, 1], strides=[1, 2, 1, 1], padding="SAME"),
        [([None, 5, 6, 3], floats(2, 5, 6, 3))],
        ("MaxPoolV2",),
    ),
    Case(
        "max pool with paddings",
        lambda x: tf.nn.max_pool2d(x, 3, 2, [[0, 0], [1, 0], [2, 1], [0, 0]]),
        [([None, 5, 6, 3], floats(2, 5, 6, 3, high=-0.5))],
    ),
    Case("bias v1", lambda x, b: raw.BiasAddV1(value=x, bias=b), [(ROWS, V), ([4], floats(4))], ("BiasAddV1",)),
    Case(
        "bias first",
        lambda x, b: tf.nn.bias_add(x, b, data_format="NCHW"),
        [([None, 3, 4, 5], floats(2, 3, 4, 5)), ([3], floats(3))],
        ("BiasAdd",),
    ),
]


def equation(text: str, *shapes: Sequence[int], unknown: bool = False, dtype: str = "float") -> Case:
    signature = [[None] * len(shape) if unknown else [None, *shape[1:]] for shape in shapes]
    make = floats if dtype == "float" else ints
    return Case(
        f"einsum {text} {'unknown' if unknown else ''} {dtype}",
        lambda *x: tf.einsum(text, *x) if len(x) < 3 else raw.Einsum(inputs=x, equation=text),
        [(dims, make(*shape)) for dims, shape in zip(signature, shapes, strict=True)],  # type: ignore[operator]
        ("Einsum",),
        1e-4,
    )


EINSUM = [
    equation("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    equation("BiJ,Bjk->BikJ", (2, 3, 4), (2, 4, 5)),
    equation("bij,bkj->bik", (2, 3, 4), (2, 5, 4)),
    equation("bji,bkj->bki", (2, 4, 3), (2, 5, 4)),
    equation("abc,cd->abd", (2, 3, 4), (4, 5)),
    equation("abc,cde->abde", (2, 3, 4), (4, 5, 6)),
    equation("abcd,cde->abe", (2, 3, 4, 5), (4, 5, 6)),
    equation("aecd,abcd->acbe", (2, 3, 4, 5), (2, 6, 4, 5)),
    equation("acbe,aecd->abcd", (2, 4, 6, 3), (2, 3, 4, 5)),
    equation("aecd,abcd->acbe", (2, 3, 4, 5), (2, 6, 4, 5), unknown=True),
    equation("abc,cde->abde", (2, 3, 4), (4, 5, 6), unknown=True),
    equation("bi,bj->bij", (2, 3), (2, 4)),
    equation("bi,bi->b", (2, 3), (2, 3)),
    equation("bi,bi->bi", (2, 3), (2, 3)),
    equation("bi,ib->ib", (2, 3), (3, 2)),
    equation("bi,j->bij", (2, 3), (4,)),
    equation("bi,bj->b", (2, 3), (2, 4)),
    equation("bi,bj->", (2, 3), (2, 4)),
    equation("bij->bji", (2, 3, 4)),
    equation("bij->b", (2, 3, 4)),
    equation("...ij,...jk->...ik", (2, 3, 4), (2, 4, 5)),
    equation("...ij,jk->...ik", (2, 6, 3, 4), (4, 5)),
    equation("b...i,ij->b...j", (2, 6, 3, 4), (4, 5)),
    equation("...ij,...jk->...ik", (2, 6, 3, 4), (6, 4, 5)),
    equation("...ij,...jk->...ik", (2, 6, 3, 4), (2, 1, 4, 5)),
    equation("bij,bjk->bik", (2, 3, 4), (2, 4, 5), dtype="int"),
    Case("einsum diagonal", lambda x: raw.Einsum(inputs=[x], equation="bii->bi"), [([None, 4, 4], floats(2, 4, 4))]),
    Case("einsum trace", lambda x: raw.Einsum(inputs=[x], equation="ii->"), [([4, 4], floats(4, 4))]),
    Case(
        "einsum of a diagonal",
        lambda x, y: tf.einsum("ii,ij->j", x, y),
        [([4, 4], floats(4, 4)), ([4, 5], floats(4, 5))],
    ),
]

MATRIX = [-1, 0, 1, 2]
MATRICES = [
    Case(
        f"batch matmul v3 {turn} {kind}",
        lambda a, b, turn=turn: raw.BatchMatMulV3(x=a, y=b, Tout=a.dtype, adj_x=turn, adj_y=turn),
        [
            ([None, *shape[1:]], make(*shape))
            for shape in ((2, 4, 3) if turn else (2, 3, 4), (2, 5, 4) if turn else (2, 4, 5))
        ],
        ("BatchMatMulV3",),
    )
    for turn in (False, True)
    for kind, make in (("float", floats), ("int", ints))
] + [
    Case(
        "matmul of integers",
        lambda a, b: tf.matmul(a, b, transpose_b=True),
        [([None, 4], ints(3, 4)), ([5, 4], ints(5, 4))],
    ),
    *[
        Case(
            f"band {lower} {upper} {shape}",
            lambda x, lower=lower, upper=upper: tf.linalg.band_part(x, lower, upper),
            [(shape, floats(2, 4, 5))],
        )
        for lower, upper in ((0, -1), (-1, 0), (1, 2), (0, 0), (-1, -1))
        for shape in ([None, 4, 5], [None, None, 5])
    ],
    Case("band of bools", lambda x: tf.linalg.band_part(x, -1, 0), [([None, 4, 4], bools(2, 4, 4))]),
    Case("diagonal matrix", tf.linalg.diag, [([None, 4], floats(3, 4))]),
    Case("diagonal matrix of any size", tf.linalg.diag, [([None, None], floats(3, 4))]),
    Case("padded diagonal matrix", lambda x: tf.linalg.diag(x, padding_value=7.0), [([None, 4], floats(3, 4))]),
    *[
        Case(f"diagonal part {size}", tf.linalg.diag_part, [([None, *size], floats(2, *size))])
        for size in ((4, 4), (3, 5), (5, 3))
    ],
    *[
        Case(f"set diagonal {size}", tf.linalg.set_diag, [([None, *size], floats(2, *size)), ([None, 3], floats(2, 3))])
        for size in ((3, 3), (3, 5), (5, 3))
    ],
    Case("diag", lambda x: raw.Diag(diagonal=x), [([5], floats(5))], ("Diag",)),
    Case("diag part", lambda x: raw.DiagPart(input=x), [([5, 5], floats(5, 5))], ("DiagPart",)),
    Case("cross", tf.linalg.cross, [([None, 3], floats(4, 3)), ([None, 3], floats(4, 3))], ("Cross",)),
    Case(
        "sparse times dense",
        lambda v, d: tf.sparse.sparse_dense_matmul(tf.SparseTensor([[0, 1], [2, 0]], v, [3, 4]), d),
        [([2], floats(2)), ([4, 5], floats(4, 5))],
        ("SparseTensorDenseMatMul",),
    ),
]

INDEXING = [
    Case("one hot of zeros and ones", lambda x: tf.one_hot(x, 5), [([None, 4], ints(3, 4, low=-1, high=6))]),
    Case("one hot of integers", lambda x: tf.one_hot(x, 5, 3, 4, 0), [([None, 4], ints(3, 4, low=-1, high=6))]),
    Case("one hot of bools", lambda x: tf.one_hot(x, 5, True, False), [([None, 4], ints(3, 4, low=-1, high=6))]),
    *[
        Case(
            f"gather in {batch} batches {signature}",
            lambda x, i, batch=batch: tf.gather(x, i, batch_dims=batch, axis=batch),
            [(signature, floats(2, 3, 4)), ([None, None, 2][:rank], ints(*(2, 3, 2)[:rank], low=0, high=2))],
        )
        for batch, rank in ((1, 1), (1, 2), (2, 3), (1, 3))
        for signature in ([None, 3, 4], [None, None, None], [2, 3, 4])
    ],
    Case("floats to bools", lambda x: tf.cast(x, tf.bool), [([None], fixed([0, 0.5, -1, 2, 1e-30, -0.0], "<f4"))]),
    Case("integers to bools", lambda x: tf.cast(x, tf.bool), [([None], fixed([0, 1, 256, 65536, -1], "<i4"))]),
    *[
        Case(
            f"one hot {axis}",
            lambda x, axis=axis: tf.one_hot(x, 5, 2.0, -1.0, axis=axis),
            [([None, 4], ints(3, 4, low=-1, high=6))],
        )
        for axis in (-1, 0, 1, 2)
    ],
    *[
        Case(
            f"roll {shift} {axis} {shape}",
            lambda x, shift=shift, axis=axis: tf.roll(x, shift, axis),
            [(shape, floats(3, 4, 5))],
            ("Roll",),
        )
        for shift, axis in ((1, 1), (-2, 2), (7, 1), (3, 1), (0, 1), ([1, -1], [1, 2]), (-1, 0), (8, -1))
        for shape in ([None, 4, 5], [3, None, None])
    ],
    Case(
        "bucketize",
        lambda x: raw.Bucketize(input=x, boundaries=[-1.0, 0.0, 1.5]),
        [([None], fixed([-2, -1, 0, 0.3, 1.5, 9], "<f4"))],
    ),
    Case("bucketize integers", lambda x: raw.Bucketize(input=x, boundaries=[-1.5, 0.0, 3.0]), [([None], ints(20))]),
    Case(
        "scatter add",
        lambda x, u: tf.tensor_scatter_nd_add(x, [[1], [3], [1]], u),
        [([None, 4], floats(5, 4)), ([3, 4], floats(3, 4))],
    ),
    Case(
        "scatter sub",
        lambda x, u: tf.tensor_scatter_nd_sub(x, [[1], [3], [1]], u),
        [([None, 4], floats(5, 4)), ([3, 4], floats(3, 4))],
    ),
    Case("invert permutation", tf.math.invert_permutation, [([None], fixed([2, 0, 3, 1], "<i4"))]),
    Case("unique with counts", tf.unique_with_counts, [([None], ints(20, low=0, high=5))]),
    Case("unique with counts v2", lambda x: raw.UniqueWithCountsV2(x=x, axis=[0]), [([None], ints(20, low=0, high=5))]),
    Case(
        "stitch",
        lambda x, y: tf.dynamic_stitch([[3, 1], 0, [2]], [x, y[0], y[1:]]),
        [([2, 4], floats(2, 4)), ([2, 4], floats(2, 4))],
    ),
    *[
        Case(
            f"reverse sequence {batch} {time}",
            lambda x, n, batch=batch, time=time: tf.reverse_sequence(x, n, time, batch),
            [([None] * 3, floats(4, 4, 4)), ([None], fixed([0, 1, 3, 4], "<i8"))],
            ("ReverseSequence",),
        )
        for batch, time in ((0, 1), (1, 0), (2, 0), (0, 2))
    ],
    Case(
        "unravel index",
        lambda x: tf.unravel_index(x, [3, 4, 5]),
        [([None], ints(9, low=0, high=60))],
        ("UnravelIndex",),
    ),
]

IDS = fixed([0, 0, 1, 3, 3, 3], "<i4")
SEGMENTS = [
    Case("segment sum", tf.math.segment_sum, [([None, 4], floats(6, 4)), ([None], IDS)], ("SegmentSum",)),
    Case("segment mean", tf.math.segment_mean, [([None, 4], floats(6, 4)), ([None], IDS)], ("SegmentMean",)),
    Case(
        "unsorted",
        lambda x, i: tf.math.unsorted_segment_sum(x, i, 5),
        [([None, 4], floats(6, 4)), ([None], fixed([3, -1, 0, 3, 4, 1], "<i4"))],
    ),
    Case(
        "unsorted of rank 2",
        lambda x, i: tf.math.unsorted_segment_sum(x, i, 5),
        [([None, 3, 4], floats(2, 3, 4)), ([None, 3], fixed([[3, 1, 0], [3, 4, 1]], "<i4"))],
    ),
    *[
        Case(
            f"sparse segment {name}",
            lambda x, name=name: getattr(tf.sparse, f"segment_{name}")(x, [4, 0, 1, 1], [0, 0, 2, 2], num_segments=4),
            [([None, 4], floats(6, 4))],
        )
        for name in ("sum", "mean")
    ],
]

PIXELS = floats(2, 5, 6, 3, low=0, high=1)
IMAGE = [None, 5, 6, 3]
IMAGES = [
    Case("contrast", lambda x: tf.image.adjust_contrast(x, 1.7), [(IMAGE, PIXELS)], ("AdjustContrastv2",)),
    Case("to hsv", tf.image.rgb_to_hsv, [(IMAGE, PIXELS)], ("RGBToHSV",)),
    Case("to rgb", tf.image.hsv_to_rgb, [(IMAGE, PIXELS)], ("HSVToRGB",)),
    Case(
        "grey to hsv",
        lambda x: tf.image.rgb_to_hsv(tf.concat([x, x, x], -1)),
        [([None, 4, 1], fixed([[[0], [0.5], [1], [0.2]]], "<f4"))],
    ),
    Case("hue", lambda x: raw.AdjustHue(images=x, delta=0.3), [(IMAGE, PIXELS)], ("AdjustHue",)),
    Case("hue backwards", lambda x: raw.AdjustHue(images=x, delta=-0.6), [(IMAGE, PIXELS)], ("AdjustHue",)),
    Case("saturation", lambda x: raw.AdjustSaturation(images=x, scale=1.8), [(IMAGE, PIXELS)], ("AdjustSaturation",)),
    *[
        Case(
            f"{op} {size} corners {corners} half {half}",
            lambda x, op=op, size=size, corners=corners, half=half: getattr(raw, op)(
                images=x,
                size=size,
                align_corners=corners,
                **({"half_pixel_centers": half} if op == "ResizeBicubic" else {}),
            ),
            [(IMAGE, PIXELS)],
            (op,),
        )
        for op in ("ResizeBicubic", "ResizeArea")
        for size in ((11, 13), (3, 2), (5, 6), (10, 3))
        for corners, half in ((False, False), (False, True), (True, False))
        if op == "ResizeBicubic" or not half
    ],
]

QUANTISATION = [
    Case(
        f"fake quantisation {bits} {narrow} {low} {high}",
        lambda x, bits=bits, narrow=narrow, low=low, high=high: tf.quantization.fake_quant_with_min_max_vars(
            x, low, high, num_bits=bits, narrow_range=narrow
        ),
        [([None, 4], floats(9, 4, low=-3, high=3))],
        ("FakeQuantWithMinMaxVars",),
    )
    for bits, narrow in ((8, False), (8, True), (4, False))
    for low, high in ((-1.0, 1.0), (0.0, 2.5), (-2.9, 0.3))
] + [
    Case(
        "fake quantisation by attributes",
        lambda x: tf.quantization.fake_quant_with_min_max_args(x, -1.3, 2.1),
        [([None, 4], floats(9, 4, low=-3, high=3))],
        ("FakeQuantWithMinMaxArgs",),
    ),
    Case(
        "fake quantisation by channel",
        lambda x: tf.quantization.fake_quant_with_min_max_vars_per_channel(
            x, [-1.0, 0.0, -2.0, -0.1], [1.0, 1.0, 0.5, 2.0]
        ),
        [([None, 4], floats(9, 4, low=-3, high=3))],
        ("FakeQuantWithMinMaxVarsPerChannel",),
    ),
]

SPECTRAL = [
    *[
        Case(
            f"rfft {length}",
            lambda x, length=length: tf.math.real(tf.signal.rfft(x, [length])),
            [([None, 8], floats(3, 8))],
        )
        for length in (8, 12, 6)
    ],
    *[
        Case(
            f"rfft imaginary {length}",
            lambda x, length=length: tf.math.imag(tf.signal.rfft(x, [length])),
            [([None, 8], floats(3, 8))],
        )
        for length in (8, 12, 6)
    ],
    *[
        Case(
            f"irfft {length}",
            lambda x, y, length=length: tf.signal.irfft(tf.complex(x, y), [length]),
            [([None, 8], floats(3, 8)), ([None, 8], floats(3, 8))],
        )
        for length in (14, 10, 6, 20)
    ],
    Case(
        "fft2d",
        lambda x, y: tf.math.imag(tf.signal.fft2d(tf.complex(x, y))),
        [([None, 4, 6], floats(3, 4, 6))] * 2,
        ("FFT2D",),
        1e-4,
    ),
    Case(
        "ifft2d",
        lambda x, y: tf.math.real(tf.signal.ifft2d(tf.complex(x, y))),
        [([None, 4, 6], floats(3, 4, 6))] * 2,
        ("IFFT2D",),
        1e-4,
    ),
    Case("rfft2d", lambda x: tf.math.imag(tf.signal.rfft2d(x)), [([None, 4, 6], floats(3, 4, 6))], ("RFFT2D",), 1e-4),
    Case("conjugate", lambda x, y: tf.math.imag(tf.math.conj(tf.complex(x, y))), [(ROWS, V)] * 2, ("Conj",)),
    Case("angle", lambda x, y: tf.math.angle(tf.complex(x, y)), [(ROWS, V)] * 2, ("Angle",)),
]


CASES = [
    *SLICES,
    *INTEGERS,
    *BOOLS,
    *COMPLEX,
    *ARITHMETIC,
    *NORMALIZATION,
    *CONVOLUTION,
    *EINSUM,
    *MATRICES,
    *INDEXING,
    *SEGMENTS,
    *IMAGES,
    *QUANTISATION,
    *SPECTRAL,
]
