"""Many elements that become one, and running sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Node
from tensorflowjs.passes.building import flag
from tensorflowjs.passes.optimising.simplifying.kernels.kernel import Kernel, numbers


def _reduced(compute: Callable[..., Any], kinds: str, *, empty: bool) -> Kernel:
    """Sums are rounded once, at the end; what has no elements has no largest one."""

    def kernel(node: Node, inputs: Any) -> Any:
        x, axes = inputs
        if x.dtype.kind not in kinds or not (x.size or empty):
            return None
        wide = x.astype(np.float64) if x.dtype.kind == "f" else x
        return compute(wide, axis=tuple(numbers(axes)), keepdims=flag(node, "keep_dims")).astype(x.dtype)

    return kernel


def _sum(x: Any, **how: Any) -> Any:
    return np.sum(x, dtype=x.dtype, **how)


def _prod(x: Any, **how: Any) -> Any:
    return np.prod(x, dtype=x.dtype, **how)


def _norm(x: Any, **how: Any) -> Any:
    return np.sqrt(np.sum(np.square(x), **how))


def _extreme(compute: Callable[..., Any]) -> Kernel:
    """The position of the first of the largest or smallest; TF.js passes over what is not a number."""

    def kernel(node: Node, inputs: Any) -> Any:
        x, axis = inputs
        if not x.size or (x.dtype.kind == "f" and np.isnan(x).any()):
            return None
        return compute(x, axis=numbers(axis)[0]).astype("<i4")

    return kernel


def _running(compute: Callable[..., Any], first: int) -> Kernel:
    def kernel(node: Node, inputs: Any) -> Any:
        x, axis = inputs[0], numbers(inputs[1])[0]
        wide = x.astype(np.float64) if x.dtype.kind == "f" else x
        wide = np.flip(wide, axis) if flag(node, "reverse") else wide
        found = compute(wide, axis=axis, dtype=wide.dtype)
        if flag(node, "exclusive"):
            found = np.roll(found, 1, axis)
            np.moveaxis(found, axis, 0)[:1] = first
        return (np.flip(found, axis) if flag(node, "reverse") else found).astype(x.dtype)

    return kernel


KERNELS: dict[str, Kernel] = {
    "Sum": _reduced(_sum, "fi", empty=True),
    "Prod": _reduced(_prod, "fi", empty=True),
    "Mean": _reduced(np.mean, "f", empty=False),
    "Max": _reduced(np.max, "fi", empty=False),
    "Min": _reduced(np.min, "fi", empty=False),
    "All": _reduced(np.all, "b", empty=True),
    "Any": _reduced(np.any, "b", empty=True),
    "EuclideanNorm": _reduced(_norm, "f", empty=True),
    "ArgMax": _extreme(np.argmax),
    "ArgMin": _extreme(np.argmin),
    "Cumsum": _running(np.cumsum, 0),
    "Cumprod": _running(np.cumprod, 1),
}
