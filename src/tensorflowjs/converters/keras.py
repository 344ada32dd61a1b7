"""Live Keras models to TF.js layers models and graph models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorflowjs.pipeline import layers, lowered, prepared
from tensorflowjs.pipeline.options import SHARD_BYTES, GraphOptions, Options, QuantizationMap
from tensorflowjs.readers import keras_live


def save_keras_model(
    model: Any,
    artifacts_dir: str | os.PathLike[str],
    quantization_dtype_map: QuantizationMap | None = None,
    weight_shard_size_bytes: int = SHARD_BYTES,
    metadata: Mapping[str, Any] | None = None,
) -> None:
    """Write a live Keras 3 or tf_keras model into `artifacts_dir`, for `tf.loadLayersModel`.

    The model is read from its configuration and variables; nothing is saved to disk in between.
    """
    options = Options(quantization_dtype_map or {}, False, weight_shard_size_bytes, metadata or {})
    layers.write(keras_live.read(model), Path(artifacts_dir), options)


def save_keras_graph_model(
    model: Any,
    artifacts_dir: str | os.PathLike[str],
    quantization_dtype_map: QuantizationMap | None = None,
    weight_shard_size_bytes: int = SHARD_BYTES,
    metadata: Mapping[str, Any] | None = None,
    **graph_options: Any,
) -> None:
    """Write a live Keras 3 or tf_keras model into `artifacts_dir`, for `tf.loadGraphModel`.

    No TensorFlow takes part in it, whatever the backend of Keras. Inputs and outputs are called what `model.export`
    calls them. The other options are those of `GraphOptions`.
    """
    options = Options(
        quantization_dtype_map or {}, False, weight_shard_size_bytes, metadata or {}, GraphOptions(**graph_options)
    )
    read = keras_live.read(model)
    names = [str(tensor.name).split(":")[0] for tensor in model.inputs]
    prepared.write(lowered.prepare(read, options, names), Path(artifacts_dir), options)
