"""SavedModels, converted by the public API, give TensorFlow's numbers in the real TF.js."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tensorflowjs
from tensorflowjs.errors import UnsupportedError, UsageError
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.randomised import outputs_of, random_model_inputs, randomise_weights

LIBRARIES = {"keras": keras, "tf_keras": tf_keras}


def dense(k: Any) -> Any:
    return k.Sequential([k.Input((6,)), k.layers.Dense(5, activation="gelu"), k.layers.Dense(3, activation="softmax")])


def images(k: Any) -> Any:
    x = k.Input((12, 12, 3))
    y = k.layers.SeparableConv2D(6, 3, padding="same", activation="relu")(x)
    y = k.layers.BatchNormalization()(y)
    y = k.layers.Add()([k.layers.Conv2D(6, 1)(x), y])
    return k.Model(x, k.layers.Dense(4)(k.layers.GlobalAveragePooling2D()(y)))


def sequences(k: Any) -> Any:
    x = k.Input((7, 4))
    y = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True))(x)
    return k.Model(x, k.layers.GRU(4)(k.layers.LayerNormalization()(y)))


def attention(k: Any) -> Any:
    x = k.Input((5, 8))
    return k.Model(x, k.layers.MultiHeadAttention(2, 4)(x, x))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("build", [dense, images, sequences, attention])
def test_exported_keras_models(build: Any, library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = build(LIBRARIES[library])
    randomise_weights(model)
    inputs = random_model_inputs(model)
    if library == "keras":
        model.export(str(tmp_path / "saved"), verbose=False)
    else:
        model.save(str(tmp_path / "saved"), save_format="tf")
    tensorflowjs.convert(tmp_path / "saved", tmp_path / "web", input_format="tf_saved_model")
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    for expected, actual in zip(outputs_of(model, inputs), loaded.predict(inputs), strict=True):
        assert expected.std() > 1e-3
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


class Module(tf.Module):  # type: ignore[misc]
    """Two signatures, a dict of outputs, a variable they share."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, name="x")])
    def scaled(self, x: Any) -> Any:
        return {"zebra": x * self.scale, "apple": tf.reduce_sum(x, axis=1)}

    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32), tf.TensorSpec((), tf.int64)])
    def repeated(self, x: Any, times: Any) -> Any:
        for _ in tf.range(times):
            x = x + self.scale
        return x


@pytest.fixture
def module(tmp_path: Path) -> tuple[Module, Path]:
    made = Module()
    signatures = {"serving_default": made.scaled, "repeated": made.repeated}
    tf.saved_model.save(made, str(tmp_path / "saved"), signatures=signatures)
    return made, tmp_path / "saved"


X = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")


def test_outputs_keep_their_keys(module: tuple[Module, Path], tfjs: TfjsRunner, tmp_path: Path) -> None:
    made, saved = module
    tensorflowjs.convert(saved, tmp_path / "web", use_structured_outputs_names=True)
    document = json.loads((tmp_path / "web" / "model.json").read_text())
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    expected = made.scaled(X)
    assert list(document["signature"]["outputs"]) == list(loaded.output_names)
    for name, actual in zip(loaded.output_names, loaded.predict({"x": X}), strict=True):
        np.testing.assert_allclose(actual, expected[name].numpy(), rtol=1e-5, atol=1e-6)
    assert document["userDefinedMetadata"]["structuredOutputKeys"] == list(loaded.output_names)


@pytest.mark.parametrize("control_flow_v2", [False, True])
def test_another_signature(
    module: tuple[Module, Path], tfjs: TfjsRunner, tmp_path: Path, control_flow_v2: bool
) -> None:
    made, saved = module
    tensorflowjs.convert(saved, tmp_path / "web", signature_name="repeated", control_flow_v2=control_flow_v2)
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    for times in (0, 3):
        actual = loaded.predict({"x": X, "times": np.int32(times)})[0]
        np.testing.assert_allclose(actual, made.repeated(X, tf.constant(times, tf.int64)).numpy(), rtol=1e-5, atol=1e-6)


def test_a_signature_that_is_not_there(module: tuple[Module, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"repeated.*serving_default"):
        tensorflowjs.convert(module[1], tmp_path / "web", signature_name="nowhere")
    assert not (tmp_path / "web").exists()


def test_ops_that_tfjs_lacks_are_listed(tmp_path: Path) -> None:
    made = tf.Module()
    spec = [tf.TensorSpec((3, 3), tf.float32)]
    made.f = tf.function(lambda x: tf.linalg.inv(x) + tf.linalg.cholesky(x), input_signature=spec)
    tf.saved_model.save(made, str(tmp_path / "saved"), signatures=made.f)
    with pytest.raises(UnsupportedError, match=r"(?s)Cholesky.*MatrixInverse"):
        tensorflowjs.convert(tmp_path / "saved", tmp_path / "web")
    assert not (tmp_path / "web").exists()
    tensorflowjs.convert(tmp_path / "saved", tmp_path / "web", skip_op_check=True)
    assert (tmp_path / "web" / "model.json").exists()
