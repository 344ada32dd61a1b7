"""Zero padding and cropping of sequences, images and volumes."""

from __future__ import annotations

from tensorflowjs.catalog.geometry import is_channels_first, pairs
from tensorflowjs.fitting import images
from tensorflowjs.fitting.engine import Outputs, Rule, Site


def zero_padding1d(site: Site) -> Outputs:
    """Padding of an image of width 1."""
    return _of_sequence(site, images.PADDING)


def zero_padding3d(site: Site) -> Outputs:
    """Padding of images: of depth times height by width, and of depth by height."""
    return _of_volume(site, images.PADDING)


def cropping1d(site: Site) -> Outputs:
    """Cropping of an image of width 1."""
    return _of_sequence(site, images.CROPPING)


def cropping2d(site: Site) -> Outputs:
    """Kept; where a size is unknown a padding by nothing follows, so that it stays unknown to TF.js."""
    cropping, first = pairs(site.config["cropping"], 2), is_channels_first(site.config)
    return images.over_image(site, site.inputs[0], images.CROPPING, cropping, channels_first=first, part=None)


def cropping3d(site: Site) -> Outputs:
    """Cropping of images: of depth times height by width, and of depth by height."""
    return _of_volume(site, images.CROPPING)


def _of_sequence(site: Site, kind: images.ImageLayer) -> Outputs:
    (amount,) = pairs(site.config[kind.what], 1)
    return images.over_sequence(site, site.inputs[0], kind, amount, channels_first=is_channels_first(site.config))


def _of_volume(site: Site, kind: images.ImageLayer) -> Outputs:
    amounts = pairs(site.config[kind.what], 3)
    return images.over_volume(site, site.inputs[0], kind, amounts, channels_first=is_channels_first(site.config))


RULES: dict[str, Rule] = {
    "ZeroPadding1D": zero_padding1d,
    "ZeroPadding3D": zero_padding3d,
    "Cropping1D": cropping1d,
    "Cropping2D": cropping2d,
    "Cropping3D": cropping3d,
}
