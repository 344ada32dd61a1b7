"""Kernels of models that Keras 2 saved while it ran on Theano.

Theano's convolutions turn their kernels around, and the file holds them so: Keras turns them when it loads the file
on another backend.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.tensors import ComputedTensor, Tensor

_KERNELS = {
    **dict.fromkeys(("Conv1D", "Conv2D", "Conv3D", "Conv2DTranspose"), ("kernel",)),
    "ConvLSTM2D": ("kernel", "recurrent_kernel"),
}


def turn_kernels(model: LayersModel) -> None:
    for layer in model.walk():
        for name in _KERNELS.get(layer.class_name, ()):
            if name in layer.weights:
                layer.weights[name] = _turned(layer.weights[name])


def _turned(kernel: Tensor) -> Tensor:
    """`kernel` back to front along all axes but channels and filters, which are last."""
    axes = tuple(range(len(kernel.shape) - 2))
    return ComputedTensor(kernel.dtype, kernel.shape, lambda: np.flip(kernel.read(), axes), kernel.origin)
