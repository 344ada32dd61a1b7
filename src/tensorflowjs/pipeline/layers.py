"""The journey of Keras models to TF.js layers models: fit, lay out, write."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tensorflowjs.dtypes import FLOATS
from tensorflowjs.errors import ConversionError, UnsupportedError
from tensorflowjs.fitting import fit
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import LayersModel, LayersWeights
from tensorflowjs.lowering import lower
from tensorflowjs.pipeline import prepared
from tensorflowjs.pipeline.options import Options
from tensorflowjs.pipeline.prepared import Prepared
from tensorflowjs.tensors import Tensor, cast
from tensorflowjs.version import version as __version__
from tensorflowjs.writers import tfjs_layers

GRAPH_MODEL = "--output_format=tfjs_graph_model"


def write(model: LayersModel | LayersWeights, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into `target`; returns the figures of a Conversion."""
    return prepared.write(prepare(model, options), target, options)


def prepare(model: LayersModel | LayersWeights, options: Options) -> Prepared:
    """Make `model` one of layers that TF.js has."""
    if isinstance(model, LayersModel):
        with making_sense_of(f'The model "{model.root.name}"'):
            fitted = _fitted(model)
        named = [
            [(name, cast(tensor, "float32")) for name, tensor in weights] for _, weights in tfjs_layers.weights(fitted)
        ]  # as all variables of TF.js layers are
        document = _document(model, tfjs_layers.topology(fitted))
        if fitted.training:
            document["trainingConfig"] = fitted.training
        count = sum(layer.class_name != "InputLayer" for layer in fitted.root.layers)
    else:
        named = [[(name, _as_float32(tensor)) for name, tensor in group.weights] for group in model.groups]
        document, count = _document(model, None), 0
    metadata = {**model.metadata, **options.metadata}
    if metadata:
        document["userDefinedMetadata"] = metadata
    groups = named if options.split_weights_by_layer else [[pair for weights in named for pair in weights]]
    return Prepared(document, groups, {"layers": count})


def _fitted(model: LayersModel) -> LayersModel:
    try:
        return fit(model)
    except UnsupportedError as error:
        raise error if _can_be_a_graph(model) else _without_graphs(error) from None


def _can_be_a_graph(model: LayersModel) -> bool:
    try:
        lower(model)
    except ConversionError:
        return False
    return True


def _without_graphs(error: UnsupportedError) -> UnsupportedError:
    """The same without the advice to make a graph of the model, which cannot be done either."""
    problems = [
        replace(problem, hint=None) if problem.hint and GRAPH_MODEL in problem.hint else problem
        for problem in error.problems
    ]
    return UnsupportedError(error.summary, problems, hint=error.hint)


def _document(model: LayersModel | LayersWeights, topology: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "format": "layers-model",
        "generatedBy": f"keras v{model.keras_version}" if topology else None,
        "convertedBy": f"TensorFlow.js Converter v{__version__}",
        "modelTopology": topology,
    }


def _as_float32(tensor: Tensor) -> Tensor:
    return cast(tensor, "float32") if tensor.dtype in FLOATS else tensor
