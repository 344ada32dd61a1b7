"""Cutting what was joined, joining what was cut."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import joining
from tests.passes.optimising.brief import optimised, reasons, stays

X = (
    "%x = Placeholder() {shape: shape[?, 6]}\n%s = Sin(%x)\n%a = Placeholder() {shape: shape[?, 3]}\n"
    "%b = Placeholder() {shape: shape[?, 4]}\n%e = Placeholder() {shape: shape[?, 0]}\n"
)

CHANGED = {
    "all parts of a split": (
        "%p = Split(1, %s) {num_split: 2}\n%c = ConcatV2(%p, %p:1, 1)\n%y = Cos(%c)",
        "Cos(Sin(x))",
    ),
    "parts of several sizes": (
        "%p = SplitV(%s, [2, 4], -1) {num_split: 2}\n%c = ConcatV2(%p, %p:1, 1)\n%y = Cos(%c)",
        "Cos(Sin(x))",
    ),
    "joined twice": ("%c = ConcatV2(%a, %b, 1)\n%y = ConcatV2(%c, %s, -1)", "ConcatV2(a, b, Sin(x), 1)"),
    "nothing to join": ("%c = ConcatV2(%a, %e, %b, 1)\n%y = Cos(%c)", "Cos(ConcatV2(a, b, 1))"),
    "taken apart and packed": (
        "%u = Unpack(%s) {axis: 1, num: 6}\n%c = Pack(%u, %u:1, %u:2, %u:3, %u:4, %u:5) {axis: -1}\n%y = Cos(%c)",
        "Cos(Sin(x))",
    ),
    "packed and taken apart": (
        "%t = Tanh(%s)\n%c = Pack(%s, %t) {axis: 1}\n%u = Unpack(%c) {axis: 1, num: 2}\n%y = Sub(%u:1, %u)",
        "Sub(Tanh(Sin(x)), Sin(x))",
    ),
    "cut at the joints": (
        "%c = ConcatV2(%a, %b, 1)\n%p = SplitV(%c, [3, 4], 1) {num_split: 2}\n%t = Sin(%p)\n%y = Cos(%p:1)",
        "Cos(b)",
    ),
    "a part of a part": (
        "%c = Slice(%s, [0, 1], [-1, 5])\n%y = Slice(%c, [0, 2], [-1, 2])",
        "Slice(Sin(x), [0, 3], [-1, 2])",
    ),
    "one of the joined": (
        "%c = ConcatV2(%a, %b, 1)\n%y = Slice(%c, [0, 4], [-1, 2])",
        "Slice(b, [0, 1], [-1, 2])",
    ),
    "the rest of the joined": (
        "%c = ConcatV2(%a, %b, 1)\n%y = Slice(%c, [0, 3], [-1, -1])",
        "Slice(b, [0, 0], [-1, 4])",
    ),
    "one of the packed": (
        "%t = Tanh(%s)\n%c = Pack(%s, %t) {axis: 1}\n"
        "%i = StridedSlice(%c, [0, -1], [0, 0], [1, 1]) {begin_mask: 1, end_mask: 1, shrink_axis_mask: 2}\n"
        "%y = Cos(%i)",
        "Cos(Tanh(Sin(x)))",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), CHANGED.values(), ids=CHANGED)
def test_changes(text: str, wanted: str) -> None:
    assert optimised(X + text, joining.PASS) == f"y = {wanted}"


STAYS = {
    "in another order": "%p = Split(1, %s) {num_split: 2}\n%y = ConcatV2(%p:1, %p, 1)",
    "not all": "%p = Split(1, %s) {num_split: 3}\n%y = ConcatV2(%p, %p:1, 1)",
    "along another axis": "%p = Split(1, %s) {num_split: 2}\n%y = ConcatV2(%p, %p:1, 0)",
    "joined along another axis": "%c = ConcatV2(%s, %s, 0)\n%y = ConcatV2(%c, %c, 1)",
    "read elsewhere": "%c = ConcatV2(%a, %b, 1)\n%y = ConcatV2(%c, %c, 1)",
    "across a joint": "%c = ConcatV2(%a, %b, 1)\n%y = Slice(%c, [0, 2], [-1, 2])",
    "cut elsewhere": "%c = ConcatV2(%a, %b, 1)\n%p = SplitV(%c, [4, 3], 1) {num_split: 2}\n%y = Cos(%p:1)",
    "taken apart along another axis": (
        "%t = Tanh(%s)\n%c = Pack(%s, %t) {axis: 1}\n%u = Unpack(%c) {axis: 2, num: 6}\n%y = Cos(%u)"
    ),
    "a range of the packed": ("%t = Tanh(%s)\n%c = Pack(%s, %t) {axis: 0}\n%y = StridedSlice(%c, [0], [1], [1])"),
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    assert stays(X + text, joining.PASS)


def test_says_why_not() -> None:
    assert reasons(X + STAYS["across a joint"], joining.PASS) == {"it crosses a joint"}
