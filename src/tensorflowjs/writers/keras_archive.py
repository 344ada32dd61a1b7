"""A LayersModel as a `.keras` archive that Keras 3 reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.variables import snake_case
from tensorflowjs.formats.hdf5_writing import create_hdf5
from tensorflowjs.formats.keras_zip_writing import write_keras
from tensorflowjs.ir.layers import Layer, LayersModel, Model
from tensorflowjs.tensors import Tensor
from tensorflowjs.writers.keras_layers import KERAS_3
from tensorflowjs.writers.keras_topology import topology

Json = dict[str, Any]

VERSION = "3.0.0"  # the oldest Keras that reads it
_INSIDE = dict.fromkeys(("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"), "/cell")


def write(model: LayersModel, path: Path) -> None:
    """Write `model`, whose layers are in Keras' order, into a new file."""
    config: Json = {**topology(model.root, KERAS_3), "build_config": {"input_shape": None}}
    if model.training:
        config["compile_config"] = model.training
    weights = path.with_name(f"{path.name}.weights")
    with create_hdf5(weights) as file:
        file.group("vars")  # of the model itself; the first Keras 3 insists on it
        for place, name, tensors in _container(model.root, "layers"):
            file.set_text(f"{place}/vars", "name", name)
            for number, tensor in enumerate(tensors):
                file.add(f"{place}/vars/{number}", tensor)
    write_keras(path, config, {"keras_version": VERSION, "date_saved": "1980-01-01@00:00:00"}, weights)
    weights.unlink()


Place = tuple[str, str, list[Tensor]]  # path of the object that owns the weights, name of its layer, the weights


def _container(model: Model, path: str) -> Iterator[Place]:
    """Layers by class name, repeats of one counted from 1. A Sequential does not count its input, which has none."""
    counts: dict[str, int] = {}
    for layer in model.layers:
        kind = snake_case(_class(layer))
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        yield from _object(layer, f"{path}/{kind}_{number}" if number else f"{path}/{kind}")


def _class(layer: Layer) -> str:
    if layer.model is None:
        return layer.class_name
    return str(topology(layer.model, KERAS_3, is_called=bool(layer.calls))["class_name"])


def _object(layer: Layer, path: str) -> Iterator[Place]:
    if layer.model is not None:
        yield from _container(layer.model, f"{path}/layers")
        return
    row = find(layer.class_name)
    places: dict[str, list[Tensor]] = {}
    for weight in row.present_weights(layer.config) if row else ():
        owner = weight.name.rpartition("/")[0]
        place = f"{path}/{owner}" if owner else f"{path}{_INSIDE.get(layer.class_name, '')}"
        places.setdefault(place, []).append(layer.weights[weight.name])
    for place, tensors in places.items():
        yield place, layer.name, tensors
    for key, child in layer.children.items():
        yield from _object(child, f"{path}/{_child_path(layer, key)}")


def _child_path(layer: Layer, key: str) -> str:
    """`layer`, `cell`, `forward_layer`; cells of a stack by class name in a list."""
    if not key.startswith("cell_"):
        return key
    kinds = {other: snake_case(child.class_name) for other, child in layer.children.items()}
    number = list(kinds.values())[: list(kinds).index(key)].count(kinds[key])
    return f"cells/{kinds[key]}_{number}" if number else f"cells/{kinds[key]}"
