"""Upsampling of sequences, images and volumes."""

from __future__ import annotations

from tensorflowjs.catalog.geometry import is_channels_first, numbers
from tensorflowjs.fitting import images
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref


def upsampling1d(site: Site) -> Outputs:
    """Upsampling of an image of width 1."""
    (factor,) = numbers(site.config["size"], 1)
    first = is_channels_first(site.config)
    return images.over_sequence(site, site.inputs[0], images.UPSAMPLING, factor, channels_first=first)


def upsampling2d(site: Site) -> Outputs:
    """Kept for nearest neighbours; bilinear interpolation becomes averages of these, edges included."""
    size, first = numbers(site.config["size"], 2), is_channels_first(site.config)
    interpolation = site.config.get("interpolation") or "nearest"
    if interpolation == "bilinear":
        return _bilinear(site, size, first)
    if interpolation not in ("nearest", "area"):  # an area that grows holds one value
        site.refuse(f'interpolation="{interpolation}": TF.js has nearest neighbours only', "use bilinear")
    return images.over_image(site, site.inputs[0], images.UPSAMPLING, size, channels_first=first, part=None)


def upsampling3d(site: Site) -> Outputs:
    """Upsampling of images: of depth times height by width, and of depth by height."""
    size, first = numbers(site.config["size"], 3), is_channels_first(site.config)
    return images.over_volume(site, site.inputs[0], images.UPSAMPLING, size, channels_first=first)


def _bilinear(site: Site, size: tuple[int, ...], channels_first: bool) -> Ref:
    """Linear interpolation between centres of pixels, one dimension after the other.

    It equals the average over a window as wide as an input pixel, over pixels repeated. That window lies
    symmetrically around each output pixel: for an odd factor over pixels repeated that many times, for any factor
    over twice as many, of which every second is kept. Averages of TF.js leave out what lies beyond the edge, and
    there only the pixel at the edge itself is left.
    """
    height, width = size
    ref = site.inputs[0]
    last = None if width == 1 else "rows"
    ref = _linear(site, ref, (height, 1), channels_first, last) if height > 1 or width == 1 else ref
    return _linear(site, ref, (1, width), channels_first, None) if width > 1 else ref


def _linear(site: Site, ref: Ref, size: tuple[int, int], channels_first: bool, part: str | None) -> Ref:
    repeat = 1 if max(size) % 2 else 2
    fine = tuple(factor if factor == 1 else factor * repeat for factor in size)
    name = f"{part or 'columns'}_repeated"
    ref = images.over_image(site, ref, images.UPSAMPLING, fine, channels_first=channels_first, part=name)
    windows = [(count, 1 if count == 1 else repeat) for count in fine]
    average = images.pooling("Average", "same")
    return images.over_image(site, ref, average, windows, channels_first=channels_first, part=part)


RULES: dict[str, Rule] = {
    "UpSampling1D": upsampling1d,
    "UpSampling2D": upsampling2d,
    "UpSampling3D": upsampling3d,
}
