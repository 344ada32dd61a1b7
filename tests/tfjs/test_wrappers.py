"""Bidirectional and TimeDistributed in the real TF.js give the numbers of Keras, whatever they wrap."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")
Make = Callable[[Any], Any]  # a layer, from the module of layers

BOTH_WAYS: dict[str, Make] = {
    "concat": lambda layers: layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
    "sum": lambda layers: layers.Bidirectional(layers.GRU(4, reset_after=False), merge_mode="sum"),
    "mul": lambda layers: layers.Bidirectional(layers.SimpleRNN(4, return_sequences=True), merge_mode="mul"),
    "ave": lambda layers: layers.Bidirectional(layers.LSTM(4), merge_mode="ave"),
    "both": lambda layers: layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode=None),
    "states": lambda layers: layers.Bidirectional(layers.LSTM(4, return_state=True)),
    "both_and_states": lambda layers: layers.Bidirectional(layers.LSTM(3, return_state=True), merge_mode=None),
    "hard_sigmoid": lambda layers: layers.Bidirectional(layers.LSTM(4, recurrent_activation="hard_sigmoid")),
    "no_bias": lambda layers: layers.Bidirectional(layers.GRU(3, reset_after=False, use_bias=False, dropout=0.2)),
    "activation": lambda layers: layers.Bidirectional(
        layers.SimpleRNN(4, activation="leaky_relu", return_sequences=True)
    ),
    "cells": lambda layers: layers.Bidirectional(
        layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(2)], return_sequences=True)
    ),
    "cell_states": lambda layers: layers.Bidirectional(
        layers.RNN([layers.LSTMCell(4), layers.SimpleRNNCell(2)], return_state=True), merge_mode="ave"
    ),
    "another_backwards": lambda layers: layers.Bidirectional(
        layers.LSTM(4, return_sequences=True),
        backward_layer=layers.GRU(3, reset_after=False, return_sequences=True, go_backwards=True),
    ),
    "other_activation_backwards": lambda layers: layers.Bidirectional(
        layers.LSTM(4), backward_layer=layers.LSTM(4, activation="relu", go_backwards=True), merge_mode="mul"
    ),
    "same_backwards": lambda layers: layers.Bidirectional(
        layers.LSTM(4), backward_layer=layers.LSTM(4, go_backwards=True, kernel_initializer="zeros")
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_both_ways(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    value = keras.Input((5, 3))
    outputs: list[Any] = []
    for make in BOTH_WAYS.values():
        result = make(keras.layers)(value)
        outputs += _flat(result)
    assert_parity(keras.Model(value, outputs))


def _flat(result: Any) -> list[Any]:
    if isinstance(result, list | tuple):
        return [tensor for part in result for tensor in _flat(part)]
    return [result]


@pytest.mark.parametrize("library", LIBRARIES)
def test_states_in_both_ways(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    value = keras.Input((None, 3))
    whole, *states = layers.Bidirectional(layers.LSTM(4, return_sequences=True, return_state=True))(value)
    again = layers.Bidirectional(layers.LSTM(4), name="again")(whole, initial_state=list(states))
    apart = layers.Bidirectional(layers.RNN(layers.LSTMCell(4)), merge_mode="sum")(value, initial_state=list(states))
    assert_parity(keras.Model(value, [again, apart]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_stateful_both_ways(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    model = keras.Sequential([keras.Input((4, 3), batch_size=3), layers.Bidirectional(layers.LSTM(4, stateful=True))])
    for route in ("keras", "live"):
        for layer in model.layers:
            _reset(layer)
        assert_parity(model, routes=[route], backends=["cpu"], graph=False)


def _reset(layer: Any) -> None:
    for direction in (layer.forward_layer, layer.backward_layer):
        (direction.reset_state if hasattr(direction, "reset_state") else direction.reset_states)()


STEP_BY_STEP: dict[str, tuple[tuple[int | None, ...], Make]] = {
    "dense": ((5, 3), lambda layers: layers.Dense(4, activation="relu")),
    "dense_any_length": ((None, 3), lambda layers: layers.Dense(4, use_bias=False)),
    "unknown_activation": ((5, 3), lambda layers: layers.Dense(4, activation="leaky_relu")),
    "dropout": ((5, 3), lambda layers: layers.Dropout(0.5)),
    "normalised": ((5, 3), lambda layers: layers.BatchNormalization()),
    "flatten": ((3, 4, 2), lambda layers: layers.Flatten()),
    "reshape": ((3, 4, 2), lambda layers: layers.Reshape((2, 2, 2))),
    "image": ((3, 5, 5, 2), lambda layers: layers.Conv2D(4, 2, activation="relu")),
    "pooled": ((3, 4, 4, 2), lambda layers: layers.GlobalAveragePooling2D(keepdims=True)),
    "causal": ((3, 6, 2), lambda layers: layers.Conv1D(4, 3, padding="causal")),
    "grouped": ((3, 6, 4), lambda layers: layers.Conv1D(4, 3, groups=2)),
    "words": ((3, 4), lambda layers: layers.Embedding(7, 3)),
    "recurrent": ((3, 4, 2), lambda layers: layers.LSTM(3)),
    "recurrent_whole": ((3, 4, 2), lambda layers: layers.GRU(3, reset_after=False, return_sequences=True)),
    "both_ways": ((3, 4, 2), lambda layers: layers.Bidirectional(layers.LSTM(3))),
    "apart": ((3, 4, 2), lambda layers: layers.Bidirectional(layers.RNN(layers.LSTMCell(3)))),
    "twice": ((2, 3, 4, 3), lambda layers: layers.TimeDistributed(layers.Dense(2))),
    "cells": ((3, 4, 2), lambda layers: layers.RNN([layers.LSTMCell(3), layers.SimpleRNNCell(2)])),
}


@pytest.mark.parametrize("library", LIBRARIES)
def test_step_by_step(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    inputs, outputs = [], []
    for name, (shape, make) in STEP_BY_STEP.items():
        inputs.append(keras.Input(shape, dtype="int32" if name == "words" else "float32"))
        outputs.append(keras.layers.TimeDistributed(make(keras.layers))(inputs[-1]))
    assert_parity(keras.Model(inputs, outputs))


@pytest.mark.parametrize("library", LIBRARIES)
def test_models_step_by_step(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    chain = keras.Sequential([keras.Input((4, 4, 2)), layers.Conv2D(3, 2), layers.Flatten(), layers.Dense(2)])
    first = keras.Input((4, 3))
    branches = keras.Model(first, layers.Add()([layers.LSTM(3)(first), layers.GlobalMaxPooling1D()(first)]))
    images, texts = keras.Input((4, 4, 4, 2)), keras.Input((4, 4, 3))
    outputs = [layers.TimeDistributed(chain)(images), layers.LSTM(2)(layers.TimeDistributed(branches)(texts))]
    assert_parity(keras.Model([images, texts], [*outputs, branches(layers.Dense(3)(outputs[0]))]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_shared_wrappers(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    one, other = keras.Input((4, 3)), keras.Input((4, 3))
    both_ways = layers.Bidirectional(layers.LSTM(2, return_sequences=True))
    apart = layers.Bidirectional(layers.RNN(layers.LSTMCell(2)))
    step = layers.TimeDistributed(layers.Dense(2, activation="leaky_relu"))
    outputs = [layer(value) for layer in (both_ways, apart, step) for value in (one, other)]
    assert_parity(keras.Model([one, other], outputs))


@pytest.mark.parametrize("library", LIBRARIES)
def test_refused(library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    value, frames = keras.Input((4, 3)), keras.Input((3, 5, 5, 1))
    outputs = [
        layers.TimeDistributed(layers.Dense(2, activation="exponential"), name="unknown")(value),
        layers.Bidirectional(layers.ConvLSTM2D(2, 1), name="moving")(frames),
    ]
    model = keras.Model([value, frames], outputs)
    (error,) = assert_refused(model, "exponential", "ConvLSTM2D", routes=["live"])
    assert [problem.where.split(" ")[0] for problem in error.problems] == ["unknown", "moving"]


def test_different_lengths_are_refused() -> None:
    import tf_keras

    layer = tf_keras.layers.TimeDistributed(tf_keras.layers.Dense(2))
    one, other = tf_keras.Input((4, 3)), tf_keras.Input((5, 3))
    assert_refused(tf_keras.Model([one, other], [layer(one), layer(other)]), "different shapes", routes=["live"])
