"""Comparisons: what they must catch, and what they must let through."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tensorflowjs.verify import Tolerance, compare, compare_output

RANDOM = np.random.default_rng(5)
SQUARE = RANDOM.standard_normal((4, 4)).astype(np.float32)


def changed(place: tuple[int, ...], value: float) -> Any:
    copy = SQUARE.copy()
    copy[place] = value
    return copy


def test_equal() -> None:
    result = compare_output("y", SQUARE, SQUARE.copy())
    assert result.ok(Tolerance(0, 0))
    assert (result.max_abs, result.max_rel, result.snr_db, result.argmax_agreement) == (0, 0, math.inf, 1)
    assert str(result) == "y (4, 4): max abs 0.00e+00, max rel 0.00e+00, SNR inf dB, argmax 100%"


def test_rounding_is_let_through() -> None:
    result = compare_output("y", SQUARE, SQUARE * np.float32(1 + 1e-6))
    assert result.ok()
    assert result.snr_db == pytest.approx(120, abs=3)


def test_measures() -> None:
    result = compare_output("y", [[1.0, 2.0], [4.0, 3.0]], [[1.0, 2.0], [4.0, 5.0]])
    assert (result.max_abs, result.max_rel, result.argmax_agreement) == (2.0, pytest.approx(2 / 3), 0.5)
    assert result.snr_db == pytest.approx(10 * math.log10(30 / 4))
    assert result.worst() == "[1, 1] expected 3, got 5"


@pytest.mark.parametrize(
    "wrong",
    [
        SQUARE.T,
        SQUARE[::-1],
        -SQUARE,
        SQUARE * 1.001,
        SQUARE + 0.001,
        np.zeros_like(SQUARE),
        changed((2, 1), SQUARE[2, 1] + 0.01),
        changed((0, 0), math.nan),
        changed((3, 3), math.inf),
        SQUARE[None],
        SQUARE[:3],
        np.round(SQUARE).astype(np.int32),
        np.full((4, 4), b"text", object),
    ],
    ids=lambda _: "",
)
def test_wrong_outputs_are_caught(wrong: Any) -> None:
    assert not compare_output("y", SQUARE, wrong).ok()


def test_a_small_value_beside_large_ones_may_be_off_by_a_share_of_the_largest() -> None:
    expected = np.array([1e4, 1e-9])
    assert compare_output("y", expected, expected + np.array([0, 0.05])).ok()
    assert not compare_output("y", expected, expected + np.array([0, 0.2])).ok()


def test_small_outputs_are_judged_by_their_own_size() -> None:
    expected = SQUARE * 1e-7
    assert not compare_output("y", expected, expected * 1.01).ok()


def test_nan_and_infinity_must_be_at_the_same_places() -> None:
    special = np.array([1.0, math.nan, math.inf, -math.inf])
    assert compare_output("y", special, special.copy()).ok()
    for place, value, problem in (
        (1, 0.0, "NaN expected, not got, in 1 places, first at [1]"),
        (0, math.nan, "NaN got, not expected, in 1 places, first at [0]"),
        (2, -math.inf, "+infinity expected, not got, in 1 places, first at [2]"),
    ):
        wrong = special.copy()
        wrong[place] = value
        assert compare_output("y", special, wrong).problem == problem


def test_whole_numbers_must_be_equal() -> None:
    numbers = np.array([[1_000_000, 2], [3, 4]])
    assert compare_output("y", numbers, numbers.astype(np.float32)).ok()
    wrong = compare_output("y", numbers, [[1_000_001, 2], [3, 4]])
    assert wrong.problem is not None
    assert wrong.problem.startswith("1 of 4 values differ, first at [0, 0]")
    assert not wrong.ok(Tolerance(1, 1))
    assert not compare_output("y", [True, False], [True, True]).ok()


def test_strings() -> None:
    words = np.array(["a", "größer"])
    result = compare_output("y", words, np.array([b"a", "größer".encode()], object))
    assert result.ok()
    assert str(result) == "y (2,): equal"
    assert not compare_output("y", words, np.array([b"a", b"b"], object)).ok()


def test_complex_numbers() -> None:
    numbers = SQUARE + 1j * SQUARE.T
    assert compare_output("y", numbers, numbers.copy()).ok()
    assert not compare_output("y", numbers, numbers.conj()).ok()


@pytest.mark.parametrize("dtype", [np.float16, np.float64])
def test_other_precisions_are_compared_as_numbers(dtype: Any) -> None:
    assert compare_output("y", SQUARE.astype(dtype), SQUARE).ok(Tolerance(1e-3, 1e-3))


@pytest.mark.parametrize(
    ("outputs", "weakness"),
    [
        (np.zeros((2, 3)), "all zeros"),
        (np.ones((2, 1)), "constant"),
        (np.tile(SQUARE[:1], (3, 1)), "the same for every sample"),
        (np.full((2, 2), math.nan), "nothing finite"),
        (np.zeros((0, 3)), "empty"),
        (np.array([7, 7]), "constant"),
        (SQUARE, None),
        (np.array([0.5]), None),
        (SQUARE[:1], None),
    ],
)
def test_weak_evidence_is_pointed_out(outputs: Any, weakness: str | None) -> None:
    result = compare_output("y", outputs, outputs.copy())
    assert result.ok()
    assert result.weak == weakness
    assert (weakness is None) == ("weak evidence" not in str(result))


def test_outputs_are_compared_in_order() -> None:
    first, second = compare([SQUARE, SQUARE[0]], [SQUARE, SQUARE[1]], ["a", "b"])
    assert (first.name, first.ok(), second.name, second.ok()) == ("a", True, "b", False)
    with pytest.raises(ValueError, match="2 outputs expected, got 1"):
        compare([SQUARE, SQUARE], [SQUARE], ["a", "b"])


@given(
    st.integers(0, 2**32 - 1),
    st.floats(-8, 8).map(lambda power: 10.0**power),
    st.sampled_from([1e-3, 1e-4, 1e-6]),
)
def test_the_tolerance_is_a_sharp_line(seed: int, scale: float, relative: float) -> None:
    expected = np.random.default_rng(seed).uniform(0.5, 1, 10) * scale
    tolerance = Tolerance(relative, 0)
    assert compare_output("y", expected, expected * (1 + 0.99 * relative)).ok(tolerance)
    off = expected.copy()
    off[seed % 10] *= 1 + 1.01 * relative
    assert not compare_output("y", expected, off).ok(tolerance)
