"""The configuration of a Keras model, of any generation, as a LayersModel without weights.

Keras 2 and Keras 3 write the same things differently: calls as nested lists or as objects with arguments,
operators as TFOpLambda layers or as operations, shapes, dtypes and functions as names or as objects. Here all
of it takes the normal form that `ir.layers` describes.
"""

from __future__ import annotations

from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.layers import ALIASES, find
from tensorflowjs.catalog.layers.applications import REGISTERED, is_namesake
from tensorflowjs.errors import CorruptInputError, Problem, UnsupportedError
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import Config, Layer, LayersModel, Model
from tensorflowjs.readers import keras_calls, keras_operators
from tensorflowjs.readers.keras_arguments import check_arguments, check_input_shape
from tensorflowjs.readers.keras_values import plain

OWN_MODULES = ("keras", "tf_keras", "tensorflow", "tensorflow_core", "builtins")
CONTAINERS = ("Sequential", "Functional", "Model")
_NOT_ARGUMENTS = frozenset({"name", "trainable", "batch_input_shape", "batch_shape", "input_dtype", "batch_size"})


def read_model(topology: Any, keras_version: str, backend: str | None = None) -> LayersModel:
    """The model that `topology`, a {class_name, config} object, describes."""
    if not isinstance(topology, dict) or not isinstance(topology.get("class_name"), str):
        raise CorruptInputError('The model configuration has no "class_name": it does not describe a Keras model.')
    if not is_model(topology):
        raise _without_layers(topology)
    return LayersModel(read_container(topology), keras_version, backend)


def is_model(entry: Config) -> bool:
    """Whether a configuration is one of a model made of layers (perhaps of a subclass of Functional)."""
    config = entry.get("config")
    if entry.get("class_name") == "Sequential" and isinstance(config, list):
        return True
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        return False
    return entry["class_name"] in CONTAINERS or "input_layers" in config


def read_container(entry: Config) -> Model:
    """A Sequential or Functional, at the root or nested."""
    config = entry["config"]
    if entry["class_name"] not in CONTAINERS:
        name = entry["class_name"].split(">")[-1]
        events.note(
            "A class of its own: it is converted as its layers are connected, whatever else its code does.", name
        )
    if entry["class_name"] == "Sequential" or "input_layers" not in config:
        with making_sense_of(f"The configuration of the {entry['class_name']} model"):
            return _sequential(entry)
    layers = [_functional_layer(item) for item in config["layers"]]
    model = Model(str(config.get("name") or "model"), "Functional", layers)
    with making_sense_of(f'The configuration of the model "{model.name}"'):
        keras_calls.connect(model, config)
    return model


def _functional_layer(entry: Config) -> Layer:
    if not isinstance(entry, dict):
        raise CorruptInputError("The model configuration lists a layer that is not an object.")
    layer = read_layer(entry)
    layer.name = str(entry.get("name") or layer.name)
    return layer


def _sequential(entry: Config) -> Model:
    """A Sequential as a chain of calls from an InputLayer, which is made where the configuration has none."""
    config = entry["config"]
    entries = config if isinstance(config, list) else config["layers"]
    name = "sequential" if isinstance(config, list) else str(config.get("name") or "sequential")
    layers = [read_layer(item) for item in entries]
    model = Model(name, "Sequential", layers)
    if not layers or layers[0].class_name != "InputLayer":
        made = _implicit_input(layers, entries, {} if isinstance(config, list) else config)
        model.implicit_input = layers[0].model is None if layers else False
        layers.insert(0, made)
    keras_calls.chain(model)
    return model


def _implicit_input(layers: list[Layer], entries: list[Any], config: Config) -> Layer:
    """The InputLayer that Keras makes from the shape on a Sequential's first layer, or from its build shape."""
    first = layers[0].name if layers else "sequential"
    shape, dtype = None, "float32"
    if layers and layers[0].model is not None:
        inner = layers[0].model
        source = inner.layer(inner.inputs[0].layer)
        shape, dtype = source.config.get("batch_shape"), source.config.get("dtype", "float32")
    elif layers:
        raw = entries[0]["config"]
        shape, dtype = _declared_shape(layers[0].class_name, raw), _input_dtype(layers[0], raw)
    shape = shape or _build_shape(config, entries)
    if shape is None:
        raise UnsupportedError(
            "The Sequential model was saved without an input shape, and TF.js needs one:",
            [Problem(first, "no batch_shape, input_shape or build_input_shape is stored for it")],
            hint="Call model.build((None, ...)) or add keras.Input(...) as its first entry, and save it again.",
        )
    check_input_shape(shape)
    return Layer(f"{first}_input", "InputLayer", {"batch_shape": shape, "dtype": dtype, "sparse": False})


def _declared_shape(class_name: str, raw: Config) -> list[Any] | None:
    for key in ("batch_input_shape", "batch_shape"):
        if raw.get(key) is not None:
            return _as_list(plain(raw[key]))
    if raw.get("input_shape") is not None:
        return [raw.get("batch_size"), *_as_list(plain(raw["input_shape"]))]
    if raw.get("input_dim") is not None and class_name == "Dense":
        return [None, raw["input_dim"]]
    if class_name == "Embedding":
        length = raw.get("input_length")
        return [None, *length] if isinstance(length, list) else [None, length]
    return None


def _as_list(shape: Any) -> list[Any]:
    return shape if isinstance(shape, list) else [shape]


def _build_shape(config: Config, entries: list[Any]) -> list[Any] | None:
    """The shape that a Sequential without InputLayer was built with."""
    built = config.get("build_input_shape")
    if built is None and entries and isinstance(entries[0], dict):
        build = entries[0].get("build_config")
        built = build.get("input_shape") if isinstance(build, dict) else None
    built = plain(built)
    return built if isinstance(built, list) and all(d is None or isinstance(d, int) for d in built) else None


def _input_dtype(layer: Layer, raw: Config) -> str:
    if layer.class_name == "Embedding":
        return "int32" if raw.get("dtype") == "int32" else "float32"
    return "float32"


def read_layer(entry: Any) -> Layer:
    """One layer entry: a layer, an operator, a wrapper with what it wraps, or a nested model."""
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise CorruptInputError('The model configuration lists a layer without a "class_name".')
    if is_model(entry):
        return _nested_model(entry)
    if entry["class_name"] == "Pipeline" and registered_name(entry) is None:
        return _pipeline(entry)
    raw = entry.get("config")
    raw = raw if isinstance(raw, dict) else {}
    name = str(raw.get("name") or entry.get("name") or entry["class_name"].lower())
    with making_sense_of(f'The configuration of the layer "{name}" ({entry["class_name"]})'):
        return _plain_layer(entry, raw, name)


def _plain_layer(entry: Config, raw: Config, name: str) -> Layer:
    custom = registered_name(entry)
    if custom is None and keras_operators.is_operator(entry):
        return Layer(name, "Operator", keras_operators.read_config(entry))
    class_name = entry["class_name"].split(">")[-1]
    layer = Layer(name, ALIASES.get(class_name, class_name), registered_name=custom)
    layer.trainable = raw.get("trainable", True) is not False
    layer.config = normal_config(layer.class_name, raw)
    if custom is None:
        check_arguments(layer.class_name, layer.config)
    layer.children = _children(layer, raw)
    return layer


def _nested_model(entry: Config) -> Layer:
    model = read_container(entry)
    config = entry["config"]
    frozen = isinstance(config, dict) and config.get("trainable") is False
    return Layer(model.name, model.kind, model=model, trainable=not frozen, registered_name=registered_name(entry))


def _pipeline(entry: Config) -> Layer:
    """A Pipeline, which is a layer, as a nested chain of the layers in it."""
    config = entry.get("config")
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise CorruptInputError('The model configuration has a Pipeline without "layers".')
    name = str(config.get("name") or entry.get("name") or "pipeline")
    shape = _build_shape({}, [entry])
    source = Layer(f"{name}_input", "InputLayer", {"batch_shape": shape, "dtype": "float32", "sparse": False})
    model = Model(name, "Sequential", [source, *(read_layer(item) for item in config["layers"])])
    keras_calls.chain(model)
    return Layer(name, "Pipeline", model=model)


def registered_name(entry: Config) -> str | None:
    """The name of a class that is not Keras' own, else None."""
    module, registered = entry.get("module"), entry.get("registered_name")
    if is_namesake(entry["class_name"], entry.get("config") or {}):
        return str(registered or entry["class_name"])
    if ">" in entry["class_name"] and entry["class_name"] not in REGISTERED:
        return str(entry["class_name"])
    if "module" not in entry or (isinstance(module, str) and module.split(".")[0] in OWN_MODULES):
        return None
    if module is None or (isinstance(registered, str) and ">" in registered):
        return str(registered or entry["class_name"])
    return f"{module}.{entry['class_name']}"


def normal_config(class_name: str, raw: Config) -> Config:
    """Arguments under their normal names, with plain values, completed with the defaults of the class."""
    row = find(class_name)
    renamed = row.renamed if row else {}
    given = {
        renamed.get(key, key): plain(value)
        for key, value in raw.items()
        if key not in _NOT_ARGUMENTS and key not in _CHILD_KEYS
    }
    config = {**(row.defaults if row else {}), **given}
    if class_name == "InputLayer":
        config["batch_shape"] = _declared_shape(class_name, raw)
        if config["batch_shape"] is None:
            raise CorruptInputError(f'The input layer "{raw.get("name")}" has no shape in the configuration.')
        check_input_shape(config["batch_shape"])
    return config


_CHILD_KEYS = ("layer", "cell", "cells", "forward_layer", "backward_layer")


def _children(layer: Layer, raw: Config) -> dict[str, Layer]:
    if layer.class_name == "Bidirectional":
        return _two_directions(raw)
    children = {}
    for key in _CHILD_KEYS:
        value = raw.get(key)
        if isinstance(value, dict) and "class_name" in value:
            children[key] = read_layer(value)
        elif isinstance(value, list):
            singular = key.removesuffix("s")
            children.update({f"{singular}_{index}": read_layer(item) for index, item in enumerate(value)})
    return children


def _two_directions(raw: Config) -> dict[str, Layer]:
    """Forward and backward layer of a Bidirectional; files often hold only the first, the other is its mirror."""
    forward = read_layer(raw["layer"])
    given = raw.get("backward_layer")
    backward = read_layer(given if isinstance(given, dict) else raw["layer"])
    if not isinstance(given, dict):
        backward.config["go_backwards"] = not forward.config.get("go_backwards", False)
        backward.name = backward.name.removeprefix("forward_")
    forward.name = f"forward_{forward.name.removeprefix('forward_')}"
    backward.name = f"backward_{backward.name.removeprefix('backward_')}"
    return {"forward_layer": forward, "backward_layer": backward}


def _without_layers(topology: Config) -> UnsupportedError:
    name = topology["class_name"].split(">")[-1]
    return UnsupportedError(
        "This model has no layer configuration that TF.js could build it from:",
        [Problem(name, "a subclassed model, whose structure is Python code")],
        hint="Save it with model.export(...) and convert the SavedModel to a graph model instead.",
    )
