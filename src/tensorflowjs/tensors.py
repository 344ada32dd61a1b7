"""A tensor is a promise: name-less, its dtype and shape are free, its bytes come when asked for.

    Tensor          read(), chunks(), region()
    ├── ArrayTensor     over a numpy array
    ├── RegionTensor    over a contiguous region of a file: bytes can be copied without looking at them
    ├── CastTensor      another tensor, converted chunk by chunk
    └── ComputedTensor  the result of a function on (small) tensors, computed when read

`origin` says in an error message where the values come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.errors import CorruptInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Shape = tuple[int, ...]
CHUNK_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class FileRegion:
    """`size` bytes at `offset` of the file at `path`, exactly a tensor's little-endian bytes."""

    path: Path
    offset: int
    size: int


class Tensor:
    """Base of all tensors. Subclasses implement `read`, and `chunks` or `region` where they can."""

    def __init__(self, dtype: str, shape: Shape, origin: str = "") -> None:
        self.dtype = dtype
        self.shape = shape
        self.origin = origin

    @property
    def count(self) -> int:
        return math.prod(self.shape)

    @property
    def nbytes(self) -> int:
        """Size of the values; strings have none until they are read."""
        return self.count * dtypes.DTYPES[self.dtype].size

    def read(self) -> NDArray[Any]:
        """All values in memory, in the storage of `dtypes.DTYPES[self.dtype]` (objects for strings)."""
        raise NotImplementedError

    def chunks(self) -> Iterator[NDArray[Any]]:
        """The values in row-major order as flat arrays of about CHUNK_BYTES."""
        flat = self.read().reshape(-1)
        step = max(1, CHUNK_BYTES // max(1, flat.itemsize))
        for start in range(0, flat.size, step):
            yield flat[start : start + step]

    def region(self) -> FileRegion | None:
        """Where these very bytes lie in a file, if they do."""
        return None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.dtype}{list(self.shape)}, {self.origin!r})"


class ArrayTensor(Tensor):
    def __init__(self, array: NDArray[Any], origin: str = "", dtype: str | None = None) -> None:
        name = dtype or dtypes.name_of(array.dtype)
        super().__init__(name, tuple(array.shape), origin)
        self._array = array

    def read(self) -> NDArray[Any]:
        storage = dtypes.DTYPES[self.dtype].storage
        return np.ascontiguousarray(self._array, dtype=storage or object).reshape(self.shape)


class RegionTensor(Tensor):
    """Little-endian values lying contiguously in a file."""

    def __init__(self, path: Path, offset: int, dtype: str, shape: Shape, origin: str = "") -> None:
        super().__init__(dtype, shape, origin or str(path))
        self._region = FileRegion(path, offset, self.nbytes)

    def region(self) -> FileRegion:
        return self._region

    def read(self) -> NDArray[Any]:
        return self._take(self._region.offset, self.count).reshape(self.shape)

    def chunks(self) -> Iterator[NDArray[Any]]:
        row = dtypes.DTYPES[self.dtype]
        step = CHUNK_BYTES // row.size
        for start in range(0, self.count, step):
            yield self._take(self._region.offset + start * row.size, min(step, self.count - start))

    def _take(self, offset: int, count: int) -> NDArray[Any]:
        storage = dtypes.DTYPES[self.dtype].storage
        values: NDArray[Any] = np.fromfile(self._region.path, dtype=storage, count=count, offset=offset)
        if values.size != count:
            raise CorruptInputError(f"{self.origin}: the file ends before its data does.")
        return values


class CastTensor(Tensor):
    """`source` as another dtype. Casting to its own dtype is free."""

    def __init__(self, source: Tensor, dtype: str) -> None:
        super().__init__(dtype, source.shape, source.origin)
        self._source = source

    def read(self) -> NDArray[Any]:
        return dtypes.cast(self._source.read(), self._source.dtype, self.dtype)

    def chunks(self) -> Iterator[NDArray[Any]]:
        for chunk in self._source.chunks():
            yield dtypes.cast(chunk, self._source.dtype, self.dtype)

    def region(self) -> FileRegion | None:
        return self._source.region() if self._source.dtype == self.dtype else None


class ComputedTensor(Tensor):
    """What `compute` returns when somebody reads; its dtype and shape are known before."""

    def __init__(self, dtype: str, shape: Shape, compute: Callable[[], NDArray[Any]], origin: str = "") -> None:
        super().__init__(dtype, shape, origin)
        self._compute = compute

    def read(self) -> NDArray[Any]:
        values = np.asarray(self._compute(), dtype=dtypes.DTYPES[self.dtype].storage or object, order="C")
        if values.shape != self.shape:
            raise AssertionError(f"{self.origin}: computed {values.shape}, promised {self.shape}")
        return values


def cast(tensor: Tensor, dtype: str) -> Tensor:
    return tensor if tensor.dtype == dtype else CastTensor(tensor, dtype)
