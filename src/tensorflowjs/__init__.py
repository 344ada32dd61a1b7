"""Converts Keras and TensorFlow models for TensorFlow.js, without needing Keras or TensorFlow.

    import tensorflowjs as tfjs

    tfjs.convert("model.keras", "web_model")                     # any file or folder that is recognised
    tfjs.converters.save_keras_model(model, "web_model")         # a live Keras model
    tfjs.inspect("model.keras")                                  # what is in it, and what is in the way
    tfjs.plan("model.keras")                                     # what convert would write
    tfjs.verify("web_model", "model.keras")                      # the same numbers in the real TF.js?

Everything is imported on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tensorflowjs.version import version as __version__

if TYPE_CHECKING:
    from tensorflowjs import converters, errors, quantization, read_weights, version, write_weights
    from tensorflowjs.pipeline.inspection import inspect
    from tensorflowjs.pipeline.plan import plan
    from tensorflowjs.pipeline.run import convert
    from tensorflowjs.pipeline.verification import verify

__all__ = [
    "__version__",
    "convert",
    "converters",
    "errors",
    "inspect",
    "plan",
    "quantization",
    "read_weights",
    "verify",
    "version",
    "write_weights",
]

_MODULES = frozenset({"converters", "errors", "quantization", "read_weights", "version", "write_weights"})
_FUNCTIONS = {
    "convert": "tensorflowjs.pipeline.run",
    "inspect": "tensorflowjs.pipeline.inspection",
    "plan": "tensorflowjs.pipeline.plan",
    "verify": "tensorflowjs.pipeline.verification",
}


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return import_module(f"tensorflowjs.{name}")
    if name in _FUNCTIONS:
        return getattr(import_module(_FUNCTIONS[name]), name)
    raise AttributeError(f"module 'tensorflowjs' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
