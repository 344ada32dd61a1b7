"""How attention is taken apart: which layers there are, and whose weights they have."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from tensorflowjs.catalog.inference import model_shapes
from tensorflowjs.catalog.layers import find
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tensorflowjs.ir.layers import Call, Layer, LayersModel, Model, Ref
from tensorflowjs.tensors import ArrayTensor

X, Y = Ref("x"), Ref("y")


def model_of(class_name: str, *calls: Call, version: str = "3.15.1", **arguments: Any) -> LayersModel:
    """Calls of one attention layer on `x` [5, 4] and `y` [7, 4], with random weights."""
    row = find(class_name)
    assert row is not None
    config, random = {**row.defaults, **arguments}, np.random.default_rng(0)
    weights = {
        weight.name: ArrayTensor(
            random.standard_normal([size or 4 for size in weight.shape(config, (None, 5, 4))]).astype("float32")
        )
        for weight in row.present_weights(config)
    }
    inputs = [
        Layer(name, "InputLayer", {"batch_shape": [None, steps, 4], "dtype": "float32"}, [Call()])
        for name, steps in (("x", 5), ("y", 7))
    ]
    layer = Layer("it", row.name, config, list(calls), weights)
    outputs = [Ref("it", number) for number in range(len(calls))]
    return LayersModel(Model("m", "Functional", [*inputs, layer], [X, Y], outputs), version)


def counts(model: LayersModel) -> Counter[str]:
    return Counter(layer.class_name for layer in fit(model).root.layers)


def test_heads() -> None:
    model = model_of("MultiHeadAttention", Call([X, Y]), num_heads=3, key_dim=2)
    layers = {layer.name: layer for layer in fit(model).root.layers}
    assert counts(model) == Counter({"Dense": 12, "Dot": 6, "Rescaling": 3, "Activation": 3, "InputLayer": 2, "Add": 1})
    assert layers["it"].class_name == "Add"
    source = model.root.layer("it").weights
    for head in range(3):
        kernel = source["query_dense/kernel"].read()[:, head]
        np.testing.assert_array_equal(layers[f"it_query_{head}"].weights["kernel"].read(), kernel)
        outwards = source["output_dense/kernel"].read()[head]
        np.testing.assert_array_equal(layers[f"it_output_{head}"].weights["kernel"].read(), outwards)
    assert ["bias" in layers[f"it_output_{head}"].weights for head in range(3)] == [True, False, False]


def test_heads_that_share_keys_and_values() -> None:
    model = model_of(
        "GroupedQueryAttention", Call([X, X]), head_dim=2, num_query_heads=6, num_key_value_heads=2, use_gate=True
    )
    assert counts(model)["Dense"] == 6 + 2 + 2 + 6 + 6


def test_calls_share_layers() -> None:
    once = counts(model_of("MultiHeadAttention", Call([X, Y]), num_heads=2, key_dim=2))
    twice = counts(model_of("MultiHeadAttention", Call([X, Y]), Call([Y, X]), num_heads=2, key_dim=2))
    assert once == twice


def test_arguments_by_name_and_by_position() -> None:
    by_place = model_of("MultiHeadAttention", Call([X, Y, X]), num_heads=1, key_dim=2)
    by_name = model_of("MultiHeadAttention", Call([], {"key": X, "value": Y, "query": X}), num_heads=1, key_dim=2)
    assert [layer.calls for layer in fit(by_place).root.layers] == [layer.calls for layer in fit(by_name).root.layers]


@pytest.mark.parametrize("scores", [False, True])
def test_shapes(scores: bool) -> None:
    call = Call([X, Y], {"return_attention_scores": scores})
    model = model_of("MultiHeadAttention", call, num_heads=3, key_dim=2, output_shape=[2, 6])
    model.root.outputs = [Ref("it"), Ref("it", 0, 1)] if scores else [Ref("it")]
    expected = [(None, 5, 2, 6), (None, 3, 5, 7)] if scores else [(None, 5, 2, 6)]
    assert model_shapes(model.root)[1] == expected
    assert model_shapes(fit(model).root)[1] == expected


def test_causal_attention_of_old_files() -> None:
    """Keras before 2.10 had an argument of the layer for it."""
    call = Call([X, Y])
    assert "Rescaling" not in counts(model_of("Attention", call, version="2.6.0"))
    assert "Rescaling" in counts(model_of("Attention", call, version="2.6.0", causal=True))


@pytest.mark.parametrize(("version", "uses"), [("2.9.0", False), ("2.10.0", True), ("3.0.0", True)])
def test_masks_reach_heads_from_keras_2_10_on(version: str, uses: bool) -> None:
    model = model_of("MultiHeadAttention", Call([Ref("masking"), Y]), num_heads=1, key_dim=2, version=version)
    masking = Layer("masking", "Masking", {"mask_value": 0.0}, [Call([X])])
    model.root.layers.insert(2, masking)
    assert ("Add" in counts(model)) == uses


@pytest.mark.parametrize("axes", [[3], [0], [2, 1]])
def test_impossible_axes_are_refused(axes: list[int]) -> None:
    model = model_of("MultiHeadAttention", Call([X, X]), num_heads=1, key_dim=2, attention_axes=axes)
    with pytest.raises(UnsupportedError, match="attention_axes"):
        fit(model)
