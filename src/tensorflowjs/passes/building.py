"""Writes the nodes that stand for another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.catalog.ops import OpDef, tensorflow_ops
from tensorflowjs.ir.graph import Attr, Graph, Node, Type, Value
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import ArrayTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_STORAGE = {"float32": "<f4", "int32": "<i4", "bool": "|b1", "complex64": "<c8"}


class CannotBuildError(Exception):
    """What is to be written has no form in TF.js."""


class Builder:
    """Adds nodes named `<prefix>/<op>` to a graph; their dtypes follow from what they read."""

    def __init__(self, graph: Graph, prefix: str) -> None:
        self._graph = graph
        self._prefix = prefix
        self.made: list[Node] = []

    def node(self, op: str, *inputs: Value, **attrs: Attr) -> Node:
        name = self._graph.fresh_name(f"{self._prefix}/{op}")
        definition = tensorflow_ops().get(op)
        known = _types_and_numbers(definition, inputs) if definition is not None else {}
        node = self._graph.add(Node(name, op, inputs, {**known, **attrs}))
        self.made.append(node)
        return node

    def __call__(self, op: str, *inputs: Value, **attrs: Attr) -> Value:
        """The first output of a new node."""
        return self.node(op, *inputs, **attrs).output

    # -- constants

    def const(self, values: ArrayLike, dtype: str) -> Value:
        if dtype not in _STORAGE:
            raise CannotBuildError(dtype)
        return self.tensor(ArrayTensor(np.array(values, dtype=_STORAGE[dtype])))

    def tensor(self, tensor: Tensor) -> Value:
        return self("Const", dtype=Type(tensor.dtype), value=tensor)

    def ints(self, values: int | Sequence[int]) -> Value:
        return self.const(values, "int32")

    def like(self, number: float, value: Value) -> Value:
        """A scalar of the dtype of `value`."""
        return self.const(number, type_of(value) or "float32")

    # -- what rewrites are full of

    def cast(self, value: Value, dtype: str) -> Value:
        source = type_of(value)
        if source == dtype:
            return value
        return self("Cast", value, SrcT=Type(source or "float32"), DstT=Type(dtype), Truncate=False)

    def reshape(self, value: Value, shape: Sequence[int] | Value) -> Value:
        return self("Reshape", value, shape if isinstance(shape, Value) else self.ints(list(shape)))

    def transpose(self, value: Value, order: Sequence[int]) -> Value:
        return value if list(order) == list(range(len(order))) else self("Transpose", value, self.ints(list(order)))

    def expand(self, value: Value, axis: int) -> Value:
        return self("ExpandDims", value, self.ints(axis))

    def sum(self, value: Value, axes: Sequence[int], keep: bool = False) -> Value:
        return self("Sum", value, self.ints(list(axes)), keep_dims=keep)

    def mean(self, value: Value, axes: Sequence[int], keep: bool = False) -> Value:
        return self("Mean", value, self.ints(list(axes)), keep_dims=keep)

    def concat(self, values: Sequence[Value], axis: int) -> Value:
        return values[0] if len(values) == 1 else self("ConcatV2", *values, self.ints(axis))

    def shape(self, value: Value) -> Value:
        return self("Shape", value, out_type=Type("int32"))

    def slice(self, value: Value, begin: Sequence[int], size: Sequence[int]) -> Value:
        return self("Slice", value, self.ints(list(begin)), self.ints(list(size)))

    def gather(self, value: Value, indices: Value, axis: int = 0) -> Value:
        return self("GatherV2", value, indices, self.ints(axis), batch_dims=0)

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        return self("SelectV2", condition, yes, no)


def _types_and_numbers(definition: OpDef, inputs: Sequence[Value]) -> dict[str, Attr]:
    """The attributes of an op that are told by its inputs: their dtypes, and how many of them there are."""
    attrs: dict[str, Attr] = {}
    several = sum(argument.several for argument in definition.inputs)
    extra = len(inputs) - len(definition.inputs) + 1 if several == 1 else 1
    at = 0
    for argument in definition.inputs:
        values = inputs[at : at + (extra if argument.several else 1)]
        at += len(values)
        types = [Type(type_of(value) or "float32") for value in values]
        if argument.number_attr is not None:
            attrs[argument.number_attr] = len(values)
        if argument.type_list_attr is not None:
            attrs[argument.type_list_attr] = list(types)
        elif argument.type_attr is not None and types:
            attrs.setdefault(argument.type_attr, types[0])
    return attrs


# ---------------------------------------------------------------------------- attributes


def text(node: Node, key: str, default: str = "") -> str:
    value = node.attrs.get(key)
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else default


def integer(node: Node, key: str, default: int = 0) -> int:
    value = node.attrs.get(key)
    return value if isinstance(value, int) else default


def number(node: Node, key: str, default: float = 0.0) -> float:
    value = node.attrs.get(key)
    return float(value) if isinstance(value, int | float) else default


def flag(node: Node, key: str, default: bool = False) -> bool:
    value = node.attrs.get(key)
    return value if isinstance(value, bool) else default


def integers(node: Node, key: str, default: Sequence[int] = ()) -> list[int]:
    value = node.attrs.get(key)
    return [item for item in value if isinstance(item, int)] if isinstance(value, list) else list(default)


def is_read(value: Value) -> bool:
    """Whether a node or an output of the graph is this value."""
    graph = value.node.graph
    return value.used or (graph is not None and graph.is_output(value))


def constant(value: Value) -> Any | None:
    """The values of a small constant as an array; None if `value` is not one, even behind identities."""
    node = value.node
    while node.op == "Identity" and node.inputs:
        node = node.inputs[0].node
    if node.op != "Const" or not isinstance(node.attrs.get("value"), Tensor) or node.tensor.count > 1 << 16:
        return None
    return node.tensor.read()
