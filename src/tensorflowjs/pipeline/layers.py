"""The journey of Keras models to TF.js layers models: fit, lay out, write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorflowjs.dtypes import FLOATS
from tensorflowjs.fitting import fit
from tensorflowjs.formats import tfjs
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import LayersModel, LayersWeights
from tensorflowjs.pipeline.options import Options
from tensorflowjs.tensors import Tensor, cast
from tensorflowjs.version import version as __version__
from tensorflowjs.writers import tfjs_layers

Named = list[tuple[str, Tensor]]


def write(model: LayersModel | LayersWeights, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into `target`; returns the figures of a Conversion."""
    if isinstance(model, LayersModel):
        with making_sense_of(f'The model "{model.root.name}"'):
            fitted = fit(model)
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
    return {"layers": count, **_write_weights(document, named, target, options)}


def _document(model: LayersModel | LayersWeights, topology: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "format": "layers-model",
        "generatedBy": f"keras v{model.keras_version}" if topology else None,
        "convertedBy": f"TensorFlow.js Converter v{__version__}",
        "modelTopology": topology,
    }


def _as_float32(tensor: Tensor) -> Tensor:
    return cast(tensor, "float32") if tensor.dtype in FLOATS else tensor


def _write_weights(document: dict[str, Any], named: list[Named], target: Path, options: Options) -> dict[str, Any]:
    groups = named if options.split_weights_by_layer else [[pair for weights in named for pair in weights]]
    written = tfjs.write_model(
        target,
        document,
        groups,
        shard_bytes=options.weight_shard_size_bytes,
        quantization=options.quantization,
    )
    tensors = [tensor for group in groups for _, tensor in group]
    return {
        "weights": len(tensors),
        "parameters": sum(tensor.count for tensor in tensors),
        "weight_bytes": sum(tensor.nbytes for tensor in tensors),
        "written_bytes": written.weight_bytes,
        "shards": written.shards,
    }
