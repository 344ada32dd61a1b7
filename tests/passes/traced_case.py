"""A small function of TensorFlow with what makes inputs for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

raw = tf.raw_ops
Make = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Case:
    """A function, and for each input its shape in the signature (None: unknown), and what makes values for it."""

    name: str
    function: Callable[..., Any]
    inputs: Sequence[tuple[Sequence[int | None] | None, Make]]
    gone: tuple[str, ...] = ()  # ops that must not be left
    tolerance: float = 1e-5

    def values(self, seed: int = 0) -> list[Any]:
        rng = np.random.default_rng(seed)
        return [make(rng) for _, make in self.inputs]

    def specs(self) -> list[tf.TensorSpec]:
        return [
            tf.TensorSpec(shape, tf.as_dtype(value.dtype))
            for (shape, _), value in zip(self.inputs, self.values(), strict=True)
        ]


def floats(*shape: int, low: float = -2, high: float = 2) -> Make:
    return lambda rng: rng.uniform(low, high, shape).astype("<f4")


def ints(*shape: int, low: int = -9, high: int = 10, dtype: str = "<i4") -> Make:
    return lambda rng: rng.integers(low, high, shape).astype(dtype)


def nonzero(*shape: int) -> Make:
    return lambda rng: rng.integers(1, 9, shape).astype("<i4") * rng.choice([-1, 1], shape).astype("<i4")


def bools(*shape: int) -> Make:
    return lambda rng: rng.integers(0, 2, shape).astype(bool)


def fixed(values: Any, dtype: str) -> Make:
    return lambda rng: np.array(values, dtype)


V = floats(3, 4)
ROWS = [None, 4]
