"""Of changes of shape in a row, one is enough."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.known_sizes import fixed
from tensorflowjs.passes.optimising.spot import Spot

_SHAPING = ("Reshape", "Squeeze", "ExpandDims")


def merge(at: Spot) -> Value | None:
    """Only the last of several says what shape the result has.

    %a = Squeeze(%x) {squeeze_dims: [1]}
    %y = Reshape(%a, %to)                       ->  %y = Reshape(%x, %to)
    """
    source = at.x
    while source.node.op in _SHAPING:
        source = source.node.inputs[0]
    if source is at.x:
        return None
    terms = at.terms.of(at.old.output)
    if terms is not None and terms == at.terms.of(source):
        return source
    shape = fixed(terms)
    if shape is not None:
        return at.reshape(source, shape)
    if at.old.op == "Reshape":
        return at.reshape(source, at.inputs[1])
    at.missed("more than one size of its result is not known")
    return None


PASS = Pass("reshapes", "changes of shape in a row", rules=dict.fromkeys(_SHAPING, merge))
