"""Keras models in SavedModels: the same model as in the HDF5 file that was saved beside it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import ConversionError, CorruptInputError, UnsupportedError
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.readers import keras_h5, keras_saved_model

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tensorflow"
SAVED = sorted(FIXTURES.glob("*/keras"))
NEWEST = FIXTURES / "tf-2.19" / "keras"


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


def contents(model: LayersModel) -> list[tuple[Any, ...]]:
    return [
        (layer.name, layer.class_name, json.dumps(layer.config, sort_keys=True, default=str), list(layer.weights))
        for layer in model.walk()
    ]


@pytest.mark.parametrize("path", SAVED, ids=lambda path: path.parent.name)
def test_the_same_as_in_hdf5(path: Path, stack: ExitStack) -> None:
    saved, hdf5 = keras_saved_model.read(path, stack), keras_h5.read(path.with_suffix(".h5"), stack)
    assert isinstance(hdf5, LayersModel)
    assert contents(saved) == contents(hdf5)
    count = 0
    for one, other in zip(saved.walk(), hdf5.walk(), strict=True):
        for name, tensor in one.weights.items():
            np.testing.assert_array_equal(tensor.read(), other.weights[name].read())
            count += 1
    assert count == 20
    assert saved.keras_version == hdf5.keras_version
    assert (saved.training or {}).get("loss") == (hdf5.training or {}).get("loss") == "mse"


def test_there_are_models_of_every_line() -> None:
    assert [path.parent.name for path in SAVED] == [
        "tf-1.15",
        "tf-2.12",
        "tf-2.15",
        "tf-2.19",
        "tf-2.20",
        "tf-2.21",
        "tf-2.6",
    ]


def test_a_model_without_configuration(stack: ExitStack) -> None:
    with pytest.raises(UnsupportedError, match=r"not written by Keras(.|\n)*tfjs_graph_model"):
        keras_saved_model.read(FIXTURES / "tf-2.19" / "module", stack)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(NEWEST, tmp_path / "model"))


def test_damaged_metadata(copy: Path, stack: ExitStack) -> None:
    file = copy / "keras_metadata.pb"
    data = file.read_bytes()
    for size in (1, 50, len(data) // 2, len(data) - 1):
        file.write_bytes(data[:size])
        with pytest.raises(ConversionError):
            keras_saved_model.read(copy, stack)
    file.write_bytes(data.replace(b'{"name": "', b'{"name":: "', 1))
    with pytest.raises(ConversionError):
        keras_saved_model.read(copy, stack)


def test_damaged_values(copy: Path, stack: ExitStack) -> None:
    shard = next((copy / "variables").glob("variables.data-*"))
    data = bytearray(shard.read_bytes())
    data[3] ^= 64
    shard.write_bytes(data)
    with pytest.raises(CorruptInputError, match="do not match their checksum"):
        keras_saved_model.read(copy, stack)
