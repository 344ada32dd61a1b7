"""Activations that are spelled out become the ops that TF.js has for them, and can fuse.

ClipByValue(x, 0, 6), Minimum(Relu(x), 6), Minimum(Maximum(x, 0), 6), ...   ->  Relu6(x)
Minimum(Maximum(x, low), high), ...                                        ->  ClipByValue(x, low, high)
Maximum(x, 0)                                                              ->  Relu(x)
Maximum(x, Mul(x, a)) where 0 < a < 1, SelectV2(Greater(x, 0), x, x * a)   ->  LeakyRelu(x) {alpha: a}
SelectV2(Greater(x, 0), x, Expm1(x))                                       ->  Elu(x)
SelectV2(Greater(x, 0), x, Mul(Expm1(x), a))                               ->  LeakyRelu(Elu(x)) {alpha: a}
Mul(LeakyRelu(Elu(x)), c) with the numbers of SELU                         ->  Selu(x)

They agree for all numbers; what they make of NaN is not the same on all backends anyway.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import number as floating
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways, keeps_shape, scalar, single
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

_SELU = (1.0507009873554805, 1.6732632423543772)  # the factor, and that of what is below zero


def _limit(at: Spot) -> Value | None:
    """Minimum, Maximum or ClipByValue with numbers."""
    if at.dtype != "float32":
        return None
    found = _limits(at, at.old)
    if found is None:
        return _leaky_by_maximum(at)
    x, low, high = found
    inner = _limits(at, x.node) if at.only_here(x) else None
    if inner is not None:
        x, low, high = _both(inner, low, high)
    return _limited(at, x, low, high)


def _limits(at: Spot, node: Node) -> tuple[Value, float | None, float | None] | None:
    """What `node` limits, and to what."""
    if node.controls:
        return None
    if node.op in ("Relu", "Relu6"):
        return node.inputs[0], 0.0, 6.0 if node.op == "Relu6" else None
    if node.op == "ClipByValue":
        low, high = single(node.inputs[1]), single(node.inputs[2])
        return (node.inputs[0], low, high) if low is not None and high is not None and low <= high else None
    if node.op not in ("Minimum", "Maximum"):
        return None
    for data, number in both_ways(node):
        value = single(number) if at.tensor_of(data) is None and keeps_shape(at, number, data) else None
        if value is not None:
            return (data, value, None) if node.op == "Maximum" else (data, None, value)
    return None


def _both(
    inner: tuple[Value, float | None, float | None], low: float | None, high: float | None
) -> tuple[Value, float | None, float | None]:
    """Two limits, one after the other, as one."""
    x, least, most = inner

    def limited(number: float | None) -> float | None:
        if number is None:
            return None
        number = number if low is None else max(number, low)
        return number if high is None else min(number, high)

    least, most = limited(least), limited(most)
    return x, low if least is None else least, high if most is None else most


def _limited(at: Spot, x: Value, low: float | None, high: float | None) -> Value | None:
    """`x` within limits in one node, unless that is what there is already."""
    numbers: list[float] = []
    if low == 0.0 and high in (6.0, None):
        op = "Relu" if high is None else "Relu6"
    elif low is not None and high is not None and low <= high:
        op, numbers = "ClipByValue", [low, high]
    else:
        return None
    if op == at.old.op and x is at.x:
        return None
    return at(op, x, *(at.like(limit, x) for limit in numbers))


# ---------------------------------------------------------------------------- below zero, another slope


def _leaky_by_maximum(at: Spot) -> Value | None:
    if at.old.op != "Maximum":
        return None
    for x, other in both_ways(at.old):
        slope = _slope(at, other, x)
        if slope is not None and 0 < slope < 1:
            return at("LeakyRelu", x, alpha=slope)
    return None


def _slope(at: Spot, value: Value, x: Value) -> float | None:
    """The number by which `value`, which only this node reads, is a multiple of `x`."""
    found = _multiple(at, value)
    return found[1] if found is not None and found[0] is x else None


def _multiple(at: Spot, value: Value) -> tuple[Value, float] | None:
    """What `value`, which only this node reads, is a multiple of, and the factor."""
    node = at.own(value, "Mul")
    if node is None:
        return None
    for data, number in both_ways(node):
        factor = scalar(at, number)
        if factor is not None:
            return data, factor
    return None


def _choice(at: Spot) -> Value | None:
    """SelectV2(x > 0, above, below)"""
    condition, above, below = at.inputs
    tested = _tested(at, condition)
    if at.dtype != "float32" or tested is None:
        return None
    if above is not tested and not (above.node.op == "Elu" and above.node.inputs[0] is tested):
        return None
    if scalar(at, below) == 0.0:
        return at("Relu", above) if above is tested else None
    slope = _slope(at, below, above)
    if slope is not None:
        return at("LeakyRelu", above, alpha=slope)
    return _exponential(at, tested, below) if above is tested else None


def _exponential(at: Spot, x: Value, below: Value) -> Value | None:
    """exp(x) - 1 below zero, or a multiple of it."""
    if _is_expm1(at, below.node, x) and at.only_here(below):
        return at("Elu", x)
    multiple = _multiple(at, below)
    if multiple is None or not _is_expm1(at, multiple[0].node, x):
        return None
    return at("LeakyRelu", at("Elu", x), alpha=multiple[1])


def _is_expm1(at: Spot, node: Node, x: Value) -> bool:
    if node.op == "Expm1":
        return node.inputs[0] is x
    if node.op != "Sub" or scalar(at, node.inputs[1]) != 1.0:
        return False
    exponential = node.inputs[0].node
    return exponential.op == "Exp" and exponential.inputs[0] is x


def _tested(at: Spot, condition: Value) -> Value | None:
    """The x of x > 0 or x >= 0."""
    node = at.own(condition, "Greater", "GreaterEqual", "Less", "LessEqual")
    if node is None:
        return None
    x, zero = node.inputs if node.op.startswith("Greater") else node.inputs[::-1]
    return x if scalar(at, zero) == 0.0 else None


def _selu(at: Spot) -> Value | None:
    for value, number in both_ways(at.old):
        slope, elu = at.own(value, "LeakyRelu"), value.node.inputs[0].node if value.node.inputs else None
        factor = scalar(at, number)
        if slope is None or elu is None or elu.op != "Elu" or factor is None:
            continue
        if np.allclose((factor, floating(slope, "alpha")), _SELU, rtol=1e-6, atol=0):
            return at("Selu", elu.inputs[0])
    return None


PASS = Pass(
    "activations",
    "activations that are spelled out",
    rules={
        "Maximum": _limit,
        "Minimum": _limit,
        "ClipByValue": _limit,
        "Relu": _limit,
        "Relu6": _limit,
        "SelectV2": _choice,
        "Select": _choice,
        "Mul": _selu,
    },
)
