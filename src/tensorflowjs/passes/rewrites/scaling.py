"""Images under maps of the plane: scaled and translated by any filter, and projected."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, flag, text
from tensorflowjs.passes.dims import all_known
from tensorflowjs.passes.rewrites.images import resized_by
from tensorflowjs.passes.rewrites.site import Rule, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

Filter = tuple[float, Callable[[float], float]]  # radius, and weight by distance


def scale_and_translate(at: Site) -> Value | None:
    """ScaleAndTranslate of known sizes -> a product with a matrix of weights along each side"""
    x, *rest = at.inputs
    size, scale, translation = (_numbers(at, value) for value in rest)
    dims, found = at.shapes.of(x), _FILTERS.get(text(at.old, "kernel_type", "lanczos3"))
    if dims is None or found is None or size is None or scale is None or translation is None:
        return None
    if dims[1] is None or dims[2] is None:
        return None
    smooth = flag(at.old, "antialias", True)
    rows, columns = (
        scaled_weights(
            dims[side + 1] or 0, int(size[side]), (float(scale[side]), float(translation[side])), found, smooth
        )
        for side in (0, 1)
    )
    return resized_by(at, rows, columns)


def _numbers(at: Site, value: Value) -> NDArray[Any] | None:
    """The values of a constant, or of what is computed from constants and known shapes."""
    found = constant(value)
    if found is not None:
        return np.asarray(found)
    whole = all_known(at.shapes.numbers(value))
    if whole is not None and at.shapes.rank(value) == 1:
        return np.array(whole)
    if value.node.op == "RealDiv":
        upper, lower = (_numbers(at, each) for each in value.node.inputs)
        return None if upper is None or lower is None else np.asarray(np.float32(upper) / np.float32(lower))
    return _numbers(at, value.node.inputs[0]) if value.node.op in ("Cast", "Identity") else None


def scaled_weights(source: int, target: int, move: tuple[float, float], found: Filter, smooth: bool) -> NDArray[Any]:
    """What each of `target` pixels takes from each of `source`; nothing where it lies outside."""
    (scale, translation), (radius, weigh) = move, found
    back = 1 / scale
    width = max(back, 1.0) if smooth else 1.0
    matrix = np.zeros((target, source), "<f4")
    for pixel in range(target):
        centre = (pixel + 0.5) * back - translation * back
        if not 0 <= centre <= source:
            continue
        first = max(math.ceil(centre - radius * width - 0.5), 0)
        last = min(math.floor(centre + radius * width - 0.5), source - 1)
        weights = np.array([weigh(abs((place + 0.5 - centre) / width)) for place in range(first, last + 1)])
        total = weights.sum()
        if abs(total) > 1e-35:
            matrix[pixel, first : last + 1] = weights / total
    return matrix


def _lanczos(radius: float) -> Callable[[float], float]:
    def weigh(x: float) -> float:
        if x > radius:
            return 0.0
        if x <= 1e-3:
            return 1.0
        return radius * math.sin(math.pi * x) * math.sin(math.pi * x / radius) / (math.pi**2 * x * x)

    return weigh


def _gaussian(x: float) -> float:
    return 0.0 if x >= 1.5 else math.exp(-x * x / (2 * 0.5 * 0.5))


def _cubic(near: tuple[float, ...], far: tuple[float, ...]) -> Callable[[float], float]:
    return lambda x: 0.0 if x >= 2 else float(np.polyval(near if x < 1 else far, x))


# The filters of TensorFlow.
_FILTERS: dict[str, Filter] = {
    "box": (1.0, lambda x: 1.0 if x < 0.5 else 0.5 if x == 0.5 else 0.0),
    "triangle": (1.0, lambda x: max(1.0 - x, 0.0)),
    "keyscubic": (2.0, _cubic((1.5, -2.5, 0, 1), (-0.5, 2.5, -4, 2))),
    "mitchellcubic": (2.0, _cubic((7 / 6, -2, 0, 8 / 9), (-7 / 18, 2, -10 / 3, 16 / 9))),
    "lanczos1": (1.0, _lanczos(1.0)),
    "lanczos3": (3.0, _lanczos(3.0)),
    "lanczos5": (5.0, _lanczos(5.0)),
    "gaussian": (1.5, _gaussian),
}


def project(at: Site) -> Value:
    """ImageProjectiveTransformV2(x, transforms, size) -> ImageProjectiveTransformV3 that fills with 0"""
    attrs = {key: at.old.attrs.get(key, default) for key, default in _PROJECTION.items()}
    return at("ImageProjectiveTransformV3", *at.inputs, at.const(0, "float32"), **attrs)


_PROJECTION = {"interpolation": b"NEAREST", "fill_mode": b"CONSTANT"}

RULES: dict[str, Rule] = {
    "ScaleAndTranslate": scale_and_translate,
    "ImageProjectiveTransformV2": project,
}
