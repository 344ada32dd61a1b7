"""Activation functions that are layers of their own."""

from __future__ import annotations

from tensorflowjs.catalog.schema import Dim, LayerClass, Weight, same
from tensorflowjs.ir.layers import Config


def shared_axes(config: Config, rank: int) -> list[int]:
    """The axes on which a PReLU shares its slopes, counted from 1 (0 and below count from the end, as in Keras)."""
    given = config.get("shared_axes")
    axes = [given] if isinstance(given, int) else list(given or ())
    return sorted({(axis - 1) % (rank - 1) + 1 for axis in axes})


def _slopes(config: Config, shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
    shared = shared_axes(config, len(shape))
    return tuple(1 if axis in shared else shape[axis] for axis in range(1, len(shape)))


ROWS = (
    LayerClass("Activation", same, {"activation": "linear"}, tfjs=("activation",)),
    LayerClass("ReLU", same, {"max_value": None, "negative_slope": 0.0, "threshold": 0.0}, tfjs=("max_value",)),
    LayerClass("LeakyReLU", same, {"alpha": 0.3}, renamed={"negative_slope": "alpha"}, tfjs=("alpha",)),
    LayerClass(
        "PReLU",
        same,
        {"shared_axes": None},
        weights=(Weight("alpha", _slopes),),
        tfjs=("alpha_initializer", "alpha_regularizer", "alpha_constraint", "shared_axes"),
    ),
    LayerClass("ELU", same, {"alpha": 1.0}, tfjs=("alpha",)),
    LayerClass("ThresholdedReLU", same, {"theta": 1.0}, tfjs=("theta",)),
    LayerClass("Softmax", same, {"axis": -1}, tfjs=("axis",)),
)
