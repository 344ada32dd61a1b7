"""Layers of TF.js as entries of a Keras configuration: {class_name, config}.

Keras 2 takes names where Keras 3 wants objects with a module. What TF.js calls as Keras 2 does but Keras 3 computes
otherwise, hard_sigmoid, is spelt out for Keras 3; a file for both gets a mark there that Keras 3 stumbles over,
since a wrong number would be worse.
"""

from __future__ import annotations

from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.layers import find
from tensorflowjs.ir.layers import Config, Layer

Json = dict[str, Any]
EITHER, KERAS_3 = 2, 3  # whom an entry is for: all that read HDF5 files, or Keras 3

# The only difference: Keras 3 has a steeper one.
_HARD = "hard_sigmoid"
# In the configuration of a layer that Keras 3 shall not read from a file for both.
NOT_FOR_KERAS_3 = "not_for_keras_3"
# An argument that all of Keras 2 takes, and does nothing about; Keras 3 knows no such argument.
_STUMBLING_BLOCK = {"batch_size": None}

_INITIALIZERS = {"LeCunNormal": "LecunNormal", "LeCunUniform": "LecunUniform"}
_DISTRIBUTIONS = {"normal": "truncated_normal"}  # what TF.js calls normal
_KNOWN_INITIALIZERS = frozenset({
    "Zeros", "Ones", "Constant", "RandomUniform", "RandomNormal", "TruncatedNormal", "VarianceScaling",
    "GlorotUniform", "GlorotNormal", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform", "Orthogonal", "Identity",
})  # fmt: skip
_RENAMED_IN_KERAS_3 = {"LeakyReLU": {"alpha": "negative_slope"}}
_OUTDATED = frozenset({"input_length"})  # which Keras 3 warns of; the shape of the input tells it
_LEFT_TO_KERAS = frozenset({"implementation"})  # how a cell computes, not what
_OBJECTS = {"initializer": "initializers", "regularizer": "regularizers", "constraint": "constraints"}


def entry(layer: Layer, reader: int, *, is_wrapped: bool = False) -> Json:
    """A layer that is not a model, without what it wraps itself."""
    class_name, given = _renamed_class(layer)
    refused = given.pop(NOT_FOR_KERAS_3, False)
    config: Json = {"name": layer.name, "dtype": "float32"}
    if not layer.trainable or _may_be_frozen(layer):
        config["trainable"] = layer.trainable
    uses_hard = False
    for key, value in given.items():
        if reader == KERAS_3 and key in _OUTDATED:
            continue
        if key.endswith("activation") and value == _HARD:
            uses_hard = True
            value = _hard_sigmoid(layer.name, key) if reader == KERAS_3 else value
        config[_argument_name(class_name, key, reader)] = _argument(key, value, reader)
    if uses_hard and reader == KERAS_3:
        events.note(
            "TF.js's hard_sigmoid is spelt out, which Keras reads from about 3.11 on; older ones refuse it", layer.name
        )
    if uses_hard and reader == EITHER:
        events.note(
            "Keras 2 computes its hard_sigmoid as TF.js does; Keras 3 does not, and will refuse to read this file "
            "rather than compute something else: for Keras 3, use --output_format=keras_keras",
            layer.name,
        )
    if reader == EITHER and (uses_hard or refused):
        config |= _STUMBLING_BLOCK
    return named_object(class_name, config, "layers", KERAS_3 if is_wrapped else reader)


def _may_be_frozen(layer: Layer) -> bool:
    """Some classes without weights do not take the argument."""
    return bool(layer.weights or layer.children)


def input_entry(layer: Layer, reader: int) -> Json:
    shape = "batch_shape" if reader == KERAS_3 else "batch_input_shape"
    dtype = str(layer.config.get("dtype") or "float32")
    config = {shape: list(layer.config["batch_shape"]), "dtype": dtype, "sparse": False, "name": layer.name}
    return named_object("InputLayer", config, "layers", reader)


def named_object(class_name: str, config: Json, module: str, reader: int) -> Json:
    """An instance of one of Keras' own classes.

    What is wrapped in a layer is always written as Keras 3 wants it, which Keras 2 does not mind.
    """
    if reader == KERAS_3:
        return {"module": f"keras.{module}", "class_name": class_name, "config": config, "registered_name": None}
    return {"class_name": class_name, "config": config}


def _renamed_class(layer: Layer) -> tuple[str, Config]:
    """The class and the arguments that are worth writing. Keras 3 has no ThresholdedReLU, but a threshold for ReLU."""
    row = find(layer.class_name)
    told = {}
    for key, value in layer.config.items():
        known = row is None or row.tfjs is None or key in row.tfjs
        unusual = row is not None and key in row.defaults and value != row.defaults[key]
        if (known or unusual or key == NOT_FOR_KERAS_3) and key not in _LEFT_TO_KERAS:
            told[key] = value
    if layer.class_name == "ThresholdedReLU":
        return "ReLU", {"threshold": told.get("theta", 1.0)}
    if layer.class_name == "BatchNormalization" and isinstance(told.get("axis"), list) and len(told["axis"]) == 1:
        told["axis"] = told["axis"][0]  # a form of Keras 2 alone
    return layer.class_name, told


def _argument_name(class_name: str, key: str, reader: int) -> str:
    renamed = _RENAMED_IN_KERAS_3.get(class_name, {}) if reader == KERAS_3 else {}
    return renamed.get(key, key)


def _argument(key: str, value: Any, reader: int) -> Any:
    kind = key.rpartition("_")[2]
    if kind not in _OBJECTS or not isinstance(value, dict):
        return value
    class_name, config = str(value.get("class_name")), dict(value.get("config") or {})
    if kind == "initializer":
        class_name = _INITIALIZERS.get(class_name, class_name)
        if class_name not in _KNOWN_INITIALIZERS:
            return "zeros"
        if "distribution" in config:
            config["distribution"] = _DISTRIBUTIONS.get(config["distribution"], config["distribution"])
    return named_object(class_name, config, _OBJECTS[kind], reader)


def _hard_sigmoid(layer: str, key: str) -> Json:
    """clip(0.2 x + 0.5, 0, 1) for Keras 3, which takes any layer, and so a small model, for an activation."""
    common = {"trainable": True, "dtype": "float32"}
    name = f"{layer}_{key}"
    scaled: Json = {"name": f"{name}_scaled", **common, "scale": 0.2, "offset": 0.5}
    clipped: Json = {"name": f"{name}_clipped", **common, "max_value": 1.0}
    layers = [named_object("Rescaling", scaled, "layers", KERAS_3), named_object("ReLU", clipped, "layers", KERAS_3)]
    config = {"name": name, "trainable": True, "dtype": "float32", "layers": layers}
    return {"module": "keras", "class_name": "Sequential", "config": config, "registered_name": None}
