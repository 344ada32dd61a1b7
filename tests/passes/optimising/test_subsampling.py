"""Cutting what has been cut or padded."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import folding, subsampling
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 8, 6, 4]}\n"
ENDS = "{begin_mask: 9, end_mask: 15}"
WHOLE = "StridedSlice begin_mask={mask} end_mask={mask}(x, [0, {begin}, {begin}, 0], {end}, [1, {step}, {step}, 1])"


def test_a_pool_of_single_elements() -> None:
    found = optimised(X + "%y = AvgPool(%x) {ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1]}", subsampling.PASS)
    assert found == "y = " + WHOLE.format(mask=9, begin=0, end="[0, 7, 5, 0]", step=2)


def test_one_after_the_other() -> None:
    text = (
        f"%a = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        f"%y = StridedSlice(%a, [0, 2, 1, 0], [0, 0, 0, 0], [1, 3, 2, 1]) {ENDS}"
    )
    assert optimised(X + text, subsampling.PASS) == (
        "y = StridedSlice begin_mask=9 end_mask=9(x, [0, 3, 2, 0], [0, 7, 5, 0], [1, 3, 2, 1])"
    )


def test_padding_that_is_cut_off_again() -> None:
    """As in NASNet: padded behind, cut in front, every second taken."""
    text = (
        "%p = Pad(%x, [[0, 0], [0, 1], [0, 1], [0, 0]])\n"
        f"%a = StridedSlice(%p, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        '%y = AvgPool(%a) {ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1], padding: "VALID"}'
    )
    assert optimised(X + text, subsampling.PASS, folding.PASS) == (
        "y = " + WHOLE.format(mask=9, begin=1, end="[0, 8, 6, 0]", step=2)
    )


STAYS = {
    "windows": "%y = AvgPool(%x) {ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1]}",
    "padding that is needed": (
        "%p = Pad(%x, [[0, 0], [0, 1], [0, 1], [0, 0]])\n"
        f"%y = StridedSlice(%p, [0, 2, 2, 0], [0, 0, 0, 0], [1, 2, 2, 1]) {ENDS}"
    ),
    "an index": (
        f"%a = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        "%y = StridedSlice(%a, [0, 2], [0, 0], [1, 1]) {begin_mask: 1, end_mask: 1, shrink_axis_mask: 2}"
    ),
    "backwards": (
        f"%a = StridedSlice(%x, [0, 1, 1, 0], [0, 0, 0, 0], [1, 1, 1, 1]) {ENDS}\n"
        "%y = StridedSlice(%a, [0, 0], [0, 0], [1, -1]) {begin_mask: 3, end_mask: 3}"
    ),
    "a size that is not known": (
        "%z = Placeholder() {shape: shape[?, ?, 6, 4]}\n%y = MaxPool(%z) {ksize: [1, 1, 1, 1], strides: [1, 2, 2, 1]}"
    ),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in STAYS.items()])
def test_stays(text: str) -> None:
    assert stays(X + text, subsampling.PASS)


def test_says_why_not() -> None:
    assert reasons(X + STAYS["padding that is needed"], subsampling.PASS) == {"some of the padding is needed"}
    assert reasons(X + STAYS["a size that is not known"], subsampling.PASS) == {"the size of an axis is not known"}
