"""Which errors count as rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tensorflowjs.verify import Tolerance, compare
from tensorflowjs.verify.rounding import with_rounding

RANDOM = np.random.default_rng(8)
VALUES = RANDOM.standard_normal((2, 5000))
NOISE = RANDOM.standard_normal((2, 5000))
STRICT = Tolerance(1e-6, 1e-6)


def spike(size: float) -> np.ndarray:
    """One element that is off."""
    noise = np.zeros_like(VALUES)
    noise[1, 7] = size
    return noise


@pytest.mark.parametrize(
    ("error", "between", "excused"),
    [
        (1e-4 * NOISE, 1e-4 * NOISE[::-1], True),
        (3.5e-4 * NOISE, 1e-4 * NOISE, True),
        (4.5e-4 * NOISE, 1e-4 * NOISE, False),
        (1e-4 * NOISE + spike(0.01), 1e-4 * NOISE, False),
        (np.full_like(VALUES, 3e-4), 1e-5 * NOISE + spike(1e-3), False),
        (2e-3 * NOISE, 2e-3 * NOISE, False),
        (spike(0.08), spike(0.08), False),
        (1e-4 * NOISE, np.zeros_like(VALUES), False),
        (spike(math.nan), 1e-4 * NOISE, False),
        (1e-4 * NOISE, spike(math.nan), False),
    ],
    ids=["alike", "four times", "more", "more in one", "more in all", "much", "few", "none", "NaN", "NaN there"],
)  # fmt: skip
def test_how_much_is_rounding(error: np.ndarray, between: np.ndarray, excused: bool) -> None:
    (found,) = with_rounding(
        compare([VALUES], [VALUES + error], ["y"]), compare([VALUES], [VALUES + between], ["y"]), STRICT
    )
    assert found.ok(STRICT) is excused and (found.rounding is not None) is excused
    assert ("amplifies rounding" in str(found)) is excused


def test_whole_numbers_are_never_rounded() -> None:
    whole = np.arange(5000)
    wrong = whole + (whole == 4999)
    (found,) = with_rounding(compare([whole], [wrong], ["y"]), compare([whole], [wrong], ["y"]), STRICT)
    assert not found.ok(STRICT) and found.rounding is None


def test_nothing_is_said_of_what_is_within_tolerance() -> None:
    comparisons = compare([VALUES], [VALUES], ["y"])
    assert with_rounding(comparisons, compare([VALUES], [VALUES + 1e-4 * NOISE], ["y"]), STRICT) == comparisons
