"""Whatever layers are called, the model loads in TF.js and gives the same numbers."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.parity import AssertParity, convert_by
from tests.tfjs.randomised import outputs_of, randomise_weights
from tests.written_models import (
    Array,
    Json,
    dense,
    dense_weights,
    entry,
    functional,
    input_layer,
    nested,
    random_dense,
    sequential,
    write_h5,
)

ODD = [
    "with space", "block1/conv", "1st", "a.dot", "_under", "co:lon", "a>b", "quo'te", 'dou"ble', "ünï", "日本",
    "Dash-ed__up", "vars", ".hidden", "trailing/", "twice//slashed", "0", "kernel", "name", "a" * 300, "%20",
    "tab\there", "-",
]  # fmt: skip


def run(tfjs: TfjsRunner, topology: Json, weights: dict[str, Any], folder: Path, *inputs: Array) -> list[Array]:
    """What TF.js makes of a model file with this content."""
    write_h5(folder / "model.h5", topology, weights)
    tensorflowjs.convert(folder / "model.h5", folder / "out")
    model = tfjs.load(folder / "out")
    try:
        return model.predict(inputs)
    finally:
        model.close()


def samples(size: int) -> Array:
    return np.random.default_rng(7).normal(size=(3, size)).astype("float32")


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_a_layer_of_any_name(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    kernel, bias = random_dense(1, 4, 3)
    topology = functional([input_layer(f"{name} in", 4), dense(name, 3, f"{name} in")], [f"{name} in"], [name])
    (outputs,) = run(tfjs, topology, {name: [("kernel:0", kernel), ("bias:0", bias)]}, tmp_path, samples(4))
    np.testing.assert_allclose(outputs, np.tanh(samples(4) @ kernel + bias), rtol=1e-5, atol=1e-6)


def test_names_that_become_equal_when_made_plain(tfjs: TfjsRunner, tmp_path: Path) -> None:
    names = ["a b", "a_b", "a:b", "a_b_1", "_", "layer_", "é"]
    layers, weights = [input_layer("in", 4)], {}
    expected = samples(4)
    for seed, (before, name) in enumerate(zip(["in", *names], names, strict=False)):
        kernel, bias = random_dense(seed, 4, 4)
        layers.append(dense(name, 4, before))
        weights[name] = dense_weights(name, kernel, bias)
        expected = np.tanh(expected @ kernel + bias)
    (outputs,) = run(tfjs, functional(layers, ["in"], [names[-1]]), weights, tmp_path, samples(4))
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    kept = {layer["name"] for layer in written_layers(tmp_path / "out")}
    assert {"in", "a_b", "a_b_1", "layer_"} <= kept and len(kept) == 8


def written_layers(folder: Path) -> list[Json]:
    config: Json = json.loads((folder / "model.json").read_text())["modelTopology"]["model_config"]["config"]
    return list(config["layers"])


def test_the_outermost_of_equal_names_stays(tfjs: TfjsRunner, tmp_path: Path) -> None:
    """Three levels, all of whose layers are called the same, the models as well."""
    (k1, b1), (k2, b2), (k3, b3) = (random_dense(seed, 4, 4) for seed in range(3))
    inner = sequential(input_layer("x", 4), dense("same", 4, "x"), name="model")
    middle = functional(
        [input_layer("x", 4), nested(inner, "x"), dense("same", 4, "model")], ["x"], ["same"], name="model_1"
    )
    middle["config"]["layers"][2]["inbound_nodes"] = [[["model", 1, 0, {}]]]
    outer = functional([input_layer("x", 4), nested(middle, "x"), dense("same", 4, "model_1")], ["x"], ["same"])
    outer["config"]["layers"][2]["inbound_nodes"] = [[["model_1", 1, 0, {}]]]
    weights = {
        "model_1": [*dense_weights("same", k1, b1), *dense_weights("same_1", k2, b2)],
        "same": dense_weights("same", k3, b3),
    }
    (outputs,) = run(tfjs, outer, weights, tmp_path, samples(4))
    expected = samples(4)
    for kernel, bias in ((k1, b1), (k2, b2), (k3, b3)):
        expected = np.tanh(expected @ kernel + bias)
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-6)
    assert [layer["name"] for layer in written_layers(tmp_path / "out")] == ["x", "model_1", "same"]


@pytest.mark.parametrize("name", ["_odd name", "forward_x", "layer/of:1", "timer"])
def test_wrapped_layers_of_any_name(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    plain, odd = (run_wrappers(tfjs, tmp_path / str(index), inner) for index, inner in enumerate(("plain", name)))
    np.testing.assert_array_equal(plain, odd)
    assert np.ptp(odd) > 0.1


def run_wrappers(tfjs: TfjsRunner, folder: Path, inner: str) -> Array:
    folder.mkdir()
    random = np.random.default_rng(3)
    lstm = {"class_name": "LSTM", "config": {"name": inner, "units": 2, "recurrent_activation": "sigmoid"}}
    each = {"class_name": "Dense", "config": {"name": inner, "units": 3, "activation": "tanh"}}
    layers = [
        input_layer("in", 5, 4),
        entry("TimeDistributed", "timer", ["in"], layer=each),
        entry("Bidirectional", "both", ["timer"], layer=lstm, merge_mode="concat"),
    ]
    shapes = {"kernel": (3, 8), "recurrent_kernel": (2, 8), "bias": (8,)}
    kernel, bias = random_dense(5, 4, 3)
    weights = {
        "timer": [("timer/kernel:0", kernel), ("timer/bias:0", bias)],
        "both": [
            (f"both/{side}_{inner}/{key}:0", random.normal(size=shape).astype("float32"))
            for side in ("forward", "backward")
            for key, shape in shapes.items()
        ],
    }
    sequences = np.random.default_rng(4).normal(size=(2, 5, 4)).astype("float32")
    return run(tfjs, functional(layers, ["in"], ["both"]), weights, folder, sequences)[0]


@pytest.mark.oracle
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_names_that_conversions_make_give_way(assert_parity: AssertParity, library: str, tmp_path: Path) -> None:
    """A rewritten layer's parts get names of their own, and others where the model has those already."""
    keras = importlib.import_module(library)
    layers = keras.layers

    def model(*names: str) -> Any:
        x = y = keras.Input((6, 3), name="x")
        y = layers.ZeroPadding1D(2, name="pad")(layers.Conv1D(4, 3, padding="causal", name="conv")(y))
        for name in names:
            y = layers.Dense(4, name=name)(y)
        return keras.Model(x, layers.Flatten(name="flat")(y))

    first = model()
    convert_by(first, "live", tmp_path / "first")
    made = [layer["name"] for layer in written_layers(tmp_path / "first")]
    parts = [name for name in made if name not in ("x", "pad", "conv", "flat")]
    assert parts, "this model was to be rewritten"
    assert_parity(model(*parts))


@pytest.mark.oracle
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_renaming_inputs_and_outputs_is_noted(library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    x = keras.Input((4,), name="a>b")
    model = keras.Model(x, [layers.Dense(3, name="b>c")(x), layers.Dense(2, name="kept")(x)])
    randomise_weights(model)
    notes = convert_by(model, "live", tmp_path)
    assert [note.split(":")[0] for note in notes] == ["a>b", "b>c"] and 'renamed to "a_b"' in notes[0]
    loaded = tfjs.load(tmp_path)
    assert (loaded.input_specs[0].name, loaded.output_names) == ("a_b", ("b_c", "kept"))
    for expected, actual in zip(outputs_of(model, [samples(4)]), loaded.predict([samples(4)]), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)
