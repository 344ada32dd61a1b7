"""SavedModels written by tf.keras and tf_keras, as layers models.

Keras notes the configuration of every layer beside the graph: in `keras_metadata.pb`, before TensorFlow 2.5 within the
saved objects themselves. Each layer among these objects lists its variables in Keras' own order, and the checkpoint
tells the value of each of them.
"""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tensorflowjs.errors import ConversionError, CorruptInputError, Problem, UnsupportedError
from tensorflowjs.formats.protobuf import parse
from tensorflowjs.formats.tensor_bundle import OBJECT_GRAPH, Bundle, StoredTensor, open_bundle
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.readers import keras_config, keras_weights
from tensorflowjs.readers.keras_shapes import check_shapes
from tensorflowjs.readers.saved_model_file import choose_meta_graph, read_bytes, read_message
from tensorflowjs.tensors import Tensor

METADATA = "keras_metadata.pb"
_LAYER_CHILD = re.compile(r"layer(_with_weights)?-\d+")
_VALUE = "VARIABLE_VALUE"


def read(path: Path, stack: ExitStack) -> LayersModel:
    """The Keras model that was saved in the folder `path`."""
    objects = choose_meta_graph(read_message(path), None, path).object_graph_def.nodes
    notes = _notes(path, objects)
    topology = notes.get(0, {})
    config = topology.get("model_config")
    if not isinstance(config, dict):
        raise _no_configuration(path)
    model = keras_config.read_model(config, str(topology.get("keras_version") or "2"), _text(topology.get("backend")))
    training = topology.get("training_config")
    model.training = training if isinstance(training, dict) else None
    bundle = open_bundle(path / "variables" / "variables")
    keras_weights.assign_by_layer(model, _weights(objects, notes, bundle, path))
    check_shapes(model)
    return model


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _no_configuration(path: Path) -> ConversionError:
    return UnsupportedError(
        "This SavedModel holds no configuration of layers.",
        [Problem(str(path), "it is a subclassed model, or was not written by Keras")],
        hint="Convert it to a graph model: --output_format=tfjs_graph_model.",
    )


def _notes(path: Path, objects: Any) -> dict[int, dict[str, Any]]:
    """Number of an object -> what Keras noted of it."""
    file = path / METADATA
    if file.is_file():
        rows = [
            (node.node_id, node.metadata)
            for node in parse("saved_model", "SavedMetadata", read_bytes(file), str(file)).nodes
        ]
    else:
        rows = [
            (number, node.user_object.metadata)
            for number, node in enumerate(objects)
            if node.user_object.identifier.startswith("_tf_keras_")
        ]
    return {number: note for number, text in rows if isinstance(note := _json(text, path), dict)}


def _json(text: str, path: Path) -> Any:
    try:
        return json.loads(text, object_hook=_plain) if text else None
    except (ValueError, RecursionError) as error:
        raise CorruptInputError(f"{path}: what Keras noted of its layers is damaged ({error}).") from None


def _plain(value: dict[str, Any]) -> Any:
    """Tuples and shapes, which Keras wraps in JSON, as lists."""
    if value.get("class_name") in ("__tuple__", "TensorShape") and isinstance(value.get("items"), list):
        return value["items"]
    return value


def _weights(
    objects: Any, notes: dict[int, dict[str, Any]], bundle: Bundle, path: Path
) -> dict[str, keras_weights.Named]:
    """Name of a top-level layer -> its variables in the order of Keras."""
    keys = _keys(bundle, path)
    found: dict[str, keras_weights.Named] = {}
    for child in _children(objects, 0, path):
        name = notes.get(child.node_id, {}).get("name")
        if _LAYER_CHILD.fullmatch(child.local_name) and isinstance(name, str):
            found[name] = [
                _named(objects, each, keys, bundle, path) for each in _variables(objects, child.node_id, path)
            ]
    return found


def _children(objects: Any, number: int, path: Path) -> Any:
    if not 0 <= number < len(objects):
        raise CorruptInputError(f"{path}: it refers to a saved object {number}, which does not exist.")
    return objects[number].children


def _variables(objects: Any, layer: int, path: Path) -> list[int]:
    lists = [child.node_id for child in _children(objects, layer, path) if child.local_name == "variables"]
    return [
        child.node_id for number in lists for child in _children(objects, number, path) if child.local_name.isdecimal()
    ]


def _named(
    objects: Any, number: int, keys: dict[int, tuple[str, str]], bundle: Bundle, path: Path
) -> tuple[str, Tensor]:
    _children(objects, number, path)
    name = objects[number].variable.name
    full_name, key = keys.get(number, ("", ""))
    if not key or (full_name and name and full_name != name):
        raise CorruptInputError(f"{path}: the checkpoint holds no value for {name or f'object {number}'}.")
    tensor = bundle.tensor(key)
    if isinstance(tensor, StoredTensor):
        tensor.check()
    return name, tensor


def _keys(bundle: Bundle, path: Path) -> dict[int, tuple[str, str]]:
    """Number of an object -> its full name and the key of its value; the checkpoint counts objects as the model."""
    data = bundle.tensor(OBJECT_GRAPH).read().reshape(-1)[0]
    proto = parse("checkpoint", "TrackableObjectGraph", data, f"{path}: the objects of its checkpoint")
    return {
        number: (attribute.full_name, attribute.checkpoint_key)
        for number, node in enumerate(proto.nodes)
        for attribute in node.attributes
        if attribute.name == _VALUE
    }
