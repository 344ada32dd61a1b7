"""Models with masks in the real TF.js give the numbers of Keras, or are refused; never others."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import UnsupportedError
from tests.tfjs.masked_models import random_model
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")
WORDS, STEPS = 7, 6
IDS = np.array([[1, 2, 3, 4, 5, 6], [0, 0, 3, 1, 0, 2], [5, 0, 0, 6, 4, 0], [2, 6, 0, 0, 0, 0]], "int32")
Make = Callable[[Any, Any], Any]  # outputs, from the library and a masked embedding


def _embedded(keras: Any, make: Make) -> Any:
    ids = keras.Input((STEPS,), dtype="int32")
    outputs = make(keras, keras.layers.Embedding(WORDS, 4, mask_zero=True)(ids))
    return keras.Model(ids, outputs)


def _attended(keras: Any, value: Any) -> Any:
    """The attention by hand of many tutorials."""
    layers = keras.layers
    whole = layers.LSTM(4, return_sequences=True)(value)
    scores = layers.Flatten()(layers.Dense(1, activation="tanh")(whole))
    shares = layers.Permute((2, 1))(layers.RepeatVector(4)(layers.Activation("softmax")(scores)))
    return layers.GlobalMaxPooling1D()(layers.Multiply()([whole, shares]))


def _translated(keras: Any, value: Any) -> Any:
    layers = keras.layers
    _, *states = layers.LSTM(3, return_state=True)(value)
    return layers.Dense(2)(layers.LSTM(3, return_sequences=True)(value, initial_state=list(states)))


def _translated_by_two_layers(keras: Any, value: Any) -> Any:
    """States given to layers behind which others run: TF.js hands them on wherever there are masks in sight."""
    layers = keras.layers
    whole, *first = layers.LSTM(3, return_sequences=True, return_state=True)(value)
    _, second = layers.GRU(2, reset_after=False, return_state=True)(whole)
    decoded = layers.LSTM(3, return_sequences=True)(layers.Masking(0.5)(value), initial_state=list(first))
    decoded, state = layers.GRU(2, reset_after=False, return_sequences=True, return_state=True)(
        decoded, initial_state=second
    )
    return [layers.Dense(2)(decoded), state, layers.Bidirectional(layers.SimpleRNN(2))(whole)]


def _merged(name: str) -> Make:
    def make(keras: Any, value: Any) -> Any:
        layers = keras.layers
        other = layers.Dense(4)(value)
        both = getattr(layers, name)()([layers.LSTM(4, return_sequences=True)(value), other])
        one = getattr(layers, name)()([value, layers.Conv1D(4, 2, padding="same")(value)])
        return [both, one, layers.LSTM(3)(both), layers.SimpleRNN(3)(one)]

    return make


MODELS: dict[str, Make] = {
    "last": lambda keras, value: keras.layers.LSTM(4)(value),
    "whole": lambda keras, value: keras.layers.GRU(4, reset_after=False, return_sequences=True)(value),
    "backwards": lambda keras, value: keras.layers.LSTM(4, return_sequences=True, go_backwards=True)(value),
    "cells": lambda keras, value: keras.layers.RNN([keras.layers.LSTMCell(4), keras.layers.SimpleRNNCell(3)])(value),
    "zeros": lambda keras, value: keras.layers.LSTM(4, return_sequences=True, zero_output_for_mask=True)(value),
    "both_ways": lambda keras, value: keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(value),
    "both_apart": lambda keras, value: keras.layers.Bidirectional(
        keras.layers.RNN(keras.layers.LSTMCell(4), return_sequences=True), merge_mode=None
    )(value),
    "both_ways_twice": lambda keras, value: keras.layers.Bidirectional(keras.layers.LSTM(3))(
        keras.layers.Dropout(0.2)(keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(value))
    ),
    "repeated": lambda keras, value: keras.layers.LSTM(3, return_sequences=True)(
        keras.layers.RepeatVector(4)(keras.layers.LSTM(4)(value))
    ),
    "average": lambda keras, value: keras.layers.GlobalAveragePooling1D()(value),
    "average_behind": lambda keras, value: keras.layers.GlobalAveragePooling1D(keepdims=True)(
        keras.layers.Bidirectional(keras.layers.LSTM(4, return_sequences=True))(value)
    ),
    "lost": lambda keras, value: keras.layers.LSTM(3)(keras.layers.Conv1D(4, 2)(value)),
    "lost_in_tfjs": lambda keras, value: keras.layers.LSTM(3)(keras.layers.LeakyReLU()(value)),
    "flat": lambda keras, value: keras.layers.Flatten()(keras.layers.LSTM(3, return_sequences=True)(value)),
    "softmax": lambda keras, value: keras.layers.Softmax()(keras.layers.Dense(4)(keras.layers.LSTM(4)(value))),
    "steps": lambda keras, value: keras.layers.LSTM(3)(keras.layers.TimeDistributed(keras.layers.Dense(4))(value)),
    "normalised": lambda keras, value: keras.layers.LSTM(3)(keras.layers.BatchNormalization()(value)),
    "attended": _attended,
    "translated": _translated,
    "translated_twice": _translated_by_two_layers,
    **{name: _merged(name) for name in ("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Subtract")},
}


ALONE = ("last", "both_ways", "repeated", "translated", "translated_twice", "attended", "softmax")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ALONE)
def test_behind_an_embedding(assert_parity: AssertParity, library: str, name: str) -> None:
    model = _embedded(importlib.import_module(library), MODELS[name])
    assert_parity(model, IDS, routes=["keras"], backends=["cpu"])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("part", range(3))
def test_side_by_side(assert_parity: AssertParity, library: str, part: int) -> None:
    """In one model, where each must not be touched by the masks of the others."""
    names = [name for name in MODELS if not name.startswith("translated")][part::3]
    model = _embedded(importlib.import_module(library), lambda keras, value: _all(keras, value, names))
    assert_parity(model, IDS, routes=["keras"], backends=["cpu"])


def _all(keras: Any, value: Any, names: list[str]) -> list[Any]:
    outputs: list[Any] = []
    for name in names:
        result = MODELS[name](keras, value)
        outputs += result if isinstance(result, list | tuple) else [result]
    return outputs


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", ["average_behind"])
def test_by_all_routes(assert_parity: AssertParity, library: str, name: str) -> None:
    assert_parity(_embedded(importlib.import_module(library), MODELS[name]), IDS)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_behind_masking(assert_parity: AssertParity, library: str, value: float) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    features = keras.Input((STEPS, 3))
    masked = layers.Masking(value)(features)
    given = np.random.default_rng(0).standard_normal((4, STEPS, 3)).astype("float32")
    given[IDS == 0] = value
    outputs = [
        masked,
        layers.LSTM(3)(masked),
        layers.GlobalAveragePooling1D()(layers.Dense(2)(masked)),
        layers.Bidirectional(layers.LSTM(2, return_sequences=True))(layers.LeakyReLU()(masked)),
        layers.LSTM(2)(features),
    ]
    assert_parity(keras.Model(features, outputs), given, routes=["h5", "live"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_any_length(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    ids = keras.Input((None,), dtype="int32")
    value = layers.LeakyReLU()(layers.Embedding(WORDS, 4, mask_zero=True)(ids))
    outputs = [layers.LSTM(3)(value), layers.GlobalAveragePooling1D()(value)]
    assert_parity(keras.Model(ids, outputs), IDS, routes=["keras"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_through_nested_models(assert_parity: AssertParity, library: str) -> None:
    """A mask goes in and out of a nested model in Keras; in TF.js it does not."""
    keras = importlib.import_module(library)
    layers = keras.layers
    ids = keras.Input((STEPS,), dtype="int32")
    encoder = keras.Sequential([
        keras.Input((STEPS,), dtype="int32"), layers.Embedding(WORDS, 4, mask_zero=True),
        layers.LSTM(4, return_sequences=True),
    ])  # fmt: skip
    inner = keras.Input((STEPS, 4))
    reader = keras.Model(inner, layers.LSTM(3)(layers.Dense(4)(inner)))
    whole = encoder(ids)
    outputs = [reader(whole), reader(layers.Conv1D(4, 2, padding="same")(whole)), layers.SimpleRNN(2)(whole)]
    assert_parity(keras.Model(ids, outputs), IDS, routes=["keras", "live"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_masks_inside_stay_inside(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    documents = keras.Input((3, STEPS), dtype="int32")
    sentence = keras.Sequential([
        keras.Input((STEPS,), dtype="int32"), layers.Embedding(WORDS, 4, mask_zero=True), layers.LSTM(4),
    ])  # fmt: skip
    sentences = layers.TimeDistributed(sentence)(documents)
    given = np.stack([IDS, IDS[::-1], np.roll(IDS, 1, 0)], axis=1)
    assert_parity(keras.Model(documents, [sentences, layers.LSTM(3)(sentences)]), given, routes=["keras"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_given_as_an_argument(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    ids = keras.Input((STEPS,), dtype="int32")
    embedding = layers.Embedding(WORDS, 4, mask_zero=True)
    plain = layers.Embedding(WORDS, 4)(ids)
    outputs = [layers.LSTM(3)(plain, mask=embedding.compute_mask(ids)), layers.LSTM(2)(embedding(ids))]
    assert_parity(keras.Model(ids, outputs), IDS, routes=["keras", "live"])


@pytest.mark.parametrize("library", LIBRARIES)
def test_a_mask_that_is_computed_is_refused(library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    values, mask = keras.Input((STEPS, 2)), keras.Input((STEPS,), dtype="bool")
    model = keras.Model([values, mask], layers.LSTM(3)(values, mask=mask))
    assert_refused(model, "lstm", "its mask", routes=["keras"])


def test_a_mask_for_each_word_of_each_sentence_is_refused() -> None:
    import tf_keras

    layers = tf_keras.layers
    documents = tf_keras.Input((3, STEPS), dtype="int32")
    words = layers.Embedding(WORDS, 4, mask_zero=True)(documents)
    model = tf_keras.Model(documents, layers.TimeDistributed(layers.LSTM(2), name="sentences")(words))
    (error,) = assert_refused(model, "the LSTM inside is given a mask", routes=["keras"])
    assert [problem.where for problem in error.problems] == ["sentences (TimeDistributed)"]


SEEDS = range(12)


@pytest.mark.parametrize("library", LIBRARIES)
def test_random_models(assert_parity: AssertParity, library: str) -> None:
    """Each is equal or refused, and most are not refused."""
    keras = importlib.import_module(library)
    refused = 0
    for seed in SEEDS:
        model, given, calls = random_model(keras, seed)
        try:
            assert_parity(model, given, routes=["live"], backends=["cpu"], allow_weak=True)
        except UnsupportedError:
            refused += 1
        except BaseException as failure:
            raise AssertionError(f"seed {seed}: {'; '.join(calls)}") from failure
    assert refused <= len(SEEDS) // 3
