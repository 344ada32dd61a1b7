"""HDF5 files of Keras: whole models (Keras 2.0 to 3), and files that hold weights alone.

A whole model keeps its configuration as JSON in an attribute and the weights of each top-level layer in a group,
in an order that the attribute `weight_names` tells. Weights-only files are either such groups at the root, or
the object paths of Keras 3 (`layers/dense/vars/0`).
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tensorflowjs import events
from tensorflowjs.errors import CorruptInputError, InputError, MissingInputError
from tensorflowjs.formats.hdf5 import Group, open_hdf5
from tensorflowjs.ir.layers import LayersModel, LayersWeights
from tensorflowjs.readers import keras_config, keras_weights, keras_weights_only
from tensorflowjs.readers.keras_shapes import check_shapes
from tensorflowjs.readers.keras_variables import variables
from tensorflowjs.readers.theano import turn_kernels

_TOP_LEVEL = "top_level_model_weights"  # what a model owns besides its layers


def read(path: Path, stack: ExitStack) -> LayersModel | LayersWeights:
    """The model or the weights in the file, whose tensors can be read until `stack` is closed."""
    root = stack.enter_context(open_hdf5(path)).root
    if "model_config" in root.attributes():
        return _whole_model(path, root)
    if root.texts("layer_names") is not None:
        return _weights_of_layers(root)
    if "model_weights" in root:
        return _weights_of_layers(root.group("model_weights"))
    found = variables([root])
    if found.by_path:
        return keras_weights_only.by_path(found)
    raise MissingInputError(
        f"{path}: this HDF5 file holds neither a Keras model nor Keras weights.",
        hint="Save the model with model.save('model.keras') or model.save('model.h5').",
    )


def _whole_model(path: Path, root: Group) -> LayersModel:
    topology = root.json("model_config")
    version, backend = _versions(root)
    if version.startswith(("0.", "1.")):
        raise InputError(
            f"{path}: it was written by Keras {version}, and models are read from Keras 2.0 on.",
            hint="Load it in Keras 2.0 to 2.2, which still knows such files, and save it again.",
        )
    model = keras_config.read_model(topology, version, backend)
    training = root.json("training_config")
    model.training = training if isinstance(training, dict) else None
    if "model_weights" not in root:
        raise CorruptInputError(
            f"{path}: it holds the configuration of a model, but no weights.",
            hint="Save it with model.save(...), not model.to_json().",
        )
    stored = root.group("model_weights")
    keras_weights.assign_by_layer(model, {name: named(stored, name) for name in _layer_names(stored)})
    check_shapes(model)
    if backend == "theano":
        turn_kernels(model)
    return model


def _versions(root: Group) -> tuple[str, str | None]:
    """Versions stand at the root or, in older files, at the weights; some old files hold none."""
    places = [root, *([root.group("model_weights")] if "model_weights" in root else [])]
    versions = [place.text("keras_version") for place in places]
    backends = [place.text("backend") for place in places]
    return next((text for text in versions if text), "2"), next((text for text in backends if text), None)


def _layer_names(stored: Group) -> list[str]:
    return stored.texts("layer_names") or []


def named(stored: Group, layer: str) -> keras_weights.Named:
    """The weights of one layer's group, in the order in which Keras listed them."""
    group = stored.get(layer)
    if not isinstance(group, Group):
        raise CorruptInputError(f'{stored.file.origin}: the weights of the layer "{layer}" are missing.')
    return [(name, group.tensor(name)) for name in group.texts("weight_names") or []]


def _weights_of_layers(stored: Group) -> LayersWeights:
    if _versions(stored)[1] == "theano":
        events.note("Theano stores the kernels of convolutions back to front; without the model they stay so.")
    names = _layer_names(stored)
    if _TOP_LEVEL in stored and _TOP_LEVEL not in names:
        names.append(_TOP_LEVEL)
    return keras_weights_only.by_layer((layer, named(stored, layer)) for layer in names)
