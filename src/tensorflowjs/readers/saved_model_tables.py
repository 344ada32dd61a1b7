"""The graph that fills the hash tables of a model, and loads its decision forests, before it first runs.

TF.js shares a table between that graph and the main one by the name of its node. Filling is always written as
`LookupTableImportV2`, with the keys and values of text files as constants. Decision forests are files, which an add-on
of TF.js reads from an archive beside the model.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import Attr, Graph, Node, Type, Value
from tensorflowjs.readers.call_flow import CallFlow, Frame, Place
from tensorflowjs.readers.saved_model_assets import read_table, table_types
from tensorflowjs.readers.saved_model_variables import ASSIGNMENTS, Checkpoint
from tensorflowjs.tensors import ArrayTensor, Tensor

TABLES = frozenset(
    {"HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2", "AnonymousHashTable",
     "AnonymousMutableHashTable", "MutableDenseHashTable", "MutableDenseHashTableV2"}
)  # fmt: skip
_FILLING = frozenset({"InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2"})
FOREST, _LOADING = "SimpleMLCreateModelResource", "SimpleMLLoadModelFromPathWithHandle"
_FROM_FILE = frozenset({"InitializeTableFromTextFile", "InitializeTableFromTextFileV2"})


class Initializer:
    def __init__(self, graph: Graph, flow: CallFlow, checkpoint: Checkpoint, assets: dict[str, Path]) -> None:
        self.graph = Graph("initializer")
        self._main = graph
        self._flow = flow
        self._checkpoint = checkpoint
        self._assets = assets
        self._assigned: dict[Node, tuple[Value, Frame | None]] = {}
        self._copies: dict[Place, Node] = {}

    def fill(self, places: Sequence[Place], kept: Collection[Node]) -> None:
        """Take over how `places` and the checkpoint fill those tables that are among the nodes `kept`."""
        for place in places:
            if place.node.op in ASSIGNMENTS:
                variable, _ = self._flow.source(place.node.inputs[0], place.frame)
                self._assigned[variable.node] = (place.node.inputs[1], place.frame)
        for place in [*places, *self._checkpoint.imports()]:
            if place.node.op in _FILLING or place.node.op in _FROM_FILE:
                self._fill_table(place, kept)
            elif place.node.op == _LOADING:
                self._load_forest(place, kept)
        for node in kept:
            if node.op in TABLES:
                _simplify(node)

    def _fill_table(self, place: Place, kept: Collection[Node]) -> None:
        table, _ = self._flow.source(place.node.inputs[0], place.frame)
        if table.node not in kept or table.node.op not in TABLES:
            return
        if place.node.op in _FROM_FILE:
            path = self._asset(place.node.inputs[1], place.frame)
            contents = read_table(path, place.node.attrs, table_types(table.node.attrs))
            names = (f"{table.node.name}/keys", f"{table.node.name}/values")
            columns = [self._constant(name, tensor) for name, tensor in zip(names, contents, strict=True)]
        else:
            columns = [self._copy(value, place.frame) for value in place.node.inputs[1:3]]
        handle = self._table(table.node)
        keys, values = (Type(name) for name in table_types(table.node.attrs))
        name = self._fresh(f"{table.node.name}/import")
        node = Node(name, "LookupTableImportV2", [handle.output, *columns], {"Tin": keys, "Tout": values})
        self.graph.outputs.append(self.graph.add(node).output)
        self.graph.output_names.append(name)

    def _load_forest(self, place: Place, kept: Collection[Node]) -> None:
        forest, _ = self._flow.source(place.node.inputs[0], place.frame)
        if forest.node not in kept or forest.node.op != FOREST:
            return
        handle = self.graph.add(Node(forest.node.name, FOREST, (), forest.node.attrs))
        path: Tensor = ArrayTensor(np.array([b"assets"], object).reshape(()), dtype="string")  # nobody looks at it
        inputs = [handle.output, self._constant(f"{forest.node.name}/path", path)]
        node = Node(self._fresh(f"{forest.node.name}/load"), _LOADING, inputs, place.node.attrs)
        self.graph.outputs.append(self.graph.add(node).output)
        self.graph.output_names.append(node.name)

    def _asset(self, value: Value, frame: Frame | None) -> Path:
        value, frame = self._flow.source(value, frame)
        if value.node.op == "ReadVariableOp":  # the path is kept in a variable
            variable, _ = self._flow.source(value.node.inputs[0], frame)
            if variable.node in self._assigned:
                value, frame = self._flow.source(*self._assigned[variable.node])
        path = self._assets.get(value.node.name) if frame is None else None
        if path is None:
            where = f"{value.node.name} ({value.node.op})"
            raise CorruptInputError(f"{where}: a table is filled from a file that is no asset of the model.")
        return path

    def _table(self, table: Node) -> Node:
        if table.name not in self.graph.nodes:
            self.graph.add(Node(table.name, "HashTableV2", (), table_attrs(table)))
        return self.graph.nodes[table.name]

    def _copy(self, value: Value, frame: Frame | None) -> Value:
        """`value`, computed in the initialiser itself."""
        restored = self._checkpoint.restored(value, frame)
        value, frame = self._flow.source(value, frame)
        place = Place(value.node, frame)
        if place not in self._copies:
            name = value.node.name
            if restored is not None:
                return self._constant(f"{name}/{value.index}", restored)
            inputs = [self._copy(each, frame) for each in value.node.inputs]
            self._copies[place] = self.graph.add(Node(self._fresh(name), value.node.op, inputs, value.node.attrs))
        return self._copies[place].value(value.index)

    def _constant(self, name: str, tensor: Tensor) -> Value:
        attrs: dict[str, Attr] = {"dtype": Type(tensor.dtype), "value": tensor}
        return self.graph.add(Node(self._fresh(name), "Const", (), attrs)).output

    def _fresh(self, name: str) -> str:
        """A name that neither graph has: weights of both go into one list."""
        wanted, count = name, 0
        while name in self._main.nodes or name in self.graph.nodes:
            count += 1
            name = f"{wanted}_{count}"
        return name


def _simplify(table: Node) -> None:
    """A table that nothing writes to while the model runs is a plain one."""
    attrs = table_attrs(table)
    table.op, table.attrs = "HashTableV2", attrs


def table_attrs(table: Node) -> dict[str, Attr]:
    keys, values = table_types(table.attrs)
    return {"key_dtype": Type(keys), "value_dtype": Type(values)}
