"""Layer classes that `keras.applications` brings along for its own models.

HDF5 files name a class without its module, so the arguments must tell these classes from others of the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tensorflowjs.catalog.schema import LayerClass, Weight, same
from tensorflowjs.ir.layers import Config

ARGUMENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "LayerScale": frozenset({"init_values", "projection_dim"}),
        "StochasticDepth": frozenset({"drop_path_rate"}),
        "CustomScaleLayer": frozenset({"scale"}),
    }
)
# The name under which Keras 2 registers one of them, as if it were a user's.
REGISTERED = frozenset({"Custom>CustomScaleLayer"})
_COMMON = frozenset({"name", "trainable", "dtype", "dynamic", "batch_input_shape"})


def is_namesake(class_name: str, config: Config) -> bool:
    """Whether a layer only shares its name with one of these classes."""
    return class_name in ARGUMENTS and set(config) - _COMMON != ARGUMENTS[class_name]


ROWS = (
    LayerClass(
        "LayerScale",
        same,
        weights=(Weight("gamma", lambda config, shape: (config["projection_dim"],), also_named=("variable",)),),
    ),
    LayerClass("StochasticDepth", same),
    LayerClass("CustomScaleLayer", same),
)
