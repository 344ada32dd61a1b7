"""Changes of shape move behind arithmetic, where they meet others, and leave activations next to their layers."""

from __future__ import annotations

from math import prod

from tensorflowjs.ir.graph import Node, Type, Value
from tensorflowjs.passes.optimising.elementwise_ops import BINARY, UNARY
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.known_sizes import fixed
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.terms import Terms
from tensorflowjs.passes.types import type_of

_SHAPING = ("Reshape", "Squeeze", "ExpandDims")


def unary(at: Spot) -> Value | None:
    """What looks at each element by itself does not care for the shape.

    %r = Reshape(%m, %to)                           %a = Relu(%m)
    %y = Relu(%r)                               ->  %y = Reshape(%a, %to)
    """
    shaping = at.own(at.x, *_SHAPING)
    if shaping is None or not _is_matrix_work(shaping):
        return None
    return _again(at, shaping, at.again(shaping.inputs[0], *at.inputs[1:]))


def _is_matrix_work(shaping: Node) -> bool:
    """Only there is something to be won: a product that takes the arithmetic in, or another change of shape."""
    return shaping.inputs[0].node.op not in ("Placeholder", "Arg", "Const")


def _again(at: Spot, shaping: Node, value: Value) -> Value:
    """The change of shape on another value of the same shape."""
    return at(shaping.op, value, *shaping.inputs[1:], **{**shaping.attrs, "T": Type(type_of(value) or "float32")})


def binary(at: Spot) -> Value | None:
    """A constant along the last axes is brought into the shape that they had before.

    %r = Reshape(%m, %to) (? x 16 to ? x 7 x 2 x 8)     %a = AddV2(%m, %c2) (16)
    %y = AddV2(%r, %c) (2 x 8)                      ->  %y = Reshape(%a, %to)
    """
    for position in (0, 1):
        shaping = at.own(at.inputs[position], *_SHAPING)
        tensor = at.tensor_of(at.inputs[1 - position])
        if shaping is None or tensor is None or not _is_matrix_work(shaping):
            continue
        before, after = at.terms.of(shaping.inputs[0]), at.terms.of(shaping.output)
        if before is None or after is None or at.terms.of(at.old.output) != after:
            continue
        shape = _before(tensor.shape, before, after)
        if shape is None:
            at.missed("the constant lies along axes that the change of shape has made")
            continue
        operand = at.inputs[1 - position]
        if shape != tensor.shape:
            operand = at.reshape(operand, shape)
        pair = (shaping.inputs[0], operand) if position == 0 else (operand, shaping.inputs[0])
        return _again(at, shaping, at.again(*pair))
    return None


def _before(shape: tuple[int, ...], before: Terms, after: Terms) -> list[int] | tuple[int, ...] | None:
    """The shape of a constant as the axes were before."""
    while shape and shape[0] == 1:
        shape = shape[1:]
    if not shape:
        return ()
    if after[len(after) - len(shape) :] != shape:
        return None
    for count in range(1, len(before) + 1):
        suffix = before[-count:]
        known = [term for term in suffix if isinstance(term, int)]
        if len(known) < len(suffix):
            return None
        if prod(known) == prod(shape) and (suffix[0] != 1 or count == 1):
            return known
    return None


def twins(at: Spot) -> Value | None:
    """Two values that have come into their shape in the same way.

    %r = Reshape(%a, %to)                           %s = AddV2(%a, %b)
    %q = Reshape(%b, %to)                       ->  %y = Reshape(%s, %to)
    %y = AddV2(%r, %q)
    """
    left, right = (at.own(value, "Reshape") for value in at.inputs[:2])
    if left is None or right is None or left is right:
        return None
    first, second = (at.terms.of(node.inputs[0]) for node in (left, right))
    shape = fixed(at.terms.of(at.old.output))
    if first is None or first != second or shape is None:
        return None
    if at.terms.of(left.output) != at.terms.of(right.output):
        return None
    return at.reshape(at.again(left.inputs[0], right.inputs[0]), shape)


def _both(at: Spot) -> Value | None:
    return binary(at) or twins(at)


PASS = Pass(
    "sinking",
    "changes of shape before arithmetic",
    rules={**dict.fromkeys(UNARY, unary), **dict.fromkeys((*BINARY, "BiasAdd"), _both)},
)
