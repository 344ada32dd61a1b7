"""Nodes that multiply their input by constants and add constants, channel by channel.

    Mul(x, c)  RealDiv(x, c)  Neg(x)                 x * scale
    AddV2(x, c)  BiasAdd(x, c)  Sub(x, c)  Sub(c, x)     x + shift
    FusedBatchNorm(x, gamma, beta, mean, variance)   x * scale + shift

Scales are read, to be sure of them; shifts are promises, since they may have been computed from whole filters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, flag, number, text
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
AFFINE = ("Mul", "RealDiv", "Neg", "Add", "AddV2", "BiasAdd", "Sub", *BATCH_NORMS)
MOST_CHANNELS = 1 << 16

Later = Callable[[], "NDArray[Any]"]  # of shape (channels,) or ()


@dataclass(frozen=True)
class Affine:
    """`source * scale + shift`; None stands for a scale of 1, or a shift of 0. `channels` is 1 for scalars."""

    node: Node
    source: Value
    channels: int
    scale: NDArray[Any] | None = None
    shift: Later | None = None

    def folds_exactly(self, at: Spot) -> bool:
        """Whether multiplying earlier than the graph does gives the same: not with infinities, nor with zero."""
        if self.scale is None:
            return True
        with np.errstate(over="ignore", under="ignore"):
            narrow = self.scale.astype(np.float32)
        if not np.isfinite(narrow).all():
            at.missed("a factor is not finite")
        elif not narrow.all():
            at.missed("a factor is zero")
        else:
            return True
        return False


def affine(at: Spot, node: Node) -> Affine | None:
    """`node` as something affine in one of its inputs, whose shape it keeps."""
    if node.controls or type_of(node.output) != "float32":
        return None
    if node.op in BATCH_NORMS:
        return _batch_norm(at, node)
    if node.op == "Neg":
        return Affine(node, node.inputs[0], 1, scale=np.array(-1.0))
    if node.op not in AFFINE or text(node, "data_format", "NHWC") != "NHWC":
        return None
    first, second = node.inputs[:2]
    if is_per_channel(at, second, first):
        return _by_constant(at, node, first, second)
    if node.op != "RealDiv" and is_per_channel(at, first, second):
        return _by_constant(at, node, second, first)
    return None


def _by_constant(at: Spot, node: Node, source: Value, values: Value) -> Affine | None:
    tensor = at.tensor_of(values)
    assert tensor is not None
    channels = tensor.count
    if node.op in ("Mul", "RealDiv"):
        with np.errstate(divide="ignore", over="ignore"):
            read = tensor.read().astype(np.float64)
            scale = flat(read if node.op == "Mul" else 1.0 / read)
        return Affine(node, source, channels, scale=scale)
    if node.op == "Sub" and values is node.inputs[0]:
        return Affine(node, source, channels, np.array(-1.0), lambda: flat(tensor.read()))
    if node.op == "Sub":
        return Affine(node, source, channels, shift=lambda: flat(-tensor.read()))
    return Affine(node, source, channels, shift=lambda: flat(tensor.read()))


def flat(values: NDArray[Any]) -> NDArray[Any]:
    """Constants of one channel each as a list, a single one as a scalar."""
    return values.reshape(()) if values.size == 1 else values.reshape(-1)


def is_per_channel(at: Spot, values: Value, data: Value) -> bool:
    """Whether `values` are constants that only differ along the last axis, and leave the shape of `data` alone."""
    tensor = at.tensor_of(values)
    if tensor is None or tensor.dtype != "float32" or not 1 <= tensor.count <= MOST_CHANNELS:
        return False
    if not tensor.shape:
        return at.tensor_of(data) is None
    dims = at.shapes.of(data)
    if dims is None or len(tensor.shape) > len(dims) or at.tensor_of(data) is not None:
        return False
    return tensor.shape[-1] == tensor.count and tensor.count in (1, dims[-1])


def _batch_norm(at: Spot, node: Node) -> Affine | None:
    if flag(node, "is_training", True) or text(node, "data_format", "NHWC") != "NHWC" or len(node.inputs) < 5:
        return None
    values = [constant(each) for each in node.inputs[1:5]]
    if any(each is None or each.ndim != 1 or not each.size for each in values):
        at.missed("its statistics are not constants")
        return None
    gamma, beta, mean, variance = (np.asarray(each, np.float64) for each in values)
    with np.errstate(all="ignore"):
        scale = gamma / np.sqrt(variance + number(node, "epsilon", 1e-4))
        shift = beta - mean * scale
    return Affine(node, node.inputs[0], scale.size, scale, lambda: shift)


def moved(shift: Later | None, scale: NDArray[Any] | None, more: Later | None) -> Later | None:
    """shift * scale + more, when somebody asks."""
    if shift is None or (scale is None and more is None):
        return more if shift is None else shift

    def later() -> NDArray[Any]:
        values = np.asarray(shift(), np.float64)
        with np.errstate(all="ignore"):
            if scale is not None:
                values = values * scale
            return values if more is None else values + more()

    return later
