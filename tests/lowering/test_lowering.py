"""Keras models as graphs: names, refusals, and what is written how."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.lowering import lower
from tensorflowjs.lowering.recurrent import UNROLLED_NODES
from tensorflowjs.passes.shapes import Shapes
from tests.lowering.keras_models import functional, layer, source


def ops(model: GraphModel) -> Counter[str]:
    return Counter(node.op for node in model.graph.nodes.values() if node.op not in ("Const", "Placeholder"))


# ---------------------------------------------------------------------------- names


def two_inputs(version: str, outputs: Any = ("second", "first", "second")) -> LayersModel:
    layers = [
        source("zz", 4), source("aa", 4, dtype="int64"),
        layer("Dense", "first", "zz", units=3), layer("Embedding", "second", "aa", input_dim=5, output_dim=2),
    ]  # fmt: skip
    return functional(layers, ["zz", "aa"], outputs, version)


def test_names_of_keras_3() -> None:
    signature = lower(two_inputs("3.15.0")).signature
    assert [(port.key, port.type.name, port.shape.dims) for port in signature.inputs] == [
        ("aa", "int32", (None, 4)),
        ("zz", "float32", (None, 4)),
    ]
    assert [(port.key, port.shape.dims) for port in signature.outputs] == [
        ("output_0", (None, 4, 2)),
        ("output_1", (None, 3)),
        ("output_2", (None, 4, 2)),
    ]


def test_names_of_keras_2_are_those_of_layers() -> None:
    signature = lower(two_inputs("2.15.0")).signature
    assert [port.key for port in signature.outputs] == ["first", "second", "second_1"]


def test_outputs_by_key() -> None:
    outputs = {"u": ["second", 0, 0], "b": ["first", 0, 0]}
    model = lower(two_inputs("3.15.0", outputs))
    assert [port.key for port in model.signature.outputs] == ["b", "u"]
    assert model.structured_outputs == ["b", "u"]


def test_each_output_is_a_node_of_its_own() -> None:
    graph = lower(two_inputs("3.15.0")).graph
    assert [value.node.name for value in graph.outputs] == ["Identity", "Identity_1", "Identity_2"]
    assert [node.name for node in graph.inputs] == ["aa", "zz"]


def test_an_input_as_an_output() -> None:
    graph = lower(functional([source("x", 4)], ["x"], ["x"])).graph
    assert graph.outputs[0].node.op == "Identity" and graph.outputs[0].node.inputs[0].node is graph.inputs[0]


def test_names_that_tensorflow_would_not_take() -> None:
    layers = [
        source("a b:c", 4),
        layer("Dense", "dense (1)", "a b:c", units=3),
        layer("Dense", "dense _1_", "dense (1)", units=3),
    ]
    model = lower(functional(layers, ["a b:c"], ["dense _1_"]))
    assert [port.key for port in model.signature.inputs] == ["a b:c"]
    assert all(":" not in name and " " not in name for name in model.graph.nodes)
    assert sum(node.op == "Const" for node in model.graph.nodes.values()) == 4


# ---------------------------------------------------------------------------- what is refused


def test_everything_in_the_way_is_said_at_once() -> None:
    layers = [
        source("x", 6, 4),
        layer("Demo>Mine", "mine", "x"),
        layer("Dense", "between", "mine", units=2),
        layer("Lambda", "code", "between"),
        layer("LSTM", "kept", "x", units=3, stateful=True),
        layer("Hashing", "hashes", "kept", num_bins=3),
    ]
    with pytest.raises(UnsupportedError) as caught:
        lower(functional(layers, ["x"], ["code", "hashes"]))
    found = {problem.where: problem.what for problem in caught.value.problems}
    assert list(found) == ["mine (Demo>Mine)", "code (Lambda)", "kept (LSTM)", "hashes (Hashing)"]
    assert "custom class" in found["mine (Demo>Mine)"] and "stateful=True" in found["kept (LSTM)"]


def test_layers_behind_one_that_works_are_not_blamed() -> None:
    layers = [source("x", 4), layer("Hashing", "hashes", "x", num_bins=3), layer("Dense", "dense", "hashes", units=2)]
    with pytest.raises(UnsupportedError) as caught:
        lower(functional(layers, ["x"], ["dense"]))
    assert [problem.where for problem in caught.value.problems] == ["hashes (Hashing)"]


def test_sparse_inputs() -> None:
    layers = [layer("InputLayer", "x", batch_input_shape=[None, 4], sparse=True), layer("Dense", "y", "x", units=2)]
    with pytest.raises(UnsupportedError, match=r"x \(InputLayer\): a sparse input"):
        lower(functional(layers, ["x"], ["y"]))


# ---------------------------------------------------------------------------- how it is written


def test_no_weight_is_read() -> None:
    def fail() -> Any:
        raise AssertionError("a weight was read")

    layers = [
        source("x", 6, 6, 3), layer("Conv2D", "conv", "x", filters=4, kernel_size=3, groups=1),
        layer("BatchNormalization", "norm", "conv"), layer("Conv3DTranspose", "unused", "x", filters=2, kernel_size=1),
        layer("Flatten", "flat", "norm"), layer("Dense", "dense", "flat", units=2),
    ]  # fmt: skip
    model = functional([each for each in layers if each["name"] != "unused"], ["x"], ["dense"])
    for each in model.walk():
        for tensor in each.weights.values():
            tensor.read = fail  # type: ignore[method-assign]
    assert ops(lower(model))["Conv2D"] == 1


def test_shared_layers_share_their_weights() -> None:
    shared = layer("Dense", "shared", "x", units=3)
    shared["inbound_nodes"].append([["y", 0, 0, {}]])
    both = layer("Add", "both", "shared")
    both["inbound_nodes"] = [[["shared", 0, 0, {}], ["shared", 1, 0, {}]]]
    graph = lower(functional([source("x", 4), source("y", 4), shared, both], ["x", "y"], ["both"])).graph
    constants = [node.name for node in graph.nodes.values() if node.op == "Const"]
    assert sorted(constants) == ["shared/bias", "shared/kernel"]


LSTM_STEP = 13


@pytest.mark.parametrize(
    ("steps", "loops"),
    [(4, False), (UNROLLED_NODES // LSTM_STEP, False), (UNROLLED_NODES // LSTM_STEP + 1, True), (None, True)],
    ids=str,
)
def test_many_steps_run_in_a_loop(steps: int | None, loops: bool) -> None:
    layers = [source("x", steps, 4), layer("LSTM", "lstm", "x", units=3, return_sequences=True)]
    model = lower(functional(layers, ["x"], ["lstm"]))
    assert ops(model)["While"] == loops
    assert ops(model)["Sigmoid"] == (0 if loops else 3 * (steps or 0))
    assert len(model.functions) == (2 if loops else 0)
    if not loops:
        assert Shapes(model.graph).of(model.graph.outputs[0]) == (None, steps, 3)


def test_loops_take_weights_from_outside() -> None:
    layers = [source("x", None, 4), layer("GRU", "gru", "x", units=3, reset_after=True)]
    model = lower(functional(layers, ["x"], ["gru"]))
    body = next(function for name, function in model.functions.items() if "body" in name)
    condition = next(function for name, function in model.functions.items() if "cond" in name)
    assert [node.attrs for node in body.inputs] == [node.attrs for node in condition.inputs]
    assert len(body.outputs) == len(body.inputs) == len(body.output_names)
    assert all(node.attrs["value"].count < 16 for node in body.nodes.values() if node.op == "Const")


SHAPED: dict[str, tuple[tuple[int | None, ...], str, dict[str, Any], tuple[int | None, ...]]] = {
    "open sequence": ((None, 4), "Dense", {"units": 3}, (None, None, 3)),
    "open image": (
        (None, None, 3),
        "Conv2D",
        {"filters": 5, "kernel_size": 3, "padding": "same"},
        (None, None, None, 5),
    ),
    "image": ((9, 9, 3), "Conv2D", {"filters": 5, "kernel_size": 3, "strides": 2}, (None, 4, 4, 5)),
    "grown": ((4, 5, 3), "Conv2DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2}, (None, 9, 11, 2)),
    "pooled": ((9, 8, 3), "MaxPooling2D", {}, (None, 4, 4, 3)),
    "flat": ((4, 5, 3), "Flatten", {}, (None, 60)),
    "open flat": ((None, 5), "Flatten", {}, (None, None)),
    "repeated": ((4,), "RepeatVector", {"n": 3}, (None, 3, 4)),
}


@pytest.mark.parametrize("name", SHAPED)
def test_shapes_in_the_signature(name: str) -> None:
    shape, class_name, config, expected = SHAPED[name]
    layers = [source("x", *shape), layer(class_name, "y", "x", **config)]
    model = lower(functional(layers, ["x"], ["y"]))
    assert model.signature.outputs[0].shape.dims == expected
    inferred = Shapes(model.graph).of(model.graph.outputs[0])
    assert inferred is not None and len(inferred) == len(expected)
    assert all(a is None or b is None or a == b for a, b in zip(inferred, expected, strict=True))
