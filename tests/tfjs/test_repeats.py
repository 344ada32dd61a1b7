"""Tensors used twice by one layer, or returned twice, reach the real TF.js unharmed."""

from __future__ import annotations

import importlib

import pytest

from tests.tfjs.parity import AssertParity

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_tensor_is_still_there_after_a_layer_took_it_twice(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    value = keras.Input((4,))
    hidden = layers.Dense(4)(value)
    square = layers.Multiply()([hidden, hidden])
    assert_parity(keras.Model(value, layers.Add()([square, hidden, layers.Concatenate()([hidden, hidden])[:, :4]])))


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_a_model_may_return_a_tensor_twice(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    value = keras.Input((4,))
    hidden = keras.layers.Dense(4)(value)
    assert_parity(keras.Model(value, [hidden, keras.layers.Dense(2)(hidden), hidden]))
