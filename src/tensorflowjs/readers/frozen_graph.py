"""Frozen graphs: a GraphDef file, in binary or text form, whose variables are constants already.

Such a file has no signature. Every placeholder is an input; the outputs are those that the user names, or else the
nodes that nothing reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tensorflowjs.errors import CorruptInputError, UnknownFormatError, UsageError
from tensorflowjs.formats.protobuf import parse, parse_text
from tensorflowjs.formats.signature import not_this_format, require_file
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.graph import Graph, GraphModel, Node, Port, Shape, Signature, Type, Value
from tensorflowjs.readers.graph_def import Library, output_index, read_graph
from tensorflowjs.readers.graph_ports import Ports, needed
from tensorflowjs.readers.saved_model_file import quoted, read_bytes

_PLACEHOLDERS = ("Placeholder", "PlaceholderV2")
_NO_RESULT = frozenset({"NoOp", "Assert", "Placeholder", "Const"})
_MOST_SHOWN = 20


def read(path: Path, stack: ExitStack, *, output_node_names: str | Sequence[str] | None = None) -> GraphModel:
    """The graph in the file `path` as far as the outputs, `name` or `name:index`, need it."""
    with making_sense_of(str(path), "TensorFlow"):
        return _model(_read_proto(path), path, output_node_names)


def _model(proto: Any, path: Path, output_node_names: str | Sequence[str] | None) -> GraphModel:
    graph = read_graph(proto, str(path))
    names = _names(output_node_names)
    outputs = _find(graph, names, path) if names else [node.output for node in _ends(graph)]
    if not outputs:
        raise UsageError(f"{path}: the graph has no outputs.", hint="Name them with --output_node_names.")
    ports = Ports(graph, str(path))
    keys = names or [value.node.name for value in outputs]
    signature = Signature(outputs=[_port(key, value) for key, value in zip(keys, outputs, strict=True)])
    ports.set_outputs(outputs, [])
    graph.output_names = list(keys)
    kept = needed(value.node for value in graph.outputs)
    inputs = [node for node in graph.nodes.values() if node in kept and node.op in _PLACEHOLDERS]
    signature.inputs = [ports.own_input(node) for node in inputs]
    signature.inputs += ports.other_inputs(kept)
    graph.remove([node for node in graph.nodes.values() if node not in kept])
    return GraphModel(graph, Library(proto, str(path)).used_by(graph), signature)


def _read_proto(path: Path) -> Any:
    require_file(path, kind="a frozen graph")
    data = read_bytes(path)
    if path.suffix == ".pbtxt" or data.lstrip()[:6] in (b"node {", b"node{\n", b"librar", b"versio"):
        proto = parse_text("graph", "GraphDef", data, str(path))
    else:
        proto = _parse(data, path)
    if not proto.node or not all(node.name and node.op for node in proto.node):
        raise not_this_format(path, kind="a frozen graph")
    return proto


def _parse(data: bytes, path: Path) -> Any:
    try:
        return parse("graph", "GraphDef", data, str(path))
    except CorruptInputError:
        if _is_saved_model(data):
            raise UnknownFormatError(
                f"{path}: this is not a frozen graph but a SavedModel.", hint="Name the folder that it lies in."
            ) from None
        raise


def _is_saved_model(data: bytes) -> bool:
    try:
        return bool(parse("saved_model", "SavedModel", data, "").meta_graphs)
    except CorruptInputError:
        return False


def _names(given: str | Sequence[str] | None) -> list[str]:
    items = given.split(",") if isinstance(given, str) else list(given or ())
    return list(dict.fromkeys(item.strip() for item in items if item.strip()))


def _find(graph: Graph, names: list[str], path: Path) -> list[Value]:
    values, unknown = [], []
    for name in names:
        node, _, text = name.partition(":")
        index = output_index(text or "0")
        if node in graph.nodes and index is not None:
            values.append(graph.nodes[node].value(index))
        else:
            unknown.append(name)
    if unknown:
        there = [node.name for node in _ends(graph)]
        more = f" and {len(there) - _MOST_SHOWN} more" if len(there) > _MOST_SHOWN else ""
        raise UsageError(
            f"{path}: the graph has no node {quoted(unknown)}.",
            hint=f"Nodes that nothing else reads: {quoted(there[:_MOST_SHOWN])}{more}.",
        )
    return values


def _ends(graph: Graph) -> list[Node]:
    """The nodes that have a result which nothing reads."""
    controlling = {control for node in graph.nodes.values() for control in node.controls}
    return [
        node for node in graph.nodes.values() if not node.used and node not in controlling and node.op not in _NO_RESULT
    ]


def _port(key: str, value: Value) -> Port:
    """What can be said of an output without working out the graph: its dtype."""
    dtype = value.node.attrs.get("T", value.node.attrs.get("dtype"))
    return Port(key, dtype if isinstance(dtype, Type) else Type("float32"), Shape(None))
