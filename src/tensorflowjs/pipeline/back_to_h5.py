"""The journey of TF.js layers models to HDF5 files of Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.pipeline import back
from tensorflowjs.pipeline.options import Options
from tensorflowjs.writers import keras_h5
from tensorflowjs.writers.keras_layers import EITHER


def write(model: LayersModel, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into the file `target`; returns the figures of a Conversion."""
    return back.write_file(model, target, options, EITHER, keras_h5.write)
