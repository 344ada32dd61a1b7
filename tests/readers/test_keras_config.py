"""Configurations of all generations take one normal form."""

from __future__ import annotations

from typing import Any

import pytest

from tensorflowjs.errors import CorruptInputError, UnsupportedError
from tensorflowjs.events import listening
from tensorflowjs.ir.layers import Layer, Model
from tensorflowjs.readers.keras_config import read_container, read_layer, read_model
from tests.written_models import Json, dense, entry, functional, input_layer, sequential


def layer(class_name: str, *, module: Any = "absent", registered: Any = "absent", **config: Any) -> Json:
    """An entry outside of a model."""
    found: Json = {"class_name": class_name, "config": {"name": "it", **config}}
    if module != "absent":
        found["module"] = module
    if registered != "absent":
        found["registered_name"] = registered
    return found


# ------------------------------------------------------------------------------------- the input of a Sequential


def first_input(*entries: Json, **config: Any) -> tuple[Model, Layer]:
    topology = sequential(*entries)
    topology["config"].update(config)
    model = read_container(topology)
    return model, model.layers[0]


@pytest.mark.parametrize(
    ("config", "shape"),
    [
        ({"batch_input_shape": [None, 4]}, [None, 4]),
        ({"batch_shape": [8, 4]}, [8, 4]),
        ({"input_shape": [4]}, [None, 4]),
        ({"input_shape": [4], "batch_size": 8}, [8, 4]),
        ({"input_dim": 4}, [None, 4]),
        ({"batch_input_shape": {"class_name": "__tuple__", "config": {"value": [None, 4]}}}, [None, 4]),
        ({"batch_input_shape": {"class_name": "TensorShape", "items": [None, 4], "config": [None, 4]}}, [None, 4]),
    ],
    ids=str,
)
def test_a_shape_on_the_first_layer(config: Json, shape: list[int | None]) -> None:
    model, found = first_input(layer("Dense", units=3, **config))
    assert (found.class_name, found.name) == ("InputLayer", "it_input")
    assert found.config["batch_shape"] == shape and model.implicit_input


def test_an_input_layer_of_its_own() -> None:
    for config in ({"batch_shape": [None, 4]}, {"batch_input_shape": [None, 4]}):
        model, found = first_input(layer("InputLayer", dtype="int32", **config), dense("d", 3, "it"))
        assert (found.name, found.config["batch_shape"], found.config["dtype"]) == ("it", [None, 4], "int32")
        assert len(model.layers) == 2 and not model.implicit_input


def test_the_shape_that_the_model_was_built_with() -> None:
    _, found = first_input(layer("Dense", units=3), build_input_shape=[None, 7])
    assert found.config["batch_shape"] == [None, 7]
    built = {**layer("Dense", units=3), "build_config": {"input_shape": [None, 6]}}
    topology = {"class_name": "Sequential", "config": {"name": "s", "layers": [built]}}
    assert read_container(topology).layers[0].config["batch_shape"] == [None, 6]


@pytest.mark.parametrize(
    ("config", "shape"),
    [({}, [None, None]), ({"input_length": 5}, [None, 5]), ({"input_length": [5, 6]}, [None, 5, 6])],
)
def test_embeddings_have_a_shape_anyway(config: Json, shape: list[int | None]) -> None:
    _, found = first_input(layer("Embedding", input_dim=9, output_dim=2, **config))
    assert found.config["batch_shape"] == shape


def test_a_model_in_front_lends_its_shape() -> None:
    inner = functional([input_layer("x", 4, dtype="int32"), dense("d", 3, "x")], ["x"], ["d"], name="inner")
    model, found = first_input(inner, layer("Dense", units=2))
    assert (found.config["batch_shape"], found.config["dtype"]) == ([None, 4], "int32")
    assert [each.name for each in model.layers] == ["inner_input", "inner", "it"] and not model.implicit_input


def test_no_shape_anywhere() -> None:
    with pytest.raises(UnsupportedError, match=r"(?s)it: no batch_shape, input_shape or build_.*model\.build\("):
        first_input(layer("Dense", units=3))
    with pytest.raises(UnsupportedError, match="sequential"):
        first_input()


def test_a_sequential_that_is_a_list() -> None:
    """As Keras wrote it before 2.2.3."""
    model = read_container(
        {"class_name": "Sequential", "config": [layer("Dense", units=3, batch_input_shape=[None, 4])]}
    )
    assert [each.name for each in model.layers] == ["it_input", "it"]


# ------------------------------------------------------------------------------------- classes


@pytest.mark.parametrize(
    ("given", "name"),
    [
        (layer("Dense", units=3), None),
        (layer("Dense", units=3, module="keras.layers", registered=None), None),
        (layer("Dense", units=3, module="keras.src.layers.core.dense", registered="Dense"), None),
        (layer("Dense", units=3, module="tf_keras.src.layers", registered="Dense"), None),
        (layer("Dense", units=3, module=None, registered="Dense"), "Dense"),
        (layer("Dense", units=3, module=None, registered=None), "Dense"),
        (layer("Dense", units=3, module=None, registered="Demo>Dense"), "Demo>Dense"),
        (layer("Dense", units=3, module="my.layers", registered="Demo>Dense"), "Demo>Dense"),
        (layer("Dense", units=3, module="my.layers", registered="Dense"), "my.layers.Dense"),
        (layer("Dense", units=3, module="keras_hub.src.layers", registered="keras_hub>Dense"), "keras_hub>Dense"),
        (layer("Demo>Dense", units=3), "Demo>Dense"),
    ],
    ids=str,
)
def test_classes_that_are_not_of_keras(given: Json, name: str | None) -> None:
    assert read_layer(given).registered_name == name


@pytest.mark.parametrize(
    ("old", "new"),
    [("BatchNormalizationV1", "BatchNormalization"), ("UnifiedLSTM", "LSTM"), ("MaxPool2D", "MaxPooling2D")],
)
def test_old_names_of_classes(old: str, new: str) -> None:
    assert read_layer(layer(old, units=3)).class_name == new


def test_arguments_under_their_normal_names_with_their_defaults() -> None:
    assert read_layer(layer("LeakyReLU", negative_slope=0.1)).config["alpha"] == 0.1
    assert read_layer(layer("Dense", units=3)).config["use_bias"] is True
    config = read_layer(
        layer("Dense", units=3, dtype={"class_name": "DTypePolicy", "config": {"name": "float16"}})
    ).config
    assert config["dtype"] == "float16" and "name" not in config


def test_frozen_layers() -> None:
    assert read_layer(layer("Dense", units=3)).trainable
    assert not read_layer(layer("Dense", units=3, trainable=False)).trainable
    inner = functional([input_layer("x", 4), dense("d", 3, "x")], ["x"], ["d"], name="inner")
    inner["config"]["trainable"] = False
    assert not read_layer(inner).trainable


def test_a_model_as_a_layer() -> None:
    found = read_layer(sequential(input_layer("x", 4), dense("d", 3, "x"), name="inner"))
    assert found.name == "inner" and found.model is not None and found.class_name == "Sequential"


@pytest.mark.parametrize("name", ["Trainer", "Demo>Trainer"])
def test_subclasses_of_models_are_noted(name: str) -> None:
    topology = {**functional([input_layer("x", 4), dense("d", 3, "x")], ["x"], ["d"]), "class_name": name}
    notes: list[Any] = []
    with listening(notes.append):
        assert read_model(topology, "3.0").root.kind == "Functional"
    assert [note.where for note in notes] == ["Trainer"]


@pytest.mark.parametrize("config", [{}, {"name": "net"}, {"layers": 3}])
def test_models_that_are_code(config: Json) -> None:
    with pytest.raises(UnsupportedError, match="Net: a subclassed model"):
        read_model({"class_name": "Demo>Net", "config": config}, "3.0")


@pytest.mark.parametrize("topology", [None, 3, [], {}, {"class_name": 3}, "Sequential"], ids=str)
def test_what_is_no_model(topology: Any) -> None:
    with pytest.raises(CorruptInputError, match="does not describe a Keras model"):
        read_model(topology, "3.0")


# ------------------------------------------------------------------------------------- operators


@pytest.mark.parametrize(
    ("entry", "op"),
    [
        (layer("Add", module="keras.src.ops.numpy"), "add"),
        (layer("GetItem", module="keras.src.ops.numpy"), "get_item"),
        (layer("Relu6", module="keras.src.ops.nn"), "relu6"),
        (layer("LogSoftmax", module="keras.ops"), "log_softmax"),
        (layer("TFOpLambda", function="math.add"), "add"),
        (layer("TFOpLambda", function="__operators__.add", module="keras.layers"), "add"),
        (layer("TFOpLambda", function="compat.v1.transpose"), "transpose"),
        (layer("SlicingOpLambda", function="__operators__.getitem"), "get_item"),
        (layer("TFOpLambda", function="linalg.svd"), "linalg.svd"),
    ],
    ids=str,
)
def test_operators(entry: Json, op: str) -> None:
    found = read_layer(entry)
    assert (found.class_name, found.config["op"], found.registered_name) == ("Operator", op, None)


@pytest.mark.parametrize(
    ("class_name", "config", "is_operator"),
    [
        ("Add", {}, True), ("Add", {"trainable": True, "dtype": "float32"}, False),
        ("Cast", {"dtype": "float16"}, True), ("SpatialDropout1D", {"rate": 0.5, "dtype": "float32"}, False),
        ("InputLayer", {"batch_shape": [None, 4]}, False), ("Reshape", {"newshape": [3]}, True),
    ],
)  # fmt: skip
def test_operators_of_keras_3_in_hdf5(class_name: str, config: Json, is_operator: bool) -> None:
    """They come without their module there."""
    node = {"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}], "kwargs": {}}
    given = {**layer(class_name, **config), "inbound_nodes": [node]}
    assert (read_layer(given).class_name == "Operator") == is_operator


def test_layers_of_the_same_names() -> None:
    for module in ("keras.layers", "keras.src.layers.merging.add"):
        assert read_layer(layer("Add", module=module)).class_name == "Add"
    assert read_layer(layer("Add")).class_name == "Add"


# ------------------------------------------------------------------------------------- wrappers


def lstm(name: str, **config: Any) -> Json:
    return {"class_name": "LSTM", "config": {"name": name, "units": 2, **config}}


def test_a_wrapped_layer() -> None:
    found = read_layer(layer("TimeDistributed", layer={"class_name": "Dense", "config": {"name": "d", "units": 3}}))
    assert list(found.children) == ["layer"] and found.children["layer"].name == "d"


def test_a_wrapped_model() -> None:
    inner = sequential(input_layer("x", 4), dense("d", 3, "x"), name="inner")
    found = read_layer(layer("TimeDistributed", layer=inner))
    assert found.children["layer"].model is not None


@pytest.mark.parametrize("name", ["q", "forward_q"])
def test_the_backward_layer_of_keras_2_is_the_mirror_of_the_forward_one(name: str) -> None:
    found = read_layer(layer("Bidirectional", layer=lstm(name, go_backwards=False)))
    forward, backward = found.children["forward_layer"], found.children["backward_layer"]
    assert (forward.name, backward.name) == ("forward_q", "backward_q")
    assert (forward.config["go_backwards"], backward.config["go_backwards"]) == (False, True)


def test_keras_3_writes_both_directions() -> None:
    both = layer(
        "Bidirectional", layer=lstm("forward_q"), backward_layer=lstm("backward_q", go_backwards=True, units=2)
    )
    found = read_layer(both)
    assert [child.name for child in found.children.values()] == ["forward_q", "backward_q"]
    assert found.children["backward_layer"].config["go_backwards"] is True


def test_cells() -> None:
    cell = {"class_name": "LSTMCell", "config": {"name": "c", "units": 2}}
    assert list(read_layer(layer("RNN", cell=cell)).children) == ["cell"]
    stack = {"class_name": "StackedRNNCells", "config": {"name": "s", "cells": [cell] * 12}}
    inside = read_layer(layer("RNN", cell=stack)).children["cell"]
    assert list(inside.children) == [f"cell_{index}" for index in range(12)]


def test_the_name_of_a_layer_of_a_functional_model_is_that_of_its_entry() -> None:
    renamed = {**entry("Dense", "old", ["x"], units=3), "name": "new"}
    model = read_container(functional([input_layer("x", 4), renamed], ["x"], ["new"]))
    assert [each.name for each in model.layers] == ["x", "new"]
