"""One function of JAX with inputs for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
_random = np.random.default_rng(7)


@dataclass(frozen=True)
class Case:
    name: str
    function: Callable[..., Any]
    inputs: tuple[Array, ...]
    tolerance: float = 2e-5


def case(name: str, function: Callable[..., Any], *inputs: Array, tolerance: float = 2e-5) -> Case:
    return Case(name, function, inputs, tolerance)


def floats(*shape: int, low: float = -2, high: float = 2) -> Array:
    return _random.uniform(low, high, shape).astype("<f4")


def ints(*shape: int, low: int = -9, high: int = 10) -> Array:
    return _random.integers(low, high, shape).astype("<i4")


def bools(*shape: int) -> Array:
    return _random.integers(0, 2, shape).astype("?")
