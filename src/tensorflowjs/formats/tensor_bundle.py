"""TensorFlow's checkpoints: an index of names and the shards in which their values lie.

    bundle = open_bundle(Path("variables/variables"))
    bundle.tensor("layer/kernel/.ATTRIBUTES/VARIABLE_VALUE")     # a region of a shard, read when asked for

A variable that was saved in slices is put together from them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.dtypes import BY_ENUM
from tensorflowjs.errors import CorruptInputError, MissingInputError, Problem, UnsupportedError
from tensorflowjs.formats.crc32c import crc32c, crc32c_of, masked
from tensorflowjs.formats.protobuf import parse
from tensorflowjs.formats.regions import RegionReader
from tensorflowjs.formats.sstable import entries
from tensorflowjs.tensors import ComputedTensor, RegionTensor, Shape, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_LARGEST_INDEX = 1 << 30
_LARGEST_NUMBER = 1 << 63
_PIECE = 1 << 20
_CHECKSUM = 4  # bytes


def open_bundle(prefix: Path) -> Bundle:
    """The checkpoint whose index is `PREFIX.index`."""
    index = prefix.with_name(f"{prefix.name}.index")
    if not index.is_file():
        raise MissingInputError(f"{index}: the index of the checkpoint is missing.", hint="Copy the whole folder.")
    if index.stat().st_size > _LARGEST_INDEX:
        raise CorruptInputError(f"{index}: the index of the checkpoint has an absurd size.")
    return Bundle(prefix, dict(entries(index.read_bytes(), str(index))))


class Bundle:
    def __init__(self, prefix: Path, rows: dict[bytes, bytes]) -> None:
        self._prefix = prefix
        self._rows = rows
        header = parse("checkpoint", "BundleHeader", rows.get(b"", b""), str(prefix))
        self._shards = header.num_shards
        if header.endianness:
            raise UnsupportedError("This checkpoint cannot be read.", [Problem(str(prefix), "it is big-endian")])

    def __contains__(self, key: str) -> bool:
        return key.encode() in self._rows

    def __iter__(self) -> Iterator[str]:
        """The names of all tensors, without the entries for slices."""
        return (key.decode("utf-8", "replace") for key in self._rows if key and key[0])

    def tensor(self, key: str) -> Tensor:
        """The tensor stored under `key`, as a promise."""
        where = f"{self._prefix}: {key}"
        row = self._rows.get(key.encode())
        if row is None:
            raise MissingInputError(f"{self._prefix}: the checkpoint holds nothing named {key!r}.")
        entry = parse("checkpoint", "BundleEntry", row, where)
        shape = _shape(entry, where)
        if entry.slices:
            return self._joined(key, entry, shape, where)
        return self._stored(entry, shape, where)

    def part(self, key: str, window: str) -> Tensor:
        """What `window`, in the words of RestoreV2 ("4 6 0,2:-" is rows 0 and 1 of 4), shows of a tensor."""
        if not window:
            return self.tensor(key)
        where = f"{self._prefix}: {key}"
        extents = _read_window(window, where)
        whole = self.tensor(key)
        cut = tuple(slice(start, None if size < 0 else start + size) for start, size in extents)
        shape = tuple(len(range(*each.indices(size))) for each, size in zip(cut, whole.shape, strict=False))
        if len(cut) != len(whole.shape) or any(0 <= size != got for (_, size), got in zip(extents, shape, strict=True)):
            raise CorruptInputError(f"{where}: there is no part {window!r} of {list(whole.shape)}.")
        stored = self._rows.get(slice_key(key, extents))
        if stored is not None:
            return self._stored(parse("checkpoint", "BundleEntry", stored, where), shape, where)
        return ComputedTensor(whole.dtype, shape, lambda: whole.read()[cut], where)

    def _stored(self, entry: Any, shape: Shape, where: str) -> Tensor:
        row = BY_ENUM.get(entry.dtype)
        if row is None:
            raise UnsupportedError("TF.js cannot hold these values.", [Problem(where, f"dtype number {entry.dtype}")])
        path = self._shard(entry.shard_id, where)
        size = path.stat().st_size
        if entry.offset < 0 or entry.size < 0 or entry.offset + entry.size > size:
            raise CorruptInputError(f"{where}: its data lies beyond the end of {path.name}, which is cut off.")
        if row.name == "string":
            if math.prod(shape) > entry.size:  # the length of each takes a byte
                raise CorruptInputError(f"{where}: {entry.size} bytes are stored for strings{list(shape)}.")
            return ComputedTensor("string", shape, lambda: _strings(path, entry, shape, where), where)
        if entry.size != math.prod(shape) * row.size:
            raise CorruptInputError(f"{where}: {entry.size} bytes are stored for {row.name}{list(shape)}.")
        return StoredTensor(path, entry, row.name, shape, where)

    def _shard(self, number: int, where: str) -> Path:
        path = self._prefix.with_name(f"{self._prefix.name}.data-{number:05d}-of-{self._shards:05d}")
        if not path.is_file():
            raise MissingInputError(f"{where}: the shard {path.name} is missing.", hint="Copy the whole folder.")
        return path

    def _joined(self, key: str, entry: Any, shape: Shape, where: str) -> Tensor:
        """A variable saved in slices, each under a key of its own that begins with the name."""
        row = BY_ENUM.get(entry.dtype)
        if row is None:
            raise UnsupportedError("TF.js cannot hold these values.", [Problem(where, f"dtype number {entry.dtype}")])
        windows = [_window(each, shape, where) for each in entry.slices]
        if sum(math.prod(length for _, length, _ in window) for window in windows) != math.prod(shape):
            raise CorruptInputError(f"{where}: its slices do not make up {row.name}{list(shape)}.")
        parts = [self._slice(key, window, len(shape), where) for window in windows]

        def join() -> NDArray[Any]:
            whole = np.zeros(shape, row.storage or object)
            for window, part in zip(windows, parts, strict=True):
                if isinstance(part, StoredTensor):
                    part.check()
                whole[tuple(slice(start, start + length) for start, length, _ in window)] = part.read()
            return whole

        return ComputedTensor(row.name, shape, join, where)

    def _slice(self, key: str, window: Window, rank: int, where: str) -> Tensor:
        stored = slice_key(key, [(0, -1) if full else (start, length) for start, length, full in window])
        row = self._rows.get(stored)
        if row is None:
            raise CorruptInputError(f"{where}: a slice of it is missing.")
        entry = parse("checkpoint", "BundleEntry", row, where)
        return self._stored(entry, tuple(length for _, length, _ in window), where)


class StoredTensor(RegionTensor):
    """A tensor that lies in a shard, with the checksum of its bytes."""

    def __init__(self, path: Path, entry: Any, dtype: str, shape: Shape, where: str) -> None:
        super().__init__(path, entry.offset, dtype, shape, where)
        self._checksum = int(entry.crc32c)

    def check(self) -> None:
        """Read all of it once, in pieces; an error if these are not the bytes that were saved."""
        with RegionReader(_PIECE) as reader:
            found = masked(crc32c_of(reader.pieces(self.region())))
        if found != self._checksum:
            raise CorruptInputError(
                f"{self.origin}: its values do not match their checksum.",
                hint="The checkpoint is damaged; copy or download it again.",
            )


Window = list[tuple[int, int, bool]]  # start, length, and whether that is the whole axis


def _shape(entry: Any, where: str) -> Shape:
    shape = tuple(dim.size for dim in entry.shape.dim)
    if any(size < 0 for size in shape):
        raise CorruptInputError(f"{where}: the shape {list(shape)} is none.")
    return shape


def _window(stored: Any, shape: Shape, where: str) -> Window:
    window = [
        (extent.start, extent.length, False) if extent.WhichOneof("has_length") else (0, size, True)
        for extent, size in zip(stored.extent, shape, strict=False)
    ]
    fits = all(0 <= start <= size - length <= size for (start, length, _), size in zip(window, shape, strict=False))
    if not len(stored.extent) == len(shape) or not fits:
        raise CorruptInputError(f"{where}: one of its slices lies outside of {list(shape)}.")
    return window


def _read_window(text: str, where: str) -> list[tuple[int, int]]:
    """Starts and lengths, -1 for all, from "4 6 0,2:-": the whole shape, then the part of each axis."""
    try:
        parts = [part.split(",") for part in text.split(" ")[-1].split(":")]
        extents = [(0, -1) if part == ["-"] else (int(part[0]), int(part[1])) for part in parts]
        if any(abs(number) >= _LARGEST_NUMBER for extent in extents for number in extent):
            raise ValueError
        return extents
    except (ValueError, IndexError):
        raise CorruptInputError(f"{where}: cannot make out which part {text!r} is.") from None


# ---------------------------------------------------------------------------- keys of slices


def slice_key(name: str, extents: list[tuple[int, int]]) -> bytes:
    """The key of a slice: codes that sort as what they stand for."""
    parts = [_ordered_number(0), _ordered_string(name.encode()), _ordered_number(len(extents))]
    parts += [_ordered_signed(number) for extent in extents for number in extent]
    return b"".join(parts)


def _ordered_number(value: int) -> bytes:
    digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(digits)]) + digits


def _ordered_string(value: bytes) -> bytes:
    return value.replace(b"\xff", b"\xff\x00").replace(b"\x00", b"\x00\xff") + b"\x00\x01"


def _ordered_signed(value: int) -> bytes:
    """The sign and the length as leading ones (zeros for negative numbers), then the number."""
    size = next(length for length in range(1, 11) if -(1 << (7 * length - 1)) <= value < 1 << (7 * length - 1))
    code = (value if value >= 0 else ~value) | ((1 << size) - 1) << 7 * size
    return (code if value >= 0 else ~code & ((1 << 8 * size) - 1)).to_bytes(size, "big")


# ---------------------------------------------------------------------------- strings


def _strings(path: Path, entry: Any, shape: Shape, where: str) -> NDArray[Any]:
    """Lengths as varints, a checksum of them, then the strings one after another."""
    with path.open("rb") as file:
        file.seek(entry.offset)
        data = file.read(entry.size)
    lengths, at = _lengths(data, math.prod(shape))
    start = at + _CHECKSUM
    if start + sum(lengths) != len(data) or not _as_saved(lengths, data, at, entry.crc32c):
        raise CorruptInputError(
            f"{where}: the stored strings do not match their checksum.",
            hint="The checkpoint is damaged; copy or download it again.",
        )
    values = np.empty(len(lengths), dtype=object)
    for index, length in enumerate(lengths):
        values[index] = data[start : start + length]
        start += length
    return values.reshape(shape)


def _lengths(data: bytes, count: int) -> tuple[list[int], int]:
    """The first `count` numbers, seven bits a byte, and where they end."""
    lengths, at = [], 0
    for _ in range(count):
        value = shift = 0
        while at < len(data) and shift < 63:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        lengths.append(value)
    return lengths, at


def _as_saved(lengths: list[int], data: bytes, at: int, checksum: int) -> bool:
    """Whether the checksums of the lengths, as numbers of four bytes (eight for giants), and of all else are right."""
    numbers = b"".join(length.to_bytes(4 if length < 1 << 32 else 8, "little") for length in lengths)
    of_lengths = crc32c(numbers)
    return data[at : at + _CHECKSUM] == masked(of_lengths).to_bytes(_CHECKSUM, "little") and (
        masked(crc32c(data[at:], of_lengths)) == checksum
    )
