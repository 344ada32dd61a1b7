"""Values that are spread out, only for an operation that would have spread them itself."""

from __future__ import annotations

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.neutral import is_all
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.optimising.terms import Term, Terms, broadcast_terms
from tensorflowjs.passes.types import type_of

_SPREADING = ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "DivNoNan", "FloorDiv", "FloorMod", "Maximum", "Minimum",
              "SquaredDifference", "Pow", "Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual",
              "LogicalAnd", "LogicalOr", "SelectV2")  # fmt: skip


_NEUTRAL = {"LogicalAnd": True, "LogicalOr": False, "Mul": 1, "AddV2": 0, "Add": 0}


def narrow(at: Spot) -> Value | None:
    """What is read instead is smaller, and the result has the same shape.

    %wide = BroadcastTo(%row, %shape)
    %y = AddV2(%x, %wide)                       ->  %y = AddV2(%x, %row)
    """
    wanted = at.terms.of(at.old.output)
    if wanted is None:
        return None
    inputs, changed = list(at.inputs), False
    for position, value in enumerate(at.inputs):
        narrower = _unspread(at, value)
        if narrower is None:
            continue
        rest = [*inputs[:position], *inputs[position + 1 :]]
        if _together(at, [narrower, *rest]) == wanted:
            inputs[position], changed = narrower, True
        else:
            at.missed("nothing else is known to have the shape of the result")
    return at.again(*inputs) if changed else None


def _unspread(at: Spot, value: Value) -> Value | None:
    """What has been spread out to `value`."""
    node = value.node
    if node.op == "BroadcastTo":
        return node.inputs[0]
    if node.op == "Fill":
        return node.inputs[1]
    if node.op in _NEUTRAL:
        return _spread_by(node)
    if node.op in ("ZerosLike", "OnesLike"):
        return at.const(int(node.op == "OnesLike"), type_of(value) or "")
    if node.op == "Tile":
        dims, times = at.shapes.of(node.inputs[0]), at.shapes.numbers(node.inputs[1])
        if dims is not None and times is not None:
            ones = all(dim == 1 or count == 1 for dim, count in zip(dims, times, strict=True))
            return node.inputs[0] if ones else None
    return None


def _spread_by(node: Node) -> Value | None:
    """What an operation with a neutral number does nothing to but spread it: LogicalAnd(Fill(shape, true), mask)."""
    for position in (0, 1):
        other = node.inputs[position].node
        if other.op == "Fill" and is_all(other.inputs[1], _NEUTRAL[node.op]):
            return node.inputs[1 - position]
    return None


def _together(at: Spot, values: list[Value]) -> Terms | None:
    """The shape that values take together."""
    shapes = [at.terms.of(value) for value in values]
    known = [terms for terms in shapes if terms is not None]
    if len(known) != len(values):
        return None
    rank = max(map(len, known))
    columns = zip(*((1,) * (rank - len(terms)) + terms for terms in known), strict=True)
    found: list[Term] = []
    for column in columns:
        term = _broadcast(list(column))
        if term is None:
            return None
        found.append(term)
    return tuple(found)


def _broadcast(terms: list[Term]) -> Term | None:
    """A known size other than 1 is that of the result, whatever the others are."""
    known = [term for term in terms if isinstance(term, int) and term != 1]
    return known[0] if known else broadcast_terms(terms)


PASS = Pass("spreading", "values spread out before their time", rules=dict.fromkeys(_SPREADING, narrow))
