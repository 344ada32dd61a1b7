"""A fitted model as TF.js's topology, and the names of its weights."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.layers import Call, Layer, LayersModel, Model, Ref
from tensorflowjs.tensors import ArrayTensor, Tensor
from tensorflowjs.writers import tfjs_layers


def tensors(*names: str) -> dict[str, Tensor]:
    return {name: ArrayTensor(np.zeros(1, "float32")) for name in names}


def source(name: str, dtype: str = "float32") -> Layer:
    return Layer(name, "InputLayer", {"batch_shape": [None, 4], "dtype": dtype}, [Call()])


def written(root: Model) -> dict[str, object]:
    topology = tfjs_layers.topology(LayersModel(root, "3.15.1"))
    assert topology["keras_version"] == "3.15.1" and topology["backend"] == "tensorflow"
    config: dict[str, object] = topology["model_config"]
    return config


def names(*layers: Layer) -> list[str]:
    model = LayersModel(Model("m", "Functional", list(layers)), "3")
    return [name for _, named in tfjs_layers.weights(model) for name, _ in named]


def test_calls_of_nested_models_count_from_one() -> None:
    inner = Model("inner", "Functional", [source("z")], [Ref("z")], [Ref("z")])
    layers = [
        source("x"),
        Layer("inner", "Functional", calls=[Call([Ref("x")]), Call([Ref("inner")])], model=inner),
        Layer("add", "Add", calls=[Call([[Ref("inner"), Ref("inner", 1)]])]),
    ]
    outputs = [Ref("add"), Ref("inner", 1)]
    config = written(Model("m", "Functional", layers, [Ref("x")], outputs))["config"]
    assert isinstance(config, dict)
    assert [layer["inbound_nodes"] for layer in config["layers"]] == [
        [], [[["x", 0, 0, {}]], [["inner", 1, 0, {}]]], [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]],
    ]  # fmt: skip
    assert (config["input_layers"], config["output_layers"]) == ([["x", 0, 0]], [["add", 0, 0], ["inner", 2, 0]])
    assert config["layers"][1]["name"] == "inner" and config["layers"][1]["class_name"] == "Functional"


def test_the_shape_of_a_sequential_stands_where_it_stood() -> None:
    dense = Layer("d", "Dense", {"units": 3})
    own = written(Model("m", "Sequential", [source("x", "int64"), dense]))["config"]
    assert isinstance(own, dict)
    assert [layer["class_name"] for layer in own["layers"]] == ["InputLayer", "Dense"]
    lent = written(Model("m", "Sequential", [source("x", "int64"), dense], implicit_input=True))["config"]
    assert isinstance(lent, dict)
    (only,) = lent["layers"]
    assert only["config"] == {
        "name": "d", "trainable": True, "dtype": "int32", "units": 3, "batch_input_shape": [None, 4],
    }  # fmt: skip


def test_weights_are_named_after_the_innermost_layer() -> None:
    inner = Model("inner", "Sequential", [source("z"), Layer("d", "Dense", weights=tensors("kernel", "bias"))])
    assert names(Layer("inner", "Sequential", model=inner)) == ["d/kernel", "d/bias"]


def test_weights_of_wrapped_layers_are_named_after_the_wrapper() -> None:
    dense = Layer("d", "Dense", weights=tensors("kernel"))
    assert names(Layer("t", "TimeDistributed", children={"layer": dense})) == ["t/kernel"]
    model = Layer("in", "Sequential", model=Model("in", "Sequential", [dense]))
    assert names(Layer("t", "TimeDistributed", children={"layer": model})) == ["d/kernel"]


def test_weights_of_both_directions() -> None:
    children = {
        f"{side}_layer": Layer(f"{side}_q", "LSTM", weights=tensors("kernel")) for side in ("forward", "backward")
    }
    wrapper = Layer("both", "Bidirectional", children=children)
    assert names(wrapper) == ["both/forward_q/kernel", "both/backward_q/kernel"]
    config = written(Model("m", "Functional", [wrapper]))["config"]
    assert isinstance(config, dict)
    assert config["layers"][0]["config"]["layer"]["config"]["name"] == "q", "TF.js puts the direction in front"


def test_weights_of_cells() -> None:
    cell = Layer("c", "LSTMCell", weights=tensors("kernel"))
    assert names(Layer("r", "RNN", children={"cell": cell})) == ["r/kernel"]
    stack = Layer("s", "StackedRNNCells", children={f"cell_{index}": cell for index in range(11)})
    rnn = Layer("r", "RNN", children={"cell": stack})
    assert names(rnn) == [f"r/RNNCell_{index}/kernel" for index in range(11)]
    config = written(Model("m", "Functional", [rnn]))["config"]
    assert isinstance(config, dict)
    assert len(config["layers"][0]["config"]["cell"]["config"]["cells"]) == 11
