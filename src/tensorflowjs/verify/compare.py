"""Are two sets of outputs the same? Numbers for people, and one yes or no.

The yes or no is taken element by element: |actual - expected| <= relative * |expected| + floor * scale,
where scale is the largest expected magnitude of that output. Whole numbers, booleans and strings must be equal.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Tolerance:
    """`relative` to each expected value; `floor` for every value, as a share of the largest expected one."""

    relative: float = 1e-4
    floor: float = 1e-5


@dataclass(frozen=True)
class Comparison:
    """One output beside what was expected.

    `problem`: why no tolerance can save it (shape, NaN, infinity, unequal strings or whole numbers).
    `weak`: why agreement would prove little (all zeros, constant, the same for every sample).
    `rounding`: why an error beyond any tolerance is rounding, and no more.
    """

    name: str
    shape: tuple[int, ...]
    max_abs: float
    max_rel: float
    snr_db: float
    argmax_agreement: float | None
    problem: str | None = None
    weak: str | None = None
    rounding: str | None = None
    _expected: Array = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)
    _actual: Array = field(default_factory=lambda: np.zeros(0), repr=False, compare=False)

    def ok(self, tolerance: Tolerance = Tolerance()) -> bool:
        """Whether every element is within `tolerance`, or its error is rounding."""
        if self.problem is not None or self.rounding is not None:
            return self.problem is None
        return not bool(_excess(self._expected, self._actual, tolerance).any())

    def worst(self, tolerance: Tolerance = Tolerance(), count: int = 3) -> str:
        """The elements furthest out of `tolerance`, as text; empty if there are none."""
        excess = _excess(self._expected, self._actual, tolerance)
        order = np.argsort(-excess, axis=None, kind="stable")[:count]
        places = [np.unravel_index(int(at), excess.shape) for at in order if excess.flat[at] > 0]
        return ", ".join(
            f"{_index(place)} expected {self._expected[place]:.7g}, got {self._actual[place]:.7g}" for place in places
        )

    def within(self, other: Comparison, times: float) -> bool:
        """Whether its error is at most `times` that of `other`, both the largest one and all together."""
        return self.max_abs <= times * other.max_abs and self._error() <= times * other._error()

    def _error(self) -> float:
        """The root of the mean square."""
        finite = np.isfinite(self._expected) & np.isfinite(self._actual)
        error = self._actual[finite] - self._expected[finite]
        return math.sqrt(float(np.mean(error**2))) if error.size else 0.0

    def __str__(self) -> str:
        text = f"{self.name} {self.shape}: "
        if self.problem:
            return text + self.problem
        if math.isnan(self.max_abs):
            text += "equal"  # strings know nothing between equal and not
        else:
            text += f"max abs {self.max_abs:.2e}, max rel {self.max_rel:.2e}, SNR {self.snr_db:.1f} dB"
        if self.argmax_agreement is not None:
            text += f", argmax {self.argmax_agreement:.0%}"
        if self.rounding:
            text += f", {self.rounding}"
        return f"{text} (weak evidence: {self.weak})" if self.weak else text


def compare(expected: Sequence[object], actual: Sequence[object], names: Sequence[str]) -> list[Comparison]:
    """One comparison for each output, in order."""
    if not len(expected) == len(actual) == len(names):
        raise ValueError(f"{len(expected)} outputs expected, got {len(actual)}, with {len(names)} names")
    return [compare_output(*row) for row in zip(names, expected, actual, strict=True)]


def compare_output(name: str, expected: object, actual: object) -> Comparison:
    """Measure one output."""
    wanted, got = np.asarray(expected), np.asarray(actual)
    problem = _mismatch(wanted, got)
    if problem or wanted.dtype.kind in "SUO":
        weak = None if problem else _weakness(wanted)
        return Comparison(name, got.shape, math.nan, math.nan, math.nan, None, problem, weak)
    exact = wanted.dtype.kind in "iub"
    wanted, got = _as_float(wanted), _as_float(got)
    problem = _special_values(wanted, got) or (_inequality(wanted, got) if exact else None)
    return _measure(name, wanted, got, problem)


def _mismatch(expected: Array, actual: Array) -> str | None:
    if expected.shape != actual.shape:
        return f"shape {actual.shape}, expected {expected.shape}"
    if (expected.dtype.kind in "SUO") != (actual.dtype.kind in "SUO"):
        return f"{actual.dtype} values, expected {expected.dtype}"
    if expected.dtype.kind in "SUO":
        return _inequality(*(np.vectorize(_as_bytes, otypes=[object])(array) for array in (expected, actual)))
    return None


def _as_bytes(text: object) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)  # type: ignore[call-overload]


def _as_float(array: Array) -> Array:
    """In double precision; complex numbers as pairs."""
    if array.dtype.kind == "c":
        array = np.stack([array.real, array.imag], axis=-1)
    numbers: Array = array.astype(np.float64)
    return numbers


def _index(place: Iterable[Any]) -> str:
    return f"[{', '.join(str(int(at)) for at in place)}]"


def _special_values(expected: Array, actual: Array) -> str | None:
    for what, found in (("NaN", np.isnan), ("+infinity", np.isposinf), ("-infinity", np.isneginf)):
        here, there = found(actual), found(expected)
        differing = here != there
        if differing.any():
            place = tuple(np.argwhere(differing)[0])
            side = "got, not expected," if here[place] else "expected, not got,"
            return f"{what} {side} in {int(differing.sum())} places, first at {_index(place)}"
    return None


def _inequality(expected: Array, actual: Array) -> str | None:
    differing = np.argwhere(expected != actual)
    if not len(differing):
        return None
    place = tuple(differing[0])
    values = f"expected {expected[place]}, got {actual[place]}"
    return f"{len(differing)} of {expected.size} values differ, first at {_index(place)}: {values}"


def _measure(name: str, expected: Array, actual: Array, problem: str | None) -> Comparison:
    finite = np.isfinite(expected) & np.isfinite(actual)
    wanted, error = expected[finite], np.abs(actual[finite] - expected[finite])
    nonzero = wanted != 0
    relative = error[nonzero] / np.abs(wanted[nonzero])
    return Comparison(
        name=name,
        shape=expected.shape,
        max_abs=float(error.max(initial=0.0)),
        max_rel=float(relative.max(initial=0.0)),
        snr_db=_signal_to_noise(wanted, error),
        argmax_agreement=_argmax_agreement(expected, actual),
        problem=problem,
        weak=_weakness(expected),
        _expected=expected,
        _actual=actual,
    )


def _signal_to_noise(signal: Array, error: Array) -> float:
    power, noise = float(np.sum(signal**2)), float(np.sum(error**2))
    if noise == 0:
        return math.inf
    return 10 * math.log10(power / noise) if power else -math.inf


def _argmax_agreement(expected: Array, actual: Array) -> float | None:
    """The share of rows whose largest value is at the same place."""
    if expected.ndim == 0 or expected.shape[-1] < 2 or not expected.size:
        return None
    return float(np.mean(expected.argmax(axis=-1) == actual.argmax(axis=-1)))


def _weakness(expected: Array) -> str | None:
    if not expected.size:
        return "empty"
    if expected.dtype.kind == "f":
        if not np.isfinite(expected).any():
            return "nothing finite"
        if not expected.any():
            return "all zeros"
    same = expected == expected.flat[0]
    if expected.size > 1 and bool(np.all(same)):
        return "constant"
    if expected.ndim > 0 and len(expected) > 1 and bool(np.all(expected == expected[:1])):
        return "the same for every sample"
    return None


def _excess(expected: Array, actual: Array, tolerance: Tolerance) -> Array:
    """How far each element is out of tolerance; 0 where it is within. NaN and infinity are judged elsewhere."""
    finite = np.isfinite(expected) & np.isfinite(actual)
    wanted = np.where(finite, expected, 0.0)
    error = np.abs(np.where(finite, actual, 0.0) - wanted)
    magnitude = np.abs(wanted)
    allowed = tolerance.relative * magnitude + tolerance.floor * magnitude.max(initial=0.0)
    excess: Array = np.maximum(error - allowed, 0.0)
    return excess
