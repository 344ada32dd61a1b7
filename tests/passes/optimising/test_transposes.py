"""Transposes that cancel out or go into what reads them."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import transposes
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 5, 6, 4]}\n%s = Sin(%x)\n"

CHANGED = {
    "there and back": ("%a = Transpose(%s, [0, 3, 1, 2])\n%b = Transpose(%a, [0, 2, 3, 1])\n%y = Cos(%b)", "Cos({s})"),
    "two are one": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Transpose(%a, [0, 3, 1, 2])",
        "Transpose({s}, [0, 2, 3, 1])",
    ),
    "counted from behind": (
        "%a = Transpose(%s, [0, -1, 1, 2])\n%y = Transpose(%a, [0, 3, 1, 2])",
        "Transpose({s}, [0, 2, 3, 1])",
    ),
    "only an axis of one moves": (
        "%m = Mean(%s, [1]) {keep_dims: true}\n%y = Transpose(%m, [1, 0, 2, 3])",
        "Reshape(Mean keep_dims=True({s}, [1]), [1, -1, 6, 4])",
    ),
    "behind an activation": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Relu(%a)",
        "Transpose(Relu({s}), [0, 3, 1, 2])",
    ),
    "behind a constant": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = AddV2(%a, float32[4, 1, 1])",
        "Transpose(AddV2({s}, Reshape(float32[4, 1, 1], [4])), [0, 3, 1, 2])",
    ),
    "behind a larger constant": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Mul(%a, float32[4, 5, 6])",
        "Transpose(Mul({s}, Transpose(Reshape(float32[4, 5, 6], [1, 4, 5, 6]), [0, 2, 3, 1])), [0, 3, 1, 2])",
    ),
    "two together": (
        "%t = Tanh(%s)\n%a = Transpose(%s, [0, 3, 1, 2])\n%b = Transpose(%t, [0, 3, 1, 2])\n%y = AddV2(%a, %b)",
        "Transpose(AddV2({s}, Tanh({s})), [0, 3, 1, 2])",
    ),
    "over the axes they were": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Mean(%a, [2, 3])",
        "Mean({s}, [1, 2])",
    ),
    "over other axes": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Max(%a, [2])",
        "Transpose(Max({s}, [1]), [0, 2, 1])",
    ),
    "with axes kept": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Sum(%a, [-2]) {keep_dims: true}",
        "Transpose(Sum keep_dims=True({s}, [1]), [0, 3, 1, 2])",
    ),
    "joined": (
        "%t = Tanh(%s)\n%a = Transpose(%s, [0, 3, 1, 2])\n%b = Transpose(%t, [0, 3, 1, 2])\n%y = ConcatV2(%a, %b, 1)",
        "Transpose(ConcatV2({s}, Tanh({s}), 3), [0, 3, 1, 2])",
    ),
    "padded": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%p = Pad(%a, [[0, 0], [0, 0], [1, 2], [0, 3]])\n"
        "%y = Transpose(%p, [0, 2, 3, 1])",
        "Pad({s}, int32[4, 2])",
    ),
    "into a product": (
        "%a = Transpose(%s, [0, 1, 3, 2])\n%y = BatchMatMulV2(%a, %s)",
        "BatchMatMulV2 adj_x=True({s}, {s})",
    ),
    "into the right side": (
        "%a = Transpose(%s, [0, 1, 3, 2])\n%y = BatchMatMulV2(%s, %a) {adj_y: true}",
        "BatchMatMulV2({s}, {s})",
    ),
    "into weights": (
        "%r = Reshape(%s, [-1, 4])\n%y = MatMul(%r, float32[8, 4]) {transpose_b: true}",
        "MatMul(Reshape({s}, [-1, 4]), float32[4, 8])",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), CHANGED.values(), ids=CHANGED)
def test_changes(text: str, wanted: str) -> None:
    assert optimised(X + text, transposes.PASS) == "y = " + wanted.format(s="Sin(x)")


STAYS = {
    "one alone": "%y = Transpose(%s, [0, 3, 1, 2])",
    "not known": "%p = Placeholder() {dtype: int32, shape: shape[4]}\n%y = Transpose(%s, %p)",
    "of an input": "%a = Transpose(%x, [0, 3, 1, 2])\n%y = Mul(%a, 0.5)",
    "read elsewhere": "output a = %a\noutput y = %y\n%a = Transpose(%s, [0, 3, 1, 2])\n%y = Relu(%a)",
    "one of two": "%a = Transpose(%s, [0, 3, 2, 1])\n%z = Placeholder() {shape: shape[?, 4, 6, 5]}\n%y = AddV2(%a, %z)",
    "in different ways": (
        "%t = Tanh(%s)\n%m = Transpose(%s, [0, 1, 2, 3])\n%a = Transpose(%s, [2, 1, 0, 3])\n"
        "%b = Transpose(%t, [2, 1, 3, 0])\n%y = ConcatV2(%a, %b, 0)"
    ),
    "more than the last two": "%a = Transpose(%s, [1, 0, 3, 2])\n%y = BatchMatMulV2(%a, %s)",
    "weights with other readers": (
        "%w = Identity(float32[8, 4])\n%r = Reshape(%s, [-1, 4])\n%y = MatMul(%r, %w) {transpose_b: true}"
    ),
    "types that change": (
        "%a = Transpose(%s, [0, 3, 1, 2])\n%i = Cast(%a) {SrcT: float32, DstT: int32}\n"
        "%y = Cast(%i) {SrcT: int32, DstT: float32}"
    ),
    "a constant that makes it higher": "%a = Transpose(%s, [0, 3, 1, 2])\n%y = Mul(%a, float32[2, 1, 1, 1, 1])",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    lines = (X + text).splitlines()
    text = "\n".join(sorted(lines, key=lambda line: not line.startswith("output")))
    found = optimised(text, transposes.PASS)
    assert found.count("Transpose(") == optimised(text).count("Transpose(") - ("[0, 1, 2, 3]" in found)
    assert stays(text, transposes.PASS)


def test_says_why_not() -> None:
    text = X + "%p = Placeholder() {dtype: int32, shape: shape[4]}\n%y = Transpose(%s, %p)"
    assert reasons(text, transposes.PASS) == {"its order of axes is not known"}
    shared = "%a = Transpose(%s, [0, 3, 1, 2])\n%m = Max(%a, [2])\n%n = Sin(%a)\n%o = Mean(%n, [2])\n%y = AddV2(%m, %o)"
    assert "other nodes need the transposed value" in reasons(X + shared, transposes.PASS)
