"""What the operands of arithmetic are."""

from __future__ import annotations

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.optimising.spot import Spot

Pair = tuple[Value, Value]


def both_ways(node: Node) -> tuple[Pair, Pair]:
    """The first two inputs of a node, in either order."""
    first, second = node.inputs[:2]
    return (first, second), (second, first)


def single(value: Value) -> float | None:
    """The number that a constant of one element holds."""
    found = constant(value)
    if found is None or found.size != 1 or found.dtype.kind not in "fiu":
        return None
    return float(found.reshape(-1)[0])


def scalar(at: Spot, value: Value) -> float | None:
    """The number that a constant of rank 0 holds."""
    tensor = at.tensor_of(value)
    return single(value) if tensor is not None and not tensor.shape else None


def keeps_shape(at: Spot, values: Value, data: Value) -> bool:
    """Whether a constant of one element does not give `data` more axes than it has."""
    tensor = at.tensor_of(values)
    if tensor is None or tensor.count != 1:
        return False
    rank = at.shapes.rank(data)
    return not tensor.shape or (rank is not None and len(tensor.shape) <= rank)
