"""Normalisation over axes of the input itself, with fewer passes over the data.

%v = SquaredDifference(%x, %mean)               %d = Sub(%x, %mean)
%r = Rsqrt(Mean(%v) + epsilon)                  %v = Square(%d)
%f = Mul(%r, %gamma)                            %r = Rsqrt(Mean(%v) + epsilon)
%a = Mul(%x, %f)                                %n = Mul(%d, %r)
%b = Mul(%mean, %f)                             %s = Mul(%n, %gamma)
%c = Sub(%beta, %b)                         ->  %y = AddV2(%s, %beta)
%y = AddV2(%a, %c)

gamma and beta can go into the matrix products behind, or be one batch normalisation, which is one node less.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def difference(at: Spot) -> Value | None:
    """x * f - mean * f"""
    product, taken = at.inputs
    if at.dtype != "float32" or product.node.op != "Mul" or not (at.only_here(product) and at.only_here(taken)):
        return None
    if taken.node.op != "Mul":
        return None
    for x, factor in both_ways(product.node):
        for mean, other in both_ways(taken.node):
            if other is factor and mean.node.op == "Mean" and mean.node.inputs[0] is x:
                return _normalised(at, x, factor, mean, None)
    return None


def layer_norm(at: Spot) -> Value | None:
    """x * f + (beta - mean * f), where f is a Rsqrt, or a Rsqrt and gamma multiplied"""
    if at.dtype != "float32":
        return None
    for product, rest in both_ways(at.old):
        if product.node.op != "Mul" or not at.only_here(product):
            continue
        for x, factor in both_ways(product.node):
            found = _mean_of(at, rest, x, factor)
            if found is not None:
                return _normalised(at, x, factor, *found)
    return None


def _mean_of(at: Spot, rest: Value, x: Value, factor: Value) -> tuple[Value, Value | None] | None:
    """The mean m and the constant c, if any, in c - m * factor, or -m * factor + c; m must be a mean of x."""
    if not at.only_here(rest):
        return None
    for product, offset, negated in _taken_apart(rest.node):
        if product.node.op != "Mul" or product.only_user is not (rest.node if product is not rest else at.old):
            continue
        for mean, other in both_ways(product.node):
            if negated and mean.node.op == "Neg" and mean.only_user is not None:
                mean = mean.node.inputs[0]
            elif negated:
                continue
            if other is factor and mean.node.op == "Mean" and mean.node.inputs[0] is x:
                return mean, offset
    return None


def _taken_apart(node: Node) -> Iterator[tuple[Value, Value | None, bool]]:
    """The product in c - product, -product, product + c or a product alone; c; and whether a Neg is within it."""
    if node.op == "Sub":
        yield node.inputs[1], node.inputs[0], False
    elif node.op == "Neg":
        yield node.inputs[0], None, False
    elif node.op == "Mul":
        yield node.output, None, True
    elif node.op in ("Add", "AddV2"):
        for product, offset in both_ways(node):
            yield product, offset, True


def _normalised(at: Spot, x: Value, factor: Value, mean: Value, offset: Value | None) -> Value | None:
    root, gamma = factor, None
    if factor.node.op == "Mul" and len(factor.users) == 2:
        first, second = factor.node.inputs
        root, gamma = (first, second) if first.node.op == "Rsqrt" else (second, first)
    if root.node.op != "Rsqrt" or len(root.users) > 2:
        return None
    centred = at("Sub", x, mean)
    scale = _scale(at, root.node, x, mean, centred)
    result = at("Mul", centred, root if scale is None else scale)
    if gamma is not None:
        result = at("Mul", result, gamma)
    return result if offset is None else at("AddV2", result, offset)


def _scale(at: Spot, root: Node, x: Value, mean: Value, centred: Value) -> Value | None:
    """The Rsqrt again, of squares of what has been centred already, if it is of squared differences from the mean."""
    total = root.inputs[0].node
    if total.op not in ("Add", "AddV2"):
        return None
    for variance, epsilon in both_ways(total):
        average = variance.node
        if average.op != "Mean" or at.tensor_of(epsilon) is None:
            continue
        squares = average.inputs[0].node
        if squares.op == "SquaredDifference" and set(squares.inputs) == {x, mean}:
            again = at("Mean", at("Square", centred), average.inputs[1], **average.attrs)
            return at("Rsqrt", at("AddV2", again, epsilon))
    return None


PASS = Pass(
    "layer_norm",
    "normalisation over the data's own mean and variance",
    rules={"Add": layer_norm, "AddV2": layer_norm, "Sub": difference},
)
