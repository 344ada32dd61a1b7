"""What is in a model, what TF.js makes of it, and what is in the way: for people, before they convert."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from tensorflowjs import events
from tensorflowjs.errors import InputError, UnsupportedError
from tensorflowjs.events import Note
from tensorflowjs.ir.graph import Graph, GraphModel, Port
from tensorflowjs.ir.layers import Layer, LayersModel, LayersWeights
from tensorflowjs.pipeline.opening import PathLike, find_route, opened
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.pipeline.routes import FORMATS, ROUTES
from tensorflowjs.tensors import Tensor

Size = int | None


@dataclass(frozen=True)
class Value:
    """An input or output; its shape is None where not even the rank is known."""

    name: str
    dtype: str
    shape: tuple[Size, ...] | None


@dataclass(frozen=True)
class LayerRow:
    name: str
    class_name: str
    parameters: int


@dataclass(frozen=True)
class WeightRow:
    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int


@dataclass(frozen=True)
class Road:
    """A format that the model can become, or what is in the way."""

    output_format: str
    problems: tuple[str, ...] = ()
    hint: str | None = None

    @property
    def open(self) -> bool:
        return not self.problems


@dataclass(frozen=True)
class Inspection:
    path: str
    format: str
    producer: str | None
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    layers: tuple[LayerRow, ...] = ()
    ops: Mapping[str, int] = field(default_factory=dict)  # how many nodes of each, before any pass
    weights: tuple[WeightRow, ...] = ()
    roads: tuple[Road, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def what(self) -> str:
        return FORMATS[self.format].what

    @property
    def parameters(self) -> int:
        return sum(layer.parameters for layer in self.layers) or sum(_count(row.shape) for row in self.weights)

    @property
    def weight_bytes(self) -> int:
        return sum(weight.nbytes for weight in self.weights)


def inspect(path: PathLike, input_format: str | None = None, **graph_options: Any) -> Inspection:
    """Look at any model that can be converted, or has been."""
    graph = GraphOptions(**graph_options)
    with events.kept_notes() as notes:
        with opened(path, input_format, None, graph) as found:
            source = found.route.source
            described = _described(found.model)
        roads = tuple(_road(path, source, target, graph) for target in _targets(source))
    return Inspection(os.fspath(path), source, roads=roads, notes=tuple(dict.fromkeys(notes)), **described)


def as_json(inspection: Inspection) -> dict[str, Any]:
    """The inspection as JSON values."""
    return {
        **asdict(inspection),
        "ops": dict(inspection.ops),
        "notes": [str(note) for note in inspection.notes],
        "parameters": inspection.parameters,
        "weight_bytes": inspection.weight_bytes,
    }


def _targets(source: str) -> Iterator[str]:
    """What TF.js loads, of all that the format can become."""
    yield from (target for start, target in ROUTES if start == source and target.startswith("tfjs_"))


def _road(path: PathLike, source: str, target: str, graph: GraphOptions) -> Road:
    """Go there, up to where something would be written."""
    _, route = find_route(path, source, target)
    try:
        with opened(path, source, route.target, graph) as found:
            found.journey.prepare(found.model, Options(graph=graph))
    except UnsupportedError as error:
        return Road(target, tuple(map(str, error.problems)) or (error.summary,), error.hint)
    except InputError as error:  # there is not enough in it
        return Road(target, (error.message,), error.hint)
    return Road(target)


# ---------------------------------------------------------------------------- what is in a model


def _described(model: LayersModel | LayersWeights | GraphModel) -> dict[str, Any]:
    if isinstance(model, LayersModel):
        return _of_layers(model)
    if isinstance(model, LayersWeights):
        rows = (_weight(name, tensor) for group in model.groups for name, tensor in group.weights)
        return {"producer": model.keras_version and f"keras {model.keras_version}", "weights": tuple(rows)}
    return _of_graph(model)


def _of_layers(model: LayersModel) -> dict[str, Any]:
    rows = [_layer(layer) for layer in model.root.layers if layer.class_name != "InputLayer"]
    weights = (
        _weight(f"{layer.name}/{name}", tensor) for layer in model.walk() for name, tensor in layer.weights.items()
    )
    return {
        "producer": f"keras {model.keras_version}",
        "inputs": tuple(_input(model.root.layer(ref.layer)) for ref in model.root.inputs),
        "outputs": tuple(Value(ref.layer, "float32", None) for ref in model.root.outputs),
        "layers": tuple(rows),
        "weights": tuple(weights),
    }


def _layer(layer: Layer) -> LayerRow:
    count = sum(tensor.count for inner in layer.walk() for tensor in inner.weights.values())
    return LayerRow(layer.name, layer.class_name, count)


def _input(layer: Layer) -> Value:
    shape = layer.config.get("batch_shape")
    return Value(layer.name, str(layer.config.get("dtype") or "float32"), None if shape is None else tuple(shape))


def _of_graph(model: GraphModel) -> dict[str, Any]:
    graphs = [model.graph, *model.functions.values()]
    return {
        "producer": model.producer and _producer(model.producer),
        "inputs": tuple(map(_port, model.signature.inputs)),
        "outputs": tuple(map(_port, model.signature.outputs)),
        "ops": dict(Counter(node.op for graph in graphs for node in graph.nodes.values()).most_common()),
        "weights": tuple(row for graph in graphs for row in _constants(graph)),
    }


def _producer(who: str) -> str:
    """TensorFlow only gives its version."""
    return f"TensorFlow {who}" if who[:1].isdigit() else who


def _port(port: Port) -> Value:
    return Value(port.key, port.type.name, port.shape.dims)


def _constants(graph: Graph) -> Iterator[WeightRow]:
    for node in graph.nodes.values():
        value = node.attrs.get("value")
        if isinstance(value, Tensor):
            yield _weight(node.name, value)


def _weight(name: str, tensor: Tensor) -> WeightRow:
    return WeightRow(name, tensor.dtype, tensor.shape, tensor.nbytes)


def _count(shape: tuple[int, ...]) -> int:
    product = 1
    for size in shape:
        product *= size
    return product
