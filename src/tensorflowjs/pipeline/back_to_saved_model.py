"""The journey of TF.js layers models to SavedModels of tf.keras, which only TensorFlow can write."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tensorflowjs.errors import MissingExtraError
from tensorflowjs.formats.output import staged
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.pipeline import back
from tensorflowjs.pipeline.options import Options
from tensorflowjs.writers import keras_h5
from tensorflowjs.writers.keras_layers import EITHER

_LAST = "saved_model.pb"


def write(model: LayersModel, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into the folder `target`; returns the figures of a Conversion."""
    keras = _tf_keras()
    for_keras = back.prepared(model, options, EITHER)
    with staged(target) as staging:
        with tempfile.TemporaryDirectory() as folder, _in_silence():
            file = Path(folder, "model.h5")
            keras_h5.write(for_keras, file)
            keras.models.load_model(file).save(staging.folder, save_format="tf")
        files = [path for path in sorted(staging.folder.rglob("*")) if path.is_file()]
        names = [path.relative_to(staging.folder).as_posix() for path in files]
        size = sum(path.stat().st_size for path in files)
        staging.publish(sorted(names, key=lambda name: name == _LAST))
    return back.figures(for_keras, size)


def _tf_keras() -> Any:
    try:
        import_module("tensorflow")
        return import_module("tf_keras")
    except ImportError as error:
        raise MissingExtraError(
            f"Only TensorFlow can write a SavedModel of Keras, and it is not installed ({error}).",
            hint='Install it with: pip install "tensorflowjs[tensorflow]". '
            "Or write what needs no TensorFlow: --output_format=keras or keras_keras.",
        ) from error


@contextmanager
def _in_silence() -> Iterator[None]:
    """Without what TensorFlow has to say about models that are not compiled."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
