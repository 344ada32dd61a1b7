"""Layers that shift and scale their input by statistics, learned or of the input itself."""

from __future__ import annotations

from collections.abc import Iterable

from tensorflowjs.catalog.schema import Dim, LayerClass, Weight, same
from tensorflowjs.ir.layers import Config, Layer

Dims = tuple[Dim, ...]

BATCH_NORMALIZATION_ARGUMENTS = (
    "axis", "momentum", "epsilon", "center", "scale",
    "beta_initializer", "gamma_initializer", "moving_mean_initializer", "moving_variance_initializer",
    "beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint",
)  # fmt: skip
LAYER_NORMALIZATION_ARGUMENTS = (
    "axis", "epsilon", "center", "scale",
    "beta_initializer", "gamma_initializer", "beta_regularizer", "gamma_regularizer",
)  # fmt: skip


def listed(axis: int | Iterable[int] | None) -> list[int]:
    """An axis argument as the list that it may or may not already be."""
    if axis is None:
        return []
    return [axis] if isinstance(axis, int) else list(axis)


def positive(axes: Iterable[int], rank: int) -> list[int]:
    return [axis + rank if axis < 0 else axis for axis in axes]


def batch_axes(config: Config, rank: int) -> list[int]:
    """The axes that a BatchNormalization keeps apart.

    With virtual batches Keras stores them counted in a tensor that has one axis more, in front.
    """
    shift = 1 if config.get("virtual_batch_size") else 0
    return sorted(axis - shift for axis in positive(listed(config["axis"]), rank + shift))


def _batch_statistics(config: Config, shape: Dims) -> Dims:
    axes = batch_axes(config, len(shape))
    virtual = bool(config.get("virtual_batch_size"))
    if len(axes) == 1 and not virtual:
        return (shape[axes[0]],)
    full = [size if axis in axes else 1 for axis, size in enumerate(shape)]
    return tuple([full[0], 1, *full[1:]] if virtual else full)


def _normalized(config: Config, shape: Dims) -> Dims:
    return tuple(shape[axis] for axis in listed(config["axis"]))


def _channels(config: Config, shape: Dims) -> Dims:
    return (shape[config["axis"]],)


def _kept(config: Config, shape: Dims) -> Dims:
    return tuple(shape[axis] for axis in sorted(positive(listed(config["axis"]), len(shape))))


def _adapted(config: Config) -> bool:
    """Whether a Normalization has learned its statistics from data, instead of being told them."""
    return config.get("mean") is None


def _has_gamma(config: Config) -> bool:
    return bool(config.get("scale", True) or config.get("rms_scaling"))


def _has_beta(config: Config) -> bool:
    return bool(config.get("center", True) and not config.get("rms_scaling"))


def _wrapped(layer: Layer, inputs: list[Dims]) -> list[Dims | None]:
    from tensorflowjs.catalog.inference import output_shapes

    child = layer.children.get("layer")
    return list(output_shapes(child, list(inputs))) if child else [None]


def _none_of_ours(config: Config, shape: Dims) -> Dims:
    return (1, None)


_BATCH_WEIGHTS = (
    Weight("gamma", _batch_statistics, when="scale"),
    Weight("beta", _batch_statistics, when="center"),
    Weight("moving_mean", _batch_statistics, trainable=False),
    Weight("moving_variance", _batch_statistics, trainable=False),
    Weight("moving_stddev", _batch_statistics, when=lambda config: bool(config.get("renorm")), trainable=False),
    Weight("renorm_mean", _batch_statistics, when=lambda config: bool(config.get("renorm")), trainable=False),
    Weight("renorm_stddev", _batch_statistics, when=lambda config: bool(config.get("renorm")), trainable=False),
)

ROWS = (
    LayerClass(
        "BatchNormalization",
        same,
        {"axis": -1, "momentum": 0.99, "epsilon": 1e-3, "center": True, "scale": True, "renorm": False},
        weights=_BATCH_WEIGHTS,
        aliases=("BatchNormalizationV1", "BatchNormalizationV2", "SyncBatchNormalization"),
        tfjs=BATCH_NORMALIZATION_ARGUMENTS,
    ),
    LayerClass(
        "LayerNormalization",
        same,
        {"axis": -1, "epsilon": 1e-3, "center": True, "scale": True, "rms_scaling": False},
        weights=(Weight("gamma", _normalized, when=_has_gamma), Weight("beta", _normalized, when=_has_beta)),
        tfjs=LAYER_NORMALIZATION_ARGUMENTS,
    ),
    LayerClass(
        "GroupNormalization",
        same,
        {"groups": 32, "axis": -1, "epsilon": 1e-3, "center": True, "scale": True},
        weights=(Weight("gamma", _channels, when="scale"), Weight("beta", _channels, when="center")),
    ),
    LayerClass("UnitNormalization", same, {"axis": -1}),
    LayerClass(
        "RMSNormalization",
        same,
        {"axis": -1, "epsilon": 1e-6},
        weights=(Weight("scale", _normalized),),
    ),
    LayerClass(
        "SpectralNormalization",
        _wrapped,
        {"power_iterations": 1},
        weights=(Weight("vector_u", _none_of_ours, trainable=False),),
    ),
    LayerClass(
        "Normalization",
        same,
        {"axis": -1, "mean": None, "variance": None, "invert": False},
        weights=(
            Weight("mean", _kept, when=_adapted, trainable=False),
            Weight("variance", _kept, when=_adapted, trainable=False),
            Weight("count", lambda config, shape: (), when=_adapted, trainable=False),
        ),
    ),
    LayerClass("Rescaling", same, {"scale": 1.0, "offset": 0.0}, tfjs=("scale", "offset"), since="3.21.0"),
)
