"""Files that Keras 2 saved on Theano hold the kernels of convolutions back to front; and older files are refused."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import InputError
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.readers import keras_h5
from tests.fixtures_keras import FOLDER
from tests.written_models import Json, entry, functional, input_layer, write_h5

Shape = tuple[int | None, ...]
CONVOLUTIONS: list[tuple[Json, Shape, dict[str, Shape], bool]] = [
    (entry("Conv1D", "c", ["x"], filters=2, kernel_size=[3]), (8, 2), {"kernel": (3, 2, 2)}, True),
    (entry("Conv2D", "c", ["x"], filters=2, kernel_size=[3, 2]), (8, 8, 2), {"kernel": (3, 2, 2, 2)}, True),
    (entry("Conv3D", "c", ["x"], filters=2, kernel_size=[3, 2, 2]), (8, 8, 8, 2), {"kernel": (3, 2, 2, 2, 2)}, True),
    (entry("Conv2DTranspose", "c", ["x"], filters=2, kernel_size=[3, 2]), (8, 8, 2), {"kernel": (3, 2, 2, 2)}, True),
    (
        entry("ConvLSTM2D", "c", ["x"], filters=2, kernel_size=[3, 2]), (4, 8, 8, 1),
        {"kernel": (3, 2, 1, 8), "recurrent_kernel": (3, 2, 2, 8)}, True,
    ),
    (entry("DepthwiseConv2D", "c", ["x"], kernel_size=[3, 2]), (8, 8, 2), {"depthwise_kernel": (3, 2, 2, 1)}, False),
    (entry("Dense", "c", ["x"], units=3), (4,), {"kernel": (4, 3)}, False),
]  # fmt: skip


def read(layer: Json, shape: Shape, weights: dict[str, Any], folder: Path, backend: str) -> dict[str, Any]:
    layer = {**layer, "config": {**layer["config"], "use_bias": False}}
    stored = [(f"c/{name}:0", values) for name, values in weights.items()]
    topology = functional([input_layer("x", *shape), layer], ["x"], ["c"])
    path = write_h5(folder / "model.h5", topology, {"c": stored}, keras_version="2.3.1", backend=backend)
    with ExitStack() as stack:
        model = keras_h5.read(path, stack)
        assert isinstance(model, LayersModel)
        return {name: tensor.read() for name, tensor in model.root.layers[1].weights.items()}


@pytest.mark.parametrize(
    ("layer", "shape", "shapes", "is_turned"), CONVOLUTIONS, ids=[row[0]["class_name"] for row in CONVOLUTIONS]
)
def test_kernels(layer: Json, shape: Shape, shapes: dict[str, Shape], is_turned: bool, tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    weights = {name: random.normal(size=size).astype("float32") for name, size in shapes.items()}
    plain = read(layer, shape, weights, tmp_path, "tensorflow")
    for name, values in read(layer, shape, weights, tmp_path, "theano").items():
        np.testing.assert_array_equal(plain[name], weights[name])
        spatial = tuple(range(values.ndim - 2))
        np.testing.assert_array_equal(values, np.flip(weights[name], spatial) if is_turned else weights[name])


def test_weights_alone_stay_as_they_are_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes((FOLDER / "keras-2.3.1" / "mlp-weights.h5").read_bytes())
    with h5py.File(path, "r+") as file:
        file.attrs["backend"] = b"theano"
    (note,) = tensorflowjs.convert(path, tmp_path / "out").notes
    assert "back to front" in note.text


@pytest.mark.parametrize("version", ["1.2.2", "0.3.0"])
def test_files_of_keras_1(version: str, tmp_path: Path) -> None:
    topology = functional([input_layer("x", 4), entry("Dense", "d", ["x"], output_dim=3)], ["x"], ["d"])
    path = write_h5(tmp_path / "old.h5", topology, {"d": []}, keras_version=version)
    with pytest.raises(InputError, match=rf"old\.h5: it was written by Keras {version}.*from Keras 2\.0 on"):
        tensorflowjs.convert(path, tmp_path / "out")
