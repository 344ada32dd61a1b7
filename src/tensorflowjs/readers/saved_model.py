"""SavedModels of TensorFlow 1 and 2: the graph of one signature, with its variables, tables and assets.

Inputs are named by their arguments (`x`, not `serving_default_x`), the outputs of TensorFlow 2 models `Identity`,
`Identity_1`, ...; both are in the order of their keys. Only what the outputs need is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.errors import UsageError
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.graph import GraphModel, Node, Signature, Type
from tensorflowjs.readers.call_flow import CallFlow, Place
from tensorflowjs.readers.graph_def import Library, read_graph
from tensorflowjs.readers.graph_ports import Ports, needed
from tensorflowjs.readers.saved_model_assets import asset_files
from tensorflowjs.readers.saved_model_file import (
    DEFAULT_SIGNATURES,
    INIT_SIGNATURES,
    choose_meta_graph,
    choose_signature,
    read_message,
)
from tensorflowjs.readers.saved_model_objects import Caller, choose_concrete, root_functions
from tensorflowjs.readers.saved_model_tables import FOREST, Initializer
from tensorflowjs.readers.saved_model_variables import Checkpoint
from tensorflowjs.tensors import ArrayTensor

_INIT_COLLECTIONS = ("saved_model_main_op", "legacy_init_op", "table_initializer")


def read(
    path: Path,
    stack: ExitStack,
    *,
    signature_name: str | None = None,
    saved_model_tags: str | None = None,
    default_signatures: Sequence[str] = DEFAULT_SIGNATURES,
) -> GraphModel:
    """The graph of a signature of the SavedModel in the folder `path`, whose variables are still variables."""
    meta_graph = choose_meta_graph(read_message(path), saved_model_tags, path)
    functions = root_functions(meta_graph)
    name = choose_signature(meta_graph, functions, signature_name, default_signatures, path)
    with making_sense_of(str(path), "TensorFlow"):
        return _Reading(meta_graph, path).signature(name)


class _Reading:
    def __init__(self, meta_graph: Any, folder: Path) -> None:
        self._meta_graph = meta_graph
        self._folder = folder
        definitions = meta_graph.meta_info_def.stripped_op_list.op
        self._graph = read_graph(meta_graph.graph_def, str(folder), definitions=definitions)
        self._library = Library(meta_graph.graph_def, str(folder), definitions)
        self._flow = CallFlow(self._library.get)
        self._assets = asset_files(meta_graph, folder)
        for name in self._assets.keys() & self._graph.nodes.keys():
            _make_constant(self._graph.nodes[name], self._assets[name])

    def signature(self, name: str) -> GraphModel:
        checkpoint = Checkpoint(self._meta_graph, self._graph, self._flow, self._folder)
        if name not in self._meta_graph.signature_def:
            self._sign(name, checkpoint)
        proto = self._meta_graph.signature_def[name]
        filling = list(self._flow.reached(self._init_nodes()))
        ports = Ports(self._graph, f"{self._folder}: signature {name}")
        signature = Signature(method=proto.method_name)
        signature.outputs = ports.outputs(proto.outputs, renamed=self._is_version_2)
        signature.inputs = ports.inputs(proto.inputs, prefix=name)
        model = GraphModel(self._graph, signature=signature)
        self._complete(model, ports, checkpoint, filling)
        model.structured_outputs = [port.key for port in signature.outputs]
        return model

    def _sign(self, name: str, checkpoint: Checkpoint) -> None:
        """Give the function `name` of the saved object the signature that it was saved without."""
        concrete = choose_concrete(self._meta_graph, root_functions(self._meta_graph)[name])
        if concrete is None:
            raise UsageError(
                f'{self._folder}: the function "{name}" has no signature, and more or less than one way to be called.',
                hint="Save the model with signatures that say what it takes.",
            )
        caller = Caller(self._meta_graph, self._graph, self._library, checkpoint, str(self._folder))
        caller.call(concrete, self._meta_graph.signature_def[name])

    def _complete(self, model: GraphModel, ports: Ports, checkpoint: Checkpoint, filling: list[Place]) -> None:
        """Values, tables and functions of what the outputs need; the rest goes."""
        graph = self._graph
        kept = needed([*(value.node for value in graph.outputs), *graph.inputs])
        model.signature.inputs += ports.other_inputs(kept)
        checkpoint.assign(graph, kept)
        initializer = Initializer(graph, self._flow, checkpoint, self._assets)
        initializer.fill(filling, kept)
        graph.remove([node for node in graph.nodes.values() if node not in kept])
        model.functions = self._library.used_by(graph)
        if any(node.op == FOREST for node in initializer.graph.nodes.values()):
            model.assets = self._folder / "assets"
        if initializer.graph.outputs:
            model.initializer = initializer.graph
            model.functions |= self._library.used_by(initializer.graph)
        model.producer = self._meta_graph.meta_info_def.tensorflow_version or None

    @property
    def _is_version_2(self) -> bool:
        return bool(self._meta_graph.object_graph_def.nodes)

    def _init_nodes(self) -> list[Node]:
        """The nodes that TensorFlow runs once after loading."""
        names = [name for key in _INIT_COLLECTIONS for name in self._collection(key)]
        for key in INIT_SIGNATURES[:1]:
            if key in self._meta_graph.signature_def:
                names += [info.name for info in self._meta_graph.signature_def[key].outputs.values()]
        found = (self._graph.nodes.get(name.split(":")[0]) for name in names)
        return [node for node in found if node is not None]

    def _collection(self, key: str) -> list[str]:
        collections = self._meta_graph.collection_def
        return list(collections[key].node_list.value) if key in collections else []


def _make_constant(node: Node, path: Path) -> None:
    """An asset's path, fed by whoever loads the model, as the constant that it is."""
    value = np.empty((), dtype=object)
    value[()] = f"assets/{path.name}".encode()
    node.set_inputs(())
    node.op, node.attrs = "Const", {"dtype": Type("string"), "value": ArrayTensor(value, dtype="string")}
