"""Arithmetic that changes no number."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import neutral
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 4]}\n%a = Sin(%x)\n"

GONE = {
    "times one": "Mul(%a, 1.0)",
    "one times": "Mul(1.0, %a)",
    "ones along the last axis": "Mul(%a, [1.0, 1.0, 1.0, 1.0])",
    "plus zero": "AddV2(%a, 0.0)",
    "zero plus": "Add([0.0], %a)",
    "plus minus zero": "AddV2(%a, -0.0)",
    "a bias of zeros": "BiasAdd(%a, [0.0, 0.0, 0.0, 0.0])",
    "minus zero": "Sub(%a, 0.0)",
    "through one": "RealDiv(%a, 1.0)",
    "to the power of one": "Pow(%a, 1.0)",
    "at least minus infinity": "Maximum(%a, -inf)",
    "at most infinity": "Minimum(%a, inf)",
    "between infinities": "ClipByValue(%a, -inf, inf)",
    "always the first": "SelectV2(true, %a, %x)",
    "always the second": "SelectV2([[false, false, false, false]], %x, %a)",
}


@pytest.mark.parametrize("text", GONE.values(), ids=GONE)
def test_goes(text: str) -> None:
    assert optimised(f"{X}%b = {text}\n%y = Cos(%b)", neutral.PASS) == "y = Cos(Sin(x))"


AFTER = {
    "y = Relu(x)": "%a = Relu(%x)\n%y = Relu(%a)",
    "y = Relu6(x)": "%a = Relu(%x)\n%y = Relu6(%a)",
    "y = Cos(Relu6(x))": "%a = Relu6(%x)\n%b = Relu(%a)\n%y = Cos(%b)",
    "y = Cos(Sigmoid(x))": "%a = Sigmoid(%x)\n%b = Maximum(%a, 0.0)\n%y = Cos(%b)",
    "y = Cos(Exp(x))": "%a = Exp(%x)\n%b = Abs(%a)\n%y = Cos(%b)",
    "y = Cos(Abs(Sqrt(x)))": "%a = Sqrt(%x)\n%b = Abs(%a)\n%y = Cos(%b)",  # the root of -0 is -0
    "y = Cos(Sin(x))": "%s = Sin(%x)\n%a = Neg(%s)\n%b = Neg(%a)\n%y = Cos(%b)",
}


@pytest.mark.parametrize(("wanted", "text"), AFTER.items(), ids=AFTER)
def test_nothing_is_left_to_do(wanted: str, text: str) -> None:
    assert optimised("%x = Placeholder() {shape: shape[?, 4]}\n" + text, neutral.PASS) == wanted


CASTS = {
    "y = Sin(x)": "%a = Cast(%x) {DstT: float32, SrcT: float32}\n%y = Sin(%a)",
    "y = Cast DstT=float32(m)": "%a = Cast(%m) {DstT: int32}\n%y = Cast(%a) {DstT: float32}",
    "y = LogicalNot(m)": "%a = Cast(%m) {DstT: int32}\n%b = Cast(%a) {DstT: bool}\n%y = LogicalNot(%b)",
    # what is left as it is
    "y = Cast DstT=float32(Cast DstT=int32(x))": "%a = Cast(%x) {DstT: int32}\n%y = Cast(%a) {DstT: float32}",
    "y = Cast DstT=int32(Cast DstT=float32(i))": "%a = Cast(%i) {DstT: float32}\n%y = Cast(%a) {DstT: int32}",
    "y = Cast DstT=float32(Cast DstT=bool(x))": "%a = Cast(%x) {DstT: bool}\n%y = Cast(%a) {DstT: float32}",
}


@pytest.mark.parametrize(("wanted", "text"), CASTS.items(), ids=CASTS)
def test_casts(wanted: str, text: str) -> None:
    inputs = (
        "%x = Placeholder() {shape: shape[?, 4]}\n%m = Placeholder() {dtype: bool, shape: shape[?]}\n"
        "%i = Placeholder() {dtype: int32, shape: shape[?]}\n"
    )
    assert optimised(inputs + text, neutral.PASS) == wanted


STAYS = {
    "times zero, for infinities": "Mul(%a, 0.0)",
    "times another number": "Mul(%a, [1.0, 1.0, 1.0, 2.0])",
    "one minus": "Sub(0.0, %a)",
    "one through": "RealDiv(1.0, %a)",
    "one to the power": "Pow(1.0, %a)",
    "rounded down": "FloorDiv(%a, 1.0)",
    "at least zero": "Maximum(%a, 0.0)",
    "at least infinity": "Maximum(%a, inf)",
    "clipped on one side": "ClipByValue(%a, 0.0, inf)",
    "ones that make it wider": "Mul(%a, [[[1.0]], [[1.0]]])",
    "what is selected is smaller": "SelectV2([[[true]], [[true]]], %a, %x)",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    assert stays(f"{X}%b = {text}\n%y = Cos(%b)", neutral.PASS)


def test_says_why_not() -> None:
    text = "%x = Placeholder() {shape: shape[?]}\n%a = Mul(%x, [1.0, 1.0])\n%y = Cos(%a)"
    assert reasons(text, neutral.PASS) == {"the constant has more elements than the other operand, or may have"}


def test_not_where_a_batch_of_one_may_become_two() -> None:
    assert stays("%x = Placeholder() {shape: shape[?, 1]}\n%a = Mul(%x, [1.0, 1.0])\n%y = Cos(%a)", neutral.PASS)


def test_outputs_keep_their_names() -> None:
    assert optimised("%x = Placeholder() {shape: shape[?]}\n%a = Sin(%x)\n%y = Mul(%a, 1.0)", neutral.PASS) == (
        "y = Sin(x)"
    )
    assert stays("%x = Placeholder() {shape: shape[?]}\n%y = Mul(%x, 1.0)", neutral.PASS)
