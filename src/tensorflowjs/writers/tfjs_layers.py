"""A fitted LayersModel as the `model.json` topology and the weight names that tf.loadLayersModel matches.

How TF.js names variables is told in `catalog.variables`. A nested model's own graph is its node 0, so calls of it
count from 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorflowjs.catalog.variables import scopes, unprefixed
from tensorflowjs.dtypes import DTYPES
from tensorflowjs.ir.layers import Config, Layer, LayersModel, Model, Ref
from tensorflowjs.tensors import Tensor

Json = dict[str, Any]


def topology(model: LayersModel) -> Json:
    """The `modelTopology` of model.json."""
    return {
        "keras_version": model.keras_version,
        "backend": model.backend or "tensorflow",
        "model_config": _container(model.root),
    }


def _container(model: Model) -> Json:
    return {
        "class_name": model.kind,
        "config": _sequential(model) if model.kind == "Sequential" else _functional(model),
    }


def _sequential(model: Model) -> Json:
    entries = [_layer(layer) for layer in model.layers]
    if model.implicit_input and len(entries) > 1 and model.layers[1].model is None:
        shape = model.layers[0].config
        entries[1]["config"] |= {"batch_input_shape": shape["batch_shape"], "dtype": _input_dtype(shape)}
        del entries[0]
    return {"name": model.name, "layers": entries}


def _functional(model: Model) -> Json:
    nested = {layer.name for layer in model.layers if layer.model is not None}
    entries = []
    for layer in model.layers:
        calls = [[[*_triple(ref, nested), {}] for ref in call.inputs] for call in layer.calls]
        inbound = [] if layer.class_name == "InputLayer" else calls
        entries.append({"name": layer.name, **_layer(layer), "inbound_nodes": inbound})
    return {
        "name": model.name,
        "layers": entries,
        "input_layers": [_triple(ref, nested) for ref in model.inputs],
        "output_layers": [_triple(ref, nested) for ref in model.outputs],
    }


def _triple(ref: Ref, nested: set[str]) -> list[Any]:
    return [ref.layer, ref.call + (ref.layer in nested), ref.output]


def _layer(layer: Layer) -> Json:
    if layer.model is not None:
        return _container(layer.model)
    if layer.class_name == "InputLayer":
        config = {"batch_input_shape": list(layer.config["batch_shape"]), "dtype": _input_dtype(layer.config)}
        return {"class_name": "InputLayer", "config": {"name": layer.name, **config, "sparse": False}}
    common: Config = {"name": layer.name, "trainable": layer.trainable, "dtype": "float32"}
    config = {**common, **layer.config, **_children(layer)}
    return {"class_name": layer.class_name, "config": config}


def _input_dtype(config: Config) -> str:
    """What TF.js has for the dtype of an input; dtype policies are all of floats."""
    row = DTYPES.get(str(config.get("dtype")))
    return row.tfjs if row is not None and row.tfjs is not None else "float32"


def _children(layer: Layer) -> Json:
    """What a wrapper or RNN wraps, under the key where TF.js looks for it."""
    children = layer.children
    if "forward_layer" in children:
        inner = _layer(children["forward_layer"])
        inner["config"]["name"] = unprefixed(children["forward_layer"])
        return {"layer": inner}
    cells = [_layer(child) for key, child in children.items() if key.startswith("cell_")]
    single = {key: _layer(child) for key, child in children.items() if not key.startswith("cell_")}
    return {**single, "cells": cells} if cells else single


def weights(model: LayersModel) -> list[tuple[Layer, list[tuple[str, Tensor]]]]:
    """For each top-level layer that has weights: their names in the manifest, with their values."""
    found = [(layer, list(weights_of(layer))) for layer in model.root.layers]
    return [(layer, named) for layer, named in found if named]


def weights_of(layer: Layer) -> Iterator[tuple[str, Tensor]]:
    """Weights of `layer` and all inside it, by the name of the variable TF.js makes."""
    for scope, part in scopes(layer):
        for name, tensor in part.weights.items():
            yield f"{scope}/{name}", tensor
