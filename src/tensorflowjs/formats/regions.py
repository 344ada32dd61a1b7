"""Bytes of file regions, passed through one small buffer that stays in the processor's cache.

A plain read and write loop over 64 KiB was measured to be as fast as `copy_file_range` and `sendfile` between
page caches, and it is there on every operating system. Larger buffers make the kernel look for larger
pieces of free memory, which costs more than the calls they save.

    RegionReader    copy(region, write); pieces(region) -> views of its buffer
    PiecesTensor    values that lie in several regions one after another (a weight that spans shards)
    blocks(tensor)  any tensor's values as small flat arrays
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.errors import CorruptInputError
from tensorflowjs.formats.signature import unreadable
from tensorflowjs.tensors import CHUNK_BYTES, FileRegion, Shape, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

COPY_BYTES = 64 * 1024
BLOCK_BYTES = 256 * 1024


class RegionReader:
    """Reads regions; keeps the last file open, since neighbours mostly come from the same one."""

    def __init__(self, buffer_bytes: int = COPY_BYTES) -> None:
        self._buffer = memoryview(bytearray(buffer_bytes))
        self._path: Path | None = None
        self._file: FileIO | None = None

    def __enter__(self) -> RegionReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file = self._path = None

    def pieces(self, region: FileRegion) -> Iterator[memoryview]:
        """The bytes of `region` in order. Each view is good until the next is asked for."""
        rest = region.size
        try:
            file = self._open(region.path)
            file.seek(region.offset)
            while rest:
                count = file.readinto(self._buffer[:rest])
                if not count:
                    raise CorruptInputError(f"{region.path}: the file ends before its data does.")
                yield self._buffer[:count]
                rest -= count
        except OSError as error:
            raise unreadable(region.path, error) from error

    def copy(self, region: FileRegion, write: Callable[[memoryview], int]) -> None:
        """Pass the bytes of `region` to `write`, which tells how many it has taken. Errors of `write` are its own."""
        buffer, rest = self._buffer, region.size
        read = self._open_at(region)
        while rest:
            try:
                count = read(buffer if rest >= len(buffer) else buffer[:rest])
            except OSError as error:
                raise unreadable(region.path, error) from error
            if not count:
                raise CorruptInputError(f"{region.path}: the file ends before its data does.")
            done = 0
            while done < count:
                done += write(buffer[done:count])
            rest -= count

    def fill(self, region: FileRegion, target: memoryview) -> None:
        """Read `region` straight into `target`, which has its size."""
        done = 0
        try:
            file = self._open(region.path)
            file.seek(region.offset)
            while done < region.size:
                count = file.readinto(target[done : region.size])
                if not count:
                    raise CorruptInputError(f"{region.path}: the file ends before its data does.")
                done += count
        except OSError as error:
            raise unreadable(region.path, error) from error

    def _open_at(self, region: FileRegion) -> Callable[[memoryview], int]:
        try:
            file = self._open(region.path)
            file.seek(region.offset)
        except OSError as error:
            raise unreadable(region.path, error) from error
        return file.readinto

    def _open(self, path: Path) -> FileIO:
        if self._file is None or self._path != path:
            self.close()
            self._file, self._path = path.open("rb", buffering=0), path
        return self._file


def read_region(region: FileRegion, dtype: str, count: int) -> NDArray[Any]:
    """`count` values of `dtype`, whose bytes are `region`, as a flat array."""
    values: NDArray[Any] = np.empty(count, dtypes.DTYPES[dtype].storage)
    with RegionReader(0) as reader:
        reader.fill(region, values.view(np.uint8).data)
    return values


def part(region: FileRegion, start: int, size: int) -> FileRegion:
    return FileRegion(region.path, region.offset + start, size)


class PiecesTensor(Tensor):
    """Values whose bytes are several regions one after another, possibly cut in the middle of a value."""

    def __init__(self, regions: Sequence[FileRegion], dtype: str, shape: Shape, origin: str = "") -> None:
        super().__init__(dtype, shape, origin)
        self.regions = tuple(regions)

    def region(self) -> FileRegion | None:
        return self.regions[0] if len(self.regions) == 1 else None

    def read(self) -> NDArray[Any]:
        values: NDArray[Any] = np.empty(self.count, dtypes.DTYPES[self.dtype].storage)
        target = values.view(np.uint8).data
        with RegionReader(0) as reader:
            for region in self.regions:
                reader.fill(region, target)
                target = target[region.size :]
        return values.reshape(self.shape)

    def chunks(self) -> Iterator[NDArray[Any]]:
        row = dtypes.DTYPES[self.dtype]
        step = max(1, CHUNK_BYTES // row.size) * row.size
        for start in range(0, self.nbytes, step):
            size = min(step, self.nbytes - start)
            pieces = PiecesTensor(
                between(self.regions, start, start + size), self.dtype, (size // row.size,), self.origin
            )
            yield pieces.read()


def between(regions: Sequence[FileRegion], start: int, stop: int) -> list[FileRegion]:
    """The parts of `regions`, seen as one sequence of bytes, that hold bytes `start` to `stop` of it."""
    found, at = [], 0
    for region in regions:
        low, high = max(start, at), min(stop, at + region.size)
        if low < high:
            found.append(part(region, low - at, high - low))
        at += region.size
    return found


def read_pieces(regions: Sequence[FileRegion]) -> bytes:
    data = bytearray()
    with RegionReader() as reader:
        for region in regions:
            for piece in reader.pieces(region):
                data += piece
    return bytes(data)


def blocks(tensor: Tensor) -> Iterator[NDArray[Any]]:
    """The values in order as flat arrays of at most BLOCK_BYTES, small enough to stay in cache.

    A block is good until the next is asked for.
    """
    region = tensor.region()
    row = dtypes.DTYPES[tensor.dtype]
    if region is not None and row.size:
        # A region's size and the buffer's are multiples of the value's, but a read may stop anywhere.
        yield from _region_blocks(region, row)
        return
    for chunk in tensor.chunks():
        step = max(1, BLOCK_BYTES // max(1, chunk.itemsize))
        for start in range(0, chunk.size, step):
            yield chunk[start : start + step]


def _region_blocks(region: FileRegion, row: dtypes.DType) -> Iterator[NDArray[Any]]:
    values: NDArray[Any] = np.empty(BLOCK_BYTES // row.size, row.storage)
    target = values.view(np.uint8).data
    with RegionReader(0) as reader:
        for start in range(0, region.size, target.nbytes):
            size = min(target.nbytes, region.size - start)
            reader.fill(part(region, start, size), target)
            yield values[: size // row.size]
