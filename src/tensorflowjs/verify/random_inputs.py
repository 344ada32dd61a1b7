"""Seeded random inputs for a model, made from what it says of its inputs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.verify.session import InputSpec

UNKNOWN = 16
_WORDS = np.array([b"", b"a", b"tensor", b"two words", "größer".encode()], dtype=object)


def random_inputs(
    specs: Iterable[InputSpec], *, seed: int = 0, batch: int = 2, unknown: int = UNKNOWN, below: int = 10
) -> dict[str, NDArray[Any]]:
    """An array for each input by name: normal floats, whole numbers from 0 to `below` - 1, any booleans.

    An unknown first size becomes `batch`, any other unknown size `unknown`.
    """
    random = np.random.default_rng(seed)
    return {spec.name: _draw(random, spec.dtype, sizes(spec, batch, unknown), below) for spec in specs}


def sizes(spec: InputSpec, batch: int, unknown: int) -> tuple[int, ...]:
    """The shape that an input gets."""
    shape = spec.shape if spec.shape is not None else (None,)
    return tuple((unknown if at else batch) if size is None else size for at, size in enumerate(shape))


def _draw(random: np.random.Generator, dtype: str, shape: tuple[int, ...], below: int) -> NDArray[Any]:
    if dtype == "string":
        return _WORDS[random.integers(0, len(_WORDS), shape)]
    if dtype == "bool":
        return random.integers(0, 2, shape).astype(bool)
    if dtype == "int32":
        return random.integers(0, below, shape, dtype=np.int32)
    values = random.standard_normal(shape, dtype=np.float32)
    if dtype == "complex64":
        return values + 1j * random.standard_normal(shape, dtype=np.float32)
    return values
