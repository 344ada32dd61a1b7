"""Layers that a model calls with training=True, so that they never behave as at inference.

TF.js decides for the whole model whether it trains. Dropout would draw random numbers at every prediction,
BatchNormalization would use the statistics of the batch: with TF.js the model would give other numbers.

This is a matter of Keras 2. In Keras 3 `predict` overrules what the call of a layer in a functional model says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorflowjs.errors import Problem
from tensorflowjs.ir.layers import Call, Layer, Model

# How strongly a class acts in training, by the argument that says so.
_STRENGTHS = ("rate", "stddev", "dropout", "recurrent_dropout", "drop_path_rate")


def check_calls(model: Model, path: str = "") -> Iterator[Problem]:
    """A problem for each layer that is called as in training and acts in another way then."""
    for layer in model.layers:
        if any(_in_training(call) for call in layer.calls):
            acting = sorted({_shown(part, layer) for part in layer.walk() if _acts(part)})
            if acting:
                yield Problem(
                    f"{path}{layer.name} ({layer.class_name})",
                    f"called with training=True, so that {', '.join(acting)} acts at inference as in training, "
                    "which TF.js cannot do",
                    "rebuild the model without training=True in that call",
                )
        if layer.model is not None:
            yield from check_calls(layer.model, f"{path}{layer.name} > ")


def _in_training(call: Call) -> bool:
    """Whether the argument is true; a number is no other layer's argument in that place."""
    given: list[Any] = [call.kwargs.get("training"), *(value for value in call.args[1:2] if isinstance(value, bool))]
    return any(value is True or (isinstance(value, int) and value == 1) for value in given)


def _acts(layer: Layer) -> bool:
    if layer.class_name == "BatchNormalization":
        return layer.trainable  # a frozen one uses its statistics even then
    if layer.class_name == "SpectralNormalization" or layer.class_name.startswith("Random"):
        return True
    return any(isinstance(value := layer.config.get(key), int | float) and value > 0 for key in _STRENGTHS)


def _shown(part: Layer, called: Layer) -> str:
    return "it" if part is called else f"{part.name} ({part.class_name})"
