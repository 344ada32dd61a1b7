"""Which value of the checkpoint belongs to which variable of a SavedModel's graph.

The graph says so itself: its restore operation reads names from the checkpoint (RestoreV2) and assigns them. What is
not restored there is found under its own name, as TensorFlow 1 saved it.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.formats.protobuf import parse
from tensorflowjs.formats.tensor_bundle import OBJECT_GRAPH, Bundle, StoredTensor, open_bundle
from tensorflowjs.ir.graph import Graph, Node, Value
from tensorflowjs.readers.call_flow import CallFlow, Frame, Place
from tensorflowjs.tensors import Tensor

VARIABLES = ("VarHandleOp", "VariableV2", "Variable")
ASSIGNMENTS = ("AssignVariableOp", "Assign")


class Checkpoint:
    """The values of a SavedModel, and where its graph restores them to."""

    def __init__(self, meta_graph: Any, graph: Graph, flow: CallFlow, folder: Path) -> None:
        self._meta_graph = meta_graph
        self._flow = flow
        self._prefix = folder / "variables" / "variables"
        restore = graph.nodes.get(meta_graph.saver_def.restore_op_name.lstrip("^").split(":")[0])
        self._places = list(flow.reached([restore])) if restore is not None else []
        self._lists: dict[Node, list[str]] = {}  # all tensors of a model are often restored by one node

    @cached_property
    def bundle(self) -> Bundle:
        return open_bundle(self._prefix)

    @cached_property
    def objects(self) -> Any:
        """The checkpoint's own account of the objects whose values it holds."""
        where = str(self._prefix)
        if OBJECT_GRAPH not in self.bundle:
            raise CorruptInputError(f"{where}: the checkpoint does not say which objects its values belong to.")
        data = self.bundle.tensor(OBJECT_GRAPH).read().reshape(-1)
        return parse("checkpoint", "TrackableObjectGraph", b"".join(data), where)

    def assign(self, graph: Graph, kept: Container[Node]) -> None:
        """Give the variables of `graph` their values; those that have none are left without.

        The values of `kept` ones are compared with their checksums: much of a damaged file would not be noticed.
        """
        variables = [node for node in graph.nodes.values() if node.op in VARIABLES]
        if not variables:
            return
        restored = self._restored()
        for node in variables:
            value = restored.get(node)
            if value is None and node.name in self.bundle:
                value = self.bundle.tensor(node.name)
            if value is not None:
                node.attrs["value"] = value
            if node in kept and isinstance(value, StoredTensor):
                value.check()

    def _restored(self) -> dict[Node, Tensor]:
        found: dict[Node, Tensor] = {}
        for place in self._places:
            if place.node.op in ASSIGNMENTS and len(place.node.inputs) >= 2:
                variable, _ = self._flow.source(place.node.inputs[0], place.frame)
                value = self.restored(place.node.inputs[1], place.frame)
                if variable.node.op in VARIABLES and value is not None:
                    found[variable.node] = value
        return found

    def restored(self, value: Value, frame: Frame | None) -> Tensor | None:
        """The tensor of the checkpoint that `value` is when the model is restored, if it is one."""
        value, frame = self._flow.source(value, frame)
        node = value.node
        if node.op != "RestoreV2" or len(node.inputs) != 3:
            return None
        names, slices = (self._strings(each, frame) for each in node.inputs[1:])
        if value.index >= min(len(names), len(slices)):
            raise CorruptInputError(f"{node.name} (RestoreV2) restores fewer tensors than the model takes from it.")
        return self.bundle.part(names[value.index], slices[value.index])

    def _strings(self, value: Value, frame: Frame | None) -> list[str]:
        node = self._flow.source(value, frame)[0].node
        if node.op != "Const":
            raise CorruptInputError(f"{node.name} ({node.op}): the names of the checkpoint's tensors are not constant.")
        if node not in self._lists:
            self._lists[node] = [item.decode("utf-8", "replace") for item in node.tensor.read().reshape(-1)]
        return self._lists[node]

    def imports(self) -> Iterator[Place]:
        """Where tables are filled from the checkpoint."""
        return (place for place in self._places if place.node.op in ("LookupTableImportV2", "LookupTableImport"))
