"""Live Keras models to TF.js layers models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorflowjs.pipeline import layers
from tensorflowjs.pipeline.options import SHARD_BYTES, Options, QuantizationMap
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
