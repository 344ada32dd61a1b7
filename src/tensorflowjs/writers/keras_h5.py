"""A LayersModel as an HDF5 file that Keras 2, tf_keras and Keras 3 read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.variables import scopes
from tensorflowjs.formats.hdf5_writing import Hdf5Writer, create_hdf5
from tensorflowjs.ir.layers import Layer, LayersModel, Model
from tensorflowjs.tensors import Tensor
from tensorflowjs.writers.keras_layers import EITHER
from tensorflowjs.writers.keras_topology import topology

VERSION = "2.15.0"  # the last Keras that wrote such files as its own
_WEIGHTS = "model_weights"

Named = list[tuple[str, Tensor]]


def write(model: LayersModel, path: Path) -> None:
    """Write `model`, whose layers are in Keras' order, into a new file."""
    with create_hdf5(path) as file:
        _describe(file, "")
        file.set_text("", "model_config", json.dumps(topology(model.root, EITHER)))
        if model.training:
            file.set_text("", "training_config", json.dumps(model.training))
        _describe(file, _WEIGHTS)
        _write_weights(file, model.root)


def _describe(file: Hdf5Writer, group: str) -> None:
    file.set_text(group, "keras_version", VERSION)
    file.set_text(group, "backend", "tensorflow")


def _write_weights(file: Hdf5Writer, root: Model) -> None:
    file.set_texts(_WEIGHTS, "layer_names", [layer.name for layer in root.layers])
    for layer in root.layers:
        group = f"{_WEIGHTS}/{layer.name}"
        named = weights_of(layer)
        file.set_texts(group, "weight_names", [name for name, _ in named])
        for name, tensor in named:
            file.add(f"{group}/{name}", tensor)


def weights_of(layer: Layer) -> Named:
    """All weights in a layer of the outermost model, by name, in the order in which Keras counts them.

    First all that would be trained, through everything nested in it, then the rest: statistics, frozen layers.
    """
    found = list(_counted(layer))
    return [pair for trained, pair in found if trained] + [pair for trained, pair in found if not trained]


def _counted(layer: Layer) -> Iterator[tuple[bool, tuple[str, Tensor]]]:
    frozen = {id(part) for part in _frozen(layer, False)}
    for scope, part in scopes(layer):
        row = find(part.class_name)
        for weight in row.present_weights(part.config) if row else ():
            tensor = part.weights[weight.name]
            yield weight.trainable and id(part) not in frozen, (f"{scope}/{weight.name}:0", tensor)


def _frozen(layer: Layer, inside: bool) -> Iterator[Layer]:
    """Layers that are not trained, since they or what they are in says so."""
    here = inside or not layer.trainable
    if here:
        yield layer
    for child in layer.children.values():
        yield from _frozen(child, here)
    for inner in layer.model.layers if layer.model else ():
        yield from _frozen(inner, here)
