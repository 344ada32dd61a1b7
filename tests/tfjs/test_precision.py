"""Models of other precisions than float32: their weights and inputs become what TF.js has, with the same numbers."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.converters import save_keras_model
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.verify import TfjsRunner, Tolerance, compare
from tests.tfjs.parity import ROUTES, Route, convert_by
from tests.tfjs.randomised import outputs_of, random_model_inputs, randomise_weights
from tests.written_models import dense, dense_weights, functional, input_layer, random_dense, write_h5

pytestmark = pytest.mark.oracle
both = pytest.mark.parametrize("library", ["keras", "tf_keras"])
POLICIES = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


def set_policy(library: str, policy: str) -> None:
    keras = importlib.import_module(library)
    (keras.config.set_dtype_policy if library == "keras" else keras.mixed_precision.set_global_policy)(policy)


@pytest.fixture(autouse=True)
def plain_afterwards() -> Iterator[None]:
    yield
    for library in ("keras", "tf_keras"):
        set_policy(library, "float32")


def model_of(library: str, policy: str) -> Any:
    set_policy(library, policy)
    keras = importlib.import_module(library)
    layers = keras.layers
    x = keras.Input((8, 8, 3))
    y = layers.BatchNormalization()(layers.Conv2D(4, 3, activation="relu")(x))
    y = layers.GlobalAveragePooling2D()(layers.SeparableConv2D(6, 3, activation="tanh")(y))
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(5), layers.LayerNormalization()])
    return keras.Model(x, layers.Dense(3, dtype="float32" if "mixed" in policy else None)(inner(y)))


@both
@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("route", ROUTES)
def test_numbers_are_those_of_the_weights_in_float32(
    library: str, policy: str, route: Route, tfjs: TfjsRunner, tmp_path: Path
) -> None:
    model = model_of(library, policy)
    randomise_weights(model)
    notes = convert_by(model, route, tmp_path / "out")
    twin = model_of(library, "float32")
    twin.set_weights([np.asarray(value).astype("float32") for value in model.get_weights()])
    inputs = random_model_inputs(twin, seed=3)
    loaded = tfjs.load(tmp_path / "out")
    outputs = loaded.predict(inputs)
    assert {spec.dtype for spec in loaded.input_specs} == {"float32"}
    assert all(one.ok() for one in compare(outputs_of(twin, inputs), outputs, loaded.output_names))
    given = [array.astype("float64" if policy == "float64" else "float32") for array in inputs]
    there = compare(outputs_of(model, given), outputs, loaded.output_names)
    assert all(one.ok(tolerance_of(policy)) for one in there), [str(one) for one in there]
    assert any(f"layers have the dtype policy {policy}; TF.js stores and computes in float32" in note for note in notes)


def tolerance_of(policy: str) -> Tolerance:
    """What Keras itself loses by computing in the precision of the policy."""
    return {"float64": Tolerance(), "float16": Tolerance(1e-2, 1e-2), "mixed_float16": Tolerance(1e-2, 1e-2)}.get(
        policy, Tolerance(0.1, 0.1)
    )


@pytest.mark.parametrize(
    ("declared", "written"),
    [
        ("float16", "float32"), ("float64", "float32"), ("bfloat16", "float32"), ("float32", "float32"),
        ("int8", "int32"), ("uint8", "int32"), ("int16", "int32"), ("int32", "int32"), ("int64", "int32"),
        ("uint32", "int32"), ("bool", "bool"), ("string", "string"), ("complex64", "complex64"),
        ("mixed_float16", "float32"), ("nonsense", "float32"),
    ],
)  # fmt: skip
def test_inputs_of_any_type(declared: str, written: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    kernel, bias = random_dense(1, 4, 3)
    layers = [input_layer("x", 4, dtype=declared), dense("scores", 3, "x")]
    write_h5(tmp_path / "model.h5", functional(layers, ["x"], ["scores"]), {"scores": dense_weights("d", kernel, bias)})
    tensorflowjs.convert(tmp_path / "model.h5", tmp_path)
    model = tfjs.load(tmp_path)
    assert model.input_specs[0].dtype == written
    if written == "float32":
        values = np.random.default_rng(2).normal(size=(3, 4)).astype("float32")
        np.testing.assert_allclose(model.predict([values])[0], np.tanh(values @ kernel + bias), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("mode", ["int8", "int4", "float8"])
@pytest.mark.parametrize("route", ["live", "keras"])
def test_quantised_layers_are_refused(mode: str, route: Route, tmp_path: Path) -> None:
    keras = importlib.import_module("keras")
    x = keras.Input((16,))
    model = keras.Model(x, keras.layers.Dense(4, name="last")(keras.layers.Dense(8, name="first")(x)))
    model.layers[1].quantize(mode)
    with pytest.raises(UnsupportedError) as caught:
        convert_by(model, route, tmp_path / "out")
    text = str(caught.value)
    assert "first (Dense)" in text and mode in text and "--quantize_uint8" in text and "last" not in text
    assert not (tmp_path / "out").exists()


def test_casts_to_narrow_integers_are_no_quantisation(tmp_path: Path) -> None:
    keras = importlib.import_module("keras")
    x = keras.Input((4,), dtype="int8")
    save_keras_model(keras.Model(x, keras.layers.Dense(2)(keras.ops.cast(x, "float32"))), tmp_path)
    assert (tmp_path / "model.json").exists()
