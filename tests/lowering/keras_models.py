"""Small models as their configurations say them, with random weights and no Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.catalog.inference import calls_in_order, model_shapes
from tensorflowjs.catalog.layers import find
from tensorflowjs.ir.layers import Layer, LayersModel
from tensorflowjs.readers import keras_config
from tensorflowjs.tensors import ComputedTensor

Config = dict[str, Any]


def layer(class_name: str, name: str, *inputs: str, **config: Any) -> Config:
    """An entry of a functional model, in the form of Keras 2; `inputs` are names of layers."""
    calls = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": calls}


def source(name: str, *shape: int | None, dtype: str = "float32") -> Config:
    return layer("InputLayer", name, batch_input_shape=[None, *shape], dtype=dtype)


def functional(layers: list[Config], inputs: list[str], outputs: Any, version: str = "3.15.0") -> LayersModel:
    """A model whose weights are random numbers, made when they are read."""
    ends = outputs if isinstance(outputs, dict) else [[name, 0, 0] for name in outputs]
    config = {"name": "model", "layers": layers, "input_layers": [[i, 0, 0] for i in inputs], "output_layers": ends}
    model = keras_config.read_model({"class_name": "Functional", "config": config}, version)
    give_weights(model)
    return model


def give_weights(model: LayersModel) -> None:
    shapes, _ = model_shapes(model.root)
    for each, _, call in calls_in_order(model.root):
        first = shapes.get(call.inputs[0]) if call.inputs else None
        row = find(each.class_name)
        if row is not None and first is not None:
            for weight in row.present_weights(each.config):
                shape = tuple(size or 1 for size in weight.shape(each.config, first))
                each.weights[weight.name] = ComputedTensor("float32", shape, numbers(each, shape))


def numbers(owner: Layer, shape: tuple[int, ...]) -> Any:
    def read() -> NDArray[Any]:
        return np.random.default_rng(len(owner.name)).uniform(0.5, 1.5, shape)

    return read
