"""Nodes that read constants only: for every kernel of constant folding at least one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Type

Array = Any
RNG = np.random.default_rng(11)


@dataclass(frozen=True)
class Fold:
    """`fed` are the first inputs, which TF.js gets when it runs; the others are constants for it too."""

    op: str
    fed: list[Array]
    constant: list[Array] = field(default_factory=list)
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    outputs: int = 1


def f(*values: Any) -> Array:
    return np.array(values, "<f4")


def i(*values: Any) -> Array:
    return np.array(values, "<i4")


def number(value: int) -> Array:
    return np.array(value, "<i4")


NAN, INF = float("nan"), float("inf")
X = RNG.normal(0, 2, (3, 4)).astype("<f4")
Y = RNG.normal(0, 2, (3, 4)).astype("<f4")
ROW = RNG.normal(0, 2, 4).astype("<f4")
STACK = RNG.normal(0, 1, (2, 3, 4)).astype("<f4")
ODD = f(-INF, -7.5, -2.5, -1.5, -0.5, -0.0, 0.0, 0.5, 1.5, 2.5, 8.25, INF)
INTS = i(-2147483648, -100000, -7, -1, 0, 1, 3, 65536, 2147483647)
MORE = i(2147483647, 100000, 3, -1, 5, -2, 7, 65536, 1)
UNIT = RNG.uniform(-0.99, 0.99, (3, 4)).astype("<f4")
ABOVE = RNG.uniform(1.1, 9, (3, 4)).astype("<f4")
MASK = RNG.integers(0, 2, (3, 4)).astype(bool)
OTHER = RNG.integers(0, 2, (3, 4)).astype(bool)

_FLOATS = {
    "Acos": UNIT, "Acosh": ABOVE, "Asin": UNIT, "Asinh": X, "Atan": ODD, "Atanh": UNIT, "Cos": X, "Cosh": X,
    "Exp": f(-INF, -100, -1, -0.0, 0, 1, 80, INF, NAN), "Expm1": X, "Log": f(0, 0.5, 1, 9, INF, NAN),
    "Log1p": f(-1, -0.5, 0, 4, INF), "Sin": X, "Sinh": X, "Sqrt": f(0, 2, 9, INF), "Tan": X, "Tanh": ODD,
    "Rsqrt": f(0.25, 3, 1e-6, INF), "Sigmoid": f(-INF, -100, -3, 0, 2, 100, INF), "Softplus": f(-60, -3, 0, 2, 60),
    "Elu": ODD, "Selu": ODD, "Erf": X, "Reciprocal": f(-INF, -2, 0.5, 0, INF), "Ceil": ODD, "Floor": ODD,
    "Round": ODD, "Abs": ODD, "Neg": ODD, "Sign": f(-INF, -3, 0, 2, INF), "Square": ODD, "Relu": f(*ODD, NAN),
    "Relu6": f(*ODD, NAN), "IsFinite": f(-INF, 1, NAN), "IsInf": f(-INF, 1, NAN), "IsNan": f(-INF, 1, NAN),
    "ZerosLike": X, "OnesLike": X, "Softmax": X, "LogSoftmax": X,
}  # fmt: skip
_PAIRS = {
    **dict.fromkeys(("Add", "AddV2", "Sub", "Mul", "SquaredDifference", "Maximum", "Minimum"), (X, ROW)),
    **dict.fromkeys(("RealDiv", "Div"), (f(1, -1, 0, 5, -INF), f(0, 0, 0, 2, 3))),
    "DivNoNan": (f(1, 0, 5, -3), f(0, 0, 2, INF)),
    "FloorDiv": (f(7, -7, 7, -7, 5.5), f(2, 2, -2, -2, 0.5)),
    "FloorMod": (f(7, -7, 7, -7, 5.5, -5.5), f(3, 3, -3, -3, 2, 2)),
    "Pow": (f(2, 9, 2, 0.25, -2, 5), f(3, 0.5, -1, -0.5, 3, 0)),
    "Atan2": (X, Y),
    "Prelu": (X, ROW),
    **dict.fromkeys(
        ("Greater", "GreaterEqual", "Less", "LessEqual", "Equal", "NotEqual"),
        (f(1, 2, 3, NAN, INF, 0), f(2, 2, 2, NAN, INF, -0.0)),
    ),
    **dict.fromkeys(("LogicalAnd", "LogicalOr"), (MASK, OTHER)),
}
_TWICE = {"T": Type("float32")}
_INT = {"T": Type("int32")}


def _cast(x: Array, source: str, target: str) -> Fold:
    return Fold("Cast", [x], [], {"SrcT": Type(source), "DstT": Type(target), "Truncate": False})


def _strided(begin: Array, end: Array, strides: Array, **masks: int) -> Fold:
    names = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    return Fold("StridedSlice", [STACK], [begin, end, strides], {f"{key}_mask": masks.get(key, 0) for key in names})


def _reduction(op: str, x: Array, *axes: int, keep: bool = False) -> Fold:
    return Fold(op, [x], [i(*axes)], {"keep_dims": keep})


CASES = [
    *(Fold(op, [x]) for op, x in _FLOATS.items()),
    *(Fold(op, list(pair)) for op, pair in _PAIRS.items()),
    *(Fold(op, [INTS, MORE]) for op in ("AddV2", "Sub", "Maximum", "Minimum", "Greater", "LessEqual", "Equal")),
    Fold("Mul", [i(-7, 300, 65536, 46341), i(3, -5, 65536, 46341)]),
    Fold("FloorDiv", [i(7, -7, 7, -7), i(2, 2, -2, -2)]),
    Fold("FloorMod", [i(7, -7, 7, -7), i(3, 3, -3, -3)]),
    Fold("Pow", [i(2, -3, 10), i(10, 3, 0)]),
    *(Fold(op, [i(-7, 0, 3)]) for op in ("Abs", "Neg", "Sign", "Square", "Relu")),
    Fold("AddN", [X, Y, X], attrs={"N": 3}),
    Fold("ClipByValue", [ODD], [np.float32(-1), np.float32(2)]),
    Fold("LeakyRelu", [X], attrs={"alpha": 0.3}),
    Fold("LogicalNot", [MASK]),
    _cast(f(-7.9, -0.5, 0.5, 7.9), "float32", "int32"),
    _cast(f(-0.5, 0, 2), "float32", "bool"),
    _cast(i(0, 2, -1), "int32", "bool"),
    _cast(INTS, "int32", "float32"),
    _cast(MASK, "bool", "float32"),
    _cast(MASK, "bool", "int32"),
    Fold("Select", [MASK, X, Y]),
    Fold("Select", [MASK[:, 0], X, Y]),
    Fold("SelectV2", [MASK, X, Y]),
    Fold("SelectV2", [MASK[:1], X, Y]),
    Fold("Reshape", [X], [i(2, -1)]),
    Fold("Squeeze", [X[None, :, None]], attrs={"squeeze_dims": [0]}),
    Fold("ExpandDims", [X], [number(1)]),
    Fold("Transpose", [STACK], [i(2, 0, 1)]),
    Fold("ConcatV2", [X, Y], [number(1)], {"N": 2}),
    Fold("Pack", [X, Y], attrs={"axis": 1, "N": 2}),
    Fold("Unpack", [STACK], attrs={"axis": 1, "num": 3}, outputs=3),
    Fold("SplitV", [X], [i(1, 3), number(1)], {"num_split": 2}, outputs=2),
    Fold("Slice", [STACK], [i(0, 1, 2), i(2, -1, 2)]),
    _strided(i(0, 2, 0), i(2, 0, 4), i(1, -1, 2)),
    _strided(i(1, 0, 1), i(2, 0, 3), i(1, 1, 1), shrink_axis=1, new_axis=2),
    _strided(i(0, -1), i(0, 0), i(1, 1), ellipsis=1, shrink_axis=2),
    Fold("Pad", [X], [i((1, 0), (0, 2))]),
    Fold("PadV2", [X], [i((1, 0), (0, 2)), np.float32(-3)]),
    Fold("MirrorPad", [X], [i((1, 1), (2, 0))], {"mode": b"REFLECT"}),
    Fold("MirrorPad", [X], [i((1, 1), (2, 0))], {"mode": b"SYMMETRIC"}),
    Fold("Tile", [X], [i(2, 3)]),
    Fold("BroadcastTo", [ROW], [i(3, 4)]),
    Fold("OneHot", [i(0, 2, 5, -1)], [number(4), np.float32(2), np.float32(-1)], {"axis": -1}),
    Fold("Reverse", [X], [np.array([False, True])]),
    Fold("ReverseV2", [STACK], [i(0, 2)]),
    *(Fold(op, [STACK]) for op in ("Shape", "Size", "Rank")),
    *(Fold(op, [X], [i(2, 0, 0, 1)]) for op in ("Gather",)),
    Fold("GatherV2", [STACK], [i((2, 0), (1, 1)), number(1)], {"batch_dims": 0}),
    Fold("GatherNd", [STACK], [i((0, 2), (1, 0))]),
    Fold("ScatterNd", [i((1,), (3,), (1,))], [f(1, 2, 4), i(5)]),
    Fold("TensorScatterUpdate", [X], [i((1, 2), (0, 0)), f(9, 8)]),
    *(_reduction(op, STACK, 0, 2) for op in ("Sum", "Mean", "Max", "Min", "Prod", "EuclideanNorm")),
    *(_reduction(op, STACK, 1, keep=True) for op in ("Sum", "Mean", "Max")),
    *(_reduction(op, i((3, -9), (4, 5)), 1) for op in ("Sum", "Max", "Min", "Prod")),
    *(_reduction(op, MASK, 1) for op in ("All", "Any")),
    *(Fold(op, [f((1, 5, 5), (2, 0, 1))], [number(1)]) for op in ("ArgMax", "ArgMin")),
    *(
        Fold(op, [X], [number(1)], {"exclusive": exclusive, "reverse": reverse})
        for op in ("Cumsum", "Cumprod")
        for exclusive in (False, True)
        for reverse in (False, True)
    ),
    Fold("MatMul", [X, Y], attrs={"transpose_a": False, "transpose_b": True}),
    Fold("BatchMatMul", [STACK, STACK], attrs={"adj_x": True, "adj_y": False}),
    Fold("BatchMatMulV2", [STACK, X], attrs={"adj_x": False, "adj_y": True}),
    Fold("BiasAdd", [X, ROW], attrs={"data_format": b"NHWC"}),
]

# What TF.js wants to know before it runs, or takes in another order: all inputs are constants for it too.
KNOWN = [
    Fold("Fill", [], [i(2, 3), np.float32(1.5)]),
    Fold("Range", [], [number(-2), number(9), number(3)]),
    Fold("Range", [], [np.float32(0), np.float32(1), np.float32(0.25)]),
    Fold("LinSpace", [], [np.float32(-1), np.float32(2), number(7)]),
    Fold("Split", [], [number(1), X], {"num_split": 2}, outputs=2),
]
