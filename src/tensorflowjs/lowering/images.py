"""Layers that resize and crop images, also those that do so where others change them at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tensorflowjs.catalog.geometry import is_channels_first
from tensorflowjs.catalog.masks import version
from tensorflowjs.lowering.core import augmenting
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import pad, where
from tensorflowjs.lowering.layout import channels_first, channels_last
from tensorflowjs.lowering.reshaping import resized
from tensorflowjs.lowering.values import BOOL, FLOAT, Traced


@dataclass(frozen=True)
class Part:
    """What of an axis goes into the resized image: from `start` to `stop`, with `margin` more on both sides."""

    start: int
    stop: int
    margin: int = 0


def resizing(site: Site) -> Outputs:
    size = int(site.config["height"]), int(site.config["width"])
    if not (site.config.get("crop_to_aspect_ratio") or site.config.get("pad_to_aspect_ratio")):
        return _over_image(site, lambda x: _resized(site, x, size))
    return _over_image(site, lambda x: _resized(site, _taken(site, x, _to_proportions(site, x, size)), size))


def _to_proportions(site: Site, x: Traced, size: tuple[int, int]) -> list[Part]:
    height, width = site.known(x.dims[1:3])
    if site.config.get("crop_to_aspect_ratio"):
        return _cut((height, width), size)
    return _filled_up((height, width), size)


def _cut(sizes: tuple[int, int], target: tuple[int, int]) -> list[Part]:
    """The largest part in the middle that has the proportions of `target`."""
    (height, width), (rows, columns) = sizes, target
    wanted = max(1, width * rows // columns), max(1, height * columns // rows)
    kept = [min(size, part) for size, part in zip(sizes, wanted, strict=True)]
    starts = [(size - part) // 2 for size, part in zip(sizes, kept, strict=True)]
    return [Part(start, start + part) for start, part in zip(starts, kept, strict=True)]


def _filled_up(sizes: tuple[int, int], target: tuple[int, int]) -> list[Part]:
    """The whole, with margins so that it comes to the proportions of `target`."""
    (height, width), (rows, columns) = sizes, target
    wanted = max(height, width * rows // columns), max(width, height * columns // rows)
    return [Part(0, size, (total - size) // 2) for size, total in zip(sizes, wanted, strict=True)]


def _taken(site: Site, x: Traced, parts: list[Part]) -> Traced:
    for axis, part in enumerate(parts, start=1):
        x = x.part(axis, part.start, part.stop)
    margins = [(0, 0), *((part.margin, part.margin) for part in parts), (0, 0)]
    return pad(x, margins, float(site.config.get("fill_value") or 0))


def _resized(site: Site, x: Traced, size: tuple[int, int]) -> Traced:
    how = str(site.config.get("interpolation") or "bilinear").lower()
    y = resized(site, x, list(size), how, bool(site.config.get("antialias")))
    rounds = site.layer.class_name == "Resizing" and site.generation == 3 and site.x.dtype != FLOAT
    return y.each("Round") if rounds and how != "nearest" else y


def center_crop(site: Site) -> Outputs:
    target = int(site.config["height"]), int(site.config["width"])
    return _over_image(site, lambda x: _cropped_or_resized(site, x, target))


def _cropped_or_resized(site: Site, x: Traced, target: tuple[int, int]) -> Traced:
    """The middle; of an image that is too small, the largest part of its proportions, enlarged."""
    height, width = site.known(x.dims[1:3])
    if height >= target[0] and width >= target[1]:
        starts = [(size - wanted) // 2 for size, wanted in zip((height, width), target, strict=True)]
        cuts = [Part(start, start + wanted) for start, wanted in zip(starts, target, strict=True)]
        return _taken(site, x, cuts)
    return _resized(site, _taken(site, x, _cut((height, width), target)), target)


def random_crop(site: Site) -> Outputs:
    """The whole image from Keras 3.8 on; before, its middle in the size that was asked for."""
    now, target = version(site.version), (int(site.config["height"]), int(site.config["width"]))
    if now >= (3, 8):
        return augmenting(site)

    def write(x: Traced) -> Traced:
        sizes = tuple(site.known(x.dims[1:3]))
        parts = _cut((sizes[0], sizes[1]), target)
        if now >= (3, 6):  # from where the crop begins, as much as there is up to the wanted size
            cuts = zip(parts, sizes, target, strict=True)
            parts = [Part(part.start, min(part.start + wanted, size)) for part, size, wanted in cuts]
        return _resized(site, _taken(site, x, parts), target)

    return _over_image(site, write)


def auto_contrast(site: Site) -> Outputs:
    """Each channel stretched to the whole range; where it holds one value only, as it is."""
    x = site.floats
    bottom, top = (float(number) for number in site.config.get("value_range") or (0, 255))
    if site.x.dtype != FLOAT:
        site.refuse("images of whole numbers, which it rounds", 'make the input of the model dtype="float32"')
    low, high = x.reduce("Min", [1, 2], keep=True), x.reduce("Max", [1, 2], keep=True)
    stretched = (x - low) / (high - low)
    y = stretched.maximum(0.0).minimum(1.0) * (top - bottom) + bottom
    return where(y.each("IsNan", BOOL), x, y)


def _over_image(site: Site, write: Callable[[Traced], Traced]) -> Traced:
    if len(site.inputs) != 1:
        site.refuse("called with labels or boxes beside the images", "take it out of the model")
    x, first = site.floats, is_channels_first(site.config)
    if x.rank != 4:
        site.refuse(f"an input of {x.rank} axes, which is no batch of images")
    y = write(channels_last(x, 2) if first else x)
    return channels_first(y, 2) if first else y


LAYERS: dict[str, Write] = {
    "Resizing": resizing,
    "CenterCrop": center_crop,
    "RandomCrop": random_crop,
    "AutoContrast": auto_contrast,
}
