"""A tensor that is part of a larger file and read piece by piece."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.formats.regions import part, read_region
from tensorflowjs.tensors import CHUNK_BYTES, FileRegion, Shape, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

Selection = tuple["int | slice", ...]

FREE_CLAIM = 4 * 1024**3  # as Keras does it: what it loads, we read
CLAIM_FACTOR = 100
FREE_IN_MEMORY = 256 * 1024**2
_LARGEST_BLOCK = 8 * CHUNK_BYTES


def claim_limit(stored: int, free: int = FREE_CLAIM) -> int:
    """How many bytes `stored` bytes may unpack to.

    Trained weights hardly compress, pruned and freshly initialised ones do, and nobody has to justify the
    first `free` bytes. Beyond lies a decompression bomb or a damaged header.
    """
    return max(free, CLAIM_FACTOR * stored)


class DatasetTensor(Tensor):
    """Holds no open handle: `select` reads a part of the values; `locate` tells where their bytes lie, if plainly."""

    def __init__(
        self,
        dtype: str,
        shape: Shape,
        origin: str,
        *,
        select: Callable[[Selection], NDArray[Any]],
        locate: Callable[[], FileRegion | None],
        piece: Shape | None = None,
    ) -> None:
        super().__init__(dtype, shape, origin)
        self._select = select
        self._piece = piece
        self.region = locate  # type: ignore[method-assign]

    def read(self) -> NDArray[Any]:
        region = self.region()
        if region is None:
            return self._select(()).reshape(self.shape)
        return read_region(region, self.dtype, self.count).reshape(self.shape)

    def chunks(self) -> Iterator[NDArray[Any]]:
        size = dtypes.DTYPES[self.dtype].size
        region = self.region()
        for selection, start, count in row_major_blocks(self.shape, CHUNK_BYTES // (size or 64), self._piece):
            if region is None:
                yield self._select(selection).reshape(-1)
            else:
                yield read_region(part(region, start * size, count * size), self.dtype, count)


Block = tuple[Selection, int, int]


def row_major_blocks(shape: Shape, limit: int, piece: Shape | None = None) -> Iterator[Block]:
    """Cut an array into blocks that follow each other in row-major order: (selection, first value, values).

    Blocks have about `limit` values. With `piece`, the shape of the pieces the array is stored in, blocks
    end where pieces do, if that does not make them much larger, so that no piece is unpacked twice.
    """
    if not shape:
        yield (), 0, 1
        return
    if math.prod(shape) == 0:
        return
    axis = next(axis for axis in range(len(shape)) if math.prod(shape[axis + 1 :]) <= limit)
    row = math.prod(shape[axis + 1 :])
    rows = max(1, limit // row)
    if piece is not None:
        rows = _whole_pieces(rows, piece[axis], row, limit)
    start = 0
    for lead in np.ndindex(shape[:axis]):
        for first in range(0, shape[axis], rows):
            taken = min(rows, shape[axis] - first)
            yield (*lead, slice(first, first + taken)), start, taken * row
            start += taken * row


def _whole_pieces(rows: int, piece: int, row: int, limit: int) -> int:
    if rows >= piece:
        return rows - rows % piece
    return piece if piece * row <= limit * (_LARGEST_BLOCK // CHUNK_BYTES) else rows
