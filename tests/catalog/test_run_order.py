"""Calls are put into the order in which Keras 3 runs them."""

from __future__ import annotations

import importlib
import json

import numpy as np
import pytest

from tensorflowjs.catalog.run_order import run_order
from tensorflowjs.ir.layers import Call, Layer, Model, Ref
from tensorflowjs.readers.keras_config import read_model


@pytest.mark.oracle
@pytest.mark.parametrize("seed", range(12))
def test_equals_keras(seed: int) -> None:
    keras = importlib.import_module("keras")
    layers, random = keras.layers, np.random.default_rng(seed)
    values = [keras.Input((3,)), keras.Input((3,))]
    shared = [layers.Dense(3), layers.Add()]
    for _ in range(12):
        one, two = (values[int(index)] for index in random.integers(0, len(values), 2))
        make = [lambda a, b: shared[0](a), lambda a, b: shared[1]([a, b]), lambda a, b: layers.Dense(3)(b)]
        make += [lambda a, b: layers.Multiply()([a, b]), lambda a, b: a + b]
        values.append(make[int(random.integers(len(make)))](one, two))
    model = keras.Model(values[:2], [values[int(index)] for index in random.permutation(np.arange(6, 14))[:4]])
    expected = [
        (node.operation.name, node.operation._inbound_nodes.index(node))
        for depth in sorted(model._nodes_by_depth, reverse=True)
        for node in model._nodes_by_depth[depth]
    ]
    read = read_model(json.loads(model.to_json()), keras.__version__)
    found = [(layer.name, number) for layer, number, _ in run_order(read.root)]
    # Calls that are not in the model are not counted in its file.
    names = [name for name, _ in expected]
    assert [name for name, _ in found if name in names] == names


def test_calls_that_no_output_needs_come_last() -> None:
    layers = [
        Layer("x", "InputLayer", calls=[Call()]),
        Layer("unused", "Dense", calls=[Call([Ref("x")])]),
        Layer("y", "Dense", calls=[Call([Ref("x")])]),
    ]
    model = Model("m", "Functional", layers, [Ref("x")], [Ref("y")])
    assert [layer.name for layer, _, _ in run_order(model)] == ["x", "y", "unused"]


def test_depth_is_no_problem() -> None:
    chain = [Layer("0", "InputLayer", calls=[Call()])]
    chain += [Layer(str(index), "Dense", calls=[Call([Ref(str(index - 1))])]) for index in range(1, 3000)]
    model = Model("m", "Functional", chain, [Ref("0")], [Ref("2999")])
    assert [layer.name for layer, _, _ in run_order(model)] == [layer.name for layer in chain]
