"""Every form in which some Keras writes calls, inputs and outputs comes to the same."""

from __future__ import annotations

from typing import Any

import pytest

from tensorflowjs.ir.layers import Call, Model, Ref
from tensorflowjs.readers.keras_config import read_container
from tests.written_models import Json, dense, entry, functional, input_layer, nested, sequential


def tensor(layer: str, node: int = 0, index: int = 0) -> Json:
    """A tensor as Keras 3 writes it."""
    history = {"shape": [None, 4], "dtype": "float32", "keras_history": [layer, node, index]}
    return {"class_name": "__keras_tensor__", "config": history}


def called(class_name: str, name: str, *nodes: Any, **config: Any) -> Json:
    """A layer with `inbound_nodes` written just so."""
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": list(nodes)}


def read(*layers: Json, inputs: Any = ("x",), outputs: Any = None) -> Model:
    named = [layers[-1]["name"]] if outputs is None else outputs
    return read_container(functional(layers, inputs, named))


def calls(model: Model, layer: str) -> list[Call]:
    return model.layer(layer).calls


X = input_layer("x", 4)
Y = input_layer("y", 4)


# ------------------------------------------------------------------------------------- calls of layers


ONE = [
    [[["x", 0, 0, {}]]],  # Keras 2
    [[["x", 0, 0]]],
    [[["x", 0, 0, {"training": False}]]],
    [["x", 0, 0, {}]],  # one level less
    [{"args": [tensor("x")], "kwargs": {}}],  # Keras 3
    [{"args": [tensor("x")], "kwargs": {"training": False}}],
    [{"args": [], "kwargs": {"inputs": tensor("x")}}],
    [{"kwargs": {"inputs": tensor("x")}}],
]


@pytest.mark.parametrize("nodes", ONE, ids=str)
def test_a_call_on_one_tensor(nodes: Any) -> None:
    (call,) = calls(read(X, called("Dense", "d", *nodes, units=3)), "d")
    assert call.inputs == [Ref("x")]


TWO = [
    [[["x", 0, 0, {}], ["y", 0, 0, {}]]],
    [{"args": [[tensor("x"), tensor("y")]], "kwargs": {}}],
    [{"args": [tensor("x"), tensor("y")], "kwargs": {}}],
    [{"args": [{"class_name": "__tuple__", "config": {"value": [tensor("x"), tensor("y")]}}], "kwargs": {}}],
    [{"args": [{"b": tensor("y"), "a": tensor("x")}], "kwargs": {}}],  # in the order of the keys
    [{"a": ["x", 0, 0, {}], "b": ["y", 0, 0, {}]}],
    [{"args": [tensor("x")], "kwargs": {"initial_state": [tensor("y")]}}],
]


@pytest.mark.parametrize("nodes", TWO, ids=str)
def test_a_call_on_two_tensors(nodes: Any) -> None:
    model = read(X, Y, called("Concatenate", "c", *nodes), inputs=["x", "y"])
    assert calls(model, "c")[0].inputs == [Ref("x"), Ref("y")]


def test_calls_are_counted_from_zero() -> None:
    layers = [X, Y, dense("d", 4, "x"), entry("Add", "sum", [[["d", 0, 0, {}], ["d", 1, 0, {}]]])]
    layers[2]["inbound_nodes"] = [[["x", 0, 0, {}]], [["y", 0, 0, {}]]]
    model = read(*layers, inputs=["x", "y"])
    assert [call.inputs for call in calls(model, "d")] == [[Ref("x")], [Ref("y")]]
    assert calls(model, "sum")[0].inputs == [Ref("d", 0), Ref("d", 1)]


def test_states_in_groups() -> None:
    """Keras 2 gives the states of stacked cells so."""
    node = [["x", 0, 0, {}], [["y", 0, 0, {}], ["y", 0, 0, {}]]]
    model = read(X, Y, called("RNN", "r", node, cells=[]), inputs=["x", "y"])
    assert calls(model, "r")[0].args == [Ref("x"), [Ref("y"), Ref("y")]]


def test_an_input_is_a_call_without_tensors() -> None:
    assert calls(read(X, dense("d", 3, "x")), "x") == [Call()]


def test_a_layer_that_is_not_called() -> None:
    assert calls(read(X, dense("d", 3, "x"), called("Dense", "idle", units=2), outputs=["d"]), "idle") == []


# ------------------------------------------------------------------------------------- operators


def operator(name: str, *nodes: Any, function: str = "math.add") -> Json:
    return called("TFOpLambda", name, *nodes, function=function)


def test_keywords_of_keras_2_that_are_tensors() -> None:
    model = read(X, Y, operator("o", ["x", 0, 0, {"y": ["y", 0, 0], "name": None}]), inputs=["x", "y"])
    (call,) = calls(model, "o")
    assert (call.args, call.kwargs) == ([Ref("x")], {"y": Ref("y")})


def test_keywords_of_keras_2_that_only_look_like_tensors() -> None:
    (call,) = calls(read(X, operator("o", ["x", 0, 0, {"perm": ["z", 0, 0], "axis": [0, 1, 2]}])), "o")
    assert call.kwargs == {"perm": ["z", 0, 0], "axis": [0, 1, 2]}


def test_constants_of_keras_2() -> None:
    (call,) = calls(read(X, operator("o", ["_CONSTANT_VALUE", -1, 2.5, {"y": ["x", 0, 0]}])), "o")
    assert (call.args, call.kwargs) == ([2.5], {"y": Ref("x")})


def test_lists_that_functions_of_tensorflow_take() -> None:
    node = [["x", 0, 0, {"axis": 1}], ["y", 0, 0, {"axis": 1}]]
    (call,) = calls(read(X, Y, operator("o", node, function="concat"), inputs=["x", "y"]), "o")
    assert (call.args, call.kwargs) == ([[Ref("x"), Ref("y")]], {"axis": 1})


def test_values_beside_tensors_in_keras_3() -> None:
    cut = {"class_name": "__slice__", "config": {"start": 1, "stop": None, "step": None}}
    node = {
        "args": [tensor("x"), [{"class_name": "__ellipsis__", "config": {}}, cut], 2.5, None],
        "kwargs": {"axis": {"class_name": "__tuple__", "config": {"value": [1, 2]}}, "mask": None},
    }
    (call,) = calls(read(X, {**called("GetItem", "o", node), "module": "keras.src.ops.numpy"}), "o")
    assert call.args == [Ref("x"), [..., slice(1, None)], 2.5, None]
    assert call.kwargs == {"axis": [1, 2], "mask": None}


# ------------------------------------------------------------------------------------- ends


@pytest.mark.parametrize(
    ("written", "refs"),
    [
        (["x", 0, 0], ["x"]),
        ([["x", 0, 0]], ["x"]),
        ([["x", 0, 0], ["y", 0, 0]], ["x", "y"]),
        ([["y", 0, 0], ["x", 0, 0]], ["y", "x"]),
        ([[["y", 0, 0]], [["x", 0, 0]]], ["y", "x"]),
        ({"b": ["x", 0, 0], "a": ["y", 0, 0]}, ["y", "x"]),
        ({"b": [["x", 0, 0]], "a": [["y", 0, 0]]}, ["y", "x"]),
    ],
    ids=str,
)
def test_forms_of_inputs_and_outputs(written: Any, refs: list[str]) -> None:
    topology = functional([X, Y], ["x"], ["x"])
    topology["config"].update(input_layers=written, output_layers=written)
    model = read_container(topology)
    assert [ref.layer for ref in model.inputs] == [ref.layer for ref in model.outputs] == refs
    keys = sorted(written) if isinstance(written, dict) else None
    assert model.input_keys == model.output_keys == keys


# ------------------------------------------------------------------------------------- calls of nested models


def inner(kind: str) -> Json:
    if kind == "Sequential":
        return sequential(input_layer("z", 4), dense("in", 4, "z"), name="inner")
    return functional([input_layer("z", 4), dense("in", 4, "z")], ["z"], ["in"], name="inner")


@pytest.mark.parametrize("kind", ["Sequential", "Functional"])
def test_keras_2_counts_calls_of_a_model_from_one(kind: str) -> None:
    summed = entry("Add", "sum", [[["inner", 1, 0, {}], ["inner", 2, 0, {}]]])
    model = read(X, Y, nested(inner(kind), "x", "y"), summed, inputs=["x", "y"], outputs=["sum", ["inner", 2, 0]])
    assert calls(model, "sum")[0].inputs == [Ref("inner", 0), Ref("inner", 1)]
    assert model.outputs == [Ref("sum"), Ref("inner", 1)]


def test_keras_2_counts_calls_of_a_model_that_was_built_late_from_zero() -> None:
    summed = entry("Add", "sum", [[["inner", 0, 0, {}], ["inner", 1, 0, {}]]])
    model = read(X, Y, nested(inner("Sequential"), "x", "y"), summed, inputs=["x", "y"])
    assert calls(model, "sum")[0].inputs == [Ref("inner", 0), Ref("inner", 1)]


@pytest.mark.parametrize(("kind", "first"), [("Sequential", 0), ("Functional", 1)])
def test_keras_3_counts_from_one_in_outputs_of_functional_models_only(kind: str, first: int) -> None:
    twice = {**inner(kind), "name": "inner"}
    twice["inbound_nodes"] = [{"args": [tensor(name)], "kwargs": {}} for name in ("x", "y")]
    both = {"args": [[tensor("inner", 0), tensor("inner", 1)]], "kwargs": {}}
    ends = ["sum", ["inner", first + 1, 0], ["inner", first, 0]]
    model = read(X, Y, twice, called("Add", "sum", both), inputs=["x", "y"], outputs=ends)
    assert calls(model, "sum")[0].inputs == [Ref("inner", 0), Ref("inner", 1)]
    assert model.outputs == [Ref("sum"), Ref("inner", 1), Ref("inner", 0)]


def test_a_sequential_is_a_chain() -> None:
    model = read_container(sequential(input_layer("x", 4), dense("a", 3, "x"), dense("b", 2, "a")))
    assert [(layer.name, layer.calls[0].inputs) for layer in model.layers] == [
        ("x", []), ("a", [Ref("x")]), ("b", [Ref("a")]),
    ]  # fmt: skip
    assert (model.inputs, model.outputs) == ([Ref("x")], [Ref("b")])


def test_long_models_are_checked_quickly() -> None:
    """Listed from the last layer to the first, so that each can only be called when all before it were looked at."""
    count = 5000
    layers = [dense(f"d{index}", 4, f"d{index - 1}" if index else "x") for index in range(count)]
    model = read(X, *reversed(layers), outputs=[f"d{count - 1}"])
    assert len(model.layers) == count + 1
