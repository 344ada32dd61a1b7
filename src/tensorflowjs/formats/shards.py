"""Writes the weights of TF.js: the bytes of all tensors of a group one after another, cut into shards.

Tensors that are regions of a file go from file to file without being looked at; others chunk by chunk.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.formats.regions import PiecesTensor, RegionReader, part
from tensorflowjs.tensors import CHUNK_BYTES, FileRegion, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LENGTH = struct.Struct("<I")
HASH_DIGITS = 16  # of the SHA-256 of a shard in its name: enough to tell any two apart, and readable


class ShardWriter:
    """The shards of one group, each of exactly `shard_bytes` but the last; None puts all into one.

    `hashed` shards have a hash of their bytes in their names, so that a name never means other bytes than before.
    """

    def __init__(self, folder: Path, group: int, shard_bytes: int | None, *, hashed: bool = False) -> None:
        self._folder = folder
        self._group = group
        self._shard_bytes = shard_bytes
        self._hashed = hashed
        self._shards: list[Path] = []
        self._file: FileIO | None = None
        self._room = 0
        self.written = 0

    def __enter__(self) -> ShardWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def write(self, data: memoryview) -> None:
        self.written += data.nbytes
        while data.nbytes:
            if self._file is None:
                self._open()
            assert self._file is not None
            count = self._file.write(data if self._shard_bytes is None else data[: self._room])
            data = data[count:]
            self._room -= count
            if self._shard_bytes is not None and not self._room:
                self._close()

    def copy(self, region: FileRegion, reader: RegionReader) -> Iterator[int]:
        """Append the bytes of a region, with little to do for each piece of it; yields how many, now and then."""
        start = 0
        while start < region.size:
            if self._file is None:
                self._open()
            assert self._file is not None
            size = min(region.size - start, CHUNK_BYTES)
            if self._shard_bytes is not None:
                size = min(size, self._room)
            reader.copy(part(region, start, size), self._file.write)
            start += size
            self.written += size
            self._room -= size
            if self._shard_bytes is not None and not self._room:
                self._close()
            yield size

    def finish(self) -> list[str]:
        """Give the shards their names, which tell how many there are, and return them."""
        self._close()
        names = []
        for index, shard in enumerate(self._shards, 1):
            digits = f".{content_hash(shard)}" if self._hashed else ""
            name = f"group{self._group}-shard{index}of{len(self._shards)}{digits}.bin"
            shard.rename(self._folder / name)
            names.append(name)
        return names

    def _open(self) -> None:
        path = self._folder / f"group{self._group}-shard{len(self._shards) + 1}"
        self._file = path.open("xb", buffering=0)
        self._shards.append(path)
        self._room = self._shard_bytes or 0

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def content_hash(path: Path) -> str:
    """What stands in the name of a hashed shard with the bytes of this file."""
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while block := file.read(CHUNK_BYTES):
            digest.update(block)
    return digest.hexdigest()[:HASH_DIGITS]


def write_tensor(tensor: Tensor, writer: ShardWriter, reader: RegionReader, moved: Callable[[int], None]) -> None:
    """Append the bytes of `tensor`; `moved` hears how many, little by little."""
    region = tensor.region()
    regions = tensor.regions if isinstance(tensor, PiecesTensor) else (region,) if region is not None else None
    if regions is None:
        for data in _chunks(tensor):
            writer.write(data)
            moved(data.nbytes)
        return
    for each in regions:
        for count in writer.copy(each, reader):
            moved(count)


def _chunks(tensor: Tensor) -> Iterator[memoryview]:
    for chunk in tensor.chunks():
        if tensor.dtype == "string":
            yield memoryview(encode_strings(chunk))
        else:
            yield memoryview(np.ascontiguousarray(chunk).reshape(-1).view(np.uint8).data)


def encode_strings(values: NDArray[Any] | Iterable[Any]) -> bytes:
    """Each string as the number of its bytes, then the bytes."""
    flat = values.reshape(-1).tolist() if isinstance(values, np.ndarray) else values
    encoded = (value if isinstance(value, bytes) else str(value).encode() for value in flat)
    return b"".join(_LENGTH.pack(len(text)) + text for text in encoded)
