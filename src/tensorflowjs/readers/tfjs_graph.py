"""TF.js graph models, whatever wrote them: to be optimised again, cut into other shards, quantised or dequantised.

Their topology is a GraphDef: as JSON in model.json or, before TF.js 1.0, as binary in a `.pb` beside
weights_manifest.json. Constants stand in it without values, which are weights of the same names.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tensorflowjs.errors import CorruptInputError, MissingInputError, UnsupportedError
from tensorflowjs.formats.assets_zip import ASSETS_FILE, unpack_assets
from tensorflowjs.formats.manifest import read_manifest, read_model
from tensorflowjs.formats.protobuf import parse
from tensorflowjs.formats.signature import unreadable
from tensorflowjs.ir.damage import listed, making_sense_of
from tensorflowjs.ir.graph import Graph, GraphModel, Node, Port, Shape, Signature, Type
from tensorflowjs.readers.graph_def import Library, read_graph, read_shape, read_type
from tensorflowjs.readers.graph_json import graph_def, tensor_info
from tensorflowjs.readers.graph_ports import Ports, needed
from tensorflowjs.tensors import Tensor, cast

MANIFEST = "weights_manifest.json"
_WITHOUT_VALUES = {"dtype", "tensor_shape", "version_number"}
_NO_RESULT = frozenset({"NoOp", "Placeholder"})
_WIDE = frozenset({"int64", "uint64", "uint32", "int16", "uint16", "int8", "uint8", "float64", "complex128"})


@dataclass
class _Stored:
    """A model as its files have it."""

    path: Path
    graph: Any  # GraphDef messages
    initializer: Any
    weights: dict[str, Tensor]
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def metadata(self) -> dict[str, Any]:
        given = self.document.get("userDefinedMetadata")
        return dict(given) if isinstance(given, dict) else {}


def read(path: Path, stack: ExitStack) -> GraphModel:
    """The model of a model.json or `.pb`, or of the folder of one."""
    stored = _read_files(path)
    with making_sense_of(str(stored.path), "TF.js"):
        model = _model(stored)
    assets = stored.path.with_name(ASSETS_FILE)
    if model.initializer is not None and assets.is_file():
        model.assets = Path(stack.enter_context(TemporaryDirectory()))
        unpack_assets(assets, model.assets)
    return model


def _read_files(path: Path) -> _Stored:
    if path.is_dir() and not (path / "model.json").is_file():
        binaries = sorted(path.glob("*.pb"))
        path = binaries[0] if len(binaries) == 1 else path
    return _read_binary(path) if path.suffix == ".pb" else _read_json(path)


def _read_json(path: Path) -> _Stored:
    stored = read_model(path)
    topology = stored.document.get("modelTopology")
    if not isinstance(topology, dict) or not isinstance(topology.get("node"), list):
        raise UnsupportedError(f"{stored.path} is no graph model: its topology lists no nodes.", [])
    initializer = stored.document.get("modelInitializer")
    return _Stored(
        stored.path,
        graph_def(topology, str(stored.path)),
        graph_def(initializer, str(stored.path)) if isinstance(initializer, dict) and initializer.get("node") else None,
        {weight.name: weight.tensor for group in stored.groups for weight in group},
        stored.document,
    )


def _read_binary(path: Path) -> _Stored:
    manifest = path.parent / MANIFEST
    try:
        described, data = json.loads(manifest.read_bytes()), path.read_bytes()
    except FileNotFoundError as error:
        raise MissingInputError(f"{error.filename} is missing: {MANIFEST} and the .pb belong together.") from error
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise CorruptInputError(f"{manifest} is not JSON ({error}).") from error
    groups = read_manifest(described, path.parent, origin=str(manifest))
    weights = {weight.name: weight.tensor for group in groups for weight in group}
    return _Stored(path, parse("graph", "GraphDef", data, str(path)), None, weights)


# ---------------------------------------------------------------------------- the model


def _model(stored: _Stored) -> GraphModel:
    where = str(stored.path)
    hollow: set[str] = set()
    for proto in filter(None, (stored.graph, stored.initializer)):
        hollow |= _empty_constants(proto, stored.weights)
    graph = read_graph(stored.graph, where)
    metadata = stored.metadata
    given = metadata.pop("signature", None) or stored.document.get("signature")
    model = GraphModel(graph, metadata=metadata)
    model.signature = _signature(graph, given if isinstance(given, dict) else {}, where)
    producer = stored.document.get("generatedBy")
    model.producer = producer if isinstance(producer, str) else None
    kept = needed([*(value.node for value in graph.outputs), *graph.inputs])
    model.signature.inputs += Ports(graph, where).other_inputs(kept)
    graph.remove([node for node in graph.nodes.values() if node not in kept])
    model.functions = Library(stored.graph, where).used_by(graph)
    if stored.initializer is not None:
        _add_initializer(model, stored)
    _give_values(model, stored, hollow)
    return model


def _add_initializer(model: GraphModel, stored: _Stored) -> None:
    """The graph that fills tables; each result that nothing in it reads is there to be computed."""
    where = f"{stored.path}: modelInitializer"
    model.initializer = graph = read_graph(stored.initializer, where, "initializer")
    model.functions |= Library(stored.initializer, where).used_by(graph)
    given = stored.document.get("initializerSignature")
    if isinstance(given, dict) and given.get("outputs"):
        model.initializer_signature = _signature(graph, given, where)
    else:
        graph.outputs = [node.output for node in _ends(graph)]
        graph.output_names = [value.node.name for value in graph.outputs]


def _signature(graph: Graph, given: Mapping[str, Any], where: str) -> Signature:
    """Inputs and outputs in the order in which they are written, which is that of TF.js."""
    ports = Ports(graph, where)
    outputs = _described(given.get("outputs"), where)
    values = [ports.find(proto.name) for _, proto, _ in outputs] or [node.output for node in _ends(graph)]
    ports.set_outputs(values, [])
    keys = [key for key, _, _ in outputs] or [value.node.name for value in values]
    graph.output_names = list(keys)
    signature = Signature(method=str(given.get("methodName") or Signature.method))
    if outputs:
        signature.outputs = [_port(key, proto, number) for key, proto, number in outputs]
    else:
        signature.outputs = [_own_port(node.node) for node in graph.outputs]
    for key, proto, number in _described(given.get("inputs"), where):
        (port,) = ports.inputs({key: proto}, prefix="\0")
        port.resource = number
        signature.inputs.append(port)
    if not given.get("inputs"):
        placeholders = [node for node in graph.nodes.values() if node.op.startswith("Placeholder")]
        signature.inputs = [ports.own_input(node) for node in placeholders if node.op == "Placeholder"]
    return signature


def _described(ports: Any, where: str) -> list[tuple[str, Any, int | None]]:
    """Key, TensorInfo message and number of the table for each entry of a signature."""
    entries = ports.items() if isinstance(ports, dict) else ()
    return [(key, *tensor_info(entry, f"{where}: {key}")) for key, entry in entries]


def _port(key: str, proto: Any, resource: int | None) -> Port:
    return Port(key, read_type(proto.dtype), read_shape(proto.tensor_shape), resource)


def _own_port(node: Node) -> Port:
    dtype = node.attrs.get("T", node.attrs.get("dtype"))
    return Port(node.name, dtype if isinstance(dtype, Type) else Type("float32"), Shape(None))


def _ends(graph: Graph) -> Iterator[Node]:
    """The nodes whose results nothing reads."""
    controlling = {control for node in graph.nodes.values() for control in node.controls}
    for node in graph.nodes.values():
        if not node.used and node not in controlling and node.op not in _NO_RESULT:
            yield node


# ---------------------------------------------------------------------------- values of constants


def _empty_constants(proto: Any, weights: Mapping[str, Tensor]) -> set[str]:
    """Take from constants what they say of values that are weights: it may claim any size.

    Returns the names of those that have values neither here nor there.
    """
    bodies = (function.node_def for function in proto.library.function)
    hollow = set()
    for node in (node for nodes in (proto.node, *bodies) for node in nodes):
        if node.op != "Const":
            continue
        told = {field.name for field, _ in node.attr["value"].tensor.ListFields()}
        if node.name in weights or told <= _WITHOUT_VALUES:
            node.attr["value"].Clear()
            node.attr["value"].tensor.dtype = 1
        if node.name not in weights and told <= _WITHOUT_VALUES:
            hollow.add(node.name)
    return hollow


def _give_values(model: GraphModel, stored: _Stored, hollow: set[str]) -> None:
    graphs = [model.graph, *model.functions.values(), *([model.initializer] if model.initializer else [])]
    missing = []
    for graph in graphs:
        for node in [node for node in graph.nodes.values() if node.op == "Const"]:
            if node.name in hollow:
                missing.append(node.name)
            elif node.name in stored.weights:
                node.attrs |= _value(node, stored.weights[node.name])
            plain = node.name.removeprefix(f"{graph.name}/")
            if graph is not model.graph and plain not in graph.nodes:
                graph.rename(node, plain)  # as writing puts the name of the graph in front again
    if missing:
        raise CorruptInputError(f"{stored.path}: there is no weight for constants: {listed(missing)}.")


def _value(node: Node, tensor: Tensor) -> dict[str, Any]:
    """The values of a constant, in the type that the rest of the graph takes them for."""
    told = node.attrs.get("dtype")
    if isinstance(told, Type) and told.name in _WIDE and tensor.dtype in ("int32", "float32", "complex64"):
        tensor = cast(tensor, told.name)
    return {"dtype": Type(tensor.dtype), "value": tensor}
