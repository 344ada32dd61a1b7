"""Computes once what a graph computes several times, and keeps equal constants once."""

from __future__ import annotations

from collections.abc import Hashable
from weakref import WeakKeyDictionary

from tensorflowjs.catalog.ops import tensorflow_ops, tfjs_ops
from tensorflowjs.dtypes import DTYPES
from tensorflowjs.ir.graph import Attr, Graph, Node
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.tensors import Tensor

MOST_COMPARED = 4096  # bytes up to which constants are compared by their values
_WITH_MEMORY = frozenset({"control", "hash_table", "dynamic", "custom", "graph", "tfdf"})  # categories of TF.js
_PURE = frozenset({"Shape", "Size", "Rank", "ShapeN", "Const"})  # of those
_DRAWN = ("Random", "Stateless", "TruncatedNormal", "Multinomial", "TensorList", "TensorArray")


# What has been read of small constants: the pass runs several times, and they may be in a file.
_KEYS: WeakKeyDictionary[Tensor, tuple[Hashable, ...]] = WeakKeyDictionary()


def share(graph: Graph) -> int:
    """Of nodes that do the same to the same, one is enough.

    %a = Relu(%x)               %a = Relu(%x)
    %b = Relu(%x)            -> %y = Add(%a, %a)
    %y = Add(%a, %b)

    Large constants are the same if they are the same bytes of the same file; they are not read.
    """
    kept = {control for node in graph.nodes.values() for control in node.controls} | set(graph.inputs)
    shown = {value.node for value in graph.outputs}
    seen: dict[Hashable, Node] = {}
    count = 0
    for node in graph.in_order():
        if node.controls or node in kept or not _is_pure(node):
            continue
        key = _key(node)
        first = seen.setdefault(key, node)
        if first is node or (node in shown and first in shown):
            continue
        if node in shown:
            seen[key], first, node = node, node, first
        for value in node.outputs:
            value.replace_by(first.value(value.index))
        graph.remove([node])
        count += 1
    return count


def _is_pure(node: Node) -> bool:
    row, definition = tfjs_ops().get(node.op), tensorflow_ops().get(node.op)
    if row is None or (definition is not None and definition.stateful) or node.op.startswith(_DRAWN):
        return False
    return row.category not in _WITH_MEMORY or node.op in _PURE


def _key(node: Node) -> Hashable:
    if node.op == "Const":
        tensor = node.tensor
        if tensor not in _KEYS:
            _KEYS[tensor] = _tensor_key(tensor)
        return _KEYS[tensor]
    attrs = tuple((key, _attr_key(value)) for key, value in sorted(node.attrs.items()) if not key.startswith("_"))
    return node.op, node.inputs, attrs


def _attr_key(value: Attr) -> Hashable:
    if isinstance(value, list):
        return tuple(map(_attr_key, value))
    return (type(value), value)


def _tensor_key(tensor: Tensor) -> tuple[Hashable, ...]:
    size = DTYPES[tensor.dtype].size
    if size and tensor.nbytes <= MOST_COMPARED:
        return tensor.dtype, tensor.shape, tensor.read().tobytes()
    region = tensor.region()
    return (tensor.dtype, tensor.shape, id(tensor) if region is None else region)


PASS = Pass("duplicates", "what is computed or kept several times", whole=share)
