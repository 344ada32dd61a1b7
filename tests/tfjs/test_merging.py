"""Layers that merge or only move values give the numbers of Keras in the real TF.js."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

Build = Callable[[Any, list[Any]], Any]

# name -> shapes of the inputs, and what is made of them
CASES: dict[str, tuple[list[tuple[int | None, ...]], Build]] = {
    "add": ([(3, 4), (3, 4)], lambda k, x: k.layers.Add()(x)),
    "add three": ([(4,), (4,), (4,)], lambda k, x: k.layers.Add()(x)),
    "add broadcast": ([(3, 4), (1, 4)], lambda k, x: k.layers.Add()(x)),
    "add ranks": ([(2, 3, 4), (4,)], lambda k, x: k.layers.Add()(x)),
    "add twice the same": ([(3, 4)], lambda k, x: k.layers.Add()([x[0], x[0]])),
    "subtract": ([(3, 4), (3, 4)], lambda k, x: k.layers.Subtract()(x)),
    "subtract broadcast": ([(3, 4), (3, 1)], lambda k, x: k.layers.Subtract()(x)),
    "multiply": ([(3, 4), (3, 4), (3, 4)], lambda k, x: k.layers.Multiply()(x)),
    "multiply ranks": ([(3, 2, 4), (2, 4)], lambda k, x: k.layers.Multiply()(x)),
    "average": ([(3, 4), (3, 4), (3, 4)], lambda k, x: k.layers.Average()(x)),
    "maximum": ([(3, 4), (3, 4)], lambda k, x: k.layers.Maximum()(x)),
    "minimum": ([(3, 4), (3, 4), (1, 1)], lambda k, x: k.layers.Minimum()(x)),
    "concatenate last": ([(3, 4), (3, 2)], lambda k, x: k.layers.Concatenate()(x)),
    "concatenate first": ([(3, 4), (2, 4)], lambda k, x: k.layers.Concatenate(axis=1)(x)),
    "concatenate negative": ([(3, 4, 2), (3, 1, 2)], lambda k, x: k.layers.Concatenate(axis=-2)(x)),
    "concatenate from behind": ([(3, 4, 2), (5, 4, 2)], lambda k, x: k.layers.Concatenate(axis=-3)(x)),
    "concatenate three": ([(3,), (2,), (4,)], lambda k, x: k.layers.Concatenate()(x)),
    "dot vectors": ([(4,), (4,)], lambda k, x: k.layers.Dot(axes=1)(x)),
    "dot normalised": ([(4,), (4,)], lambda k, x: k.layers.Dot(axes=-1, normalize=True)(x)),
    "dot matrices": ([(3, 4), (5, 4)], lambda k, x: k.layers.Dot(axes=2)(x)),
    "dot pair": ([(3, 4), (4, 5)], lambda k, x: k.layers.Dot(axes=(2, 1))(x)),
    "dot pair negative": ([(3, 4), (4, 5)], lambda k, x: k.layers.Dot(axes=(-1, -2))(x)),
    "dot first axes": ([(4, 3), (4, 5)], lambda k, x: k.layers.Dot(axes=1, normalize=True)(x)),
    "flatten": ([(3, 4, 2)], lambda k, x: k.layers.Flatten()(x[0])),
    "flatten channels first": ([(3, 4, 2)], lambda k, x: k.layers.Flatten(data_format="channels_first")(x[0])),
    "flatten flat": ([(4,)], lambda k, x: k.layers.Dense(3)(k.layers.Flatten()(x[0]))),
    "reshape": ([(3, 4)], lambda k, x: k.layers.Reshape((2, 6))(x[0])),
    "reshape open": ([(3, 4)], lambda k, x: k.layers.Dense(2)(k.layers.Reshape((-1, 6))(x[0]))),
    "reshape open first": ([(3, 4)], lambda k, x: k.layers.Dense(2)(k.layers.Reshape((2, -1))(x[0]))),
    "permute": ([(3, 4, 2)], lambda k, x: k.layers.Permute((3, 1, 2))(x[0])),
    "repeat vector": ([(4,)], lambda k, x: k.layers.RepeatVector(3)(x[0])),
}


def functional(keras: Any, shapes: list[tuple[int | None, ...]], build: Build) -> Any:
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, build(keras, inputs))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", CASES)
def test_equals_keras(name: str, library: str, assert_parity: AssertParity) -> None:
    shapes, build = CASES[name]
    keras = importlib.import_module(library)
    assert_parity(functional(keras, shapes, build), routes=("keras", "h5"), backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_one_layer_merges_several_times(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    a, b = keras.Input((3,)), keras.Input((3,))
    subtract = keras.layers.Subtract()
    model = keras.Model([a, b], [subtract([a, b]), keras.layers.Dense(2)(subtract([b, a]))])
    assert_parity(model)


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_cannot_be_merged_is_refused(library: str) -> None:
    keras = importlib.import_module(library)
    unlike = functional(keras, [(None, 4), (3, 4)], lambda k, x: k.layers.Concatenate()(x))
    assert_refused(unlike, "concatenate", "Concatenate", "fixed size")
    wide = functional(keras, [(2, 3, 4), (2, 3, 4)], lambda k, x: k.layers.Dot(axes=3)(x))
    assert_refused(wide, "dot", "more than three axes")
