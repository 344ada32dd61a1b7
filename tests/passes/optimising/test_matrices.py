"""Stacks of matrices that are one matrix."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import matrices
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 7, 16]}\n"


def test_the_same_matrix_for_all() -> None:
    assert optimised(X + "%y = BatchMatMulV2(%x, float32[16, 8])", matrices.PASS) == (
        "y = Reshape(MatMul(Reshape(x, [-1, 16]), float32[16, 8]), [-1, 7, 8])"
    )


def test_transposed() -> None:
    assert "MatMul transpose_b=True" in optimised(
        X + "%y = BatchMatMulV2(%x, float32[8, 16]) {adj_y: true}", matrices.PASS
    )


def test_one_is_no_stack() -> None:
    text = "%x = Placeholder() {shape: shape[16, ?]}\n%y = BatchMatMulV2(%x, float32[16, 8]) {adj_x: true}"
    assert optimised(text, matrices.PASS) == "y = MatMul transpose_a=True(x, float32[16, 8])"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(X + "%y = BatchMatMulV2(%x, float32[1, 16, 8])", None, id="a stack on the right"),
        pytest.param(
            "%x = Placeholder() {shape: shape[?, ?, 16]}\n%y = BatchMatMulV2(%x, float32[16, 8])",
            "more than one size of its result is not known",
            id="two unknown sizes",
        ),
        pytest.param(
            X + "%y = BatchMatMulV2(%x, float32[7, 8]) {adj_x: true}",
            "the stack on its left is transposed, or as wide as is not known",
            id="transposed on the left",
        ),
    ],
)
def test_stays(text: str, why: str | None) -> None:
    assert stays(text, matrices.PASS)
    assert reasons(text, matrices.PASS) == ({why} if why else set())
