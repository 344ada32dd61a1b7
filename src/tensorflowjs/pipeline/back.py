"""The way of TF.js layers models back to Keras: what all the formats that Keras reads have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tensorflowjs.errors import UsageError
from tensorflowjs.formats.output_file import staged_file
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.pipeline.activations import objects_for_activations
from tensorflowjs.pipeline.options import Options
from tensorflowjs.tensors import Tensor
from tensorflowjs.writers.keras_names import without_slashes
from tensorflowjs.writers.keras_topology import check, in_keras_order
from tensorflowjs.writers.keras_training import fitted

Write = Callable[[LayersModel, Path], None]


def write_file(model: LayersModel, target: Path, options: Options, reader: int, write: Write) -> dict[str, Any]:
    """Write `model` as one file for `reader`; returns the figures of a Conversion."""
    for_keras = prepared(model, options, reader)
    with staged_file(target) as new:
        write(for_keras, new)
        size = new.stat().st_size
    return figures(for_keras, size)


def prepared(model: LayersModel, options: Options, reader: int) -> LayersModel:
    """`model` as Keras can have it, or a refusal."""
    if options.quantization:
        raise UsageError(
            "Only models for TF.js are quantised; Keras has no such weights.", hint="Leave the --quantize flags out."
        )
    with making_sense_of(f'The model "{model.root.name}"'):
        check(model.root)
        root = in_keras_order(without_slashes(model.root))
        objects_for_activations(root, reader)
    return replace(model, root=root, training=fitted(model.training, reader))


def figures(model: LayersModel, written: int) -> dict[str, Any]:
    tensors = list(_tensors(model))
    return {
        "layers": sum(layer.class_name != "InputLayer" for layer in model.root.layers),
        "weights": len(tensors),
        "parameters": sum(tensor.count for tensor in tensors),
        "weight_bytes": sum(tensor.nbytes for tensor in tensors),
        "written_bytes": written,
        "shards": 1,
    }


def _tensors(model: LayersModel) -> Iterator[Tensor]:
    for layer in model.walk():
        yield from layer.weights.values()
