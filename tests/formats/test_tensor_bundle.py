"""Checkpoints: every dtype, slices, shards, strings, compressed indices, against TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs.dtypes import DTYPES
from tensorflowjs.errors import ConversionError, CorruptInputError, MissingInputError
from tensorflowjs.formats.tensor_bundle import StoredTensor, open_bundle, slice_key

RANDOM = np.random.default_rng(0)


def save(path: Path, tensors: dict[str, Any], slices: list[str] | None = None) -> Path:
    prefix = path / "checkpoint"
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=list(tensors) if slices is None else [name.split("#")[0] for name in tensors],
        shape_and_slices=slices or [""] * len(tensors),
        tensors=[tf.constant(value) for value in tensors.values()],
    )
    return prefix


@pytest.mark.parametrize("dtype", [name for name in DTYPES if name not in ("string", "bfloat16")])
def test_every_dtype(tmp_path: Path, dtype: str) -> None:
    values = (RANDOM.normal(size=(3, 5)) * 50).astype(np.complex128).astype(np.complex64)
    array = (values if dtype.startswith("complex") else np.abs(values.real)).astype(DTYPES[dtype].storage)
    tensor = open_bundle(save(tmp_path, {"before": np.array([1], "i1"), "t": array})).tensor("t")
    assert (tensor.dtype, tensor.shape) == (dtype, (3, 5))
    np.testing.assert_array_equal(tensor.read(), array)
    assert isinstance(tensor, StoredTensor)
    tensor.check()


def test_bfloat16_scalars_and_empty_tensors(tmp_path: Path) -> None:
    half = tf.constant(RANDOM.normal(size=4), tf.bfloat16)
    bundle = open_bundle(save(tmp_path, {"half": half, "scalar": np.float32(2.5), "empty": np.zeros((0, 3), "f")}))
    bits = tf.bitcast(half, tf.uint16).numpy()
    np.testing.assert_array_equal(bundle.tensor("half").read(), bits)
    assert bundle.tensor("scalar").read() == np.float32(2.5)
    assert bundle.tensor("empty").read().shape == (0, 3)


def test_strings(tmp_path: Path) -> None:
    words = np.array([[b"", b"a" * 300], [b"\xff\x00", "ü".encode()]], dtype=object)
    tensor = open_bundle(save(tmp_path, {"words": words})).tensor("words")
    assert tensor.read().tolist() == words.tolist()


def test_slices_are_put_together(tmp_path: Path) -> None:
    whole = RANDOM.normal(size=(100, 3)).astype("f")
    parts = {"v#1": whole[:30], "v#2": whole[30:]}
    bundle = open_bundle(save(tmp_path, parts, ["100 3 0,30:-", "100 3 30,70:-"]))
    assert list(bundle) == ["v"]
    np.testing.assert_array_equal(bundle.tensor("v").read(), whole)
    np.testing.assert_array_equal(bundle.part("v", "100 3 30,70:-").read(), whole[30:])
    assert isinstance(bundle.part("v", "100 3 30,70:-"), StoredTensor)
    np.testing.assert_array_equal(bundle.part("v", "100 3 20,20:1,2").read(), whole[20:40, 1:])
    for wrong in ("100 3 90,20:-", "100 3 0,1", "100 3 x", "100 3 0,1:-:-"):
        with pytest.raises(CorruptInputError):
            bundle.part("v", wrong).read()


@pytest.mark.parametrize("number", [0, 1, 63, 64, -1, -64, -65, 8191, 8192, 2**20, 2**34, 2**62, -(2**40)])
def test_keys_of_slices(number: int, tmp_path: Path) -> None:
    assert slice_key("p/w", [(0, 3), (0, 2)]) == b"\x00p/w\x00\x01\x01\x02\x80\x83\x80\x82"
    keys = sorted(slice_key("v", [(each, 1)]) for each in (number - 1, number, number + 1))
    assert keys == [slice_key("v", [(each, 1)]) for each in (number - 1, number, number + 1)]


def test_several_shards(tmp_path: Path) -> None:
    parts = []
    arrays = {f"t{index}": RANDOM.normal(size=index + 1).astype("f") for index in range(3)}
    for key, array in arrays.items():
        (tmp_path / key).mkdir()
        parts.append(str(save(tmp_path / key, {key: array})))
    merged = tmp_path / "merged"
    tf.raw_ops.MergeV2Checkpoints(checkpoint_prefixes=parts, destination_prefix=str(merged))
    bundle = open_bundle(merged)
    assert len(list(tmp_path.glob("merged.data-*"))) == 3
    for key, array in arrays.items():
        np.testing.assert_array_equal(bundle.tensor(key).read(), array)


def test_thousands_of_names(tmp_path: Path) -> None:
    arrays = {f"layer_{index:05}/with/a/long/name/{'x' * 60}": np.float32(index) for index in range(5000)}
    bundle = open_bundle(save(tmp_path, arrays))
    assert sorted(bundle) == sorted(arrays)
    assert all(bundle.tensor(key).read() == value for key, value in list(arrays.items())[::500])


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_index_never_gives_other_values(tmp_path: Path, seed: int) -> None:
    arrays = {f"t{index}": np.arange(index + 1.0) for index in range(20)}
    prefix = save(tmp_path, arrays)
    index = prefix.with_name("checkpoint.index")
    data = bytearray(index.read_bytes())
    random = np.random.default_rng(seed)
    at = int(random.integers(0, len(data)))
    data[at] ^= 1 << int(random.integers(0, 8))
    index.write_bytes(data if seed % 2 else data[:at])
    try:
        bundle = open_bundle(prefix)
        values = {key: bundle.tensor(key).read() for key in bundle}
    except ConversionError:
        return
    assert seed % 2 == 1  # what is cut off is always noticed; a bit in padding means nothing
    assert values.keys() == arrays.keys()
    for key, array in arrays.items():
        np.testing.assert_array_equal(values[key], array)


def test_a_flipped_bit_in_names_or_shapes_is_noticed(tmp_path: Path) -> None:
    prefix = save(tmp_path, {"t": np.arange(3.0)})
    index = prefix.with_name("checkpoint.index")
    data = index.read_bytes()
    for at in range(data.index(b"t\x08") + 2):
        index.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        with pytest.raises(CorruptInputError):
            open_bundle(prefix)


def test_what_is_not_there(tmp_path: Path) -> None:
    bundle = open_bundle(save(tmp_path, {"t": np.arange(3.0)}))
    with pytest.raises(MissingInputError, match="nothing named 'u'"):
        bundle.tensor("u")
    with pytest.raises(MissingInputError, match="index of the checkpoint is missing"):
        open_bundle(tmp_path / "other")
