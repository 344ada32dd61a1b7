"""Single operations in a cheaper form, or in fewer nodes.

Mul(x, x), Pow(x, 2)          ->  Square(x)               Pow(x, 3)        ->  Mul(x, Square(x))
Pow(x, 0.5), Pow(x, -0.5)     ->  Sqrt(x), Rsqrt(x)       Pow(x, -1)       ->  Reciprocal(x)
Reciprocal(Sqrt(x)),
RealDiv(1, Sqrt(x))           ->  Rsqrt(x)                RealDiv(1, x)    ->  Reciprocal(x)
RealDiv(a, Sqrt(x))           ->  Mul(a, Rsqrt(x))        RealDiv(x, c)    ->  Mul(x, 1 / c)
Square(Sub(a, b))             ->  SquaredDifference(a, b)
AddV2(a, Neg(b))              ->  Sub(a, b)               Sub(a, Neg(b))   ->  AddV2(a, b)
Neg(Sub(a, b))                ->  Sub(b, a)               AddN(a, b)       ->  AddV2(a, b)
Sub(Exp(x), 1)                ->  Expm1(x)                Log(AddV2(x, 1)) ->  Log1p(x)

Rounding may differ in the last places; of the powers, so does what backends make of -infinity and of -0, on which they
do not agree among themselves. A power takes WebAssembly ten times as long as a product.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.arithmetic.affine import is_per_channel
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways, keeps_shape, single
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import ArrayTensor


def _power(at: Spot) -> Value | None:
    x, exponent = at.inputs
    if at.dtype != "float32" or not keeps_shape(at, exponent, x):
        return None
    form = _POWERS.get(single(exponent))
    return None if form is None else form(at, x)


_POWERS: dict[float | None, Callable[[Spot, Value], Value]] = {
    2.0: lambda at, x: at("Square", x),
    3.0: lambda at, x: at("Mul", x, at("Square", x)),
    0.5: lambda at, x: at("Sqrt", x),
    -0.5: lambda at, x: at("Rsqrt", x),
    -1.0: lambda at, x: at("Reciprocal", x),
}


def _product(at: Spot) -> Value | None:
    return at("Square", at.x) if at.inputs[0] is at.inputs[1] and at.dtype == "float32" else None


def _reciprocal(at: Spot) -> Value | None:
    root = at.own(at.x, "Sqrt")
    return None if root is None or at.dtype != "float32" else at("Rsqrt", root.inputs[0])


def _quotient(at: Spot) -> Value | None:
    above, below = at.inputs
    if at.dtype != "float32":
        return None
    root = at.own(below, "Sqrt")
    if single(above) == 1.0 and keeps_shape(at, above, below):
        return at("Rsqrt", root.inputs[0]) if root is not None else at("Reciprocal", below)
    if root is not None:
        return at("Mul", above, at("Rsqrt", root.inputs[0]))
    return _by_reciprocal(at, above, below)


def _by_reciprocal(at: Spot, above: Value, below: Value) -> Value | None:
    tensor = at.tensor_of(below)
    if tensor is None or at.tensor_of(above) is not None or not is_per_channel(at, below, above):
        return None
    with np.errstate(all="ignore"):
        factors = (1.0 / tensor.read().astype(np.float64)).astype(np.float32)
    if not np.isfinite(factors).all() or not factors.all():
        at.missed("a divisor has no reciprocal")
        return None
    return at("Mul", above, at.tensor(ArrayTensor(factors)))


def _square(at: Spot) -> Value | None:
    difference = at.own(at.x, "Sub")
    return None if difference is None or at.dtype != "float32" else at("SquaredDifference", *difference.inputs)


def _sum(at: Spot) -> Value | None:
    for kept, negated in both_ways(at.old):
        node = at.own(negated, "Neg")
        if node is not None and kept is not negated:
            return at("Sub", kept, node.inputs[0])
    return None


def _difference(at: Spot) -> Value | None:
    first, second = at.inputs
    node = at.own(second, "Neg")
    if node is not None and first is not second:
        return at("AddV2", first, node.inputs[0])
    exponential = at.own(first, "Exp")
    if exponential is not None and single(second) == 1.0 and keeps_shape(at, second, first):
        return at("Expm1", exponential.inputs[0])
    return None


def _negation(at: Spot) -> Value | None:
    difference = at.own(at.x, "Sub")
    if difference is not None:
        return at("Sub", *reversed(difference.inputs))
    return at.x.node.inputs[0] if at.x.node.op == "Neg" else None


def _logarithm(at: Spot) -> Value | None:
    total = at.own(at.x, "Add", "AddV2")
    if total is None or at.dtype != "float32":
        return None
    for data, one in both_ways(total):
        if single(one) == 1.0 and keeps_shape(at, one, data):
            return at("Log1p", data)
    return None


def _sum_of_many(at: Spot) -> Value | None:
    if len(at.inputs) == 1:
        return at.x
    same = type_of(at.inputs[0]) == type_of(at.inputs[-1])
    return at("AddV2", *at.inputs) if len(at.inputs) == 2 and same else None


PASS = Pass(
    "cheaper",
    "powers, quotients, roots, sums and differences in cheaper forms",
    rules={
        "Pow": _power,
        "Mul": _product,
        "Reciprocal": _reciprocal,
        "RealDiv": _quotient,
        "Square": _square,
        "Add": _sum,
        "AddV2": _sum,
        "Sub": _difference,
        "Neg": _negation,
        "Log": _logarithm,
        "AddN": _sum_of_many,
    },
)
