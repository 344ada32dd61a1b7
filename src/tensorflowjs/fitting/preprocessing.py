"""Layers that prepare images, and what cannot be had of other preparation.

Resizing is linear, so along each axis it is a Dense layer with fixed weights, for which the axis becomes the last
one for a while:

    [height, width, channels] ── Permute ── [width, channels, height] ── Dense ── Permute ── Dense ── Permute
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tensorflowjs.catalog.geometry import is_channels_first, space_of
from tensorflowjs.catalog.layers.preprocessing import AUGMENTING
from tensorflowjs.catalog.masks import version
from tensorflowjs.catalog.resampling import matrix
from tensorflowjs.fitting import categories, images, layout
from tensorflowjs.fitting.configs import number
from tensorflowjs.fitting.engine import Outputs, Refusal, Rule, Site
from tensorflowjs.ir.layers import Ref
from tensorflowjs.tensors import ArrayTensor, Tensor

GRAPH_MODEL = "convert to a graph model instead: --output_format=tfjs_graph_model"
FLOATS = 'make the input of the model dtype="float32"'
FIXED_SIZE = "give the model's input a fixed size"


def augmenting(site: Site) -> Outputs:
    """The identity: it acts in training only."""
    _image(site)
    return layout.as_floats(site, site.inputs[0], None)


def _image(site: Site) -> None:
    if len(site.inputs) != 1:
        site.refuse("called with labels or boxes beside the images", "take it out of the model")


def pipeline(site: Site) -> Outputs:
    """Taken apart: its layers come one behind the other."""
    raise AssertionError(f"{site.where}: `preparation` has not taken it apart")


# ---------------------------------------------------------------------------- sizes


@dataclass(frozen=True)
class Part:
    """What of an axis goes into the resized image: from `start` to `stop`, with `margin` more on both sides."""

    start: int
    stop: int
    margin: int = 0

    @property
    def size(self) -> int:
        return self.stop - self.start + 2 * self.margin


def resizing(site: Site) -> Outputs:
    """A Dense layer with fixed weights along each axis, for every method of interpolation."""
    height, width = _sizes(site)
    target = site.config["height"], site.config["width"]
    parts = [Part(0, height), Part(0, width)]
    if site.config.get("crop_to_aspect_ratio"):
        parts = _cropped((height, width), target)
    elif site.config.get("pad_to_aspect_ratio"):
        parts = _padded((height, width), target)
    return _resized(site, parts)


def center_crop(site: Site) -> Outputs:
    """Cropping; images that are too small are resized by Dense layers with fixed weights."""
    sizes, target = _sizes(site), (site.config["height"], site.config["width"])
    if all(size >= wanted for size, wanted in zip(sizes, target, strict=True)):
        starts = [(size - wanted) // 2 for size, wanted in zip(sizes, target, strict=True)]
        return _resized(site, [Part(start, start + wanted) for start, wanted in zip(starts, target, strict=True)])
    return _resized(site, _cropped(sizes, target))


def random_crop(site: Site) -> Outputs:
    """The identity from Keras 3.8 on; before, resizing by Dense layers with fixed weights."""
    now = version(site.fitter.keras_version)
    if now >= (3, 8):
        return augmenting(site)
    sizes, target = _sizes(site), (site.config["height"], site.config["width"])
    parts = _cropped(sizes, target)
    if now >= (3, 6):  # from where the crop begins, as much as there is up to the wanted size
        cuts = zip(parts, sizes, target, strict=True)
        parts = [Part(part.start, min(part.start + wanted, size)) for part, size, wanted in cuts]
    return _resized(site, parts)


def _sizes(site: Site) -> tuple[int, int]:
    _image(site)
    shape = site.known_shape()
    if len(shape) != 4:
        site.refuse(f"an input of shape {layout.shown(shape)}, which is no batch of images", GRAPH_MODEL)
    height, width = space_of(shape, 2, is_channels_first(site.config))
    if height is None or width is None:
        site.refuse("an input of unknown size: how it is resized depends on that", FIXED_SIZE)
    return height, width


def _cropped(sizes: tuple[int, int], target: tuple[int, int]) -> list[Part]:
    """The largest part in the middle that has the proportions of `target`."""
    (height, width), (rows, columns) = sizes, target
    wanted = max(1, width * rows // columns), max(1, height * columns // rows)
    kept = [min(size, part) for size, part in zip(sizes, wanted, strict=True)]
    starts = [(size - part) // 2 for size, part in zip(sizes, kept, strict=True)]
    return [Part(start, start + part) for start, part in zip(starts, kept, strict=True)]


def _padded(sizes: tuple[int, int], target: tuple[int, int]) -> list[Part]:
    """The whole, with margins so that it comes to the proportions of `target`."""
    (height, width), (rows, columns) = sizes, target
    wanted = max(height, width * rows // columns), max(width, height * columns // rows)
    return [Part(0, size, (total - size) // 2) for size, total in zip(sizes, wanted, strict=True)]


def _resized(site: Site, parts: list[Part]) -> Ref:
    """The parts of an image in the size that the layer was made for."""
    first = is_channels_first(site.config)
    ref = layout.as_floats(site, site.inputs[0], "floats")
    space, target = space_of(site.known_shape(), 2, first), (site.config["height"], site.config["width"])
    rows, columns = (
        _Axis.of(site, part, size or 0, wanted) for part, size, wanted in zip(parts, space, target, strict=True)
    )
    if rows.only_cuts and columns.only_cuts:
        cuts = [(part.start, (size or 0) - part.stop) for part, size in zip(parts, space, strict=True)]
        return images.over_image(site, ref, images.CROPPING, cuts, channels_first=first, part=None)
    _refuse_rounding(site)
    if first:  # [channels, height, width], of which the last two change places
        ref = layout.permuted(site, columns.of_last(site, ref, "columns"), (1, 3, 2), "height_last")
        return layout.permuted(site, rows.of_last(site, ref, "rows"), (1, 3, 2), None)
    ref = rows.of_last(site, layout.permuted(site, ref, (2, 3, 1), "height_last"), "rows")
    ref = columns.of_last(site, layout.permuted(site, ref, (2, 3, 1), "width_last"), "columns")
    return layout.permuted(site, ref, (2, 3, 1), None)


def _refuse_rounding(site: Site) -> None:
    """Keras 3 rounds what it resizes of whole numbers."""
    kind = str(layout.dtype_of(site, site.inputs[0]) or "float")
    rounds = site.layer.class_name == "Resizing" and site.generation == 3
    if rounds and "int" in kind and str(site.config.get("interpolation")).lower() != "nearest":
        site.refuse(f"it rounds its result, as its input is {kind}, and TF.js has no layer that rounds", FLOATS)


@dataclass(frozen=True)
class _Axis:
    """The weights that resize a part of an axis, and what margins add."""

    part: Part
    kernel: np.ndarray[tuple[int, int], np.dtype[np.float64]]
    bias: np.ndarray[tuple[int], np.dtype[np.float64]]

    @classmethod
    def of(cls, site: Site, part: Part, size: int, wanted: int) -> _Axis:
        method = str(site.config.get("interpolation") or "bilinear").lower()
        try:
            whole = matrix(part.size, wanted, method, bool(site.config.get("antialias")))
        except KeyError:
            site.refuse(f'interpolation="{method}", which is unknown', "use bilinear")
        inner = slice(part.margin, part.size - part.margin)
        kernel = np.zeros((size, wanted))
        kernel[part.start : part.stop] = whole[inner]
        outside = whole.sum(axis=0) - whole[inner].sum(axis=0)
        return cls(part, kernel, outside * float(number(site.config.get("fill_value")) or 0))

    @property
    def only_cuts(self) -> bool:
        """Whether the new pixels are the old ones of the part that is resized."""
        kept = self.kernel[self.part.start : self.part.stop]
        return kept.shape[0] == kept.shape[1] and bool(np.array_equal(kept, np.eye(len(kept))))

    def of_last(self, site: Site, ref: Ref, part: str) -> Ref:
        if self.only_cuts and self.kernel.shape[0] == self.kernel.shape[1]:
            return ref
        weights: dict[str, Tensor] = {"kernel": ArrayTensor(self.kernel.astype("float32"))}
        if self.bias.any():
            weights["bias"] = ArrayTensor(self.bias.astype("float32"))
        config = {"units": self.kernel.shape[1], "activation": "linear", "use_bias": "bias" in weights}
        return site.put("Dense", config, [ref], part=part, weights=weights, fixed=True)


# ---------------------------------------------------------------------------- what cannot be had

IN_JAVASCRIPT = "do it in JavaScript before the model is called, and convert the model without this layer"
STATISTICS = Refusal("it looks at the smallest and largest values of each image, or at how often each occurs")
STRINGS = Refusal("TF.js's layers compute with numbers only", IN_JAVASCRIPT)
HASHES = Refusal("TF.js's layers have no hash function", IN_JAVASCRIPT)
SPECTRA = Refusal("TF.js's layers have neither Fourier transforms nor square roots", GRAPH_MODEL)
FEATURES = Refusal("it works on feature columns, which TF.js does not have", "use Keras' preprocessing layers instead")
FOREIGN = "code of another library stands in it, which TF.js's layers cannot run"

REFUSED: dict[str, Rule] = {
    **dict.fromkeys(("AutoContrast", "Equalization", "ContrastLimitedAdaptiveHistogramEqualization"), STATISTICS),
    **dict.fromkeys(("StringLookup", "TextVectorization"), STRINGS),
    **dict.fromkeys(("Hashing", "HashedCrossing", "CategoryCrossing"), HASHES),
    **dict.fromkeys(("MelSpectrogram", "STFTSpectrogram"), SPECTRA),
    **dict.fromkeys(("DenseFeatures", "SequenceFeatures"), FEATURES),
    "IntegerLookup": Refusal("it looks numbers up in a table that TF.js does not have", IN_JAVASCRIPT),
    "MaxNumBoundingBoxes": Refusal("it cuts and fills lists of boxes, not tensors", "take it out of the model"),
    **dict.fromkeys(("LinearModel", "WideDeepModel"), Refusal("a subclassed model, whose structure is Python code")),
    "TFSMLayer": Refusal("a SavedModel stands in it", "convert that SavedModel to a graph model"),
    **dict.fromkeys(("JaxLayer", "FlaxLayer", "TorchModuleWrapper"), Refusal(FOREIGN, GRAPH_MODEL)),
}

RULES: dict[str, Rule] = {
    **dict.fromkeys(AUGMENTING, augmenting),
    "Pipeline": pipeline,
    "RandomCrop": random_crop,
    "CenterCrop": center_crop,
    "Resizing": resizing,
    **categories.RULES,
    **REFUSED,
}
