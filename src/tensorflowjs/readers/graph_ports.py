"""The inputs and outputs of a graph, and the names that users know them by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from tensorflowjs import events
from tensorflowjs.errors import CorruptInputError, Problem, UnsupportedError
from tensorflowjs.ir.graph import Attr, Graph, Node, Port, Shape, Type, Value
from tensorflowjs.readers.graph_def import output_index, read_shape, read_type

_NOT_IN_NAMES = re.compile(r"[^\w./-]")
_FED = ("Placeholder", "PlaceholderV2", "PlaceholderWithDefault")
_CONSTANT = ("Const", "VarHandleOp", "VariableV2", "Variable", *_FED)


class Ports:
    """Gives `graph` the inputs and outputs of a signature. `where` is for errors."""

    def __init__(self, graph: Graph, where: str) -> None:
        self._graph = graph
        self._where = where

    def find(self, name: str) -> Value:
        """The value of the graph with this name, which may have an index (`split:1`)."""
        node, _, text = name.partition(":")
        index = output_index(text or "0")
        if node not in self._graph.nodes or index is None:
            raise CorruptInputError(f"{self._where}: the graph has nothing named {name!r}.")
        return self._graph.nodes[node].value(index)

    def outputs(self, protos: Mapping[str, Any], renamed: bool) -> list[Port]:
        """The outputs of a signature in the order of their keys; `renamed` to Identity, Identity_1, ..."""
        keys = sorted(protos)
        values = [self.find(_tensor_name(protos[key], key, self._where)) for key in keys]
        names = [f"Identity_{number}" if number else "Identity" for number in range(len(keys))] if renamed else []
        self.set_outputs(values, names)
        self._graph.output_names = list(keys)
        return [_port(key, protos[key]) for key in keys]

    def set_outputs(self, values: list[Value], names: list[str]) -> None:
        """Make `values` the outputs, each of them a node of its own; TF.js finds an output by its node."""
        graph = self._graph
        for name in names:
            self._free(name)
        seen: set[Node] = set()
        graph.outputs = []
        for number, value in enumerate(values):
            if names or value.index or value.node in seen or value.node.op in _CONSTANT:
                name = names[number] if names else graph.fresh_name("Identity")
                value = graph.add(Node(name, "Identity", [value], _type_of(value))).output
            seen.add(value.node)
            graph.outputs.append(value)

    def inputs(self, protos: Mapping[str, Any], prefix: str) -> list[Port]:
        """The inputs of a signature in the order of their keys. `prefix` goes from the names of their nodes."""
        ports = []
        for key in sorted(protos):
            port = _port(key, protos[key])
            value = self.find(_tensor_name(protos[key], key, self._where))
            node = value.node
            if node.op not in _FED or value.index or node in self._graph.inputs:
                node = self._placeholder(key, port, value)
            elif node.name == f"{prefix}_{key}":
                self._rename(node, key)
            self._graph.inputs.append(node)
            ports.append(port)
        return ports

    def _placeholder(self, key: str, port: Port, value: Value) -> Node:
        """A value in the middle of the graph can be an input as well: then it comes from outside."""
        attrs: dict[str, Attr] = {"dtype": port.type, "shape": port.shape}
        node = self._graph.add(Node(self._graph.fresh_name(_node_name(key)), "Placeholder", (), attrs))
        value.replace_by(node.output)
        return node

    def _rename(self, node: Node, key: str) -> None:
        name = _node_name(key)
        if name != node.name:
            self._free(name)
            self._graph.rename(node, name)

    def _free(self, name: str) -> None:
        """If a node has this name, give it another."""
        if name in self._graph.nodes:
            self._graph.rename(self._graph.nodes[name], self._graph.fresh_name(f"{name}_"))

    def other_inputs(self, kept: Iterable[Node]) -> list[Port]:
        """Placeholders that no signature names: with a default they are that, without they are inputs as well."""
        ports = []
        for node in kept:
            if node in self._graph.inputs or node.op not in _FED:
                continue
            if node.op == "PlaceholderWithDefault":
                node.op, node.attrs = "Identity", {"T": node.attrs.get("dtype", Type("float32"))}
            else:
                ports.append(self.own_input(node))
                events.note("the signature does not name this placeholder; it is an input as well", node.name)
        return ports

    def own_input(self, node: Node) -> Port:
        """Make a placeholder an input under its own name."""
        self._graph.inputs.append(node)
        dtype, shape = node.attrs.get("dtype"), node.attrs.get("shape")
        return Port(
            node.name,
            dtype if isinstance(dtype, Type) else Type("float32"),
            shape if isinstance(shape, Shape) else Shape(None),
        )


def _node_name(key: str) -> str:
    name = _NOT_IN_NAMES.sub("_", key)
    return name if name[:1].isalnum() else f"input{name}"


def _tensor_name(proto: Any, key: str, where: str) -> str:
    kind = proto.WhichOneof("encoding")
    if kind in ("coo_sparse", "composite_tensor"):
        what = "a sparse tensor" if kind == "coo_sparse" else "a tensor of several parts (ragged or sparse)"
        raise UnsupportedError(
            f"{where}: TF.js takes and returns plain tensors only.",
            [Problem(key, f"it is {what}", "export a signature that takes or returns its parts")],
        )
    return str(proto.name)


def _port(key: str, proto: Any) -> Port:
    return Port(key, read_type(proto.dtype), read_shape(proto.tensor_shape))


def _type_of(value: Value) -> dict[str, Attr]:
    """Attributes of an Identity of `value`, as far as they can be told."""
    node = value.node
    types = node.attrs.get("Tout")
    if isinstance(types, list) and value.index < len(types):
        return {"T": types[value.index]}
    dtype = node.attrs.get("T", node.attrs.get("dtype"))
    return {"T": dtype} if isinstance(dtype, Type) else {}


def needed(starts: Iterable[Node]) -> dict[Node, None]:
    """The nodes that have to run for `starts` to run, these included."""
    found: dict[Node, None] = {}
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += [value.node for value in node.inputs]
            waiting += node.controls
    return found
