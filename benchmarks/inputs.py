"""Makes model files of any size, in the layouts in which tf_keras and Keras 3 write theirs, without either.

python inputs.py h5 FILE BYTES       a stack of Dense layers with about BYTES of random weights
python inputs.py keras FILE BYTES
"""

from __future__ import annotations

import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np

TF_KERAS = "2.19.0"
KERAS_3 = "3.15.1"
WIDTH, SMALL_WIDTH = 4096, 256  # units of a layer, in models from SMALL bytes on, and in smaller ones
SMALL = 64 * 1024**2
_BLOCK = 1024**2  # random values made at a time


def shape_of(size: int) -> tuple[int, int]:
    """How many layers of how many units have about `size` bytes of float32 weights."""
    width = SMALL_WIDTH if size < SMALL else WIDTH
    return max(1, round(size / (width * width * 4))), width


def layer_names(count: int) -> list[str]:
    """Names that sort as they are numbered: the reference converter writes layers sorted by name."""
    return [f"dense_{index:04d}" for index in range(count)]


def write_h5(path: Path, size: int) -> None:
    count, width = shape_of(size)
    names = layer_names(count)
    random = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        weights = file.create_group("model_weights")
        for holder in (file, weights):
            holder.attrs["backend"] = "tensorflow"
            holder.attrs["keras_version"] = TF_KERAS
        file.attrs["model_config"] = json.dumps(tf_keras_config(names, width))
        weights.attrs["layer_names"] = names
        weights.create_group("top_level_model_weights").attrs["weight_names"] = []
        for name in names:
            group = weights.create_group(name)
            group.attrs["weight_names"] = [f"{name}/kernel:0", f"{name}/bias:0"]
            write_random(group, f"{name}/kernel:0", (width, width), random)
            write_random(group, f"{name}/bias:0", (width,), random)


def write_keras(path: Path, size: int) -> None:
    count, width = shape_of(size)
    names = layer_names(count)
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, zipfile.ZipFile(path, "w") as archive:
        weights = Path(folder) / "model.weights.h5"
        write_object_paths(weights, names, width)
        archive.writestr("metadata.json", json.dumps({"keras_version": KERAS_3, "date_saved": "2025-01-01@00:00:00"}))
        archive.writestr("config.json", json.dumps(keras_3_config(names, width)))
        archive.write(weights, weights.name)


def write_object_paths(path: Path, names: list[str], width: int) -> None:
    """Weights as Keras 3 stores them: by the class of the layer and its number, not by its name."""
    random = np.random.default_rng(1)
    with h5py.File(path, "w") as file:
        for index, name in enumerate(names):
            group = file.create_group(f"layers/dense_{index}/vars" if index else "layers/dense/vars")
            group.attrs["name"] = name
            write_random(group, "0", (width, width), random)
            write_random(group, "1", (width,), random)
        file.create_group("vars").attrs["name"] = "sequential"


def write_random(group: Any, name: str, shape: tuple[int, ...], random: np.random.Generator) -> None:
    """A dataset of one piece, as Keras writes it, filled little by little."""
    rows = max(1, _BLOCK // int(np.prod(shape[1:])))
    dataset = group.create_dataset(name, shape, "float32")
    for start in range(0, shape[0], rows):
        part = (min(rows, shape[0] - start), *shape[1:])
        dataset[start : start + rows] = random.standard_normal(part, np.float32) / np.float32(np.sqrt(shape[0]))


# ---------------------------------------------------------------------------------- configurations

_NO_PENALTIES = dict.fromkeys(("kernel_regularizer", "bias_regularizer", "kernel_constraint", "bias_constraint"))


def tf_keras_config(names: list[str], width: int) -> dict[str, Any]:
    entry = {"batch_input_shape": [None, width], "dtype": "float32", "sparse": False, "ragged": False}
    layers: list[dict[str, Any]] = [{"class_name": "InputLayer", "config": {**entry, "name": "input_1"}}]
    for name in names:
        config = {"name": name, "trainable": True, "dtype": "float32", **_dense(width), "activity_regularizer": None}
        layers.append({"class_name": "Dense", "config": config})
    return {"class_name": "Sequential", "config": {"name": "sequential", "layers": layers}}


def keras_3_config(names: list[str], width: int) -> dict[str, Any]:
    entry = {"batch_shape": [None, width], "dtype": "float32", "sparse": False, "ragged": False, "name": "input_layer"}
    layers = [_keras_3_layer("InputLayer", entry)]
    policy = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": "float32"}, "registered_name": None}
    for name in names:
        config = {"name": name, "trainable": True, "dtype": policy, **_dense(width)}
        layers.append({**_keras_3_layer("Dense", config), "build_config": {"input_shape": [None, width]}})
    model = {"name": "sequential", "trainable": True, "dtype": policy, "layers": layers}
    return {
        "module": "keras",
        "class_name": "Sequential",
        "config": {**model, "build_input_shape": [None, width]},
        "registered_name": None,
        "build_config": {"input_shape": [None, width]},
    }


def _keras_3_layer(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    return {"module": "keras.layers", "class_name": class_name, "config": config, "registered_name": None}


def _dense(width: int) -> dict[str, Any]:
    return {
        "units": width,
        "activation": "relu",
        "use_bias": True,
        "kernel_initializer": _initializer("GlorotUniform", seed=None),
        "bias_initializer": _initializer("Zeros"),
        **_NO_PENALTIES,
    }


def _initializer(class_name: str, **config: Any) -> dict[str, Any]:
    return {
        "module": "keras.initializers",
        "class_name": class_name,
        "config": config,
        "registered_name": None,
    }


WRITERS = {"h5": write_h5, "keras": write_keras}

if __name__ == "__main__":
    kind, file, size = sys.argv[1:]
    WRITERS[kind](Path(file), int(size))
