"""Which of Keras' activation functions TF.js has under some name, computing the same numbers.

TF.js looks an activation up by name. Those that it lacks, or that mean something else there, are built from
layers by `fitting.activations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

# Keras' name -> TF.js's name, in snake case, as TF.js expects to find it in a file.
SAME: Mapping[str, str] = MappingProxyType(
    {
        "elu": "elu",
        "gelu": "gelu",
        "linear": "linear",
        "log_softmax": "log_softmax",
        "mish": "mish",
        "relu": "relu",
        "relu6": "relu6",
        "selu": "selu",
        "sigmoid": "sigmoid",
        "silu": "swish",
        "softmax": "softmax",
        "softplus": "softplus",
        "softsign": "softsign",
        "swish": "swish",
        "tanh": "tanh",
        "celu": "elu",  # a function's name carries no arguments: alpha is 1
    }
)

# Keras 3 made hard_sigmoid steeper (relu6(x + 3) / 6); TF.js has the one of Keras 2.
SAME_IN_KERAS_2: Mapping[str, str] = MappingProxyType({"hard_sigmoid": "hard_sigmoid"})

# Functions from outside Keras: those of TensorFlow that are not called what Keras calls them. (What is called like an
# activation of Keras, Keras itself writes down, and reads back, as its own.)
FOREIGN = "function>"
OF_TENSORFLOW: Mapping[str, str] = MappingProxyType(
    {"identity": "linear", "log_softmax_v2": "log_softmax", "softmax_v2": "softmax", "swish": "swish"}
)

# The first TF.js that has an activation, for those that 3.0.0 lacks.
SINCE: Mapping[str, str] = MappingProxyType({"mish": "3.5.0", "gelu": "4.19.0"})


def tfjs_activation(value: Any, generation: int) -> str | None:
    """TF.js's name of the activation that Keras `generation` (2 or 3) calls `value`; None if it has no such one."""
    if value is None:
        return "linear"
    if isinstance(value, dict):
        inner = value.get("config") or {}
        wrapped = value.get("class_name") == "Activation" and "activation" in inner
        return tfjs_activation(inner["activation"], generation) if wrapped else None
    if not isinstance(value, str):
        return None
    if value.startswith(FOREIGN):
        return OF_TENSORFLOW.get(value.removeprefix(FOREIGN))
    if generation == 2 and value in SAME_IN_KERAS_2:
        return SAME_IN_KERAS_2[value]
    return SAME.get(value)
