"""The Castagnoli checksum, at several gigabytes a second with numpy alone.

Data is a polynomial over two numbers, its checksum the rest when that is divided by CRC-32C's own polynomial. This one
divides x^5321 + x^3574 + x^2491 + 1, so x^5321 can be replaced by the three other terms; and, squared again and again,
so can x^(5321 n) by x^(3574 n) + x^(2491 n) + 1 for every power of two n. With n a whole number of bytes that is
nothing but XOR of one piece of the data onto three later ones, until what is left is short. There, what each byte adds
to the checksum is looked up by its value and by how many bytes are behind it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MASK = 0xA282EAD8
_DEGREE, _TERMS = 5321, (3574, 2491, 0)
_STEP = _DEGREE - _TERMS[0]  # how many units can be replaced at once
_ONES = 0xFFFFFFFF
_PLACES, _WORTHWHILE = 512, 64  # bytes that are looked up at once, and from how many on that is quicker


def masked_crc32c(data: bytes | memoryview) -> int:
    """The checksum as TensorFlow stores it: rotated and shifted, so that checksums of checksums stay useful."""
    return masked(crc32c(data))


def masked(crc: int) -> int:
    return ((crc >> 15 | crc << 17) + _MASK) & _ONES


def crc32c(data: bytes | memoryview, crc: int = 0) -> int:
    """The checksum of `data`, continuing from `crc`."""
    return crc32c_of([data], crc)


def crc32c_of(pieces: Iterable[bytes | memoryview], crc: int = 0) -> int:
    """The checksum of all pieces one after another, which need not be in memory at once."""
    rest: bytes | memoryview = b""
    start = crc ^ _ONES  # is added to the first four bytes of all
    for piece in pieces:
        data = _joined(rest, piece)
        if start and len(data) >= 4:
            data[:4] ^= np.frombuffer(start.to_bytes(4, "little"), np.uint8)
            start = 0
        rest = _folded(data, np.uint64).tobytes()
    return _short(_folded(_joined(rest, b""), np.uint8), start) ^ _ONES


def _joined(first: bytes | memoryview, second: bytes | memoryview) -> NDArray[np.uint8]:
    data = np.empty(len(first) + len(second), np.uint8)
    data[: len(first)] = np.frombuffer(first, np.uint8)
    data[len(first) :] = np.frombuffer(second, np.uint8)
    return data


def _folded(data: NDArray[np.uint8], unit: type[np.unsignedinteger[Any]]) -> NDArray[np.uint8]:
    """A short end of `data`, which is changed, whose checksum is that of all of it."""
    size = np.dtype(unit).itemsize
    units = data[: data.size // size * size].view(unit)
    at = 0
    while units.size - at >= _DEGREE + _STEP:
        top = units[at : at + _STEP]
        for term in _TERMS:
            target = units[at + _DEGREE - term : at + _DEGREE - term + _STEP]
            np.bitwise_xor(target, top, out=target)
        at += _STEP
    return data[at * size :]


def _short(data: NDArray[np.uint8], crc: int) -> int:
    """The checksum of `data`, which is changed, without the XOR at its start and end."""
    at = 0
    while data.size - at >= _WORTHWHILE:
        piece = data[at : at + _PLACES]
        piece[:4] ^= np.frombuffer(crc.to_bytes(4, "little"), np.uint8)
        table, starts = _places()
        crc = int(np.bitwise_xor.reduce(table.take(starts[-piece.size :] + piece)))
        at += piece.size
    return _bytewise(data[at:].tobytes(), crc)


@cache
def _places() -> tuple[NDArray[np.uint32], NDArray[np.intp]]:
    """What each byte adds that has 0, 1, 2, ... bytes behind it, and where the row of each of _PLACES bytes starts."""
    table = np.empty((_PLACES, 256), np.uint32)
    table[0] = _table()
    for place in range(1, _PLACES):
        table[place] = table[place - 1] >> 8 ^ table[0].take(table[place - 1] & 0xFF)
    return table.reshape(-1), np.arange(_PLACES - 1, -1, -1) * 256


def _bytewise(data: bytes, crc: int) -> int:
    table = _table()
    for byte in data:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    return crc


@cache
def _table() -> tuple[int, ...]:
    rows = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)
        rows.append(number)
    return tuple(rows)
