"""TF.js layers models: what any converter wrote, and what TF.js itself saves in browsers and Node.

A file means here what TF.js makes of it. Only where TF.js could not load it, since a converter has passed on
something of Keras 3 as it was, it means what that Keras meant.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.variables import scopes
from tensorflowjs.errors import MissingInputError, Problem, UnsupportedError
from tensorflowjs.formats.manifest import StoredWeight, read_model
from tensorflowjs.ir.damage import listed
from tensorflowjs.ir.layers import Config, Layer, LayersModel
from tensorflowjs.readers import keras_config, keras_weights
from tensorflowjs.readers.keras_shapes import check_shapes
from tensorflowjs.readers.tfjs_spelling import complete, in_keras_words
from tensorflowjs.tensors import Tensor, cast

MEANING = "2.15.0"  # the Keras whose functions of the same names TF.js computes
_SAVED_BY_TFJS = "tfjs-layers"


def read(path: Path, stack: ExitStack) -> LayersModel:
    """The model that `path`, a model.json or the folder of one, describes, with its weights."""
    stored = read_model(path)
    model = topology(stored.document, origin=str(stored.path))
    assign(model, [weight for group in stored.groups for weight in group], origin=str(stored.path))
    return model


def topology(document: Config, *, origin: str) -> LayersModel:
    """The model of a model.json, without weights."""
    if document.get("format") == "graph-model":
        raise UnsupportedError(
            f"{origin} is a graph model: it has nodes and no layers, of which a Keras model could be made.", []
        )
    raw = document.get("modelTopology", document)
    raw = in_keras_words(raw)
    if not isinstance(raw, dict):
        raise MissingInputError(
            f"{origin} holds weights without the topology of a model.", hint="Keras needs both to make a model."
        )
    said = raw.get("keras_version")
    config = raw["model_config"] if raw.get("model_config") is not None else raw
    version = str(said) if _is_of_keras_3(config) and str(said).startswith("3") else MEANING
    model = keras_config.read_model(complete(config) if version == MEANING else config, version, "tensorflow")
    if str(said).startswith(_SAVED_BY_TFJS):
        _as_trained(model)
    training = document.get("trainingConfig")
    model.training = training if isinstance(training, dict) else None
    metadata = document.get("userDefinedMetadata")
    model.metadata = metadata if isinstance(metadata, dict) else {}
    return model


def _is_of_keras_3(value: Any) -> bool:
    """Whether something is written as only Keras 3 does, which TF.js cannot read."""
    if isinstance(value, list):
        return any(_is_of_keras_3(item) for item in value)
    if not isinstance(value, dict):
        return False
    config = value.get("config")
    shaped = value.get("class_name") == "InputLayer" and isinstance(config, dict) and "batch_shape" in config
    tensor = value.get("class_name") == "__keras_tensor__"
    return shaped or tensor or any(_is_of_keras_3(item) for item in value.values())


def _as_trained(model: LayersModel) -> None:
    """A model that TF.js saved is what TF.js computed, whatever its arguments would mean in Keras."""
    problems = [
        Problem(f"{layer.name} ({layer.class_name})", what)
        for layer in model.walk()
        if (what := _otherwise_in_keras(layer)) is not None
    ]
    if problems:
        raise UnsupportedError("TF.js computes some layers of this model as no Keras does:", problems)
    for layer in model.walk():
        _forget_what_tfjs_ignores(layer)


def _otherwise_in_keras(layer: Layer) -> str | None:
    config = layer.config
    if layer.class_name == "UpSampling2D" and config.get("interpolation") == "bilinear":
        return "interpolation=bilinear between other points than in Keras"
    if layer.class_name == "Conv1D" and config.get("data_format") == "channels_first":
        return "data_format=channels_first gives an output that is channels_last"
    cell = layer.children.get("cell")
    stacked = cell is not None and len(cell.children) > 1
    if stacked and (config.get("return_state") or any(len(call.inputs) > 1 for call in layer.calls)):
        return "states of stacked cells come in the opposite order"
    return None


def _forget_what_tfjs_ignores(layer: Layer) -> None:
    """Arguments that a model was trained without, since TF.js has no eye for them, take their usual values."""
    row = find(layer.class_name)
    if row is None or row.tfjs is None or layer.class_name == "InputLayer":
        return
    for key, usual in row.defaults.items():
        if key not in row.tfjs and layer.config.get(key, usual) != usual:
            events.note(f"{key}={layer.config[key]} is left out: TF.js computed without it", layer.name)
            layer.config[key] = usual


# ---------------------------------------------------------------------------- weights


def assign(model: LayersModel, weights: Iterable[StoredWeight], *, origin: str) -> None:
    """Give every layer its weights, found as TF.js finds them: by name, without the name of a cell if need be."""
    listing = list(_places(model))
    places = dict(listing)
    counts = Counter(name for name, _ in listing)
    problems = [f'"{name}": several layers have weights of this name' for name in counts if counts[name] > 1]
    left: list[str] = []
    for weight in weights:
        if weight.entry.get("group") == "optimizer":
            left.append(weight.name)
            continue
        place = next((name for name in _spellings(weight.name) if name in places), None)
        if place is None:
            problems.append(f'"{weight.name}" in the file belongs to no layer of the topology')
            continue
        layer, own = places[place]
        if own in layer.weights:
            problems.append(f'"{weight.name}": there are several weights of this name')
        layer.weights[own] = _as_float(weight.tensor)
    if left:
        events.note(f"what the optimizer has learnt is left out ({listed(left, 3)})")
    missing = [name for name, (layer, own) in places.items() if own not in layer.weights]
    if missing and len(missing) == len(places) and not problems:
        raise without_weights(origin)
    problems += [f'"{name}" is not in the file' for name in missing]
    if problems:
        raise keras_weights.do_not_fit(problems)
    for layer in model.walk():
        _sort(layer)
    check_shapes(model)


def without_weights(origin: str) -> MissingInputError:
    return MissingInputError(
        f"{origin} holds the topology of a model without its weights.",
        hint="Save both in TF.js, with model.save(...). For the mere architecture, freshly initialised: "
        "tensorflowjs.converters.load_keras_model(path, load_weights=False).",
    )


def _places(model: LayersModel) -> Iterator[tuple[str, tuple[Layer, str]]]:
    """Every variable of the model: what TF.js calls it, whose it is, and what it is called there."""
    for top in model.root.layers:
        if not keras_weights.understood(top):
            raise UnsupportedError(f'What weights the layer "{top.name}" ({top.class_name}) has is not known.', [])
        for scope, layer in scopes(top):
            row = find(layer.class_name)
            for weight in row.present_weights(layer.config) if row else ():
                yield f"{scope}/{weight.name}", (layer, weight.name)


def _spellings(name: str) -> Iterator[str]:
    """A name, and the same without the name of a cell: `lstm/lstm_cell/kernel`, `lstm/kernel`."""
    plain = name.removesuffix(":0")
    parts = plain.split("/")
    yield plain
    if len(parts) > 2:
        yield "/".join([*parts[:-2], parts[-1]])


def _as_float(tensor: Tensor) -> Tensor:
    return cast(tensor, "float32")


def _sort(layer: Layer) -> None:
    """Weights in Keras' order, whatever the order of storage was."""
    row = find(layer.class_name)
    if row is not None and layer.weights:
        order = [weight.name for weight in row.weights]
        layer.weights = dict(sorted(layer.weights.items(), key=lambda item: order.index(item[0])))
