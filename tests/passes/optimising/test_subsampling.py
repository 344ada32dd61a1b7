"""Cutting what has been cut or padded."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import folding, subsampling
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 8, 6, 4]}\n"
ENDS = "{begin_mask: 9, end_mask: 15}"
POOL = '{ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1], padding: "VALID"}'


def test_one_after_the_other() -> None:
    text = (
        f"%a = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        "%y = StridedSlice(%a, [0, 2, 1, 0], [0, 4, 9, 0], [1, 1, 1, 1]) {begin_mask: 9, end_mask: 9}"
    )
    assert optimised(X + text, subsampling.PASS) == (
        "y = StridedSlice begin_mask=9 end_mask=9(x, [0, 3, 2, 0], [0, 5, 6, 0], [1, 1, 1, 1])"
    )


def test_every_second_is_a_pool() -> None:
    text = "%y = StridedSlice(%x, [0, 0, 0], [0, 0, 0], [1, 2, 3]) {begin_mask: 7, end_mask: 7}"
    found = optimised(X + text, subsampling.PASS)
    assert found.startswith("y = AvgPool")
    assert "strides=[1,2,3,1](x)" in found


def test_strides_go_into_a_convolution_of_single_places() -> None:
    text = f'%p = AvgPool(%x) {POOL}\n%y = Conv2D(%p, float32[1, 1, 4, 5]) {{strides: [1, 1, 1, 1], padding: "SAME"}}'
    found = optimised(X + text, subsampling.PASS)
    assert "AvgPool" not in found
    assert "strides=[1,2,2,1]" in found


def test_padding_that_nobody_reads() -> None:
    """As in NASNet: padded behind, cut in front, every second taken."""
    text = (
        "%p = Pad(%x, [[0, 0], [0, 1], [0, 1], [0, 0]])\n"
        f"%a = StridedSlice(%p, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        f"%y = AvgPool(%a) {POOL}"
    )
    found = optimised(X + text, subsampling.PASS, folding.PASS)
    assert found.startswith("y = AvgPool")
    assert found.endswith("(StridedSlice begin_mask=9 end_mask=9(x, [0, 1, 1, 0], [0, 8, 6, 0], [1, 1, 1, 1]))")


def test_padding_that_is_cut_off_again() -> None:
    text = (
        "%p = Pad(%x, [[0, 0], [1, 1], [1, 1], [0, 0]])\n"
        "%y = StridedSlice(%p, [0, 2, 1, 0], [0, 9, 7, 0], [1, 1, 1, 1]) {begin_mask: 9, end_mask: 9}"
    )
    assert optimised(X + text, subsampling.PASS) == (
        "y = StridedSlice begin_mask=9 end_mask=9(x, [0, 1, 0, 0], [0, 8, 6, 0], [1, 1, 1, 1])"
    )


STAYS = {
    "windows": "%y = AvgPool(%x) {ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1]}",
    "a pool alone": f"%y = MaxPool(%x) {POOL}",
    "a convolution of several places": (
        f'%p = AvgPool(%x) {POOL}\n%y = Conv2D(%p, float32[3, 1, 4, 5]) {{strides: [1, 1, 1, 1], padding: "VALID"}}'
    ),
    "a convolution that pads": (
        f"%p = AvgPool(%x) {POOL}\n%y = Conv2D(%p, float32[1, 1, 4, 5]) "
        '{strides: [1, 1, 1, 1], padding: "EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]}'
    ),
    "padding that is needed": (
        "%p = Pad(%x, [[0, 0], [0, 1], [0, 1], [0, 0]])\n"
        f"%a = StridedSlice(%p, [0, 2, 2, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n%y = AvgPool(%a) {POOL}"
    ),
    "an index": (
        f"%a = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        "%y = StridedSlice(%a, [0, 2], [0, 0], [1, 1]) {begin_mask: 1, end_mask: 1, shrink_axis_mask: 2}"
    ),
    "backwards": (
        f"%a = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        "%y = StridedSlice(%a, [0, 0], [0, 0], [1, -1]) {begin_mask: 3, end_mask: 3}"
    ),
    "every second, but not from the first": (f"%y = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 2, 2, 1]) {ENDS}"),
    "a size that is not known": (
        "%z = Placeholder() {shape: shape[?, ?, 6, 4]}\n"
        f"%y = StridedSlice(%z, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}"
    ),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in STAYS.items()])
def test_stays(text: str) -> None:
    assert stays(X + text, subsampling.PASS)


def test_says_why_not() -> None:
    assert reasons(X + STAYS["padding that is needed"], subsampling.PASS) == {"some of the padding is needed"}
    assert reasons(X + STAYS["every second, but not from the first"], subsampling.PASS) == {
        "it does not begin at the first row and column"
    }
