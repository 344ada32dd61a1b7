"""Objects in the place of activation functions: TF.js takes any layer for one, and even a model.

Converters make use of that where TF.js lacks a function. Keras 3 can do the same, Keras 2 with a few classes only.
"""

from __future__ import annotations

from typing import Any

from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.ir.layers import Config, Model
from tensorflowjs.readers import keras_config
from tensorflowjs.writers.keras_layers import KERAS_3, entry
from tensorflowjs.writers.keras_topology import in_keras_order, topology

IN_KERAS_2 = frozenset({"ELU", "LeakyReLU", "ReLU", "Softmax", "ThresholdedReLU"})


def objects_for_activations(root: Model, reader: int) -> None:
    """Write every object that stands for an activation as `reader` wants it, or refuse it."""
    problems: list[Problem] = []
    for top in root.layers:
        for layer in top.walk():
            for key, value in layer.config.items():
                if key.endswith("activation") and isinstance(value, dict):
                    if reader != KERAS_3 and value.get("class_name") not in IN_KERAS_2:
                        where = f"{layer.name} ({layer.class_name})"
                        problems.append(Problem(where, f"a model in the place of its {key}, which Keras 2 cannot have"))
                    else:
                        layer.config = {**layer.config, key: _written(value)}
    if problems:
        hint = "Keras 3 can: --output_format=keras_keras writes a .keras archive for it."
        raise UnsupportedError(f'The model "{root.name}" cannot be written as HDF5:', problems, hint=hint)


def _written(value: Config) -> Any:
    if keras_config.is_model(value):
        return topology(in_keras_order(keras_config.read_container(value)), KERAS_3)
    return entry(keras_config.read_layer(value), KERAS_3, is_wrapped=True)
