"""Tables built by hand: compressed blocks, and everything a header can claim."""

from __future__ import annotations

import pytest

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.formats.crc32c import masked_crc32c
from tensorflowjs.formats.sstable import MAGIC, entries


def varint(value: int) -> bytes:
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def block(*rows: tuple[int, bytes, bytes]) -> bytes:
    """Rows of how many bytes are shared with the key before, the rest of the key, and the value."""
    body = b"".join(
        varint(shared) + varint(len(rest)) + varint(len(value)) + rest + value for shared, rest, value in rows
    )
    return body + bytes(4) + (1).to_bytes(4, "little")


def table(content: bytes, kind: int = 0) -> bytes:
    def framed(data: bytes, how: int) -> bytes:
        return data + bytes([how]) + masked_crc32c(data + bytes([how])).to_bytes(4, "little")

    data = framed(content, kind)
    index = block((0, b"z", varint(0) + varint(len(content))))
    footer = varint(0) + varint(0) + varint(len(data)) + varint(len(index))
    return data + framed(index, 0) + footer.ljust(40, b"\0") + MAGIC.to_bytes(8, "little")


ROWS = block((0, b"layer/a", b"1"), (6, b"b", b"22"), (0, b"x", b""))


def test_keys_share_their_beginnings() -> None:
    assert list(entries(table(ROWS), "t")) == [(b"layer/a", b"1"), (b"layer/b", b"22"), (b"x", b"")]


def test_compressed_blocks() -> None:
    """A literal, a copy of what came 1 byte before (it overlaps), a longer literal, a copy with two bytes of offset."""
    content = block((0, b"k", b"a" * 10))
    # 4 bytes of header and key with the first `a`, then 9 more, then the rest
    packed = varint(len(content)) + bytes([4 << 2]) + content[:5]
    packed += bytes([(9 - 4) << 2 | 1, 1])
    packed += bytes([60 << 2, 7]) + content[14:]
    assert list(entries(table(packed, 1), "t")) == [(b"k", b"a" * 10)]
    packed = varint(8) + b"\0\0" + bytes([(3 - 1) << 2 | 2, 1, 0]) + bytes([1 << 2, 1, 0]) + bytes([1 << 2 | 2, 1, 0])
    assert list(entries(table(packed, 1), "t")) == []  # an empty block: 00000000 01000000


@pytest.mark.parametrize(
    "packed",
    [
        varint(1 << 40),
        varint(8) + bytes([3 << 2]) + bytes(4) + bytes([(4 - 1) << 2 | 2, 9, 0]),
        varint(8) + bytes([3 << 2]) + bytes(4),
        varint(4) + bytes([60 << 2]),
        b"\xff" * 20,
    ],
)
def test_damaged_compression(packed: bytes) -> None:
    with pytest.raises(CorruptInputError, match="t: "):
        list(entries(table(packed, 1), "t"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(3),
        b"\xff" * 4,
        (1 << 30).to_bytes(4, "little"),
        block((1, b"k", b"v")),  # shares more than there is
        varint(0) + varint(1 << 40) + varint(0) + bytes(4) + (1).to_bytes(4, "little"),
    ],
)
def test_blocks_that_contradict_themselves(content: bytes) -> None:
    with pytest.raises(CorruptInputError):
        list(entries(table(content), "t"))


def test_unknown_compression_and_cut_tables() -> None:
    with pytest.raises(CorruptInputError, match="compressed in an unknown way"):
        list(entries(table(ROWS, 7), "t"))
    whole = table(ROWS)
    for size in range(len(whole)):
        with pytest.raises(CorruptInputError):
            list(entries(whole[:size], "t"))
