"""Changes of shape move behind arithmetic, where they meet others, and leave activations next to their layers."""

from __future__ import annotations

from math import prod

from tensorflowjs.ir.graph import Node, Type, Value
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.cones import ELEMENTWISE, Change, cone
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.terms import Terms
from tensorflowjs.passes.types import type_of

_SHAPING = ("Reshape", "Squeeze", "ExpandDims")
_INPUTS = ("Placeholder", "PlaceholderWithDefault", "Arg", "Const")  # what reads these is better left in front


def sink(at: Spot) -> Value | None:
    """What looks at each element by itself does not care for the shape.

    %r = Reshape(%m, %to) (? x 16 to ? x 2 x 8)     %a = AddV2(%m, %d) (16)
    %s = AddV2(%r, %c) (2 x 8)                  ->  %b = Relu(%a)
    %y = Relu(%s)                                   %y = Reshape(%b, %to)

    Several nodes move at once where they hang together: in x * Sigmoid(x), or where two values come into their shape
    in the same way. A constant may only lie along what was the last axis, as that of a layer does.
    """
    found = cone(at, _SHAPING)
    if found is None:
        return None
    shaping = found.leaves[0]
    before, after = at.terms.of(shaping.inputs[0]), at.terms.of(shaping.output)
    if before is None or after is None or at.terms.of(at.old.output) != after:
        return None
    if any(leaf.inputs[0].node.op in _INPUTS for leaf in found.leaves):
        return None
    for leaf in found.leaves[1:]:
        if at.terms.of(leaf.inputs[0]) != before or at.terms.of(leaf.output) != after:
            at.missed("its operands have come into their shape in different ways")
            return None
    result = found.rebuilt(at, lambda leaf: leaf.inputs[0], _adapted(at, before, after))
    if result is None:
        at.missed("a constant lies along axes that the change of shape has made")
    return None if result is None else _again(at, shaping, result)


def _again(at: Spot, shaping: Node, value: Value) -> Value:
    """The change of shape on another value of the same shape."""
    return at(shaping.op, value, *shaping.inputs[1:], **{**shaping.attrs, "T": Type(type_of(value) or "float32")})


def _adapted(at: Spot, before: Terms, after: Terms) -> Change:
    def adapted(value: Value) -> Value | None:
        tensor = at.tensor_of(value)
        if tensor is None:
            return None
        if tensor.shape == ():
            return value
        shape = _before(tensor.shape, before, after)
        return None if shape is None else value if shape == tensor.shape else at.reshape(value, shape)

    return adapted


def _before(shape: tuple[int, ...], before: Terms, after: Terms) -> tuple[int, ...] | None:
    """The shape of a constant as the axes were before."""
    if prod(shape) == 1 and len(shape) <= len(after):
        return ()
    while shape[0] == 1:
        shape = shape[1:]
    if after[len(after) - len(shape) :] != shape or before[-1:] != (prod(shape),):
        return None
    return before[-1:]  # type: ignore[return-value]


PASS = Pass("sinking", "changes of shape before arithmetic", rules=dict.fromkeys(ELEMENTWISE, sink))
