"""Products of matrices, and what stands around them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Node
from tensorflowjs.passes.building import flag, text
from tensorflowjs.passes.optimising.simplifying.kernels.kernel import Kernel


def _matmul(node: Node, inputs: Any) -> Any:
    a, b = inputs
    if a.dtype != np.float32 or b.dtype != np.float32:
        return None
    left, right = a.astype(np.float64), b.astype(np.float64)
    left = np.swapaxes(left, -1, -2) if flag(node, "transpose_a") or flag(node, "adj_x") else left
    right = np.swapaxes(right, -1, -2) if flag(node, "transpose_b") or flag(node, "adj_y") else right
    return np.matmul(left, right).astype(np.float32)


def _bias(node: Node, inputs: Any) -> Any:
    return inputs[0] + inputs[1] if text(node, "data_format", "NHWC") == "NHWC" else None


def _softmax(node: Node, inputs: Any) -> Any:
    x = inputs[0].astype(np.float64)
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)


def _log_softmax(node: Node, inputs: Any) -> Any:
    x = inputs[0].astype(np.float64)
    x = x - x.max(axis=-1, keepdims=True)
    return (x - np.log(np.exp(x).sum(axis=-1, keepdims=True))).astype(np.float32)


KERNELS: dict[str, Kernel] = {
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2"), _matmul),
    "BiasAdd": _bias,
    "Softmax": _softmax,
    "LogSoftmax": _log_softmax,
}
