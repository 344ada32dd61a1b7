"""Files for Keras: the order of layers that Keras counts in, and what stands where."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tensorflowjs.errors import OutputError, UnsupportedError
from tensorflowjs.formats.hdf5 import open_hdf5
from tensorflowjs.formats.hdf5_writing import create_hdf5
from tensorflowjs.formats.output_file import staged_file
from tensorflowjs.ir.layers import Call, Layer, LayersModel, Model, Ref
from tensorflowjs.readers import keras_config
from tensorflowjs.tensors import ArrayTensor
from tensorflowjs.writers import keras_archive, keras_h5
from tensorflowjs.writers.keras_layers import EITHER, KERAS_3, NOT_FOR_KERAS_3, entry
from tensorflowjs.writers.keras_names import without_slashes
from tensorflowjs.writers.keras_order import ordered
from tensorflowjs.writers.keras_topology import check, in_keras_order, topology
from tensorflowjs.writers.keras_training import fitted

Json = dict[str, Any]


def random_graph(keras: Any, seed: int) -> Any:
    """Layers shared, merged, nested, and called at several depths."""
    random = np.random.default_rng(seed)
    layers = keras.layers
    values = [keras.Input((3,), name=f"in{number}") for number in range(3)]
    inputs = list(values)
    inside = keras.Sequential([keras.Input((3,)), layers.Dense(3)], name="inside")
    shared = [layers.Dense(3, name=f"shared{number}") for number in range(2)] + [inside]
    for number in range(12):
        value, other = (values[int(random.integers(len(values)))] for _ in range(2))
        kind = int(random.integers(4))
        if kind == 0:
            values.append(layers.Add(name=f"add{number}")([value, other]))
        elif kind == 1:
            values.append(shared[int(random.integers(3))](value))
        else:
            values.append(layers.Dense(3, name=f"dense{number}")(value))
    outputs = [values[-1], values[int(random.integers(3, len(values)))]]
    return keras.Model(inputs, outputs if outputs[0] is not outputs[1] else outputs[:1])


@pytest.mark.oracle
@pytest.mark.parametrize("library", ["keras", "tf_keras"])
def test_layers_are_in_the_order_of_keras(library: str) -> None:
    keras = pytest.importorskip(library)
    for seed in range(12):
        model = random_graph(keras, seed)
        described = keras_config.read_model(json.loads(model.to_json()), keras.__version__).root
        described.layers.reverse()
        assert [layer.name for layer in ordered(described)] == [layer.name for layer in model.layers]


def leaf(name: str, *weights: str, **changes: Any) -> Layer:
    class_name = changes.pop("class_name", "Dense")
    found = {
        weight: ArrayTensor(np.full((2, 2) if weight == "kernel" else (2,), len(name), "float32")) for weight in weights
    }
    return Layer(name, class_name, {"units": 2, **changes.pop("config", {})}, weights=found, **changes)


def chain(name: str, *layers: Layer) -> Model:
    source = Layer(f"{name}_input", "InputLayer", {"batch_shape": [None, 2], "dtype": "float32"})
    before = source.name
    source.calls = [Call()]
    for layer in layers:
        layer.calls, before = [Call([Ref(before)])], layer.name
    return Model(name, "Functional", [source, *layers], [Ref(source.name)], [Ref(before)])


def test_weights_that_are_not_trained_come_last(tmp_path: Path) -> None:
    inner = chain("inner", leaf("a", "kernel", "bias", trainable=False), leaf("b", "kernel", "bias"))
    layer = Layer("inner", "Functional", model=inner)
    assert [name for name, _ in keras_h5.weights_of(layer)] == ["b/kernel:0", "b/bias:0", "a/kernel:0", "a/bias:0"]


def test_long_lists_of_names_are_cut(tmp_path: Path) -> None:
    names = [f"{number:0>500}" for number in range(400)]
    with create_hdf5(tmp_path / "x.h5") as file:
        file.set_texts("g", "layer_names", names)
        file.set_texts("", "none", [])
        file.add("g/values", ArrayTensor(np.arange(6, dtype="<f4").reshape(2, 3)))
        file.add("g/scalar", ArrayTensor(np.array(2.5, "<f4")))
        file.add("g/empty", ArrayTensor(np.zeros((0, 3), "<f4")))
    with open_hdf5(tmp_path / "x.h5") as file:
        assert file.root.group("g").texts("layer_names") == names
        assert file.root.texts("none") == []
        assert file.root.tensor("g/values").read().tolist() == [[0, 1, 2], [3, 4, 5]]
        assert file.root.tensor("g/scalar").read() == 2.5
        assert file.root.tensor("g/empty").shape == (0, 3)
    with h5py.File(tmp_path / "x.h5") as handle:  # as Keras reads it
        assert handle["g"].attrs["layer_names0"][0].decode() == names[0]


def test_calls_of_a_nested_model_are_there_twice_in_hdf5() -> None:
    """Keras 2 counts the model's own graph as call 0, Keras 3 does not; number 1 is right for both."""
    model = chain("outer", Layer("inner", "Functional", model=chain("inner", leaf("a", "kernel", "bias"))), leaf("b"))
    described = topology(model, EITHER)["config"]
    entries = {one["name"]: one for one in described["layers"]}
    assert entries["inner"]["inbound_nodes"] == [[["outer_input", 0, 0, {}]]] * 2
    assert entries["b"]["inbound_nodes"] == [[["inner", 1, 0, {}]]]
    described = topology(model, KERAS_3)["config"]
    (node,) = described["layers"][2]["inbound_nodes"]
    assert node["args"][0]["config"]["keras_history"] == ["inner", 0, 0]


def test_hard_sigmoid_is_what_it_is_in_tfjs() -> None:
    layer = leaf("a", "kernel", config={"activation": "hard_sigmoid"})
    assert entry(layer, EITHER)["config"]["batch_size"] is None  # which Keras 3 refuses
    spelt_out = entry(layer, KERAS_3)["config"]["activation"]
    assert [one["class_name"] for one in spelt_out["config"]["layers"]] == ["Rescaling", "ReLU"]
    assert "batch_size" not in entry(leaf("a", config={"activation": "sigmoid"}), EITHER)["config"]
    assert "batch_size" in entry(leaf("a", config={NOT_FOR_KERAS_3: True}), EITHER)["config"]


def test_classes_and_arguments_that_keras_3_calls_otherwise() -> None:
    relu = entry(leaf("t", class_name="ThresholdedReLU", config={"theta": 0.5}), KERAS_3)
    assert (relu["class_name"], relu["config"]["threshold"]) == ("ReLU", 0.5)
    leaky = leaf("l", class_name="LeakyReLU", config={"alpha": 0.5})
    assert "negative_slope" in entry(leaky, KERAS_3)["config"]
    assert "alpha" in entry(leaky, EITHER)["config"]
    normalising = leaf("n", class_name="BatchNormalization", config={"axis": [1]})
    assert entry(normalising, KERAS_3)["config"]["axis"] == 1


def test_slashes_go_from_names() -> None:
    model = without_slashes(chain("a/b", leaf("x/y"), leaf("x_y")))
    assert [layer.name for layer in model.layers] == ["a_b_input", "x_y_", "x_y"]
    assert model.layers[2].calls[0].inputs == [Ref("x_y_")]


def test_training_in_words_of_keras() -> None:
    given = {
        "loss": "kullback_leibler_divergence", "metrics": ["accuracy", "unheard_of"],
        "optimizer_config": {
            "class_name": "Momentum", "config": {"learningRate": 0.5, "momentum": 0.25, "useNesterov": True},
        },
    }  # fmt: skip
    found = fitted(given, EITHER) or {}
    assert found["optimizer_config"]["class_name"] == "SGD"
    assert found["optimizer_config"]["config"] == {"learning_rate": 0.5, "momentum": 0.25, "nesterov": True}
    assert (found["loss"], found["metrics"]) == ("kl_divergence", ["accuracy"])
    assert (fitted(given, KERAS_3) or {})["optimizer"]["module"] == "keras.optimizers"
    assert fitted({**given, "loss": "my_own"}, EITHER) is None
    assert fitted(None, EITHER) is None


def test_what_cannot_be_said_is_refused() -> None:
    model = chain("m", Layer("sum", "Operator", {"op": "add"}), leaf("own", registered_name="Demo>Dense"))
    with pytest.raises(UnsupportedError) as caught:
        check(model)
    assert [problem.where for problem in caught.value.problems] == ["sum (Operator)", "own (Dense)"]


def test_the_same_model_gives_the_same_bytes(tmp_path: Path) -> None:
    model = LayersModel(in_keras_order(chain("m", leaf("a", "kernel", "bias"), leaf("b", "kernel", "bias"))), "2.15.0")
    for name in ("one.keras", "two.keras"):
        keras_archive.write(model, tmp_path / name)
    assert (tmp_path / "one.keras").read_bytes() == (tmp_path / "two.keras").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.keras") as archive, archive.open("model.weights.h5") as member:
        variables = h5py.File(member)
        assert variables["layers/dense_1/vars/0"].shape == (2, 2)
        assert variables["layers/dense_1/vars"].attrs["name"] == "b"


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "x.h5"
    with pytest.raises(ZeroDivisionError), staged_file(target) as new:
        new.write_bytes(b"half")
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())
    with staged_file(target) as new:
        new.write_bytes(b"whole")
    assert [path.name for path in target.parent.iterdir()] == ["x.h5"]
    with pytest.raises(OutputError, match=r"this is a folder[^!]*model\.h5"), staged_file(target.parent):
        pass
