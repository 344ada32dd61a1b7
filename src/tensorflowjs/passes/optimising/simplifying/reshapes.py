"""Of changes of shape in a row, one is enough."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import flag
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.known_sizes import fixed
from tensorflowjs.passes.optimising.spot import Spot

_SHAPING = ("Reshape", "Squeeze", "ExpandDims")
_REDUCTIONS = ("Sum", "Mean", "Max", "Min", "All", "Any", "EuclideanNorm")  # WebGPU keeps no axes of a small Prod


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


def reduced(at: Spot) -> Value | None:
    """A reduction can keep or drop the axes it goes over, as they are wanted next.

    %m = Mean(%x, %axes) {keep_dims: false}
    %y = Reshape(%m, %to) (? x 1 x 1 x 8)       ->  %y = Mean(%x, %axes) {keep_dims: true}
    """
    node = at.own(at.x, *_REDUCTIONS)
    dims = at.terms.of(node.inputs[0]) if node is not None else None
    axes = at.shapes.axes(node.inputs[1], len(dims)) if node is not None and dims is not None else None
    if node is None or dims is None or axes is None:
        return None
    keep = not flag(node, "keep_dims")
    if keep:
        wanted = tuple(1 if axis in axes else term for axis, term in enumerate(dims))
    else:
        wanted = tuple(term for axis, term in enumerate(dims) if axis not in axes)
    if at.terms.of(at.old.output) != wanted:
        return None
    return at(node.op, *node.inputs, **{**node.attrs, "keep_dims": keep})


def _either(at: Spot) -> Value | None:
    return merge(at) or reduced(at)


PASS = Pass("reshapes", "changes of shape in a row", rules=dict.fromkeys(_SHAPING, _either))
