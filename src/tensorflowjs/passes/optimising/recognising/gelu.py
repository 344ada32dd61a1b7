"""GELU in the fewest and cheapest nodes.

    0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3)))  ->  x * sigmoid(x * (a + b * x^2))

exactly, since (1 + tanh(z)) / 2 = sigmoid(2 * z); a sigmoid takes WebAssembly a fifth of the time of a tanh.

    x * 0.5 * (1 + erf(x * c))  ->  z * (1 + erf(z)) * (0.5 / c),  z = x * c

has as many nodes, but only one factor in front, which can go into the filter before it, and one behind, which can go
into the next one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways, scalar, single
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def factors(value: Value, depth: int = 4) -> Iterator[Value]:
    """All that is multiplied to make `value`, constants included, as far as nothing else reads products in between."""
    node = value.node
    if node.op == "Mul" and depth and len(value.users) <= 1 and not node.controls:
        for part in node.inputs:
            yield from factors(part, depth - 1)
    else:
        yield value


def _numbers_and_values(at: Spot, parts: Iterator[Value]) -> tuple[float, list[Value]]:
    """The product of those factors that are numbers, and the others."""
    scale, values = 1.0, []
    for part in parts:
        number = scalar(at, part)
        if number is None:
            values.append(part)
        else:
            scale *= number
    return scale, values


def gelu(at: Spot) -> Value | None:
    if at.dtype != "float32":
        return None
    scale, values = _numbers_and_values(at, (part for each in at.inputs for part in factors(each)))
    if len(values) != 2:
        return None
    for x, grown in (values, values[::-1]):
        found = _one_more(at, grown)
        if found is not None:
            curve, sign = found
            return (_by_tanh if curve.op == "Tanh" else _by_erf)(at, x, curve, sign, scale)
    return None


def _one_more(at: Spot, value: Value) -> tuple[Node, float] | None:
    """The Tanh or Erf to which `value` adds 1, or which it takes from 1; nothing else may read either."""
    total = value.node
    if total.op not in ("Add", "AddV2", "Sub") or value.only_user is None:
        return None
    for one, curve in both_ways(total):
        if scalar(at, one) == 1.0 and curve.node.op in ("Tanh", "Erf") and curve.only_user is total:
            if total.op == "Sub" and one is not total.inputs[0]:
                return None
            return curve.node, -1.0 if total.op == "Sub" else 1.0
    return None


def _by_tanh(at: Spot, x: Value, curve: Node, sign: float, scale: float) -> Value | None:
    found = _cubic(at, curve.inputs[0], x)
    if found is None or not np.isclose(scale, 0.5, rtol=1e-6):
        return None
    linear, cubic = (2 * sign * each for each in found)
    bent = at("AddV2", at("Mul", at("Square", x), at.like(cubic, x)), at.like(linear, x))
    return at("Mul", x, at("Sigmoid", at("Mul", x, bent)))


def _cubic(at: Spot, value: Value, x: Value) -> tuple[float, float] | None:
    """The a and b of a * x + b * x^3."""
    scale, values = _numbers_and_values(at, factors(value))
    if values.count(x) == 1 and len(values) == 2:  # x * (a + b * x^2)
        rest = next(part for part in values if part is not x)
        found = _one_and_power(at, rest, None, x)
    else:
        found = _one_and_power(at, values[0], x, x) if len(values) == 1 else None
    return None if found is None else (scale * found[0], scale * found[1])


def _one_and_power(at: Spot, value: Value, first: Value | None, x: Value) -> tuple[float, float] | None:
    """The factors in x * a + x^3 * b, or in a + x^2 * b if there is no `first`."""
    if value.node.op not in ("Add", "AddV2"):
        return None
    power = 2 if first is None else 3
    for one, other in both_ways(value.node):
        left = _multiple_of_power(at, one, x, power - 2 if first is not None else 0)
        right = _multiple_of_power(at, other, x, power)
        if left is not None and right is not None:
            return left, right
    return None


def _multiple_of_power(at: Spot, value: Value, x: Value, power: int) -> float | None:
    """The factor of x^power that `value` is."""
    scale, degree = 1.0, 0
    for part in factors(value):
        number = scalar(at, part)
        if number is not None:
            scale *= number
        elif part is x:
            degree += 1
        elif part.node.op == "Square" and part.node.inputs[0] is x:
            degree += 2
        elif part.node.op == "Pow" and part.node.inputs[0] is x and single(part.node.inputs[1]) in (2.0, 3.0):
            degree += int(single(part.node.inputs[1]) or 0)
        else:
            return None
    return scale if degree == power else None


def _by_erf(at: Spot, x: Value, curve: Node, sign: float, scale: float) -> Value | None:
    inside = curve.inputs[0]
    slope = _multiple_of_power(at, inside, x, 1)
    if inside is x or not slope or inside.only_user is None:
        return None  # where it is x itself, this is the form below
    slope *= sign
    scaled = at("Mul", x, at.like(slope, x))
    grown = at("AddV2", at("Erf", scaled), at.like(1, x))
    return at("Mul", at("Mul", scaled, grown), at.like(scale / slope, x))


PASS = Pass("gelu", "GELU in its cheapest form", rules={"Mul": gelu})
