"""Which conditions are known without running anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MOST_VALUES = 64
_DEEPEST = 64

_OPS: dict[str, Callable[..., Any]] = {
    "Identity": lambda x: x,
    "StopGradient": lambda x: x,
    "ReadVariableOp": lambda x: x,
    "Enter": lambda x: x,
    "LogicalNot": np.logical_not,
    "Equal": np.equal,
    "NotEqual": np.not_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
    "AddV2": np.add,
    "Add": np.add,
    "Sub": np.subtract,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
}


def known(value: Value, given: Mapping[Value, NDArray[Any]] | None = None, depth: int = 0) -> NDArray[Any] | None:
    """What `value` always is, if it is small and follows from constants and from what is `given`; else None."""
    if given is not None and value in given:
        return given[value]
    node = value.node
    if depth > _DEEPEST or value.index:
        return None
    if node.op == "Const":
        return _constant(node)
    if node.op == "PlaceholderWithDefault" and not _is_input(node):
        return known(node.inputs[0], given, depth + 1)
    if node.op in ("LogicalAnd", "LogicalOr"):
        return _logical(node, given, depth)
    if node.op not in _OPS:
        return None
    inputs = [known(each, given, depth + 1) for each in node.inputs]
    return None if any(each is None for each in inputs) else np.asarray(_OPS[node.op](*inputs))


def truth(value: Value, given: Mapping[Value, NDArray[Any]] | None = None) -> bool | None:
    """Whether a condition always or never holds; None if that is not known."""
    found = known(value, given)
    if found is None:
        return None
    if found.ndim:
        return found.size > 0
    return bool(found.item())


def _constant(node: Node) -> NDArray[Any] | None:
    tensor = node.attrs.get("value")
    if not isinstance(tensor, Tensor) or tensor.count > _MOST_VALUES:
        return None
    return tensor.read()


def _is_input(node: Node) -> bool:
    """Whether users may feed this node."""
    return node.graph is not None and node in node.graph.inputs


def _logical(node: Node, given: Mapping[Value, NDArray[Any]] | None, depth: int) -> NDArray[Any] | None:
    """And, or: one operand can be enough."""
    decisive = node.op == "LogicalOr"
    left, right = (known(each, given, depth + 1) for each in node.inputs)
    for each in (left, right):
        if each is not None and each.ndim == 0 and bool(each) == decisive:
            return np.asarray(decisive)
    if left is None or right is None:
        return None
    return np.logical_or(left, right) if decisive else np.logical_and(left, right)
