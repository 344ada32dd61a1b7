"""The old API's names, over the new rooms."""

from __future__ import annotations

from tensorflowjs.converters.converter import convert
from tensorflowjs.converters.jax_conversion import convert_jax
from tensorflowjs.converters.keras import save_keras_graph_model, save_keras_model
from tensorflowjs.converters.keras_loading import deserialize_keras_model, load_keras_model
from tensorflowjs.converters.tf_saved_model_conversion_v2 import (
    convert_tf_frozen_model,
    convert_tf_hub_module,
    convert_tf_saved_model,
)

__all__ = [
    "convert",
    "convert_jax",
    "convert_tf_frozen_model",
    "convert_tf_hub_module",
    "convert_tf_saved_model",
    "deserialize_keras_model",
    "load_keras_model",
    "save_keras_graph_model",
    "save_keras_model",
]
