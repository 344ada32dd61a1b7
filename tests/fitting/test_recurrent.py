"""What recurrent layers become: gates with a slope of their own, cuDNN's layout, states in another order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorflowjs.catalog.cudnn import gru_of_cudnn, lstm_of_cudnn
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tensorflowjs.fitting.recurrent import STEEPER, scaled
from tensorflowjs.ir.layers import Call, Layer, LayersModel, Model, Ref
from tensorflowjs.readers.keras_config import normal_config
from tensorflowjs.tensors import ArrayTensor, Tensor

UNITS, FEATURES = 3, 2


def _random(*shape: int) -> Tensor:
    return ArrayTensor(np.random.default_rng(sum(shape)).standard_normal(shape).astype("float32"))


def _layer(class_name: str, gates: int, **config: Any) -> Layer:
    weights = {
        "kernel": _random(FEATURES, gates * UNITS),
        "recurrent_kernel": _random(UNITS, gates * UNITS),
        "bias": _random(gates * UNITS),
    }
    return Layer("rnn", class_name, normal_config(class_name, {"units": UNITS, **config}), weights=weights)


def _fitted(layer: Layer, keras_version: str = "3.15.1", shape: tuple[int | None, ...] = (None, 4, FEATURES)) -> Model:
    entry = Layer("x", "InputLayer", {"batch_shape": list(shape), "dtype": "float32"}, [Call()])
    layer.calls = [Call([Ref("x")])]
    return fit(LayersModel(Model("m", "Functional", [entry, layer], [Ref("x")], [Ref("rnn")]), keras_version)).root


def test_every_argument_is_written() -> None:
    """TF.js has other defaults, such as hard_sigmoid gates."""
    config = _fitted(_layer("LSTM", 4)).layer("rnn").config
    assert (config["activation"], config["recurrent_activation"]) == ("tanh", "sigmoid")
    assert not config["return_sequences"] and config["use_bias"]


@pytest.mark.parametrize(
    ("class_name", "steep"), [("LSTM", [1, 1, 0, 1]), ("GRU", [1, 1, 0]), ("SimpleRNN", [0])], ids=lambda v: str(v)
)
def test_gates_of_keras_3_are_scaled(class_name: str, steep: list[int]) -> None:
    layer = _layer(class_name, len(steep), recurrent_activation="hard_sigmoid")
    fitted = _fitted(layer).layer("rnn")
    factors = np.repeat([STEEPER if one else 1.0 for one in steep], UNITS).astype("float32")
    for name, tensor in layer.weights.items():
        np.testing.assert_array_equal(fitted.weights[name].read(), tensor.read() * factors)


def test_gates_of_keras_2_are_those_of_tfjs() -> None:
    layer = _layer("LSTM", 4, recurrent_activation="hard_sigmoid")
    fitted = _fitted(layer, "2.15.0").layer("rnn")
    assert fitted.config["recurrent_activation"] == "hard_sigmoid"
    assert fitted.weights["kernel"] is layer.weights["kernel"]


def test_weights_that_need_no_scaling_stay_as_they_are() -> None:
    weights = {"kernel": _random(2, 4)}
    assert scaled(weights, [1.0, 1.0]) is weights


def test_cudnn_weights_are_turned_as_keras_turns_them() -> None:
    pytest.importorskip("tf_keras")
    from tf_keras.src.saving.legacy.hdf5_format import _convert_rnn_weights

    layer = _layer("CuDNNLSTM", 4)
    layer.weights["bias"] = _random(8 * UNITS)

    class LSTM:
        pass

    expected = _convert_rnn_weights(LSTM(), [tensor.read() for tensor in layer.weights.values()])
    for tensor, array in zip(lstm_of_cudnn(layer).weights.values(), expected, strict=True):
        np.testing.assert_allclose(tensor.read(), array, rtol=1e-6)
        assert tensor.shape == array.shape


def test_cudnn_weights_of_a_gru_too() -> None:
    pytest.importorskip("tf_keras")
    from tf_keras.src.saving.legacy.hdf5_format import _convert_rnn_weights

    layer = _layer("CuDNNGRU", 3)
    layer.weights["bias"] = _random(6 * UNITS)

    class GRU:
        reset_after = True

    expected = _convert_rnn_weights(GRU(), [tensor.read() for tensor in layer.weights.values()])
    for tensor, array in zip(gru_of_cudnn(layer).weights.values(), expected, strict=True):
        np.testing.assert_array_equal(tensor.read(), array)


def test_reset_after_by_a_simple_rnn_of_five_parts() -> None:
    """Whatever TF.js makes of it: what goes into the activation holds all that a step needs."""
    layer = _layer("GRU", 3, reset_after=True)
    layer.weights["bias"] = _random(2, 3 * UNITS)
    fitted = _fitted(layer).layer("rnn")
    assert (fitted.class_name, fitted.config["units"], fitted.trainable) == ("SimpleRNN", 5 * UNITS, False)
    x, h = np.array([[0.3, -0.2]], "float32"), np.array([[0.1, 0.5, -0.4]], "float32")
    state = np.concatenate([h, np.zeros((1, 4 * UNITS), "float32")], axis=1)
    weights = {name: tensor.read() for name, tensor in fitted.weights.items()}
    sums = x @ weights["kernel"] + state @ weights["recurrent_kernel"] + weights["bias"]
    z, r, x_h, h_h, old = np.split(sums, 5, axis=1)
    kernel, recurrent, bias = (tensor.read() for tensor in layer.weights.values())
    from_x, from_h = x @ kernel + bias[0], h @ recurrent + bias[1]
    np.testing.assert_allclose(np.concatenate([z, r], axis=1), (from_x + from_h)[:, : 2 * UNITS], rtol=1e-5)
    np.testing.assert_allclose(x_h, from_x[:, 2 * UNITS :], rtol=1e-5)
    np.testing.assert_allclose(h_h, from_h[:, 2 * UNITS :], rtol=1e-5)
    np.testing.assert_array_equal(old, h)


def test_cudnn_lstm_becomes_an_lstm_with_its_activations() -> None:
    layer = _layer("CuDNNLSTM", 4, return_sequences=True)
    layer.weights["bias"] = _random(8 * UNITS)
    fitted = _fitted(layer, "2.2.4").layer("rnn")
    assert fitted.class_name == "LSTM"
    assert (fitted.config["activation"], fitted.config["recurrent_activation"]) == ("tanh", "sigmoid")
    assert fitted.config["return_sequences"] and fitted.weights["bias"].shape == (4 * UNITS,)


@pytest.mark.parametrize(
    ("layer", "shape", "told"),
    [
        (_layer("LSTM", 4, time_major=True), (None, 4, 2), "time_major=True"),
        (_layer("LSTM", 4, stateful=True), (None, 4, 2), "fixed batch size"),
        (_layer("LSTMCell", 4), (None, 2), "a cell on its own"),
        (Layer("rnn", "RNN", normal_config("RNN", {})), (None, 4, 2), "ConvLSTM2DCell"),
    ],
    ids=["time_major", "stateful", "cell", "unknown_cell"],
)
def test_refused(layer: Layer, shape: tuple[int | None, ...], told: str) -> None:
    if layer.class_name == "RNN":
        layer.children = {"cell": Layer("cell", "ConvLSTM2DCell")}
    with pytest.raises(UnsupportedError, match=told) as caught:
        _fitted(layer, "2.15.0", shape)
    assert caught.value.problems[0].where.startswith("rnn (")


def test_old_files_without_reset_after_mean_false() -> None:
    assert _fitted(_layer("GRU", 3), "2.0.9").layer("rnn").config["reset_after"] is False
