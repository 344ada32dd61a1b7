"""Products of matrices, normalisations, Fourier transforms and complex numbers."""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.passes.dtype_cases import halves
from tests.passes.traced_case import Case, bools, floats, ints, raw


def shape(rank: int, rows: int, columns: int, turned: bool) -> list[int]:
    sides = [columns, rows] if turned else [rows, columns]
    return [*[2, 3, 2][: rank - 2], *sides]


PRODUCTS = (
    [
        Case(
            f"MatMul {a} {b} {kind}",
            lambda x, y, a=a, b=b: raw.MatMul(a=x, b=y, transpose_a=a, transpose_b=b),
            [([None, None], make(*shape(2, 3, 4, a))), (shape(2, 4, 5, b), make(*shape(2, 4, 5, b)))],
            (),
            1e-4,
        )
        for a in (False, True)
        for b in (False, True)
        for kind, make in (("float", floats), ("int", ints))
    ]
    + [
        Case(
            f"{op} {rank} {a} {b}",
            lambda x, y, op=op, a=a, b=b: getattr(raw, op)(x=x, y=y, adj_x=a, adj_y=b),
            [
                ([None, *shape(rank, 3, 4, a)[1:]], floats(*shape(rank, 3, 4, a))),
                (shape(rank, 4, 5, b), floats(*shape(rank, 4, 5, b))),
            ],
            (),
            1e-4,
        )
        for op, ranks in (("BatchMatMul", (3,)), ("BatchMatMulV2", (3, 4, 5)))
        for rank in ranks
        for a in (False, True)
        for b in (False, True)
    ]
    + [
        Case(
            "BatchMatMulV2 broadcasting",
            lambda x, y: x @ y,
            [([None, 1, 3, 4], floats(2, 1, 3, 4)), ([3, 4, 5], floats(3, 4, 5))],
            (),
            1e-4,
        ),
        Case(
            "BatchMatMulV2 by a matrix",
            lambda x, y: x @ y,
            [([None, 3, 4], floats(2, 3, 4)), ([4, 5], floats(4, 5))],
            (),
            1e-4,
        ),
        Case(
            "BatchMatMulV2 of integers",
            lambda x, y: x @ y,
            [([None, 3, 4], ints(2, 3, 4)), ([None, 4, 5], ints(2, 4, 5))],
        ),
        Case(
            "BatchMatMulV3",
            lambda x, y: raw.BatchMatMulV3(x=x, y=y, Tout=tf.float32, adj_y=True),
            [([None, 3, 4], floats(2, 3, 4)), ([None, 5, 4], floats(2, 5, 4))],
            (),
            1e-4,
        ),
        Case(
            "matrix times vector",
            lambda x, y: tf.linalg.matvec(x, y),
            [([None, 3, 4], floats(2, 3, 4)), ([None, 4], floats(2, 4))],
            (),
            1e-4,
        ),
        Case(
            "tensordot",
            lambda x, y: tf.tensordot(x, y, [[2, 1], [0, 1]]),
            [([None, 3, 4], floats(2, 3, 4)), ([4, 3, 2], floats(4, 3, 2))],
            (),
            1e-4,
        ),
        Case("MatMul of nothing", lambda x, y: x @ y, [([None, 4], floats(0, 4)), ([4, 5], floats(4, 5))]),
        Case("trace", tf.linalg.trace, [([None, 4, 4], floats(2, 4, 4))]),
        *[
            Case(
                f"MatrixBandPart {low} {high} {kind}",
                lambda x, low=low, high=high: raw.MatrixBandPart(input=x, num_lower=low, num_upper=high),
                [([None, 4, 5], make(2, 4, 5))],
            )
            for low, high in ((0, -1), (-1, 0), (1, 2), (0, 0), (2, 2))
            for kind, make in (("float", floats), ("int", ints), ("bool", bools))
        ],
        Case(
            "MatrixBandPart by inputs",
            lambda x, n: tf.linalg.band_part(x, n, n),
            [([None, 4, 5], floats(2, 4, 5)), ([], lambda rng: ints(low=1, high=2)(rng))],
        ),
        Case(
            "MatrixBandPart by two inputs",
            lambda x, n, m: tf.linalg.band_part(x, n, m),
            [([None, 4, 5], floats(2, 4, 5)), ([], ints(low=0, high=1)), ([], ints(low=1, high=2))],
        ),
        Case("MatrixBandPart of unknown rank", lambda x: tf.linalg.band_part(x, 1, 1), [(None, floats(2, 4, 5))]),
        Case("MatrixBandPart of a matrix", lambda x: tf.linalg.band_part(x, 1, 1), [([None, None], floats(4, 4))]),
        *[
            Case(f"diagonal {k} {kind}", lambda x, k=k: tf.linalg.diag(x, k=k), [([None, 4], make(3, 4))])
            for k in (0, 1, -2)
            for kind, make in (("float", floats), ("int", ints), ("bool", bools))
        ],
        *[
            Case(
                f"diagonal part {k} {kind}", lambda x, k=k: tf.linalg.diag_part(x, k=k), [([None, 4, 5], make(3, 4, 5))]
            )
            for k in (0, 1, -2)
            for kind, make in (("float", floats), ("int", ints), ("bool", bools))
        ],
        *[
            Case(
                f"set diagonal {k} {kind}",
                lambda x, y, k=k: tf.linalg.set_diag(x, y, k=k),
                [([None, 4, 5], make(3, 4, 5)), ([None, 4 if k >= 0 else 2], make(3, 4 if k >= 0 else 2))],
            )
            for k in (0, 1, -2)
            for kind, make in (("float", floats), ("int", ints), ("bool", bools))
        ],
        Case("eye", lambda x: x + tf.eye(tf.shape(x)[0], 4), [([None, 4], floats(3, 4))]),
        Case(
            "norms",
            lambda x: [tf.norm(x), tf.norm(x, axis=1), tf.norm(x, 1, axis=-1), tf.linalg.l2_normalize(x, 1)],
            [([None, 4], floats(3, 4))],
        ),
    ]
)
ROW: Any = ([4], floats(4))
SPREAD: Any = ([4], floats(4, low=0.2))
NORMS = [
    Case(
        f"{op} {epsilon} {layout}",
        lambda x, s, o, m, v, op=op, epsilon=epsilon, layout=layout: getattr(raw, op)(
            x=x, scale=s, offset=o, mean=m, variance=v, epsilon=epsilon, data_format=layout, is_training=False
        )[0],
        [([None, 3, 4, 4], floats(2, 3, 4, 4)), ROW, ROW, ROW, SPREAD],
        (),
        1e-4,
    )
    for op in ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
    for epsilon in (1e-4, 0.3)
    for layout in ("NHWC",)
] + [
    Case(
        "batch normalisation",
        lambda x, m, v, o, s: tf.nn.batch_normalization(x, m, v, o, s, 1e-3),
        [([None, 3, 4], floats(2, 3, 4)), ROW, SPREAD, ROW, ROW],
        (),
        1e-4,
    ),
    *[
        Case(
            f"{op} of rank {rank}",
            lambda x, op=op: getattr(raw, op)(logits=x * 5),
            [([None, 3, 2, 3, 4][:rank] if rank else [], floats(*[2, 3, 2, 3, 4][:rank]))],
        )
        for op in ("Softmax", "LogSoftmax")
        for rank in (1, 2, 3, 5)
    ],
    Case(
        "Softmax along another axis",
        lambda x: [tf.nn.softmax(x, 1), tf.nn.log_softmax(x, 0)],
        [([None, 3, 4], floats(2, 3, 4))],
    ),
    Case(
        "Softmax of extremes",
        lambda x: [tf.nn.softmax(x * 1e4), tf.nn.log_softmax(x * 1e3)],
        [([None, 4], floats(3, 4))],
        (),
        1e-3,
    ),
    Case(
        "losses",
        lambda x, y: [tf.nn.sigmoid_cross_entropy_with_logits(y, x)],
        [([None, 4], floats(3, 4)), ([None, 4], floats(3, 4, low=0, high=1))],
    ),
    Case(
        "activations",
        lambda x: [tf.nn.silu(x), tf.nn.gelu(x), tf.nn.gelu(x, True), tf.nn.crelu(x), tf.nn.relu6(x)],
        [([None, 4], floats(3, 4))],
    ),
]
PAIR: Any = [([None, 4], floats(3, 4))] * 2
COMPLEX = [
    Case(f"complex {name}", halves(function), [([None, 8], floats(3, 8)), ([None, 8], floats(3, 8))], (), 1e-4)
    for name, function in {
        "parts": lambda z: z,
        "FFT": tf.signal.fft,
        "IFFT": tf.signal.ifft,
        "sum of two": lambda z: z + tf.reverse(z, [1]),
        "sum with broadcasting": lambda z: z + z[:1],
        "difference": lambda z: z - tf.reverse(z, [1]),
        "difference with broadcasting": lambda z: z - z[:, :1],
        "product": lambda z: z * tf.reverse(z, [1]),
        "product with broadcasting": lambda z: z * z[:1],
        "product with a scalar": lambda z: z * tf.constant(0.5 - 2j, tf.complex64),
        "quotient": lambda z: z / tf.reverse(z, [1]),
        "reciprocal": lambda z: tf.math.reciprocal(z),
        "concat": lambda z: tf.concat([z, z], 1),
        "stack": lambda z: tf.stack([z, z], 1),
        "reshape": lambda z: tf.reshape(z, [-1, 2]),
        "transpose": tf.transpose,
        "gather": lambda z: tf.gather(z, [2, 0], axis=1),
        "select": lambda z: tf.where(tf.math.real(z) > 0, z, tf.math.conj(z)),
        "expand": lambda z: tf.squeeze(z[:, None], 1),
        "mean": lambda z: tf.reduce_mean(z, 1),
        "zeros": lambda z: [tf.zeros_like(z), tf.ones_like(z)],
        "matmul": lambda z: tf.matmul(z, z, transpose_b=True),
        "IRFFT": lambda z: tf.cast(tf.signal.irfft(z), tf.complex64),
        "FFT2D": lambda z: tf.signal.fft2d(tf.reshape(z, [-1, 2, 4])),
        "cumsum": lambda z: tf.cumsum(z, 1),
        "broadcast": lambda z: tf.broadcast_to(z[:, :1], [3, 5]),
        "fill": lambda z: z + tf.fill([8], tf.constant(1 + 2j, tf.complex64)),
        "identity": lambda z: tf.identity_n([z, z]),
    }.items()
] + [
    Case("ComplexAbs", lambda x, y: [tf.abs(tf.complex(x, y)), raw.Angle(input=tf.complex(x, y))], PAIR),
    Case("Complex with broadcasting", halves(lambda z: z), [([None, 4], floats(3, 4)), ([None, 4], floats(3, 4))]),
    Case(
        "Complex of a constant",
        lambda x: [
            tf.math.real(tf.complex(x, 0.0) * tf.complex(0.0, x)),
            tf.math.imag(tf.complex(x, 0.0) * tf.complex(0.0, x)),
        ],
        [([None, 4], floats(3, 4))],
    ),
    *[
        Case(
            f"RFFT {length}",
            lambda x, length=length: [tf.math.real(tf.signal.rfft(x, [length])), tf.abs(tf.signal.rfft(x, [length]))],
            [([None, 8], floats(3, 8))],
            (),
            1e-4,
        )
        for length in (8, 16, 5)
    ],
    Case("RFFT of any length", lambda x: tf.abs(tf.signal.rfft(x)), [([None, None], floats(3, 8))], (), 1e-4),
    Case("RFFT of an odd length", lambda x: tf.abs(tf.signal.rfft(x)), [([None, 7], floats(3, 7))], (), 1e-4),
    *[
        Case(
            f"IRFFT {length}",
            lambda x, y, length=length: tf.signal.irfft(tf.complex(x, y), [length]),
            [([None, 5], floats(3, 5)), ([None, 5], floats(3, 5))],
            (),
            1e-4,
        )
        for length in (8, 12)
    ],
    Case("short time Fourier", lambda x: tf.abs(tf.signal.stft(x, 8, 4)), [([None, 32], floats(2, 32))], (), 1e-4),
    Case(
        "mel",
        lambda x: tf.tensordot(tf.abs(tf.signal.stft(x, 8, 4)), tf.signal.linear_to_mel_weight_matrix(4, 5, 16000), 1),
        [([None, 32], floats(2, 32))],
        (),
        1e-4,
    ),
]
GROUPS = {
    "products of matrices": PRODUCTS,
    "normalisations": NORMS,
    "complex numbers": COMPLEX,
}
