"""A live Keras model, of Keras 3 on any backend or tf_keras, from its own configuration and variables.

Nothing of Keras is imported here: the model brings its own.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.errors import InputError, Problem, UnsupportedError
from tensorflowjs.ir.layers import Config, LayersModel, Model
from tensorflowjs.readers import keras_config, keras_weights
from tensorflowjs.readers.keras_shapes import check_shapes
from tensorflowjs.readers.keras_vocabularies import LOOKUPS
from tensorflowjs.tensors import ComputedTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


def read(model: Any) -> LayersModel:
    """The model as it is now; its variables are read when the weights are written."""
    if not callable(getattr(model, "to_json", None)) or not hasattr(model, "layers"):
        raise InputError(f"A Keras model is needed, not {_described(model)}.")
    topology = _topology(model)
    version = str(getattr(_package(model), "__version__", "2"))
    result = keras_config.read_model(topology, version, _backend(model, topology))
    if not model.built:
        raise InputError("The model has no weights yet.", hint="Call model.build(...) or the model itself once.")
    result.training = _training(model)
    keras_weights.assign_by_layer(result, {layer.name: _variables(layer) for layer in model.layers})
    _tell_vocabularies(result.root, model)
    check_shapes(result)
    return result


def _tell_vocabularies(model: Model, live: Any) -> None:
    """What layers have learned of words and numbers, into their configuration, as if it had been told them."""
    of_names = {layer.name: layer for layer in live.layers}
    for layer in model.layers:
        own = of_names.get(layer.name)
        if layer.model is not None and own is not None and hasattr(own, "layers"):
            _tell_vocabularies(layer.model, own)
        elif layer.class_name in LOOKUPS and layer.config.get("vocabulary") is None and own is not None:
            layer.config["vocabulary"] = [_plain_word(word) for word in own.get_vocabulary()]


def _plain_word(word: Any) -> str | int:
    return str(word) if isinstance(word, str) else int(word)


def _described(value: Any) -> str:
    kind = type(value)
    package = kind.__module__.split(".")[0]
    text = kind.__name__ if package == "builtins" else f"{package}'s {kind.__name__}"
    return f"{text} (files are converted by tensorflowjs.convert)" if isinstance(value, str | os.PathLike) else text


def _topology(model: Any) -> Config:
    try:
        loaded = json.loads(model.to_json())
    except (NotImplementedError, TypeError, ValueError) as error:
        said = " ".join(str(error).split())
        raise UnsupportedError(
            "Keras cannot say what this model is made of:",
            [Problem(type(model).__name__, said if len(said) < 200 else f"{said[:200]} ...")],
            hint="Export it with model.export(...) and convert the SavedModel to a graph model instead.",
        ) from error
    return dict(loaded)


def _package(model: Any) -> Any:
    """The Keras that the model is of: the package its classes come from."""
    for base in type(model).__mro__:
        name = base.__module__.split(".")[0]
        if name in ("keras", "tf_keras"):
            return sys.modules[name]
        if name == "tensorflow":
            return sys.modules[name].keras
    return None


def _backend(model: Any, topology: Config) -> str | None:
    """Keras 3 tells its backend when asked, Keras 2 in the topology."""
    ask = getattr(getattr(_package(model), "backend", None), "backend", None)
    return str(ask()) if callable(ask) else topology.get("backend")


def _training(model: Any) -> Config | None:
    """The compile configuration, in the form in which this Keras saves it."""
    if getattr(model, "optimizer", None) is None:
        return None
    get = getattr(model, "get_compile_config", None)
    config = get() if callable(get) else None
    if not config:
        return None
    return dict(json.loads(json.dumps(config, default=_plain_json)))


def _plain_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    return getattr(value, "__name__", None) or str(value)


def _variables(layer: Any) -> keras_weights.Named:
    variables = [*layer.trainable_weights, *layer.non_trainable_weights]
    return [(_name(variable), _tensor(variable)) for variable in variables if _is_weight(variable)]


def _name(variable: Any) -> str:
    return str(getattr(variable, "path", None) or variable.name)


def _is_weight(variable: Any) -> bool:
    """Not the state of a random generator, nor what stands for the vocabulary of a lookup in tf_keras."""
    named = hasattr(variable, "path") or hasattr(variable, "name")
    return named and "seed_generator" not in _name(variable)


def _tensor(variable: Any) -> Tensor:
    dtype = variable.dtype
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", str(dtype))
    known = None not in tuple(variable.shape)  # tf_keras keeps what Discretization has learned in one that grows
    shape = tuple(int(size) for size in (variable.shape if known else variable.numpy().shape))
    return ComputedTensor(str(name), shape, _reader(variable, str(name)), origin=_name(variable))


def _reader(variable: Any, dtype: str) -> Callable[[], NDArray[Any]]:
    def read() -> NDArray[Any]:
        values = np.asarray(variable.numpy())
        return values.view("<u2") if dtype == "bfloat16" else values

    return read
