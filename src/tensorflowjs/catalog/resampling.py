"""Resizing along one axis as a matrix [old size, new size]: every method that Keras has is linear.

The formulas are those of TensorFlow's kernels, whose pixels have their centres at 0.5, 1.5, ... Positions are computed
as they do it, in single precision, since some curves end in a step.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
Curve = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def matrix(old: int, new: int, method: str, antialias: bool = False) -> Matrix:
    """How much of each old pixel goes into each new one; KeyError for methods that do not exist."""
    if method in SIMPLE and not (antialias and method in CURVES):
        return SIMPLE[method](old, new)
    return _convolved(old, new, *CURVES[method], antialias)


def _scale(old: int, new: int) -> np.float32:
    return np.float32(old) / np.float32(new)


def _centres(old: int, new: int) -> NDArray[np.float32]:
    """Where the centres of the new pixels lie among the old ones, in the precision that TensorFlow has."""
    return (np.arange(new, dtype=np.float32) + np.float32(0.5)) * _scale(old, new)


def _nearest(old: int, new: int) -> Matrix:
    result = np.zeros((old, new))
    result[np.minimum(np.floor(_centres(old, new)).astype(int), old - 1), np.arange(new)] = 1
    return result


def _bilinear(old: int, new: int) -> Matrix:
    """Between the two nearest centres; beyond the last one its pixel goes on."""
    result = np.zeros((old, new))
    at = _centres(old, new) - np.float32(0.5)
    lower = np.floor(at)
    share = (at - lower).astype(float)
    columns = np.arange(new)
    np.add.at(result, (np.clip(lower, 0, old - 1).astype(int), columns), 1 - share)
    np.add.at(result, (np.clip(np.ceil(at), 0, old - 1).astype(int), columns), share)
    return result


TABLE = 1024  # into as many parts the bicubic kernel of TensorFlow divides a pixel


def _bicubic(old: int, new: int) -> Matrix:
    """From the four nearest pixels, those beyond the edge left out."""
    result = np.zeros((old, new))
    at = _centres(old, new) - np.float32(0.5)
    lower = np.floor(at)
    share = np.rint((at - lower) * np.float32(TABLE)).astype(float) / TABLE
    for step in range(-1, 3):
        index = lower.astype(int) + step
        inside = (index >= 0) & (index < old)
        result[index[inside], np.arange(new)[inside]] = _keys(np.abs(share - step))[inside]
    return _normalised(result)


def _area(old: int, new: int) -> Matrix:
    """The average over the old pixels, and parts of them, that a new one covers."""
    scale = _scale(old, new)
    edges = np.arange(new + 1, dtype=np.float32) * scale
    pixels = np.arange(old, dtype=np.float32)[:, None]
    starts, ends = edges[None, :-1], edges[None, 1:]
    covered = np.minimum(pixels + 1, ends) - np.maximum(pixels, starts)
    covered[(pixels < starts) & (pixels + 1 > ends)] = scale
    shares: Matrix = np.clip(covered.astype(float), 0, None) / float(scale)
    return shares


def _convolved(old: int, new: int, radius: float, curve: Curve, antialias: bool) -> Matrix:
    """The old pixels weighted by a curve over their distance, which is wider where several go into one."""
    step = np.float32(1) / (np.float32(new) / np.float32(old))
    width = max(step, np.float32(1)) if antialias else np.float32(1)
    half, reach = np.float32(0.5), np.float32(radius) * width
    result = np.zeros((old, new))
    for column in range(new):
        centre = (np.float32(column) + half) * step
        first, last = (int(np.clip(edge, 0, old - 1)) for edge in _ends(centre, reach))
        pixels = np.arange(first, last + 1, dtype=np.float32)
        result[first : last + 1, column] = curve(np.abs((pixels + half - centre) / width).astype(float))
    return _normalised(result)


def _ends(centre: np.float32, reach: np.float32) -> tuple[float, float]:
    """The first and the last pixel whose centre is within reach."""
    half = np.float32(0.5)
    return math.ceil(centre - reach - half), math.floor(centre + reach - half)


def _normalised(weights: Matrix) -> Matrix:
    sums: Matrix = weights.sum(axis=0)
    result = np.divide(weights, sums, out=np.zeros_like(weights), where=np.abs(sums) > 1e-30)
    result[np.abs(result) < 1e-12] = 0  # what rounding leaves of a sine
    return result


# ---------------------------------------------------------------------------- curves over the distance


def _triangle(x: NDArray[Any]) -> NDArray[Any]:
    return np.clip(1 - x, 0, None)


def _keys(x: NDArray[Any]) -> NDArray[Any]:
    near, far = ((1.5 * x - 2.5) * x) * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _mitchell(x: NDArray[Any]) -> NDArray[Any]:
    near, far = (7 / 6 * x - 2) * x * x + 8 / 9, ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _gaussian(x: NDArray[Any]) -> NDArray[Any]:
    return np.where(x < 1.5, np.exp(-(x**2) / (2 * 0.5**2)), 0)


def _lanczos(radius: float) -> Curve:
    def curve(x: NDArray[Any]) -> NDArray[Any]:
        return np.where(x <= radius, np.sinc(x) * np.sinc(x / radius), 0)

    return curve


SIMPLE: dict[str, Callable[[int, int], Matrix]] = {
    "nearest": _nearest,
    "bilinear": _bilinear,
    "bicubic": _bicubic,
    "area": _area,
}
CURVES: dict[str, tuple[float, Curve]] = {
    "bilinear": (1.0, _triangle),
    "bicubic": (2.0, _keys),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, _gaussian),
    "mitchellcubic": (2.0, _mitchell),
}
