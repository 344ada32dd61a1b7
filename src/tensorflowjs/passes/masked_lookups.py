"""Puts the keys that layers look up apart, as Keras does with padding, into the table with the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Type, Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import ArrayTensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_FINDS = ("LookupTableFind", "LookupTableFindV2")
_IMPORTS = ("LookupTableImport", "LookupTableImportV2")


def put_masks_into_tables(model: GraphModel) -> bool:
    """The value that a lookup gives for one key in a SelectV2 behind it becomes the value of that key in the table.

    %is = Equal(%keys, %mask)
    %found = LookupTableFindV2(%table, %keys, %missing)      %y = LookupTableFindV2(%table, %keys, %missing)
    %y = SelectV2(%is, %zero, %found)                     ->
    and in the initialiser                                   and in the initialiser
    %i = LookupTableImportV2(%table, ["a"], [1])             %i = LookupTableImportV2(%table, ["a", mask], [1, zero])

    The WebAssembly backend of TF.js cannot compare strings: it answers anything.
    """
    if model.initializer is None:
        return False
    selects = [node for node in model.graph.nodes.values() if node.op in ("SelectV2", "Select")]
    merged = [_merge(model.graph, model.initializer, node) for node in selects]
    return any(merged)


def _merge(graph: Graph, initializer: Graph, select: Node) -> bool:
    _, chosen, found = select.inputs
    mask, value = _compared_with(select.inputs[0], found), constant(chosen)
    filling = _only_filling(initializer, found)
    if mask is None or value is None or value.ndim or filling is None or graph.is_output(found):
        return False
    table, keys, values = filling.inputs
    if any(column.node.op != "Const" or len(column.node.tensor.shape) != 1 for column in (keys, values)):
        return False
    others = np.array([key != mask.item() for key in keys.node.tensor.read()], bool)
    added = [_with(initializer, column, others, entry) for column, entry in ((keys, mask), (values, value))]
    filling.set_inputs([table, *added])
    select.output.replace_by(found)
    return True


def _compared_with(condition: Value, found: Value) -> Any | None:
    """The string that the keys which lead to `found` are compared with."""
    if condition.node.op != "Equal" or found.node.op not in _FINDS or len(found.users) != 1:
        return None
    keys = found.node.inputs[1]
    others = [value for value in condition.node.inputs if value is not keys]
    mask = constant(others[0]) if len(others) == 1 and type_of(keys) == "string" else None
    return mask if mask is not None and not mask.ndim else None


def _only_filling(initializer: Graph, found: Value) -> Node | None:
    """The node that fills the table, if nothing else fills or reads it."""
    if found.node.op not in _FINDS:
        return None
    table = found.node.inputs[0]
    twin = initializer.nodes.get(table.node.name)
    users = twin.output.users if twin is not None else []
    if len(table.users) != 1 or len(users) != 1 or users[0].op not in _IMPORTS:
        return None
    return users[0]


def _with(graph: Graph, column: Value, kept: NDArray[np.bool_], entry: Any) -> Value:
    """A column of a table, its rows that are `kept`, and one more."""
    tensor = column.node.tensor
    values = tensor.read()
    joined = np.append(values[kept], entry.reshape(1)).astype(values.dtype)
    attrs: dict[str, Attr] = {"dtype": Type(tensor.dtype), "value": ArrayTensor(joined, dtype=tensor.dtype)}
    return graph.add(Node(graph.fresh_name(f"{column.node.name}/masked"), "Const", (), attrs)).output
