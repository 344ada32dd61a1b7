"""Operators in functional models, of both generations, give the numbers of Keras in the real TF.js."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle

Build = Callable[[Any, Any], Any]

# What Python's operators make of a tensor, in either library.
PYTHON: dict[str, tuple[tuple[int | None, ...], Build]] = {
    "add scalar": ((3, 4), lambda x, y: x + 1.5),
    "add scalar to": ((3, 4), lambda x, y: 1.5 + x),
    "add tensor": ((3, 4), lambda x, y: x + y),
    "subtract scalar": ((3, 4), lambda x, y: x - 1.5),
    "subtract from": ((3, 4), lambda x, y: 1.5 - x),
    "subtract tensor": ((3, 4), lambda x, y: x - y),
    "multiply scalar": ((3, 4), lambda x, y: x * 2.5),
    "multiply tensor": ((3, 4), lambda x, y: x * y),
    "divide": ((3, 4), lambda x, y: x / 3.0),
    "power": ((3, 4), lambda x, y: x**3),
    "negative": ((3, 4), lambda x, y: -x),
    "absolute": ((3, 4), lambda x, y: abs(x)),
    "item slice": ((5, 4), lambda x, y: x[:, 1:4]),
    "item last": ((5, 4), lambda x, y: x[..., 2]),
    "item steps": ((7, 4), lambda x, y: x[:, 1::2, ::3]),
    "item number": ((5, 4), lambda x, y: x[:, -2]),
    "item new axis": ((5, 4), lambda x, y: x[:, None, 2:]),
    "item image": ((6, 5, 3), lambda x, y: x[:, 1:-1, :-2, 1:]),
    "matmul": ((4, 4), lambda x, y: x @ y),
}


def model_of(keras: Any, shape: tuple[int | None, ...], build: Build) -> Any:
    x, y = keras.Input(shape), keras.Input(shape)
    other = keras.layers.Dense(shape[-1])(y) if shape[-1] else y
    return keras.Model([x, y], [build(x, other), keras.layers.Add()([x, other])])


@pytest.mark.parametrize("library", ["keras", "tf_keras"])
@pytest.mark.parametrize("name", PYTHON)
def test_python_operators(name: str, library: str, assert_parity: AssertParity) -> None:
    shape, build = PYTHON[name]
    # tf_keras cannot save an ellipsis in an archive.
    routes = ("h5", "live") if (library, name) == ("tf_keras", "item last") else ("h5", "keras", "live")
    assert_parity(model_of(importlib.import_module(library), shape, build), backends=("auto",), routes=routes)


CHANNELS = np.array([1.0, 2.5, -3.0, 0.5], "float32")

KERAS_3: dict[str, Callable[[Any, Any, Any], Any]] = {
    "maximum": lambda ops, x, y: ops.maximum(x, y),
    "maximum constant": lambda ops, x, y: ops.maximum(x, 0.3),
    "minimum constant": lambda ops, x, y: ops.minimum(x, -0.2),
    "add channels": lambda ops, x, y: ops.add(x, CHANNELS),
    "multiply channels": lambda ops, x, y: ops.multiply(CHANNELS[None], x),
    "clip": lambda ops, x, y: ops.clip(x, -0.4, 0.7),
    "square": lambda ops, x, y: ops.square(x),
    "concatenate": lambda ops, x, y: ops.concatenate([x, y], axis=-1),
    "concatenate axis 1": lambda ops, x, y: ops.concatenate([x, y, x], axis=1),
    "stack": lambda ops, x, y: ops.stack([x, y], axis=2),
    "stack last": lambda ops, x, y: ops.stack([x, y], axis=-1),
    "reshape": lambda ops, x, y: ops.reshape(x, (-1, 6, 2)),
    "reshape open": lambda ops, x, y: ops.reshape(x, (-1, 12)),
    "transpose": lambda ops, x, y: ops.transpose(x, (0, 2, 1)),
    "swapaxes": lambda ops, x, y: ops.swapaxes(x, 1, 2),
    "squeeze": lambda ops, x, y: ops.squeeze(ops.expand_dims(x, 2), 2),
    "expand dims": lambda ops, x, y: ops.expand_dims(x, -1),
    "tile": lambda ops, x, y: ops.tile(x, (1, 2, 3)),
    "split": lambda ops, x, y: ops.add(*ops.split(x, 2, axis=-1)),
    "split at": lambda ops, x, y: ops.split(x, [1], axis=1)[1],
    "mean": lambda ops, x, y: ops.mean(x, axis=1),
    "mean keepdims": lambda ops, x, y: ops.mean(x, axis=-1, keepdims=True),
    "mean all": lambda ops, x, y: ops.mean(x, axis=(1, 2)),
    "sum": lambda ops, x, y: ops.sum(x, axis=2),
    "max": lambda ops, x, y: ops.max(x, axis=1, keepdims=True),
    "min": lambda ops, x, y: ops.min(x, axis=-1),
    "relu": lambda ops, x, y: ops.relu(x),
    "relu6": lambda ops, x, y: ops.relu6(x * 5),
    "leaky relu": lambda ops, x, y: ops.leaky_relu(x, 0.3),
    "elu": lambda ops, x, y: ops.elu(x, 0.7),
    "gelu": lambda ops, x, y: ops.gelu(x, approximate=True),
    "gelu exact": lambda ops, x, y: ops.gelu(x, approximate=False),
    "silu": lambda ops, x, y: ops.silu(x),
    "hard sigmoid": lambda ops, x, y: ops.hard_sigmoid(x * 3),
    "hard silu": lambda ops, x, y: ops.hard_silu(x * 3),
    "tanh": lambda ops, x, y: ops.tanh(x),
    "sigmoid": lambda ops, x, y: ops.sigmoid(x),
    "softmax": lambda ops, x, y: ops.softmax(x),
    "softmax axis": lambda ops, x, y: ops.softmax(x, axis=1),
    "log softmax": lambda ops, x, y: ops.log_softmax(x),
    "cast": lambda ops, x, y: ops.cast(x, "float32"),
}


@pytest.mark.parametrize("name", KERAS_3)
def test_operations_of_keras_3(name: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module("keras")
    model = model_of(keras, (3, 4), lambda x, y: KERAS_3[name](keras.ops, x, y))
    assert_parity(model, routes=("keras", "h5"), backends=("auto",))


TENSORFLOW: dict[str, Callable[[Any, Any, Any], Any]] = {
    "concat": lambda tf, x, y: tf.concat([x, y], axis=-1),
    "stack": lambda tf, x, y: tf.stack([x, y], axis=1),
    "nn.relu": lambda tf, x, y: tf.nn.relu(x),
    "nn.relu6": lambda tf, x, y: tf.nn.relu6(x * 5.0),
    "nn.leaky_relu": lambda tf, x, y: tf.nn.leaky_relu(x, alpha=0.3),
    "nn.softmax": lambda tf, x, y: tf.nn.softmax(x),
    "nn.softmax axis": lambda tf, x, y: tf.nn.softmax(x, axis=1),
    "nn.gelu": lambda tf, x, y: tf.nn.gelu(x, approximate=True),
    "nn.gelu exact": lambda tf, x, y: tf.nn.gelu(x),
    "math.maximum": lambda tf, x, y: tf.maximum(x, 0.3),
    "math.square": lambda tf, x, y: tf.square(x),
    "math.tanh": lambda tf, x, y: tf.tanh(x),
    "math.sigmoid": lambda tf, x, y: tf.sigmoid(x),
    "clip_by_value": lambda tf, x, y: tf.clip_by_value(x, -0.4, 0.7),
    "reshape": lambda tf, x, y: tf.reshape(x, [-1, 6, 2]),
    "transpose": lambda tf, x, y: tf.transpose(x, [0, 2, 1]),
    "squeeze": lambda tf, x, y: tf.squeeze(tf.expand_dims(x, 2), 2),
    "reduce_mean": lambda tf, x, y: tf.reduce_mean(x, axis=1),
    "reduce_sum": lambda tf, x, y: tf.reduce_sum(x, axis=-1, keepdims=True),
    "reduce_max": lambda tf, x, y: tf.reduce_max(x, axis=[1, 2]),
    "split": lambda tf, x, y: tf.add(*tf.split(x, 2, axis=-1)),
    "split sizes": lambda tf, x, y: tf.split(x, [1, 3], axis=-1)[1],
    "matmul": lambda tf, x, y: tf.matmul(x, y, transpose_b=True),
    "tile": lambda tf, x, y: tf.tile(x, [1, 2, 1]),
}


@pytest.mark.parametrize("name", TENSORFLOW)
def test_functions_of_tensorflow(name: str, assert_parity: AssertParity) -> None:
    tf, keras = importlib.import_module("tensorflow"), importlib.import_module("tf_keras")
    model = model_of(keras, (3, 4), lambda x, y: TENSORFLOW[name](tf, x, y))
    assert_parity(model, routes=("keras", "h5"), backends=("auto",))


REFUSED: dict[str, tuple[Callable[[Any, Any, Any], Any], str]] = {
    "exp": (lambda ops, x, y: ops.exp(x), "operator exp"),
    "divide tensors": (lambda ops, x, y: ops.divide(x, y), "divide of two tensors"),
    "reciprocal": (lambda ops, x, y: 1.0 / x, "a constant divided by a tensor"),
    "reversed": (lambda ops, x, y: x[:, ::-1], "turn an axis round"),
    "batch": (lambda ops, x, y: ops.mean(x, axis=0), "over the batch"),
    "integers": (lambda ops, x, y: ops.cast(ops.cast(x, "int32"), "float32"), "cast to int32"),
    "other ranks": (lambda ops, x, y: ops.add(x, ops.mean(y, axis=1)), "different ranks"),
    "matrix": (lambda ops, x, y: ops.add(x, np.ones((3, 4), "float32")), "one for each channel"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layer_does_is_refused(name: str) -> None:
    keras = importlib.import_module("keras")
    build, needle = REFUSED[name]
    model = model_of(keras, (3, 4), lambda x, y: build(keras.ops, x, y))
    assert_refused(model, needle, "graph model", routes=("keras",))
