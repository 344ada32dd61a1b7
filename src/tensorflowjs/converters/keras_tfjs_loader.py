"""The old API's name of `keras_loading`."""

from __future__ import annotations

from tensorflowjs.converters.keras_loading import deserialize_keras_model, load_keras_model

__all__ = ["deserialize_keras_model", "load_keras_model"]
