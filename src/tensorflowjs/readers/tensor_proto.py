"""TensorFlow's TensorProto as a Tensor."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.dtypes import BY_ENUM
from tensorflowjs.errors import CorruptInputError, Problem, UnsupportedError
from tensorflowjs.tensors import CHUNK_BYTES, ArrayTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ELEMENTS = 1 << 31  # of a constant inside a graph, which protobuf limits to 2 GiB anyway
MOST_REPEATED = 1 << 28  # where one value stands for all that follow: a few bytes can claim any size
MOST_REPEATED_STRINGS = 1 << 20

# Where a TensorProto that does not hold raw bytes keeps the values of a dtype.
_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "complex64": "scomplex_val",
    "complex128": "dcomplex_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "float16": "half_val",
    "bfloat16": "half_val",
    "string": "string_val",
}


def read_tensor(proto: Any, where: str) -> Tensor:
    """The values of a TensorProto; a constant of one repeated value takes no memory until it is read."""
    row = BY_ENUM.get(proto.dtype)
    if row is None:
        raise UnsupportedError("TF.js cannot hold these values.", [Problem(where, f"dtype number {proto.dtype}")])
    shape = tuple(dim.size for dim in proto.tensor_shape.dim)
    if any(size < 0 for size in shape) or math.prod(shape) > MOST_ELEMENTS:
        raise CorruptInputError(f"{where}: the constant claims the shape {list(shape)}.")
    if proto.tensor_content:
        return _from_bytes(proto.tensor_content, row.name, row.storage, shape, where)
    values = getattr(proto, _FIELDS.get(row.name, "int_val"))
    return _from_values(values, row.name, row.storage, shape, where)


def _from_bytes(content: bytes, dtype: str, storage: str, shape: tuple[int, ...], where: str) -> Tensor:
    if not storage or len(content) != math.prod(shape) * np.dtype(storage).itemsize:
        raise CorruptInputError(f"{where}: the constant holds {len(content)} bytes, not those of {dtype}{list(shape)}.")
    return ArrayTensor(np.frombuffer(content, dtype=storage).reshape(shape), where, dtype)


def _from_values(values: Any, dtype: str, storage: str, shape: tuple[int, ...], where: str) -> Tensor:
    """Values as a list in which the last one stands for all that follow; none stand for zeros."""
    array = _as_array(values, dtype, storage)
    count = math.prod(shape)
    if array.size > count:
        raise CorruptInputError(f"{where}: the constant holds {array.size} values, more than {dtype}{list(shape)}.")
    if array.size == count:
        return ArrayTensor(array.reshape(shape), where, dtype)
    if count > (MOST_REPEATED_STRINGS if dtype == "string" else MOST_REPEATED):
        raise CorruptInputError(f"{where}: the constant claims the shape {list(shape)} and holds {array.size} values.")
    last = array[-1:] if array.size else _as_array([b""] if dtype == "string" else [0], dtype, storage)[:1]
    return RepeatingTensor(array, last, dtype, shape, where)


class RepeatingTensor(Tensor):
    """Some values, then one that is repeated; a small file can ask for very many."""

    def __init__(self, first: NDArray[Any], last: NDArray[Any], dtype: str, shape: tuple[int, ...], where: str) -> None:
        super().__init__(dtype, shape, where)
        self._first = first
        self._last = last

    def read(self) -> NDArray[Any]:
        return self._part(0, self.count).reshape(self.shape)

    def chunks(self) -> Iterator[NDArray[Any]]:
        step = max(1, CHUNK_BYTES // self._last.itemsize)
        for start in range(0, self.count, step):
            yield self._part(start, min(start + step, self.count))

    def _part(self, start: int, stop: int) -> NDArray[Any]:
        part = np.empty(stop - start, self._last.dtype)
        first = self._first[start:stop]
        part[: first.size] = first
        part[first.size :] = self._last[0]
        return part


def _as_array(values: Any, dtype: str, storage: str) -> NDArray[Any]:
    if dtype == "string":
        array = np.empty(len(values), dtype=object)
        array[:] = list(values)
        return array
    if dtype in ("complex64", "complex128"):
        half = "<f4" if dtype == "complex64" else "<f8"
        return np.array([*values, *([0] * (len(values) % 2))], dtype=half).view(storage)
    if dtype in ("float16", "bfloat16"):
        return np.array(list(values), dtype="<u4").astype("<u2").view(storage)
    return np.array(list(values), dtype=storage)
