"""Releases of TF.js from 3.0 on load what is written, and compute the same."""

from __future__ import annotations

from importlib import import_module

import pytest

from tensorflowjs.verify import TfjsRunner
from tests.tfjs.parity import assert_parity

pytestmark = pytest.mark.oracle


@pytest.mark.parametrize("line", ["keras", "tf_keras"])
def test_functional_model(older_tfjs: TfjsRunner, line: str) -> None:
    keras = import_module(line)
    layers = keras.layers
    image, extra = keras.Input((8, 8, 3)), keras.Input((4,))
    features = layers.Conv2D(6, 3, padding="same", activation="relu")(image)
    features = layers.BatchNormalization()(features)
    features = layers.Flatten()(layers.MaxPooling2D()(features))
    scores = layers.Dense(5, activation="softmax")(layers.Concatenate()([features, extra]))
    model = keras.Model([image, extra], [scores, layers.LeakyReLU()(extra)])
    model.compile("adam", "mse")
    assert_parity(older_tfjs, model, backends=["cpu"])
