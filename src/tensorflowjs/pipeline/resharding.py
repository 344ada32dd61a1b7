"""The journey of TF.js layers models to TF.js layers models: other shards, other precision, the same model."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import Any

from tensorflowjs import events
from tensorflowjs.formats.manifest import StoredModel, StoredWeight
from tensorflowjs.pipeline import prepared
from tensorflowjs.pipeline.options import Options
from tensorflowjs.pipeline.prepared import NamedTensors, Prepared
from tensorflowjs.version import version

_WEIGHTS = frozenset({"weightsManifest", "weightSpecs", "weightData"})  # which are written anew
_TOPOLOGY = ("class_name", "config")  # of a file that is nothing but a topology


def write(model: StoredModel, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into the folder `target`; returns the figures of a Conversion."""
    return prepared.write(prepare(model, options), target, options)


def prepare(model: StoredModel, options: Options) -> Prepared:
    """`model` with nothing changed but what is asked for."""
    weights = [weight for group in model.groups for weight in group]
    quantised = [weight.name for weight in weights if weight.entry.get("quantization")]
    if quantised and not options.quantization:
        events.note(f"{len(quantised)} quantised weights become float32 again; the --quantize flags keep them small")
    groups = _by_layer(weights) if options.split_weights_by_layer else [_named(weights)]
    marks = {weight.name: {"group": weight.entry["group"]} for weight in weights if "group" in weight.entry}
    return Prepared(_document(model.document, options), groups, marks=marks)


def _document(given: dict[str, Any], options: Options) -> dict[str, Any]:
    if all(key in given for key in _TOPOLOGY) and "modelTopology" not in given:
        given = {"modelTopology": given}
    kept = {key: value for key, value in given.items() if key not in _WEIGHTS}
    made = {"format": "layers-model", **kept, "convertedBy": f"TensorFlow.js Converter v{version}"}
    metadata = {**(kept.get("userDefinedMetadata") or {}), **options.metadata}
    return {**made, "userDefinedMetadata": metadata} if metadata else made


def _by_layer(weights: list[StoredWeight]) -> list[NamedTensors]:
    """A group for each layer: what its weights' names begin with. What an optimizer has learnt has no layer."""

    def layer(weight: StoredWeight) -> str:
        return str(weight.entry.get("group")) + weight.name.partition("/")[0] * ("group" not in weight.entry)

    return [_named(list(same)) for _, same in groupby(weights, layer)]


def _named(weights: list[StoredWeight]) -> NamedTensors:
    return [(weight.name, weight.tensor) for weight in weights]
