"""Functions of single elements, on floats, integers, bools; operands that broadcast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from tests.passes.traced_case import Case, Make, bools, fixed, floats, ints, nonzero, raw

Input = tuple[list[int | None], Make]
SPECIAL = fixed([0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3e38, -3e38, 2e-38, np.inf, -np.inf, np.nan], "<f4")
FINITE = fixed([0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 7.25, -88.0, 60.0], "<f4")
WIDE = ints(4, 5, low=-(2**15), high=2**15)


def unary(name: str, make: Make, rank: int = 2, tolerance: float = 1e-5, **attrs: Any) -> Case:
    key = "features" if "elu" in name.lower() or name.startswith("Soft") else "x"
    said = " ".join(map(str, attrs.values()))
    return Case(f"{name} {said}".strip(), _of(name, key, attrs), [([None] * rank, make)], (), tolerance)


def _of(name: str, key: str, attrs: dict[str, Any]) -> Callable[[Any], Any]:
    return lambda x: getattr(raw, name)(**{key: x}, **attrs)


ANYWHERE = ("Abs", "Asinh", "Atan", "Ceil", "Cos", "Elu", "Erf", "Exp", "Expm1", "Floor", "LeakyRelu", "Neg", "Relu",
            "Relu6", "Rint", "Round", "Selu", "Sigmoid", "Sign", "Sin", "Softplus", "Softsign", "Square", "Tan", "Tanh",
            "Cosh", "Sinh")  # fmt: skip
POSITIVE = ("Log", "Log1p", "Rsqrt", "Sqrt", "Reciprocal", "Inv")
EDGES = ("Abs", "Atan", "Ceil", "Elu", "Exp", "Floor", "LeakyRelu", "Log", "Neg", "Relu", "Round",
         "Selu", "Sigmoid", "Sqrt", "Square", "Tanh", "IsFinite", "IsInf", "IsNan", "Rsqrt", "Reciprocal",
         "Softplus", "Erf", "Expm1", "Log1p", "Softsign")  # fmt: skip

UNARY = [
    *[unary(name, floats(3, 4)) for name in ANYWHERE],
    *[unary(name, floats(3, 4, low=0.1, high=9)) for name in POSITIVE],
    *[unary(name, floats(3, 4, low=-0.95, high=0.95)) for name in ("Acos", "Asin", "Atanh")],
    unary("Acosh", floats(3, 4, low=1.1, high=5)),
    *[unary("LeakyRelu", floats(3, 4), alpha=alpha) for alpha in (0.0, 0.31)],
    *[unary("Softplus", fixed([-100, -30, -14, -5, 0, 5, 14, 30, 100], "<f4"), 1)],
    *[unary("Expm1", fixed([-1e-4, 1e-4, 1e-6, -3e-7], "<f4"), 1, 1e-7)],
    *[unary("Log1p", fixed([-1e-4, 1e-4, 1e-6, -3e-7], "<f4"), 1, 1e-7)],
]
AT_EDGES = [
    Case(
        f"{name} of special numbers",
        _of(name, "features" if "elu" in name.lower() or name.startswith("Soft") else "x", {}),
        [([None], SPECIAL)],
    )
    for name in EDGES
]
UNARY_INTS = [
    Case(f"{name} of integers", _of(name, "features" if "elu" in name.lower() else "x", {}), [([None, 5], WIDE)])
    for name in ("Abs", "Neg", "Sign", "Relu", "Relu6")
] + [
    Case("Square of integers", lambda x: tf.square(x), [([None], ints(9, low=-999, high=999))]),
    Case(
        "LeakyRelu of halves",
        lambda x: tf.cast(tf.nn.leaky_relu(tf.cast(x, tf.float16)), tf.float32),
        [([None], fixed([-2.0, 0.5, 4.0], "<f4"))],
        (),
        1e-3,
    ),
]

# ---------------------------------------------------------------------------- two operands

SHAPES: dict[str, tuple[Input, Input]] = {
    "same": (([None, 4], floats(3, 4)), ([None, 4], floats(3, 4))),
    "row": (([None, 3, 4], floats(2, 3, 4)), ([4], floats(4))),
    "both ways": (([None, 1, 4], floats(2, 1, 4)), ([3, 1], floats(3, 1))),
    "scalar": (([], floats()), ([None, 2], floats(3, 2))),
    "scalars": (([], floats()), ([], floats())),
    "rank 5": (([None, 2, 1, 2, 3], floats(2, 2, 1, 2, 3)), ([2, 1, 3, 1, 3], floats(2, 1, 3, 1, 3))),
    "empty": (([None, 3], floats(0, 3)), ([3], floats(3))),
}
ARITHMETIC = ("Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "RealDiv", "DivNoNan",
              "FloorDiv", "FloorMod", "Atan2", "Mod", "Div", "Xdivy", "MulNoNan", "TruncateMod")  # fmt: skip
COMPARISONS = ("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual")


def binary(name: str, keys: tuple[str, str] = ("x", "y")) -> Callable[..., Any]:
    keys = ("y", "x") if name == "Atan2" else keys
    return lambda a, b: getattr(raw, name)(**dict(zip(keys, (a, b), strict=True)))


BINARY = [
    Case(f"{name} {kind}", binary(name), shapes)
    for name in (*ARITHMETIC, *COMPARISONS)
    for kind, shapes in SHAPES.items()
    if kind in ("same", "row", "both ways")
    or name in ("AddV2", "Mul", "Less", "FloorMod", "SquaredDifference", "Maximum", "RealDiv")
]
POWERS = [
    Case("Pow", lambda a, b: raw.Pow(x=a, y=b), [([None], floats(9, low=0.1)), ([None], floats(9))]),
    Case("Pow of negatives", lambda a: a ** tf.constant([2.0, 3.0, 0.0, -1.0]), [([None, 4], floats(3, 4))]),
    Case("Pow of integers", lambda a, b: raw.Pow(x=a, y=b), [([None], ints(9)), ([None], ints(9, low=0, high=6))]),
    Case("Pow large", lambda a: a ** tf.constant([9, 13, 19]), [([3], fixed([9, -5, 3], "<i4"))]),
]
AT_EDGES += [
    Case(
        f"{name} of special numbers", binary(name), [([None, 1], lambda rng: SPECIAL(rng)[:, None]), ([None], SPECIAL)]
    )
    for name in ("AddV2", "Sub", "Mul", "RealDiv", "DivNoNan", "Less", "Equal", "NotEqual", "GreaterEqual")
] + [
    Case(
        f"{name} of halves and signs",
        binary(name),
        [([None, 1], lambda rng: FINITE(rng)[:, None]), ([None], fixed([3, -3, 0.7, -0.7], "<f4"))],
    )
    for name in ("FloorDiv", "FloorMod", "Mod", "TruncateMod", "Atan2")
]
BINARY_INTS = (
    [
        Case(f"{name} of integers {kind}", binary(name), shapes)
        for name in ("AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", *COMPARISONS)
        for kind, shapes in {
            "same": (([None, 5], WIDE), ([None, 5], WIDE)),
            "row": (([None, 5], WIDE), ([5], ints(5))),
            "scalar": (([], ints()), ([None, 2], ints(3, 2))),
        }.items()
    ]
    + [
        Case(f"{name} of integers", binary(name), [([None, 1], ints(20, 1, low=-99, high=99)), ([None], nonzero(8))])
        for name in ("FloorDiv", "FloorMod", "Mod", "TruncateMod", "TruncateDiv", "Div")
    ]
    + [
        Case(
            f"{name} of small integers",
            binary(name),
            [([None], ints(20, low=0, high=99, dtype="u1")), ([], fixed(7, "u1"))],
        )
        for name in ("FloorDiv", "FloorMod", "AddV2")
    ]
    + [
        Case(
            "DivNoNan of zeros",
            lambda a, b: tf.math.divide_no_nan(a, b),
            [([3], fixed([1, 0, -3], "<f4")), ([3], fixed([0, 0, 2], "<f4"))],
        ),
        Case("AddN", lambda a, b: raw.AddN(inputs=[a, b, a]), [([None, 4], floats(3, 4)), ([None, 4], floats(3, 4))]),
        Case("AddN of one", lambda a: raw.AddN(inputs=[a]), [([None, 4], floats(3, 4))]),
        Case("AddN of scalars", lambda a, b: raw.AddN(inputs=[a, b]), [([], ints()), ([], ints())]),
        Case("BiasAdd", lambda a, b: raw.BiasAdd(value=a, bias=b), [([None, 3, 4], floats(2, 3, 4)), ([4], floats(4))]),
        Case(
            "BiasAdd first",
            lambda a, b: raw.BiasAdd(value=a, bias=b, data_format="NCHW"),
            [([None, 3, 4], floats(2, 3, 4)), ([3], floats(3))],
        ),
    ]
)
LOGIC = [
    Case("LogicalAnd", lambda a, b: a & b, [([None, 3, 4], bools(2, 3, 4)), ([3, 1], bools(3, 1))]),
    Case("LogicalOr", lambda a, b: a | b, [([None, 3, 4], bools(2, 3, 4)), ([4], bools(4))]),
    Case("LogicalNot", lambda a: ~a, [([None, 3], bools(2, 3))]),
    Case("LogicalNot of a scalar", lambda a: ~a, [([], bools())]),
    Case("LogicalXor", tf.math.logical_xor, [([None, 4], bools(5, 4)), ([4], bools(4))]),
    Case(
        "Equal of bools", lambda a, b: [tf.equal(a, b), tf.not_equal(a, b)], [([None, 4], bools(5, 4)), ([4], bools(4))]
    ),
    Case(
        "Select",
        lambda c, a, b: raw.Select(condition=c, x=a, y=b),
        [([None, 4], bools(3, 4)), ([None, 4], floats(3, 4)), ([None, 4], floats(3, 4))],
    ),
    Case(
        "Select rows",
        lambda c, a, b: raw.Select(condition=c, x=a, y=b),
        [([None], bools(3)), ([None, 4], floats(3, 4)), ([None, 4], floats(3, 4))],
    ),
    Case(
        "Select by a scalar",
        lambda c, a, b: raw.Select(condition=c, x=a, y=b),
        [([], bools()), ([None, 4], floats(3, 4)), ([None, 4], floats(3, 4))],
    ),
    *[
        Case(
            f"SelectV2 {kind} {name}",
            lambda c, a, b: raw.SelectV2(condition=c, t=a, e=b),
            [([*shape], make(*shape)) for shape, make in zip(shapes, (bools, made, made), strict=True)],
        )
        for kind, made in (("float", floats), ("int", ints), ("bool", bools))
        for name, shapes in {
            "same": ((3, 4), (3, 4), (3, 4)),
            "rows": ((3, 1), (3, 4), ()),
            "values": ((), (3, 4), (4,)),
            "up": ((3, 4), (2, 1, 4), (1,)),
        }.items()
    ],
    Case("ClipByValue", lambda x: tf.clip_by_value(x, -0.5, 1.0), [([None, 4], floats(3, 4))]),
    Case("ClipByValue of integers", lambda x: tf.clip_by_value(x, -3, 4), [([None, 4], ints(3, 4))]),
    Case(
        "ClipByValue raw",
        lambda x: raw.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=1.0),
        [([None, 4], floats(3, 4))],
    ),
    Case(
        "ClipByValue by tensors",
        lambda x, a, b: raw.ClipByValue(t=x, clip_value_min=a, clip_value_max=b),
        [([None, 4], floats(3, 4)), ([None, 4], floats(3, 4, high=0)), ([None, 4], floats(3, 4, low=0))],
    ),
    Case(
        "ClipByValue by inputs",
        lambda x, a: raw.ClipByValue(t=x, clip_value_min=-a, clip_value_max=a),
        [([None, 4], floats(3, 4)), ([], floats(low=0.5, high=1))],
    ),
]
RANKS = [
    Case(f"rank {rank} {name}", function, [([None, *[2] * (rank - 1)], floats(*[2] * rank))] * 2)
    for rank in (5, 6, 7, 8)
    for name, function in {
        "Mul": lambda a, b: a * b,
        "Tanh": lambda a, b: tf.tanh(a),
        "Less": lambda a, b: a < b,
        "row": lambda a, b: a + b[0],
        "Sum": lambda a, b: tf.reduce_sum(a, [1, 3]),
        "Reshape": lambda a, b: tf.reshape(a, [-1, 4]),
        "Transpose": lambda a, b: tf.transpose(a),
        "Select": lambda a, b: tf.where(a < b, a, b),
    }.items()
]
GROUPS = {
    "unary": UNARY,
    "special numbers": AT_EDGES,
    "binary": BINARY,
    "powers": POWERS,
    "integers": [*UNARY_INTS, *BINARY_INTS],
    "logic": LOGIC,
    "ranks": RANKS,
}
