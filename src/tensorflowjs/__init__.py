"""Converts Keras and TensorFlow models for TensorFlow.js, without needing Keras or TensorFlow.

    import tensorflowjs as tfjs

    tfjs.convert("model.keras", "web_model")                     # any file or folder that is recognised
    tfjs.converters.save_keras_model(model, "web_model")         # a live Keras model

Everything is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorflowjs.version import version as __version__

if TYPE_CHECKING:
    from tensorflowjs import converters, errors, quantization, read_weights, version, write_weights
    from tensorflowjs.pipeline.run import convert

__all__ = [
    "__version__",
    "convert",
    "converters",
    "errors",
    "quantization",
    "read_weights",
    "version",
    "write_weights",
]

_MODULES = frozenset({"converters", "errors", "quantization", "read_weights", "version", "write_weights"})
_FUNCTIONS = {"convert": "tensorflowjs.pipeline.run"}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"tensorflowjs.{name}")
    if name in _FUNCTIONS:
        return getattr(import_module(_FUNCTIONS[name]), name)
    raise AttributeError(f"module 'tensorflowjs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
