"""Values taken from, or put at, positions that another input holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Node
from tensorflowjs.passes.building import integer
from tensorflowjs.passes.optimising.simplifying.kernels.kernel import Kernel, numbers


def _gather(node: Node, inputs: Any) -> Any:
    x, at = inputs[:2]
    axis = numbers(inputs[2])[0] if len(inputs) > 2 else 0
    if integer(node, "batch_dims") or not _inside(at, x.shape[axis]):
        return None
    return np.take(x, at, axis=axis)


def _gather_nd(node: Node, inputs: Any) -> Any:
    x, at = inputs
    return x[tuple(np.moveaxis(at, -1, 0))] if _fits(at, x.shape) else None


def _scatter(node: Node, inputs: Any) -> Any:
    """What comes several times adds up."""
    at, updates, shape = inputs
    if not _fits(at, tuple(numbers(shape))):
        return None
    result = np.zeros(numbers(shape), updates.dtype)
    np.add.at(result, tuple(np.moveaxis(at, -1, 0)), updates)
    return result


def _update(node: Node, inputs: Any) -> Any:
    x, at, updates = inputs
    if not _fits(at, x.shape) or len(np.unique(at.reshape(-1, at.shape[-1]), axis=0)) < at.size // at.shape[-1]:
        return None
    result = x.copy()
    result[tuple(np.moveaxis(at, -1, 0))] = updates
    return result


def _where(node: Node, inputs: Any) -> Any:
    return np.argwhere(inputs[0]).astype("<i4") if len(inputs) == 1 else None


def _inside(at: Any, size: int) -> bool:
    return bool(((at >= 0) & (at < size)).all())


def _fits(at: Any, shape: tuple[int, ...]) -> bool:
    """Whether all positions are inside; others are an error in TensorFlow, or nothing at all."""
    if not at.ndim or not 0 < at.shape[-1] <= len(shape):
        return False
    return bool(((at >= 0) & (at < np.array(shape[: at.shape[-1]]))).all())


KERNELS: dict[str, Kernel] = {
    **dict.fromkeys(("Gather", "GatherV2"), _gather),
    "GatherNd": _gather_nd,
    "ScatterNd": _scatter,
    "TensorScatterUpdate": _update,
    "Where": _where,
}
