"""Quantised conversions in TF.js: what it holds is as near to the weights as the type allows, and JSON stays JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import UnsupportedError, UsageError
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.parity import AssertParity
from tests.written_models import Array, dense, dense_weights, functional, input_layer, random_dense, write_h5

STEPS = {"uint8": 255, "uint16": 65535}
ALL = ("float16", "uint8", "uint16")


def two_layers(folder: Path, **changed: Array) -> dict[str, Array]:
    """A model file with layers `first` and `second`; returns its weights, of which some may be given."""
    (k1, b1), (k2, b2) = random_dense(1, 6, 5), random_dense(2, 5, 4)
    weights = {"first/kernel": k1, "first/bias": b1, "second/kernel": k2, "second/bias": b2}
    weights.update({name.replace("_", "/"): values for name, values in changed.items()})
    layers = [input_layer("x", 6), dense("first", 5, "x"), dense("second", 4, "first", activation="softmax")]
    stored = {
        name: dense_weights(name, weights[f"{name}/kernel"], weights[f"{name}/bias"]) for name in ("first", "second")
    }
    write_h5(folder / "model.h5", functional(layers, ["x"], ["second"]), stored)
    return weights


def convert(folder: Path, quantization: Any) -> dict[str, dict[str, Any]]:
    """The entries of the manifest."""
    result = tensorflowjs.convert(folder / "model.h5", folder / "out", quantization_dtype_map=quantization)
    document = json.loads(result.model_json.read_text(), parse_constant=lambda token: pytest.fail(f"{token} in JSON"))
    return {weight["name"]: weight for group in document["weightsManifest"] for weight in group["weights"]}


def in_tfjs(tfjs: TfjsRunner, folder: Path) -> dict[str, Array]:
    model = tfjs.load(folder / "out")
    try:
        return model.weight_values()
    finally:
        model.close()


def assert_as_near_as_can_be(values: Array, held: Array, dtype: str) -> None:
    if dtype == "float16":
        np.testing.assert_array_equal(held, values.astype("float16").astype("float32"))
        return
    step = float(np.ptp(values)) / STEPS[dtype]
    assert np.abs(held - values).max() <= step * 1.001 + 1e-7  # half a step, and half of one to make 0 exact


@pytest.mark.parametrize("dtype", ALL)
def test_all_weights(dtype: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    weights = two_layers(tmp_path)
    entries = convert(tmp_path, {dtype: True})
    assert {entry["quantization"]["dtype"] for entry in entries.values()} == {dtype}
    held = in_tfjs(tfjs, tmp_path)
    for name, values in weights.items():
        assert_as_near_as_can_be(values, held[name], dtype)
        assert dtype == "uint8" or np.abs(held[name] - values).max() < 1e-2


@pytest.mark.parametrize("dtype", ALL)
def test_zeros_stay_zeros(dtype: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    kernel = random_dense(5, 6, 5)[0]
    kernel[::2] = 0
    two_layers(tmp_path, first_kernel=kernel)
    convert(tmp_path, {dtype: True})
    assert np.array_equal(in_tfjs(tfjs, tmp_path)["first/kernel"] == 0, kernel == 0)


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("value", [0.0, 1.0, -2.5, 1e-30, 1e30, -1e-45], ids=str)
def test_constants(dtype: str, value: float, tfjs: TfjsRunner, tmp_path: Path) -> None:
    bias = np.full(5, value, "float32")
    two_layers(tmp_path, first_bias=bias)
    convert(tmp_path, {dtype: True})
    held = in_tfjs(tfjs, tmp_path)["first/bias"]
    assert_as_near_as_can_be(bias, held, "float16" if dtype == "float16" and abs(value) < 1e4 else "uint16")


@pytest.mark.parametrize("dtype", ALL)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
def test_values_without_a_range_stay_float32(dtype: str, value: float, tfjs: TfjsRunner, tmp_path: Path) -> None:
    bias = np.array([1, value, 3, 4, 5], "float32")
    two_layers(tmp_path, first_bias=bias)
    entries = convert(tmp_path, {dtype: True})
    assert "quantization" not in entries["first/bias"] and "quantization" in entries["first/kernel"]
    np.testing.assert_array_equal(in_tfjs(tfjs, tmp_path)["first/bias"], bias)


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("values", [(0, 3e38), (-3e38, 3e38), (0, 1e-45), (1, 1 + 1e-7), (-1e-38, 2e-38)], ids=str)
def test_extreme_ranges(dtype: str, values: tuple[float, float], tfjs: TfjsRunner, tmp_path: Path) -> None:
    bias = np.linspace(*values, 5).astype("float32")
    two_layers(tmp_path, first_bias=bias)
    convert(tmp_path, {dtype: True})
    held = in_tfjs(tfjs, tmp_path)["first/bias"].astype("float64")
    assert np.isfinite(held).all()
    assert np.abs(held - bias).max() <= (float(bias[-1]) - float(bias[0])) / STEPS[dtype] + 1e-7 * np.abs(bias).max()


def test_a_pattern_for_some_and_a_type_for_the_rest(tfjs: TfjsRunner, tmp_path: Path) -> None:
    weights = two_layers(tmp_path)
    entries = convert(tmp_path, {"uint8": ["first/*"], "uint16": "*/kernel*2", "float16": True})
    found = {name: entry["quantization"]["dtype"] for name, entry in entries.items()}
    assert found == {
        "first/kernel": "uint8", "first/bias": "uint8", "second/kernel": "float16", "second/bias": "float16",
    }  # fmt: skip
    held = in_tfjs(tfjs, tmp_path)
    for name, dtype in found.items():
        assert_as_near_as_can_be(weights[name], held[name], dtype)


def test_two_types_for_one_weight(tmp_path: Path) -> None:
    two_layers(tmp_path)
    with pytest.raises(UsageError, match="Both uint8 and float16 are asked for 'first/kernel'"):
        convert(tmp_path, {"uint8": ["first/*"], "float16": ["*/kernel"]})
    assert not (tmp_path / "out").exists()


def test_a_pattern_that_matches_nothing_is_noted(tmp_path: Path) -> None:
    two_layers(tmp_path)
    options = {"uint8": ["third/*"]}
    result = tensorflowjs.convert(tmp_path / "model.h5", tmp_path / "out", quantization_dtype_map=options)
    assert any("third/*" in note.text for note in result.notes)


@pytest.mark.parametrize("shard", [1, 7, 64, 10_000])
def test_shards_cut_anywhere(shard: int, tfjs: TfjsRunner, tmp_path: Path) -> None:
    weights = two_layers(tmp_path)
    options: dict[str, Any] = {"quantization_dtype_map": {"uint16": True}, "weight_shard_size_bytes": shard}
    result = tensorflowjs.convert(tmp_path / "model.h5", tmp_path / "out", **options)
    assert result.shards == -(-result.written_bytes // shard)
    held = in_tfjs(tfjs, tmp_path)
    for name, values in weights.items():
        assert_as_near_as_can_be(values, held[name], "uint16")


def test_metadata_that_is_no_json(tmp_path: Path) -> None:
    two_layers(tmp_path)
    with pytest.raises(UnsupportedError, match="nan does not exist in JSON"):
        tensorflowjs.convert(tmp_path / "model.h5", tmp_path / "out", metadata={"mean": [1.0, float("nan")]})
    assert not (tmp_path / "out").exists()


@pytest.mark.oracle
@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 5e-3), ("uint8", 0.1), ("uint16", 1e-3)])
def test_predictions_are_near_those_of_keras(assert_parity: AssertParity, dtype: str, tolerance: float) -> None:
    import keras

    layers = keras.layers
    x = keras.Input((12, 12, 3))
    y = layers.BatchNormalization()(layers.Conv2D(8, 3, activation="relu")(x))
    y = layers.GlobalAveragePooling2D()(layers.DepthwiseConv2D(3, activation="relu")(y))
    model = keras.Model(x, layers.Dense(5, activation="softmax")(y))
    assert_parity(model, quantization_dtype_map={dtype: True}, rtol=tolerance, atol=tolerance, backends=["cpu"])
