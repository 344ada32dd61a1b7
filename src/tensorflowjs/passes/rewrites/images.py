"""Colours, patches, and resizing by any linear filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, flag, integers
from tensorflowjs.passes.rewrites.site import Rule, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray


def adjust_contrast(at: Site) -> Value:
    """AdjustContrastv2(x, factor) -> (x - mean) * factor + mean, with the mean of each channel of each image"""
    mean = at.mean(at.x, [-3, -2], keep=True)
    return at("AddV2", at("Mul", at("Sub", at.x, mean), at.inputs[1]), mean)


# ---------------------------------------------------------------------------- colours


def rgb_to_hsv(at: Site) -> Value:
    return at("Pack", *_hsv(at, at.x), axis=-1)


def hsv_to_rgb(at: Site) -> Value:
    return at("Pack", *_rgb(at, *_planes(at, at.x)), axis=-1)


def adjust_hue(at: Site) -> Value:
    """AdjustHue(x, delta) -> to hue, saturation and value, hue + delta around the circle, and back"""
    hue, saturation, value = _hsv(at, at.x)
    turned = at("FloorMod", at("AddV2", hue, at.inputs[1]), at.like(1, hue))
    return at("Pack", *_rgb(at, turned, saturation, value), axis=-1)


def adjust_saturation(at: Site) -> Value:
    hue, saturation, value = _hsv(at, at.x)
    scaled = _clipped(at, at("Mul", saturation, at.inputs[1]))
    return at("Pack", *_rgb(at, hue, scaled, value), axis=-1)


def _planes(at: Site, x: Value) -> tuple[Value, Value, Value]:
    node = at.node("Unpack", x, num=3, axis=-1)
    return node.value(0), node.value(1), node.value(2)


def _hsv(at: Site, x: Value) -> tuple[Value, Value, Value]:
    red, green, blue = _planes(at, x)
    value = at("Maximum", at("Maximum", red, green), blue)
    spread = at("Sub", value, at("Minimum", at("Minimum", red, green), blue))
    zero, one = at.like(0, x), at.like(1, x)
    saturation = at.select(at("Greater", value, zero), at("RealDiv", spread, value), zero)
    grey = at("Equal", spread, zero)
    safe = at.select(grey, one, spread)

    def sector(first: Value, second: Value, turn: float) -> Value:
        return at("AddV2", at("RealDiv", at("Sub", first, second), safe), at.like(turn, x))

    by_green = at.select(at("Equal", green, value), sector(blue, red, 2), sector(red, green, 4))
    sectors = at.select(at("Equal", red, value), sector(green, blue, 0), by_green)
    hue = at("Mul", at.select(grey, zero, sectors), at.like(1 / 6, x))
    return at.select(at("Less", hue, zero), at("AddV2", hue, one), hue), saturation, value


def _rgb(at: Site, hue: Value, saturation: Value, value: Value) -> list[Value]:
    turn = at("Mul", hue, at.like(6, hue))
    one, two = at.like(1, hue), at.like(2, hue)
    rest = at("Sub", one, saturation)

    def away(middle: float) -> Value:
        return at("Abs", at("Sub", turn, at.like(middle, hue)))

    shares = [at("Sub", away(3), one), at("Sub", two, away(2)), at("Sub", two, away(4))]
    return [at("Mul", at("AddV2", rest, at("Mul", saturation, _clipped(at, share))), value) for share in shares]


def _clipped(at: Site, value: Value) -> Value:
    return at("Minimum", at("Maximum", value, at.like(0, value)), at.like(1, value))


# ---------------------------------------------------------------------------- patches


def extract_patches(at: Site) -> Value | None:
    """ExtractImagePatches(x) -> Conv2D with a kernel of ones and zeros, one output channel for each element"""
    channels, sizes = at.shapes.dim(at.x, 3), integers(at.old, "ksizes")
    if channels is None or at.dtype != "float32":
        return None
    count = sizes[1] * sizes[2] * channels
    kernel = at.const(np.eye(count).reshape(sizes[1], sizes[2], channels, count), "float32")
    attrs = {"strides": integers(at.old, "strides"), "dilations": integers(at.old, "rates"), "explicit_paddings": []}
    padding, layout = at.old.attrs.get("padding", b"VALID"), b"NHWC"
    return at("Conv2D", at.x, kernel, padding=padding, data_format=layout, **attrs)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------- resizing


def resize_bicubic(at: Site) -> Value | None:
    return _resized(at, cubic_weights)


def resize_area(at: Site) -> Value | None:
    return _resized(at, area_weights)


def _resized(at: Site, weights: Any) -> Value | None:
    """Resize of known sizes -> a product with a matrix of weights along the height, and one along the width"""
    shape, size = at.shapes.of(at.x), constant(at.inputs[1])
    if shape is None or size is None or shape[1] is None or shape[2] is None:
        return None
    corners, half = flag(at.old, "align_corners"), flag(at.old, "half_pixel_centers")
    rows, columns = (weights(shape[side + 1], int(size[side]), corners, half) for side in (0, 1))
    return resized_by(at, rows, columns)


def resized_by(at: Site, rows: NDArray[Any], columns: NDArray[Any]) -> Value | None:
    """The images with each side multiplied by a matrix."""
    sizes = at.sizes(at.x)
    if sizes is None:
        return None
    (height, above), (width, beside) = rows.shape, columns.shape
    batch, channels = sizes[0], sizes[3]
    x = at.cast(at.x, "float32")
    flat = at.reshape(x, at.packed([batch, above, at.product([beside, channels])]))
    tall = at("BatchMatMulV2", at.const(rows, "float32"), flat, adj_x=False, adj_y=False)
    lines = at.reshape(tall, at.packed([at.product([batch, height]), beside, channels]))
    wide = at("BatchMatMulV2", at.const(columns, "float32"), lines, adj_x=False, adj_y=False)
    return at.reshape(wide, at.packed([batch, height, width, channels]))


def _scale(source: int, target: int, corners: bool) -> np.float32:
    if corners and target > 1:
        return np.float32((source - 1) / (target - 1))
    return np.float32(source / target)


def cubic_weights(source: int, target: int, corners: bool, half: bool) -> NDArray[Any]:
    """What each of `target` pixels takes from each of `source`, by Keys' cubic as TensorFlow tabulates it."""
    scale, steps = _scale(source, target, corners), 1024
    bend = -0.5 if half else -0.75
    matrix = np.zeros((target, source), "<f4")
    for pixel in range(target):
        place = (np.float32(pixel) + np.float32(0.5)) * scale - np.float32(0.5) if half else np.float32(pixel) * scale
        first = int(np.floor(place))
        near = int(np.rint((place - first) * steps)) / steps
        taken = [_far(1 + near, bend), _close(near, bend), _close(1 - near, bend), _far(2 - near, bend)]
        places = range(first - 1, first + 3)
        if half:
            taken = [weight if 0 <= at < source else 0.0 for weight, at in zip(taken, places, strict=True)]
            total = sum(taken)
            taken = [weight / total for weight in taken]
        for weight, at in zip(taken, places, strict=True):
            matrix[pixel, min(max(at, 0), source - 1)] += np.float32(weight)
    return matrix


def _close(x: float, bend: float) -> float:
    return ((bend + 2) * x - (bend + 3)) * x * x + 1


def _far(x: float, bend: float) -> float:
    return ((bend * x - 5 * bend) * x + 8 * bend) * x - 4 * bend


def area_weights(source: int, target: int, corners: bool, half: bool) -> NDArray[Any]:
    """What each of `target` pixels takes from each of `source` by the share of its area."""
    scale = float(_scale(source, target, corners))
    matrix = np.zeros((target, source), "<f4")
    for pixel in range(target):
        begin, end = pixel * scale, (pixel + 1) * scale
        for at in range(int(np.floor(begin)), int(np.ceil(end))):
            share = min(at + 1, end) - max(at, begin)
            matrix[pixel, min(max(at, 0), source - 1)] += share / scale
    return matrix


RULES: dict[str, Rule] = {
    "AdjustContrastv2": adjust_contrast,
    "RGBToHSV": rgb_to_hsv,
    "HSVToRGB": hsv_to_rgb,
    "AdjustHue": adjust_hue,
    "AdjustSaturation": adjust_saturation,
    "ExtractImagePatches": extract_patches,
    "ResizeBicubic": resize_bicubic,
    "ResizeArea": resize_area,
}
