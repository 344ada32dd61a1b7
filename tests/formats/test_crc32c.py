"""The fast checksum is the slow one."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tensorflowjs.formats.crc32c import crc32c, crc32c_of


def slow(data: bytes) -> int:
    """Bit by bit, as the checksum is defined."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def test_known_values() -> None:
    assert crc32c(b"") == 0
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA


@pytest.mark.parametrize(
    "size",
    [
        0,
        1,
        3,
        4,
        5,
        7,
        8,
        63,
        64,
        100,
        511,
        512,
        575,
        576,
        577,
        5320,
        7067,
        7068,
        7069,
        56_543,
        56_544,
        56_545,
        200_003,
    ],
)
def test_any_size_in_any_pieces(size: int) -> None:
    random = np.random.default_rng(size)
    data = random.bytes(size)
    expected = slow(data)
    assert crc32c(data) == expected
    cuts = sorted({0, size, *random.integers(0, size + 1, 5).tolist()})
    pieces = [memoryview(data)[start:end] for start, end in pairwise(cuts)]
    assert crc32c_of([b"", *pieces]) == expected
    assert crc32c(data[size // 3 :], crc32c(data[: size // 3])) == expected
