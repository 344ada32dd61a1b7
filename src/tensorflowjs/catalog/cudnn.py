"""CuDNNLSTM and CuDNNGRU of Keras 2, as the general layers that compute the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.ir.layers import Layer
from tensorflowjs.tensors import ComputedTensor, Tensor, cast


def lstm_of_cudnn(layer: Layer) -> Layer:
    """The LSTM that computes what a CuDNNLSTM does."""
    config = {
        **layer.config, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "dropout": 0.0,
        "recurrent_dropout": 0.0, "implementation": 2,
    }  # fmt: skip
    bias = layer.weights["bias"]
    summed = _computed(bias, (bias.shape[0] // 2,), lambda: _as_floats(bias).reshape(2, -1).sum(axis=0))
    weights = _turned(layer) | {"bias": summed}
    return Layer(layer.name, "LSTM", config, weights=weights, trainable=layer.trainable)


def gru_of_cudnn(layer: Layer) -> Layer:
    """The GRU that computes what a CuDNNGRU does."""
    config = {
        **layer.config, "activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True, "dropout": 0.0,
        "recurrent_dropout": 0.0, "implementation": 2, "reset_after": True,
    }  # fmt: skip
    bias = layer.weights["bias"]
    shape = (2, bias.shape[0] // 2)
    weights = _turned(layer) | {"bias": _computed(bias, shape, lambda: _as_floats(bias).reshape(shape))}
    return Layer(layer.name, "GRU", config, layer.calls, weights=weights, trainable=layer.trainable)


def _turned(layer: Layer) -> dict[str, Tensor]:
    """The kernels of a cuDNN layer in the layout of others."""
    kernel, recurrent = layer.weights["kernel"], layer.weights["recurrent_kernel"]
    gates = kernel.shape[1] // recurrent.shape[0]
    return {
        "kernel": _computed(kernel, kernel.shape, lambda: _each_gate(_as_floats(kernel), gates, _from_fortran)),
        "recurrent_kernel": _computed(
            recurrent, recurrent.shape, lambda: _each_gate(_as_floats(recurrent), gates, np.transpose)
        ),
    }


def _computed(source: Tensor, shape: tuple[int, ...], compute: Callable[[], NDArray[Any]]) -> Tensor:
    return ComputedTensor("float32", shape, compute, source.origin)


def _each_gate(kernel: NDArray[Any], gates: int, change: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
    return np.hstack([change(part) for part in np.hsplit(kernel, gates)])


def _from_fortran(kernel: NDArray[Any]) -> NDArray[Any]:
    """The same shape, read in the other order: cuDNN wants the outputs of a gate first."""
    return kernel.T.reshape(kernel.shape, order="F")


def _as_floats(tensor: Tensor) -> NDArray[Any]:
    return cast(tensor, "float32").read()
