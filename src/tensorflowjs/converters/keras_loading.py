"""TF.js layers models as live Keras models.

Which Keras: tf_keras if the environment variable TF_USE_LEGACY_KERAS asks for it, as TensorFlow itself does; else the
installed `keras`, of version 3 or 2; else tf_keras. KERAS_BACKEND works as it always does. The model is not compiled.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from importlib import import_module
from pathlib import Path
from typing import Any

from tensorflowjs.errors import CorruptInputError, MissingExtraError
from tensorflowjs.formats.manifest import MemoryBytes, StoredWeight, read_group, read_manifest
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.pipeline.back import prepared
from tensorflowjs.pipeline.options import Options
from tensorflowjs.readers import tfjs_layers
from tensorflowjs.writers import keras_h5
from tensorflowjs.writers.keras_layers import EITHER, KERAS_3
from tensorflowjs.writers.keras_topology import topology

_LEGACY = "TF_USE_LEGACY_KERAS"
_YES = ("1", "true")


def load_keras_model(
    config_json_path: str | os.PathLike[str],
    weights_path_prefix: str | os.PathLike[str] | None = None,
    weights_data_buffers: Any = None,
    load_weights: bool = True,
    use_unique_name_scope: bool = False,
) -> Any:
    """The model of a `model.json` as a live model of the installed Keras.

    Weights come from the folder `weights_path_prefix`, by default that of the model.json, or from
    `weights_data_buffers`: bytes or file objects, one for each weight group, or a list of those of its shards.
    Without `load_weights` the model is freshly initialised. `use_unique_name_scope` makes names of variables unique
    in Keras 3, and in the graphs of TensorFlow 1.
    """
    if weights_data_buffers and weights_path_prefix:
        raise ValueError("weights_data_buffers and weights_path_prefix cannot be given both.")
    path = Path(config_json_path)
    document = _parsed(path.read_bytes())
    weights = None
    if load_weights and weights_data_buffers:
        weights = _from_memory(document, weights_data_buffers)
    elif load_weights:
        folder = path.parent if weights_path_prefix is None else Path(weights_path_prefix)
        if not folder.is_dir():
            raise ValueError(f"weights_path_prefix {folder} is not a folder.")
        groups = read_manifest(_manifest(document), folder, origin=str(path))
        weights = [weight for group in groups for weight in group]
    return _live(document, weights, use_unique_name_scope, str(path))


def deserialize_keras_model(config_json: Any, weight_data: Any = None, use_unique_name_scope: bool = False) -> Any:
    """The model of a model.json, given as a dict, text, bytes or file object, as a live model of the installed Keras.

    `weight_data` holds bytes or file objects, one for each weight group, or a list of those of its shards; without it
    the model is freshly initialised.
    """
    document = _parsed(config_json)
    weights = None
    if weight_data:
        if not isinstance(weight_data, list):
            raise ValueError(f"weight_data has to be a list, not {type(weight_data).__name__}.")
        weights = _from_memory(document, weight_data)
    return _live(document, weights, use_unique_name_scope, "config_json")


def _parsed(given: Any) -> dict[str, Any]:
    """The object in a dict, a text, bytes or a file; the kinds of error are those of the old API."""
    if not isinstance(given, dict):
        text = given.read() if hasattr(given, "read") else given
        given = json.loads(text if isinstance(text, str) else bytes(text))
    if not isinstance(given, dict):
        raise TypeError(f"The JSON has to be an object, not {type(given).__name__}.")
    if "modelTopology" not in given:
        raise KeyError('Field "modelTopology" is missing from the JSON.')
    return given


def _manifest(document: dict[str, Any]) -> Any:
    if "weightsManifest" not in document:
        raise KeyError('Field "weightsManifest" is missing from the JSON.')
    return document["weightsManifest"]


# ---------------------------------------------------------------------------- weights in memory


def _from_memory(document: dict[str, Any], buffers: Any) -> list[StoredWeight]:
    """The weights of all groups, each of which is in one buffer or, as on disk, cut into shards."""
    manifest = _manifest(document)
    data = [_bytes(buffer) for buffer in (buffers if isinstance(buffers, list | tuple) else [buffers])]
    found: list[StoredWeight] = []
    for group, joined in zip(manifest, _per_group(manifest, data), strict=True):
        found += read_group(group, MemoryBytes(joined), origin="the weight data")
    return found


def _bytes(buffer: Any) -> bytes:
    if isinstance(buffer, list | tuple):
        return b"".join(_bytes(part) for part in buffer)
    return bytes(buffer.read() if hasattr(buffer, "read") else buffer)


def _per_group(manifest: Any, data: Sequence[bytes]) -> list[bytes]:
    """What belongs to each group: there is a buffer for each group, or for each shard."""
    if not isinstance(manifest, list) or not all(isinstance(group, dict) for group in manifest):
        raise CorruptInputError("The weightsManifest is not a list of groups.")
    if len(data) == len(manifest):
        return list(data)
    counts = [len(group.get("paths") or ()) for group in manifest]
    if sum(counts) != len(data):
        raise ValueError(f"There are {len(data)} buffers for {len(manifest)} weight groups in {sum(counts)} shards.")
    rest = iter(data)
    return [b"".join(next(rest) for _ in range(count)) for count in counts]


# ---------------------------------------------------------------------------- the model


def _live(document: dict[str, Any], weights: list[StoredWeight] | None, unique: bool, origin: str) -> Any:
    keras = installed_keras()
    reader = KERAS_3 if _generation(keras) == 3 else EITHER
    described = tfjs_layers.topology(document, origin=origin)
    if weights is not None:
        tfjs_layers.assign(described, weights, origin=origin)
    described = prepared(described, Options(), reader)
    with _name_scope(keras, unique):
        model = _model(keras, described, reader)
    if weights is not None:
        _fill(model, described)
    return model


def installed_keras() -> Any:
    """The Keras to make models with."""
    wanted = os.environ.get(_LEGACY, "").lower()
    names = ("tf_keras", "keras") if wanted in _YES else ("keras", "tf_keras")
    for name in names:
        try:
            found = import_module(name)
        except ImportError:
            continue
        if name != "keras" or wanted not in _YES or _generation(found) == 2:
            return found
    hint = 'Install it with: pip install keras, or "tensorflowjs[tensorflow]" for tf_keras.'
    raise MissingExtraError("A live Keras model needs Keras, and there is none here.", hint=hint)


def _generation(keras: Any) -> int:
    return 3 if str(keras.__version__).startswith("3") else 2


def _name_scope(keras: Any, unique: bool) -> AbstractContextManager[Any]:
    """In what to make the model. Outside of graphs of TensorFlow 1, tf_keras has no use for the scope."""
    if not unique:
        return nullcontext()
    scope: Any = keras.name_scope if _generation(keras) == 3 else import_module("tensorflow").name_scope
    entered: AbstractContextManager[Any] = scope(f"scope_{uuid.uuid4().hex}")
    return entered


def _model(keras: Any, described: LayersModel, reader: int) -> Any:
    config = topology(described.root, reader)
    if reader == KERAS_3:
        return keras.saving.deserialize_keras_object(config)
    return keras.models.model_from_json(json.dumps(config))


def _fill(model: Any, described: LayersModel) -> None:
    """Give every variable its values, having made sure that it is the one meant."""
    live = {layer.name: layer for layer in model.layers}
    for layer in described.root.layers:
        variables = _variables(live[layer.name]) if layer.name in live else []
        for variable, (name, tensor) in zip(variables, keras_h5.weights_of(layer), strict=True):
            if not _is_called(variable, name) or tuple(variable.shape) != tensor.shape:
                raise CorruptInputError(f'Keras has "{variable.name}" {tuple(variable.shape)} where "{name}" belongs.')
            variable.assign(tensor.read())


def _variables(layer: Any) -> list[Any]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _is_called(variable: Any, name: str) -> bool:
    """Whether both end in the same kind of weight, say `kernel`; Keras 3 is short about a `depthwise_kernel`."""
    return _kind(name).endswith(_kind(str(variable.name)))


def _kind(name: str) -> str:
    return name.removesuffix(":0").rpartition("/")[2]
