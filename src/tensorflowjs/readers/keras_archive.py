"""`.keras` archives of Keras 3 and of tf_keras since 2.12: configuration and weights, read in place."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.readers import keras_config, keras_weights
from tensorflowjs.readers.keras_shapes import check_shapes
from tensorflowjs.readers.keras_variables import variables
from tensorflowjs.readers.keras_vocabularies import read_vocabularies


def read(path: Path, stack: ExitStack) -> LayersModel:
    """The model in the archive, whose tensors can be read until `stack` is closed."""
    from tensorflowjs.formats.keras_zip import open_keras

    archive = stack.enter_context(open_keras(path))
    topology = archive.config
    model = keras_config.read_model(topology, str(archive.metadata.get("keras_version") or "3"))
    training = topology.get("compile_config")
    model.training = training if isinstance(training, dict) else None
    keras_weights.assign_by_path(model, variables([archive.weights]))
    read_vocabularies(model.root, archive)
    check_shapes(model)
    return model
