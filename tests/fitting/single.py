"""A Keras model of one layer behind an input, fitted: what unit tests of rules look at."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.catalog.inference import model_shapes
from tensorflowjs.catalog.layers import find
from tensorflowjs.fitting import fit
from tensorflowjs.ir.layers import Call, Layer, LayersModel, Model, Ref
from tensorflowjs.tensors import ArrayTensor

Shape = tuple[int | None, ...]


def single(class_name: str, shape: Shape, *, keras_version: str = "3.15.1", **arguments: Any) -> LayersModel:
    """`class_name` with random weights, called on an input of `shape` (batch left out)."""
    row = find(class_name)
    assert row is not None
    config = {**row.defaults, **arguments}
    random = np.random.default_rng(0)
    weights = {
        weight.name: ArrayTensor(random.standard_normal(weight.shape(config, (None, *shape))).astype("float32"))
        for weight in row.present_weights(config)
    }
    entry = Layer("x", "InputLayer", {"batch_shape": [None, *shape], "dtype": "float32", "sparse": False}, [Call()])
    layer = Layer("it", class_name, config, [Call([Ref("x")])], weights)
    return LayersModel(Model("m", "Functional", [entry, layer], [Ref("x")], [Ref("it")]), keras_version)


def fitted(class_name: str, shape: Shape, **arguments: Any) -> list[Layer]:
    """The layers that stand for it in TF.js, in order, without the input."""
    return fit(single(class_name, shape, **arguments)).root.layers[1:]


def classes(layers: list[Layer]) -> list[str]:
    return [layer.class_name for layer in layers]


def output_shapes(class_name: str, shape: Shape, **arguments: Any) -> tuple[Any, Any]:
    """The shape that Keras gives the layer's output, and the one that it has after fitting."""
    model = single(class_name, shape, **arguments)
    before = model_shapes(model.root)[1]
    return before[0], model_shapes(fit(model).root)[1][0]
