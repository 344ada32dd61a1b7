"""The old API's names, over the new rooms."""

from __future__ import annotations

from tensorflowjs.converters.command import convert
from tensorflowjs.converters.keras import save_keras_model

__all__ = ["convert", "save_keras_model"]
