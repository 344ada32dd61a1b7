"""Element by element, broadcast over each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Type
from tensorflowjs.passes.building import number
from tensorflowjs.passes.optimising.simplifying.kernels.kernel import Kernel, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

_STORAGE = {"float32": "<f4", "int32": "<i4", "bool": "|b1", "complex64": "<c8"}
_SCALE, _ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717


def _precise(compute: Callable[..., Any]) -> Kernel:
    """Floats, as JavaScript computes them: in double precision, rounded at the end."""

    def kernel(node: Node, inputs: Any) -> Any:
        if any(x.dtype != np.float32 for x in inputs):
            return None
        return compute(*(x.astype(np.float64) for x in inputs)).astype(np.float32)

    return kernel


def _real(compute: Callable[..., Any]) -> Kernel:
    """Floats and integers."""

    def kernel(node: Node, inputs: Any) -> Any:
        return None if any(x.dtype.kind not in "fi" for x in inputs) else compute(*inputs)

    return kernel


def _attributed(compute: Callable[[Node, Array], Array]) -> Kernel:
    def kernel(node: Node, inputs: Any) -> Any:
        (x,) = inputs
        return compute(node, x.astype(np.float64)).astype(np.float32) if x.dtype == np.float32 else None

    return kernel


def _floor_div(a: Array, b: Array) -> Any:
    if a.dtype.kind == "i":
        return None if (b == 0).any() else a // b
    return np.floor(a / b)


def _floor_mod(a: Array, b: Array) -> Any:
    if a.dtype.kind == "i":
        return None if (b == 0).any() else np.mod(a, b)
    rest = np.fmod(a, b)
    return np.where((a < 0) == (b < 0), rest, np.fmod(rest.astype(np.float64) + b, b)).astype(a.dtype)


def _quotient(a: Array, b: Array) -> Any:
    return a / b if a.dtype.kind in "fc" else None  # of integers: TF.js rounds the other way


def _no_nan(a: Array, b: Array) -> Array:
    return np.where(b == 0, np.zeros((), a.dtype), a / b)


def _power(a: Array, b: Array) -> Any:
    if a.dtype.kind == "f":
        return np.power(a.astype(np.float64), b).astype(a.dtype)
    if a.dtype.kind != "i" or (b < 0).any() or a.size > 4096:
        return None
    exact = np.power(a.astype(object), b.astype(object))
    return np.asarray(exact & 0xFFFFFFFF, dtype=np.uint32).view(np.int32)


def _sigmoid(x: Array) -> Array:
    return np.where(x >= 0, 1 / (1 + np.exp(-np.abs(x))), np.exp(-np.abs(x)) / (1 + np.exp(-np.abs(x))))


def _selu(x: Array) -> Array:
    return _SCALE * np.where(x >= 0, x, _ALPHA * np.expm1(np.minimum(x, 0)))


def _elu(x: Array) -> Array:
    return np.where(x >= 0, x, np.expm1(np.minimum(x, 0)))


_erf = np.vectorize(math.erf, otypes=[np.float64])


def _leaky(node: Node, x: Array) -> Array:
    alpha = np.float32(number(node, "alpha", 0.2))
    return np.where(x > 0, x, alpha * x)


def _prelu(x: Array, alpha: Array) -> Array:
    return np.where(x >= 0, x, alpha * x)


def cast(node: Node, inputs: Any) -> Any:
    """Numbers that the dtype cannot hold are left to the backend, which knows what it makes of them."""
    (x,) = inputs
    kind = node.attrs.get("DstT")
    storage = _STORAGE.get(kind.name) if isinstance(kind, Type) else None
    if storage is None or x.dtype.kind == "c":
        return None
    if x.dtype.kind == "f" and storage == "<i4" and not (np.abs(x) < 2**31).all():
        return None
    return x.astype(storage)


def _select(node: Node, inputs: Any) -> Any:
    condition, yes, no = inputs
    if node.op == "Select" and condition.ndim == 1 and yes.ndim > 1:
        condition = condition.reshape(-1, *[1] * (yes.ndim - 1))
    return np.where(condition, yes, no)


_PRECISE: dict[str, Callable[..., Any]] = {
    "Acos": np.arccos, "Acosh": np.arccosh, "Asin": np.arcsin, "Asinh": np.arcsinh, "Atan": np.arctan,
    "Atanh": np.arctanh, "Cos": np.cos, "Cosh": np.cosh, "Exp": np.exp, "Expm1": np.expm1, "Log": np.log,
    "Log1p": np.log1p, "Sin": np.sin, "Sinh": np.sinh, "Sqrt": np.sqrt, "Tan": np.tan, "Tanh": np.tanh,
    "Rsqrt": lambda x: 1 / np.sqrt(x), "Sigmoid": _sigmoid, "Softplus": lambda x: np.logaddexp(x, 0),
    "Elu": _elu, "Selu": _selu, "Erf": _erf, "Atan2": np.arctan2, "Prelu": _prelu,
    "Reciprocal": lambda x: 1 / x, "Inv": lambda x: 1 / x, "Ceil": np.ceil, "Floor": np.floor, "Round": np.rint,
}  # fmt: skip

_REAL: dict[str, Callable[..., Any]] = {
    "Abs": np.abs, "Neg": np.negative, "Sign": np.sign, "Square": np.square,
    "Add": np.add, "AddV2": np.add, "Sub": np.subtract, "Mul": np.multiply,
    "Maximum": np.maximum, "Minimum": np.minimum, "SquaredDifference": lambda a, b: np.square(a - b),
    "FloorDiv": _floor_div, "FloorMod": _floor_mod, "DivNoNan": _no_nan, "Pow": _power,
    "RealDiv": _quotient, "Div": _quotient,
    "Relu": lambda x: np.maximum(x, np.zeros((), x.dtype)),
    "Relu6": lambda x: np.minimum(np.maximum(x, np.zeros((), x.dtype)), np.array(6, x.dtype)),
    "ClipByValue": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "Greater": np.greater, "GreaterEqual": np.greater_equal, "Less": np.less, "LessEqual": np.less_equal,
    "AddN": lambda *parts: np.sum(parts, axis=0, dtype=parts[0].dtype),
}  # fmt: skip

_PLAIN: dict[str, Callable[..., Any]] = {
    "Equal": np.equal, "NotEqual": np.not_equal,
    "LogicalAnd": np.logical_and, "LogicalOr": np.logical_or, "LogicalNot": np.logical_not,
    "ZerosLike": np.zeros_like, "OnesLike": np.ones_like,
    "IsFinite": np.isfinite, "IsInf": np.isinf, "IsNan": np.isnan,
}  # fmt: skip

KERNELS: dict[str, Kernel] = {
    **{op: _precise(compute) for op, compute in _PRECISE.items()},
    **{op: _real(compute) for op, compute in _REAL.items()},
    **{op: plain(compute) for op, compute in _PLAIN.items()},
    "LeakyRelu": _attributed(_leaky),
    "Cast": cast,
    "Select": _select,
    "SelectV2": _select,
}
