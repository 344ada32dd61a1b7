"""Headers, understood or ignored."""

from __future__ import annotations

import pytest

from tensorflowjs.serve.conditions import Part, UnsatisfiableRange, is_known, preferred, requested_part

BOTH = ("br", "gzip")


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("", None),
        ("gzip", "gzip"),
        ("gzip, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("GZIP;q=1.0, br;q=0.5", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0", None),
        ("*", "br"),
        ("*;q=0.5, br;q=0", "gzip"),
        ("identity", None),
        ("br;q=nonsense", None),
        (";;,,;q", None),
    ],
)
def test_the_encoding_that_is_liked_best(header: str, chosen: str | None) -> None:
    assert preferred(header, BOTH) == chosen


def test_no_encoding_where_none_is_offered() -> None:
    assert preferred("gzip, br", ()) is None


@pytest.mark.parametrize(
    ("header", "known"),
    [
        ('"a-1"', True),
        ('W/"a-1"', True),
        ('"b", "a-1"', True),
        ("*", True),
        ('"a"', False),
        ("a-1", False),
        ("", False),
    ],
)
def test_versions_that_the_browser_has(header: str, known: bool) -> None:
    assert is_known(header, '"a-1"') is known


@pytest.mark.parametrize(
    ("header", "part"),
    [
        ("bytes=0-9", Part(0, 9)),
        ("bytes=90-", Part(90, 99)),
        ("bytes=90-1000", Part(90, 99)),
        ("bytes=-10", Part(90, 99)),
        ("bytes=-1000", Part(0, 99)),
        ("Bytes=5-5", Part(5, 5)),
        ("bytes=9-5", None),
        ("bytes=-", None),
        ("bytes=0-1,5-6", None),
        ("bytes=a-b", None),
        ("lines=0-1", None),
        ("bytes=0-" + "9" * 30, None),
    ],
)
def test_parts(header: str, part: Part | None) -> None:
    assert requested_part(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=500-600", "bytes=-0"])
def test_parts_behind_the_end(header: str) -> None:
    with pytest.raises(UnsatisfiableRange):
        requested_part(header, 100)
