"""Random weights and inputs for both Keras lines: nothing left as initialised, signals that survive depth."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from tests.tfjs.randomised import (
    as_model_takes_them,
    outputs_of,
    random_model_inputs,
    randomise_weights,
    settle_statistics,
)

pytestmark = pytest.mark.oracle


@pytest.fixture(params=["keras", "tf_keras"])
def keras(request: pytest.FixtureRequest) -> Any:
    return import_module(request.param)


def mixed_model(keras: Any) -> Any:
    layers = keras.layers
    inner = keras.Sequential([layers.Input((8,)), layers.Dense(4), layers.PReLU()])
    return keras.Sequential(
        [
            layers.Input((5, 8)),
            layers.Conv1D(8, 2),
            layers.BatchNormalization(),
            layers.LayerNormalization(),
            layers.TimeDistributed(inner),
            layers.Bidirectional(layers.LSTM(3)),
            layers.Dense(2),
        ]
    )


def test_no_weight_stays_as_initialised(keras: Any) -> None:
    model = mixed_model(keras)
    before = [np.array(weight) for weight in model.get_weights()]
    randomise_weights(model, seed=1)
    after = model.get_weights()
    assert len(after) == len(before) > 15
    for weight, initial in zip(after, before, strict=True):
        assert len(np.unique(weight)) == weight.size
        assert not np.isclose(weight, initial).any()
    randomise_weights(model, seed=1)
    for weight, again in zip(after, model.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, again)
    randomise_weights(model, seed=2)
    assert not np.isclose(after[0], model.get_weights()[0]).any()


def test_variances_are_positive(keras: Any) -> None:
    model = keras.Sequential([keras.layers.Input((50,)), keras.layers.BatchNormalization()])
    randomise_weights(model)
    variance = np.asarray(model.layers[-1].moving_variance)
    assert 0.5 <= variance.min() < 0.7
    assert 1.3 < variance.max() <= 1.5


def test_normalization_uses_its_random_statistics(keras: Any) -> None:
    layer = keras.layers.Normalization()
    model = keras.Sequential([keras.layers.Input((4,)), layer])
    randomise_weights(model)
    inputs = random_model_inputs(model)
    mean, variance = model.get_weights()[:2]
    (output,) = outputs_of(model, inputs)
    np.testing.assert_allclose(output, (inputs[0] - mean) / np.sqrt(variance), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_indices_stay_within_the_table(keras: Any, dtype: str) -> None:
    ids = keras.Input((30,), dtype=dtype)
    other = keras.Input((30,))
    table = keras.layers.Embedding(4, 2)
    model = keras.Model([ids, other], [table(ids), keras.layers.Flatten()(other)])
    indices, numbers = random_model_inputs(model)
    assert indices.dtype == dtype
    assert set(np.unique(indices)) == {0, 1, 2, 3}
    assert len(np.unique(numbers)) == numbers.size


def test_sizes_of_inputs(keras: Any) -> None:
    a, b = keras.Input((None, 3)), keras.Input(batch_shape=(5, 2))
    model = keras.Model([a, b], [keras.layers.Flatten()(b), keras.layers.ReLU()(a)])
    assert [array.shape for array in random_model_inputs(model, batch=4, unknown=7)] == [(4, 7, 3), (5, 2)]


def test_inputs_and_outputs_in_dicts(keras: Any) -> None:
    a, b = keras.Input((2,), name="a"), keras.Input((2,), name="b")
    difference = keras.layers.Subtract()([a, b])
    model = keras.Model({"b": b, "a": a}, {"z": keras.layers.Activation("linear")(a), "d": difference})
    given = random_model_inputs(model)
    named = as_model_takes_them(model, given)
    first, second = outputs_of(model, given)
    np.testing.assert_allclose(first, named["a"] - named["b"], rtol=1e-6)
    np.testing.assert_array_equal(second, named["a"])


def test_a_deep_model_still_tells_samples_apart(keras: Any) -> None:
    layers = keras.layers
    blocks = [[layers.Conv2D(16, 3, padding="same"), layers.BatchNormalization(), layers.ReLU()] for _ in range(30)]
    stack = [layer for block in blocks for layer in block]
    model = keras.Sequential([layers.Input((16, 16, 3)), *stack, layers.GlobalAveragePooling2D()])
    inputs = random_model_inputs(model)
    randomise_weights(model)
    settle_statistics(model, inputs)
    (features,) = outputs_of(model, inputs)
    between = np.abs(features[0] - features[1]).mean()
    assert 0.01 < features.std() < 100
    assert between > 0.05 * features.std()
    assert "call" not in vars(model.layers[1]), "the layers are as they were"
