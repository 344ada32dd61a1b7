"""Layers that act on training only: at inference each returns its input."""

from __future__ import annotations

from tensorflowjs.catalog.schema import LayerClass, same

ROWS = (
    LayerClass("Dropout", same, {"rate": 0.5, "noise_shape": None, "seed": None}, tfjs=("rate", "noise_shape", "seed")),
    LayerClass("SpatialDropout1D", same, {"rate": 0.5, "seed": None}, tfjs=("rate", "seed")),
    LayerClass("SpatialDropout2D", same, {"rate": 0.5, "seed": None, "data_format": None}),
    LayerClass("SpatialDropout3D", same, {"rate": 0.5, "seed": None, "data_format": None}),
    LayerClass("GaussianNoise", same, {"stddev": 0.1}, tfjs=("stddev",)),
    LayerClass("GaussianDropout", same, {"rate": 0.5}, tfjs=("rate",)),
    LayerClass("AlphaDropout", same, {"rate": 0.5, "noise_shape": None}, tfjs=("rate", "noise_shape")),
    LayerClass("ActivityRegularization", same, {"l1": 0.0, "l2": 0.0}),
)
