"""Weights reach the layers they belong to, in every order and under every name that some Keras stores them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.layers import Layer, LayersModel
from tensorflowjs.readers.keras_config import read_model
from tensorflowjs.readers.keras_variables import Variables
from tensorflowjs.readers.keras_weights import assign_by_layer, assign_by_path, snake_case
from tensorflowjs.tensors import ArrayTensor, Tensor
from tests.written_models import Json, dense, entry, functional, input_layer, nested, sequential


def tensor(label: str) -> Tensor:
    """A tensor that can be told by where it came from."""
    return ArrayTensor(np.zeros((1,), "float32"), label)


def model_of(*layers: Json, version: str = "3.15.1") -> LayersModel:
    chain = functional([input_layer("x", 4), *layers], ["x"], [layers[-1]["name"]])
    return read_model(chain, version)


def found(layer: Layer) -> dict[str, str]:
    """Where each weight of a layer, and of what is in it, came from."""
    return {f"{part.name}/{name}": value.origin for part in layer.walk() for name, value in part.weights.items()}


def by_layer(model: LayersModel, **groups: Sequence[str]) -> dict[str, str]:
    """Assign; each stored weight is told by its name and its place in the list."""
    named = {layer: [(name, tensor(f"{index}")) for index, name in enumerate(names)] for layer, names in groups.items()}
    assign_by_layer(model, named)
    return {name: origin for layer in model.root.layers for name, origin in found(layer).items()}


def by_path(model: LayersModel, names: dict[str, str] | None = None, **counts: int) -> dict[str, str]:
    """Assign; `__` in a keyword is a slash."""
    stored = {
        path.replace("__", "/"): [tensor(f"{path.replace('__', '/')}:{index}") for index in range(count)]
        for path, count in counts.items()
    }
    assign_by_path(model, Variables(stored, names or {}))
    return {name: origin for layer in model.root.layers for name, origin in found(layer).items()}


# ------------------------------------------------------------------------------------- by layer


@pytest.mark.parametrize(
    "names",
    [
        ["d/kernel:0", "d/bias:0"], ["d/kernel", "d/bias"], ["kernel", "bias"], ["d_2/kernel:0", "d_2/bias:0"],
        ["model/d/kernel", "model/d/bias"], ["kernel_1", "bias_1"], ["d/kernel_2:0", "d/bias_2:0"],
        ["some/scope/of/tensorflow/d/kernel:0", "some/scope/of/tensorflow/d/bias:0"],
    ],
    ids=str,
)  # fmt: skip
def test_names_of_all_generations(names: list[str]) -> None:
    assert by_layer(model_of(dense("d", 3, "x")), d=names) == {"d/kernel": "0", "d/bias": "1"}


def test_names_that_are_the_other_way_round_decide() -> None:
    assert by_layer(model_of(dense("d", 3, "x")), d=["d/bias:0", "d/kernel:0"]) == {"d/kernel": "1", "d/bias": "0"}


def inner(*frozen: str, model_frozen: bool = False) -> Json:
    """A Dense, a BatchNormalization and a Dense in a model, of which some may be frozen."""
    layers = [
        input_layer("z", 4), dense("a", 4, "z", trainable="a" not in frozen),
        entry("BatchNormalization", "n", ["a"], axis=[1], trainable="n" not in frozen),
        dense("b", 4, "n", trainable="b" not in frozen),
    ]  # fmt: skip
    model = functional(layers, ["z"], ["b"], name="inner")
    model["config"]["trainable"] = not model_frozen
    return nested(model, "x")


A, B = ["a/kernel", "a/bias"], ["b/kernel", "b/bias"]
SCALES, STATISTICS = ["n/gamma", "n/beta"], ["n/moving_mean", "n/moving_variance"]


@pytest.mark.parametrize(
    ("model", "order"),
    [
        (inner(), [*A, *SCALES, *B, *STATISTICS]),
        (inner("a"), [*SCALES, *B, *A, *STATISTICS]),
        (inner("n"), [*A, *B, *SCALES, *STATISTICS]),
        (inner("a", "b"), [*SCALES, *A, *STATISTICS, *B]),
        (inner(model_frozen=True), [*A, *SCALES, *STATISTICS, *B]),
    ],
    ids=["all train", "first frozen", "normalisation frozen", "both frozen", "model frozen"],
)
@pytest.mark.parametrize("bare", [False, True], ids=["named", "bare names"])
def test_trainable_weights_come_first(model: Json, order: list[str], bare: bool) -> None:
    """Keras 3.0 calls them all just `kernel` and `bias`: then only the order tells."""
    stored = [name.split("/")[-1] for name in order] if bare else order
    expected = {name: str(index) for index, name in enumerate(order)}
    assert by_layer(model_of(model), inner=stored) == expected


def test_models_that_old_files_do_not_call_frozen() -> None:
    """Keras before 2.4 says nothing of it, but the weights are in the order of a frozen model: the names decide."""
    order = [f"{name}_3:0" for name in [*A, *SCALES, *STATISTICS, *B]]
    found = by_layer(model_of(inner(), version="2.3.1"), inner=order)
    assert found == {name: str(index) for index, name in enumerate([*A, *SCALES, *STATISTICS, *B])}


def test_weights_stay_in_the_order_of_the_class() -> None:
    model = model_of(entry("BatchNormalization", "n", ["x"], axis=[1], trainable=False))
    by_layer(model, n=["n/moving_variance", "n/moving_mean", "n/beta", "n/gamma"])
    assert list(model.root.layers[1].weights) == ["gamma", "beta", "moving_mean", "moving_variance"]


def test_cells_and_directions() -> None:
    lstm = {"class_name": "LSTM", "config": {"name": "q", "units": 2}}
    model = model_of(entry("Bidirectional", "both", ["x"], layer=lstm))
    parts = [f"{side}_q/{kind}" for side in ("forward", "backward") for kind in ("kernel", "recurrent_kernel", "bias")]
    stored = [f"both/{part.replace('/', '/lstm_cell_3/')}:0" for part in parts]
    assert by_layer(model, both=stored) == {part: str(index) for index, part in enumerate(parts)}


def test_depthwise_kernels_of_keras_3_are_just_kernels() -> None:
    layer = entry("DepthwiseConv2D", "d", ["x"], kernel_size=[3, 3])
    model = read_model(functional([input_layer("x", 8, 8, 2), layer], ["x"], ["d"]), "3.15.1")
    assert by_layer(model, d=["d/kernel", "d/bias"]) == {"d/depthwise_kernel": "0", "d/bias": "1"}


@pytest.mark.parametrize(
    ("names", "complaint"),
    [
        (["d/kernel:0"], r'"d": 1 weight in the file, needed 2 \(d/kernel, d/bias\)'),
        ([], r'"d": 0 weights in the file, needed 2'),
        (["d/gamma:0", "d/beta:0"], r'"d": stored are d/gamma:0, d/beta:0, needed d/kernel, d/bias'),
        (["d/kernel:0", "d/kernel:0"], r'"d": stored are d/kernel:0, d/kernel:0'),
    ],
)
def test_weights_that_do_not_fit(names: list[str], complaint: str) -> None:
    with pytest.raises(CorruptInputError, match=complaint):
        by_layer(model_of(dense("d", 3, "x")), d=names)


def test_all_problems_at_once() -> None:
    with pytest.raises(CorruptInputError) as caught:
        by_layer(model_of(dense("d", 3, "x"), dense("e", 3, "d")), d=["d/kernel"], f=["f/kernel"])
    assert [line[4:7] for line in str(caught.value).splitlines()[1:-1]] == ['"f"', '"d"', '"e"']


def test_what_is_refused_later_needs_no_weights() -> None:
    custom = {**dense("c", 3, "d"), "module": None, "registered_name": "Demo>Dense"}
    model = model_of(dense("d", 3, "x"), custom)
    assert by_layer(model, d=["kernel", "bias"], c=["anything"]) == {"d/kernel": "0", "d/bias": "1"}


# ------------------------------------------------------------------------------------- by path


@pytest.mark.parametrize(
    ("class_name", "path"),
    [
        ("Dense", "dense"), ("Conv2D", "conv2d"), ("Conv2DTranspose", "conv2d_transpose"), ("PReLU", "p_re_lu"),
        ("ReLU", "re_lu"), ("LeakyReLU", "leaky_re_lu"), ("ELU", "elu"), ("LSTM", "lstm"), ("LSTMCell", "lstm_cell"),
        ("GRUCell", "gru_cell"), ("SimpleRNN", "simple_rnn"), ("ConvLSTM2D", "conv_lstm2d"),
        ("DepthwiseConv2D", "depthwise_conv2d"), ("MaxPooling2D", "max_pooling2d"), ("UpSampling2D", "up_sampling2d"),
        ("GlobalAveragePooling2D", "global_average_pooling2d"), ("MultiHeadAttention", "multi_head_attention"),
        ("SpatialDropout1D", "spatial_dropout1d"), ("My_Layer", "my__layer"), ("TFOpLambda", "tf_op_lambda"),
        ("BatchNormalization", "batch_normalization"), ("StackedRNNCells", "stacked_rnn_cells"),
    ],
)  # fmt: skip
def test_snake_case(class_name: str, path: str) -> None:
    assert snake_case(class_name) == path


def test_repeats_are_numbered() -> None:
    model = model_of(dense("p", 4, "x"), dense("q", 4, "p"), entry("Flatten", "f", ["q"]), dense("r", 4, "f"))
    stored = by_path(model, layers__dense=2, layers__dense_1=2, layers__dense_2=2)
    assert stored == {
        "p/kernel": "layers/dense:0", "p/bias": "layers/dense:1", "q/kernel": "layers/dense_1:0",
        "q/bias": "layers/dense_1:1", "r/kernel": "layers/dense_2:0", "r/bias": "layers/dense_2:1",
    }  # fmt: skip


def test_nested_models() -> None:
    outer = sequential(dense("p", 4, "x", batch_input_shape=[None, 4]), inner(), dense("q", 4, "inner"))
    model = read_model(outer, "3.15.1")
    here = "layers__functional__layers__"
    stored = by_path(
        model,
        layers__dense=2, layers__dense_1=2, **{f"{here}dense": 2, f"{here}dense_1": 2, f"{here}batch_normalization": 4},
    )  # fmt: skip
    assert stored["b/bias"] == "layers/functional/layers/dense_1:1"
    assert stored["n/moving_variance"] == "layers/functional/layers/batch_normalization:3"
    assert stored["q/kernel"] == "layers/dense_1:0" and len(stored) == 12


def test_operators_are_not_counted() -> None:
    add = {**entry("Add", "plus", [["x", "x"]]), "module": "keras.src.ops.numpy"}
    model = model_of(add, entry("Add", "sum", [["plus", "x"]]), dense("d", 3, "sum"))
    assert by_path(model, layers__dense=2)["d/kernel"] == "layers/dense:0"


def test_layers_with_a_cell() -> None:
    model = model_of(entry("Embedding", "e", ["x"], input_dim=9, output_dim=2), entry("LSTM", "l", ["e"], units=2))
    stored = by_path(model, layers__embedding=1, layers__lstm__cell=3)
    assert stored["l/recurrent_kernel"] == "layers/lstm/cell:1"


def test_wrappers() -> None:
    lstm = {"class_name": "LSTM", "config": {"name": "q", "units": 2}}
    each = {"class_name": "Dense", "config": {"name": "p", "units": 2}}
    model = model_of(
        entry("TimeDistributed", "t", ["x"], layer=each), entry("Bidirectional", "both", ["t"], layer=lstm)
    )
    stored = by_path(
        model, layers__time_distributed__layer=2, layers__bidirectional__forward_layer__cell=3,
        layers__bidirectional__backward_layer__cell=3,
    )  # fmt: skip
    assert stored["p/kernel"] == "layers/time_distributed/layer:0"
    assert stored["backward_q/bias"] == "layers/bidirectional/backward_layer/cell:2"


def test_stacked_cells_are_numbered_by_class() -> None:
    """More than ten, so that sorting by name would mix them up."""
    kinds = ["LSTMCell", "GRUCell", *["LSTMCell"] * 10]
    cells = [{"class_name": kind, "config": {"name": f"c{at}", "units": 2}} for at, kind in enumerate(kinds)]
    stack = {"class_name": "StackedRNNCells", "config": {"name": "stack", "cells": cells}}
    model = model_of(entry("RNN", "r", ["x"], cell=stack))
    paths = ["lstm_cell", "gru_cell", *[f"lstm_cell_{number}" for number in range(1, 11)]]
    stored = by_path(model, **{f"layers__rnn__cell__cells__{path}": 3 for path in paths})
    for number, path in enumerate(paths):
        assert stored[f"c{number}/kernel"] == f"layers/rnn/cell/cells/{path}:0"


def test_a_shared_layer_is_stored_where_it_comes_first() -> None:
    first = functional([input_layer("z", 4), dense("shared", 4, "z")], ["z"], ["shared"], name="first")
    second = functional([input_layer("y", 4), dense("shared", 4, "y")], ["y"], ["shared"], name="second")
    model = model_of(nested(first, "x"), {**nested(second, "x"), "inbound_nodes": [[["first", 1, 0, {}]]]})
    by_path(model, layers__functional__layers__dense=2)
    for layer in model.root.layers[1:]:
        assert found(layer)["shared/kernel"] == "layers/functional/layers/dense:0"


def test_keras_2_12_lists_layers_with_weights_twice() -> None:
    old = "_layer_checkpoint_dependencies__"
    model = model_of(dense("p", 4, "x"), entry("Flatten", "f", ["p"]), dense("q", 4, "f"), version="2.12.0")
    assert by_path(model, **{f"{old}dense": 2, f"{old}dense_2": 2})["q/kernel"].endswith("dense_2:0")


def test_more_statistics_of_batch_normalisation_than_inference_needs() -> None:
    model = model_of(entry("BatchNormalization", "n", ["x"], axis=[1]))
    assert list(by_path(model, layers__batch_normalization=7).values())[-1] == "layers/batch_normalization:3"


def test_real_names_are_a_check_on_the_counting() -> None:
    model = model_of(dense("p", 4, "x"), dense("q", 4, "p"))
    names = {"layers/dense": "p", "layers/dense_1": "q"}
    assert by_path(model, names, layers__dense=2, layers__dense_1=2)["q/bias"] == "layers/dense_1:1"
    swapped = {"layers/dense": "q", "layers/dense_1": "p"}
    with pytest.raises(CorruptInputError, match=r'"layers/dense" in the file belongs to "q", .* has "p" there'):
        by_path(model_of(dense("p", 4, "x"), dense("q", 4, "p")), swapped, layers__dense=2, layers__dense_1=2)


@pytest.mark.parametrize(
    ("counts", "complaint"),
    [
        ({"layers__dense": 1}, r'"d": 1 weight in the file, needed 2 \(d/kernel, d/bias\)'),
        ({"layers__dense": 3}, r'"d": 3 weights in the file, needed 2'),
        ({}, r'"d": 0 weights in the file'),
        ({"layers__dense": 2, "layers__dense_1": 2}, r'"layers/dense_1" in the file belongs to no layer'),
    ],
)
def test_variables_that_do_not_fit(counts: dict[str, Any], complaint: str) -> None:
    with pytest.raises(CorruptInputError, match=complaint):
        by_path(model_of(dense("d", 3, "x")), **counts)
