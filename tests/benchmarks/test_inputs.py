"""The models that the benchmarks make are such as Keras writes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import tf_keras

Layout = dict[str, Any]


def layout(source: Any) -> Layout:
    """Groups with the names of their attributes, datasets with shape, type and storage."""
    found: Layout = {}

    def visit(path: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[path] = (item.shape, item.dtype.str, item.chunks, item.compression)
        else:
            found[path] = sorted(item.attrs)

    with h5py.File(source, "r") as file:
        found[""] = sorted(file.attrs)
        file.visititems(visit)
    return found


def weights_inside(archive: Path) -> Layout:
    with zipfile.ZipFile(archive) as opened:
        assert {member.compress_type for member in opened.infolist()} == {zipfile.ZIP_STORED}
        return layout(io.BytesIO(opened.read("model.weights.h5")))


def assert_alive(model: Any) -> None:
    values = np.asarray(model(np.random.default_rng(2).normal(size=(3, model.input_shape[-1])).astype("float32")))
    assert values.std() > 0.01


def test_h5_is_as_tf_keras_writes_it(tmp_path: Path) -> None:
    from inputs import write_h5

    write_h5(tmp_path / "made.h5", 600_000)
    model = tf_keras.models.load_model(tmp_path / "made.h5")
    assert_alive(model)
    model.save(tmp_path / "theirs.h5")
    made = layout(tmp_path / "made.h5")
    assert len(made) > 10
    assert made == layout(tmp_path / "theirs.h5")


def test_keras_archives_are_as_keras_3_writes_them(tmp_path: Path) -> None:
    from inputs import write_keras

    write_keras(tmp_path / "made.keras", 600_000)
    model = keras.saving.load_model(tmp_path / "made.keras")
    assert_alive(model)
    model.save(tmp_path / "theirs.keras")
    made = weights_inside(tmp_path / "made.keras")
    assert len(made) > 6
    assert made == weights_inside(tmp_path / "theirs.keras")
