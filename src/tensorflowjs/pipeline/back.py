"""The way of TF.js layers models back to Keras: what all the formats that Keras reads have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from tensorflowjs import events
from tensorflowjs.errors import Problem, UnsupportedError, UsageError
from tensorflowjs.formats.output_file import staged_file
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import LayersModel, Model
from tensorflowjs.pipeline.activations import objects_for_activations
from tensorflowjs.pipeline.back_masks import differing, unsure_order
from tensorflowjs.pipeline.options import Options
from tensorflowjs.tensors import Tensor
from tensorflowjs.writers.keras_layers import EITHER, NOT_FOR_KERAS_3
from tensorflowjs.writers.keras_names import without_slashes
from tensorflowjs.writers.keras_topology import check, in_keras_order
from tensorflowjs.writers.keras_training import fitted

Write = Callable[[LayersModel, Path], None]


def write_file(model: LayersModel, target: Path, options: Options, reader: int, write: Write) -> dict[str, Any]:
    """Write `model` as one file for `reader`; returns the figures of a Conversion."""
    for_keras = prepared(model, options, reader)
    with staged_file(target) as new, making_sense_of(f'The model "{model.root.name}"'):
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
        _check_masks(root, reader)
    return replace(model, root=root, training=fitted(model.training, reader))


def _check_masks(root: Model, reader: int) -> None:
    """Refuse a model that Keras would compute with other masks; if it is Keras 3 alone, let that refuse the file."""
    if reader == EITHER:
        for layer in differing(root, 3):
            layer.config = {**layer.config, NOT_FOR_KERAS_3: True}
            events.note("Keras 3 would give it another mask than TF.js, and will refuse to read this file", layer.name)
        _let_keras_3_refuse_unsure_order(root)
    elif unsure_order(root, by_class=True):
        raise UnsupportedError(
            f'The model "{root.name}" cannot be written for Keras 3, whose masks might mix up the order of its layers.',
            [],
            hint="Keras 2 and tf_keras are not affected: --output_format=keras writes an HDF5 file for them.",
        )
    hint = "Take what makes masks (Masking, mask_zero) out, or mask in the data."
    what = "TF.js computes it with another mask than Keras would"
    problems = [
        Problem(f"{layer.name} ({layer.class_name})", what)
        for layer in differing(root, 2 if reader == EITHER else reader)
    ]
    if problems:
        raise UnsupportedError(f'The model "{root.name}" would give other numbers in Keras:', problems, hint=hint)


def _let_keras_3_refuse_unsure_order(root: Model) -> None:
    if unsure_order(root, by_class=False):
        layer = next(part for layer in root.layers for part in layer.walk() if part.weights)
        layer.config = {**layer.config, NOT_FOR_KERAS_3: True}
        events.note("Keras 3 might mix up the order of its layers, and will refuse to read this file", root.name)


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
