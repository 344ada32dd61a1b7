"""Operators that compare give ones and zeros where Keras gives true and false."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

Build = Callable[[Any, Any, Any], Any]  # of the library of functions and two tensors

COMPARISONS: dict[str, Build] = {
    "greater": lambda f, x, y: f.greater(x, y),
    "greater than": lambda f, x, y: x > 0.5,
    "greater than it": lambda f, x, y: f.greater(0.5, x),
    "greater equal": lambda f, x, y: x >= y,
    "greater equal 0": lambda f, x, y: x >= 0.0,
    "less": lambda f, x, y: f.less(x, y),
    "less equal": lambda f, x, y: x <= 0.0,
    "equal": lambda f, x, y: f.equal(x, y),
    "not equal": lambda f, x, y: f.not_equal(x, 0.0),
    "and": lambda f, x, y: f.logical_and(x > 0.0, y > 0.0),
    "or": lambda f, x, y: f.logical_or(x > 0.0, f.logical_not(y > 0.0)),
}


def functions(library: str) -> Any:
    return importlib.import_module("keras").ops if library == "keras" else importlib.import_module("tensorflow")


@pytest.mark.parametrize("library", LIBRARIES)
def test_as_floats(library: str, assert_parity: AssertParity) -> None:
    keras, f = importlib.import_module(library), functions(library)
    x, y = keras.Input((3, 4)), keras.Input((3, 4))
    outputs = [f.cast(build(f, x, y), "float32") for build in COMPARISONS.values()]
    random = np.random.default_rng(0)
    given = [random.standard_normal((4, 3, 4)).astype("float32") for _ in range(2)]
    given[0][0] = given[1][0]  # equal
    given[0][1] = 0.0
    given[1][2] = np.nextafter(given[0][2], np.float32(9))
    assert_parity(keras.Model([x, y], outputs), given, routes=("keras", "h5"), backends=("auto", "cpu"))


@pytest.mark.parametrize("library", LIBRARIES)
def test_as_a_mask(library: str, assert_parity: AssertParity) -> None:
    keras, f = importlib.import_module(library), functions(library)
    ids = keras.Input((7,), dtype="int32")
    value = keras.layers.Embedding(5, 4)(ids)
    wanted = keras.Input((7,), dtype="bool")
    rows, columns = f.not_equal(ids, 0)[:, :, None], wanted[:, None, :]
    attention = keras.layers.MultiHeadAttention(2, 3)
    outputs = [attention(value, value, attention_mask=mask) for mask in (rows, columns, f.logical_and(rows, columns))]
    random = np.random.default_rng(0)
    given = [random.integers(0, 5, (3, 7)).astype("int32"), random.integers(0, 2, (3, 7)).astype(bool)]
    assert_parity(keras.Model([ids, wanted], outputs), given, routes=("keras", "h5"), backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_numbers_are_no_truth_values(library: str) -> None:
    keras, f = importlib.import_module(library), functions(library)
    x = keras.Input((4,))
    unclear = f.logical_not(f.cast(x, "bool"))
    assert_refused(keras.Model(x, f.cast(unclear, "float32")), "bool", routes=("keras",))
