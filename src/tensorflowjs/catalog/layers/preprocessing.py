"""Layers that prepare inputs: images, categories, text; and layers that are code of another library."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.catalog.geometry import channels_of, is_channels_first, reshaped
from tensorflowjs.catalog.schema import Dim, LayerClass, Weight, same
from tensorflowjs.ir.layers import Config, Layer

Dims = tuple[Dim, ...]

# Of images. At inference all of these give back what they get.
AUGMENTING = (
    "AugMix", "CutMix", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter",
    "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip", "RandomGaussianBlur",
    "RandomGrayscale", "RandomHeight", "RandomHue", "RandomInvert", "RandomPerspective", "RandomPosterization",
    "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear", "RandomTranslation", "RandomWidth",
    "RandomZoom", "Solarization",
)  # fmt: skip

# Their output depends on what they do, which is nothing that TF.js's layers could.
OPAQUE = (
    "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization", "MaxNumBoundingBoxes",
    "Hashing", "HashedCrossing", "CategoryCrossing", "IntegerLookup", "StringLookup", "TextVectorization",
    "MelSpectrogram", "STFTSpectrogram",
    "DenseFeatures", "SequenceFeatures", "LinearModel", "WideDeepModel",
    "TFSMLayer", "JaxLayer", "FlaxLayer", "TorchModuleWrapper",
)  # fmt: skip


def _sized(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    """An image of the size that the layer was made for."""
    shape, config = inputs[0], layer.config
    first = is_channels_first(config)
    return [reshaped(shape, (config["height"], config["width"]), channels_of(shape, 2, first), first)]


def _encoded(count: Callable[[Layer], int]) -> Callable[[Layer, list[Dims]], list[Dims]]:
    """One number for each category; in the mode "one_hot" for each input, else for each sample."""

    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        shape, mode = inputs[0], layer.config.get("output_mode")
        if mode == "int":
            return [shape]
        kept = mode == "one_hot" and (shape[-1] != 1 or len(shape) == 1)
        return [(*(shape if kept else shape[:-1]), count(layer))]

    return output


def _tokens(layer: Layer) -> int:
    return int(layer.config["num_tokens"])


def _bins(layer: Layer) -> int:
    boundaries = layer.config.get("bin_boundaries")
    return int(layer.config["num_bins"]) if boundaries is None else len(boundaries) + 1


def _has_summary(config: Config) -> bool:
    """Whether the boundaries are not told, but follow from what the layer has learned."""
    return config.get("bin_boundaries") is None and config.get("num_bins") is not None


def _unknown(layer: Layer, inputs: list[Dims]) -> list[Dims | None]:
    return [None]


_IMAGE = {"data_format": "channels_last"}

ROWS = (
    *(LayerClass(name, same) for name in AUGMENTING),
    LayerClass("Pipeline", _unknown),
    LayerClass("RandomCrop", _sized, _IMAGE),
    LayerClass("CenterCrop", _sized, _IMAGE),
    LayerClass(
        "Resizing",
        _sized,
        {
            **_IMAGE,
            "interpolation": "bilinear",
            "crop_to_aspect_ratio": False,
            "pad_to_aspect_ratio": False,
            "fill_value": 0.0,
            "antialias": False,
        },
    ),
    LayerClass(
        "CategoryEncoding",
        _encoded(_tokens),
        {"output_mode": "multi_hot", "sparse": False},
        renamed={"max_tokens": "num_tokens"},
    ),
    LayerClass(
        "Discretization",
        _encoded(_bins),
        {"bin_boundaries": None, "output_mode": "int", "sparse": False},
        renamed={"bins": "bin_boundaries"},
        weights=(Weight("summary", lambda config, shape: (2, None), when=_has_summary, trainable=False),),
    ),
    *(LayerClass(name, _unknown, is_opaque=True) for name in OPAQUE),
)
