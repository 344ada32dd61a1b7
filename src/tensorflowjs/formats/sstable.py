"""Sorted string tables: the index files of TensorFlow's checkpoints.

footer (48 bytes) -> index block -> data blocks of (key, value), keys sorted and stored without what they share with
the key before. Each block is followed by its compression (none or snappy) and a masked CRC-32C.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.formats.crc32c import masked_crc32c

MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5
_NONE, _SNAPPY = 0, 1
MOST_UNPACKED = 1 << 24  # of a block, which TensorFlow ends after some 256 KiB
MOST_KEYS = 1 << 25  # bytes of all keys: what they share with the key before takes no room in the file


def entries(data: bytes, where: str) -> Iterator[tuple[bytes, bytes]]:
    """All keys and values of the table, in order."""
    reader = _Reader(data, where)
    end = keys = 0
    for _, handle in reader.block(*reader.index()):
        offset, at = reader.varint(handle, 0)
        size, _ = reader.varint(handle, at)
        if offset < end:
            raise reader.damaged("blocks of the checkpoint index lie over each other")
        end = offset + size
        for key, value in reader.block(offset, size):
            keys += len(key)
            if keys > MOST_KEYS:
                raise reader.damaged("the checkpoint index claims names of an absurd size")
            yield key, value


class _Reader:
    def __init__(self, data: bytes, where: str) -> None:
        self._data = data
        self._where = where

    def damaged(self, what: str) -> CorruptInputError:
        return CorruptInputError(f"{self._where}: {what}.", hint="Save, copy or download the checkpoint again.")

    def index(self) -> tuple[int, int]:
        """Where the index block lies."""
        footer = self._data[-_FOOTER:]
        if len(footer) < _FOOTER or int.from_bytes(footer[40:], "little") != MAGIC:
            raise self.damaged("this is no checkpoint index, or it is cut off")
        at = 0
        for _ in range(2):  # the block of metadata comes first
            _, at = self.varint(footer, at)
        offset, at = self.varint(footer, at)
        size, _ = self.varint(footer, at)
        return offset, size

    def varint(self, data: bytes, at: int) -> tuple[int, int]:
        """The number at `at`, seven bits a byte, and where the next thing begins."""
        value = shift = 0
        while at < len(data) and shift < 64:
            byte = data[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at
        raise self.damaged("the checkpoint index is damaged")

    def block(self, offset: int, size: int) -> Iterator[tuple[bytes, bytes]]:
        content = self._content(offset, size)
        restarts = int.from_bytes(content[-4:], "little")
        end = len(content) - 4 - 4 * restarts
        if end < 0:
            raise self.damaged("a block of the checkpoint index is damaged")
        key, at = b"", 0
        while at < end:
            shared, at = self.varint(content, at)
            rest, at = self.varint(content, at)
            length, at = self.varint(content, at)
            if shared > len(key) or at + rest + length > end:
                raise self.damaged("a block of the checkpoint index is damaged")
            key = key[:shared] + content[at : at + rest]
            yield key, content[at + rest : at + rest + length]
            at += rest + length

    def _content(self, offset: int, size: int) -> bytes:
        block = self._data[offset : offset + size + _TRAILER]
        if len(block) < size + _TRAILER or size < 4:
            raise self.damaged("a block of the checkpoint index lies beyond its end")
        if masked_crc32c(block[:-4]) != int.from_bytes(block[-4:], "little"):
            raise self.damaged("a block of the checkpoint index does not match its checksum")
        if block[size] == _SNAPPY:
            return self._unpack(block[:size])
        if block[size] != _NONE:
            raise self.damaged(f"a block of the checkpoint index is compressed in an unknown way ({block[size]})")
        return block[:size]

    def _unpack(self, packed: bytes) -> bytes:
        """Raw snappy: literals, and copies of what came before."""
        size, at = self.varint(packed, 0)
        if size > MOST_UNPACKED:
            raise self.damaged("a block of the checkpoint index claims an absurd size")
        out = bytearray()
        while at < len(packed) and len(out) <= size:
            tag = packed[at]
            at += 1
            is_literal = tag & 3 == 0
            at = self._literal(packed, at, tag >> 2, out) if is_literal else self._copy(packed, at, tag, out)
        if len(out) != size:
            raise self.damaged("a compressed block of the checkpoint index is damaged")
        return bytes(out)

    def _literal(self, packed: bytes, at: int, length: int, out: bytearray) -> int:
        if length >= 60:
            count = length - 59
            length = int.from_bytes(packed[at : at + count], "little")
            at += count
        out += packed[at : at + length + 1]
        return at + length + 1

    def _copy(self, packed: bytes, at: int, tag: int, out: bytearray) -> int:
        if tag & 3 == 1:
            length, width = (tag >> 2 & 7) + 4, 1
            offset = (tag >> 5 << 8) | int.from_bytes(packed[at : at + 1], "little")
        else:
            length, width = (tag >> 2) + 1, 2 if tag & 3 == 2 else 4
            offset = int.from_bytes(packed[at : at + width], "little")
        if not 0 < offset <= len(out):
            raise self.damaged("a compressed block of the checkpoint index is damaged")
        for _ in range(length):  # a copy may overlap what it writes
            out.append(out[-offset])
        return at + width
