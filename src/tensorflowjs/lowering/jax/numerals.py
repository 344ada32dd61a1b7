"""Dtypes of JAX: what stands for them in the graph, and which there is nothing for.

TF.js computes in float32, int32 and bool. Integers of 8 and 16 bits are int32 that are made to wrap around.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Traced, binary
from tensorflowjs.tensors import ComputedTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

BITS = {"int8": 8, "uint8": 8, "int16": 16, "uint16": 16}
_TRACED = {
    **dict.fromkeys(("float32", "float16", "bfloat16", "float64"), FLOAT),
    **dict.fromkeys(("int32", "int64", *BITS), INT),
    "bool": BOOL,
}
COMPUTED_IN_FLOAT32 = frozenset({"float16", "bfloat16", "float64"})


def name_of(dtype: Any) -> str:
    return str(getattr(dtype, "name", dtype))


def traced_dtype(dtype: Any) -> str | None:
    """The dtype of the graph for one of JAX; None where TF.js has nothing for it."""
    return _TRACED.get(name_of(dtype))


def stored(array: Any, origin: str = "") -> Tensor:
    """An array of numpy or JAX as a tensor in its own dtype, which the dtypes of TF.js then take in."""
    name = name_of(array.dtype)

    def read() -> NDArray[Any]:
        values = np.asarray(array)
        return values.view("<u2") if name == "bfloat16" else values

    return ComputedTensor(name, tuple(array.shape), read, origin)


def ends(name: str) -> tuple[int, int]:
    """The smallest and the largest number of an integer dtype."""
    bits = BITS.get(name, 32)
    return (0, 2**bits - 1) if name.startswith("u") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)


def wrapped(x: Traced, name: str) -> Traced:
    """int32 values as an integer dtype of fewer bits holds them."""
    if name not in BITS:
        return x
    lowest, highest = ends(name)
    return binary("FloorMod", x - lowest, highest - lowest + 1) + lowest if lowest else _modulo(x, highest + 1)


def _modulo(x: Traced, number: int) -> Traced:
    return binary("FloorMod", x, number)
