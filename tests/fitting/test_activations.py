"""Activations as formulas of layers, and where those layers go."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tensorflowjs.catalog.activations import SAME, SAME_IN_KERAS_2, tfjs_activation
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tensorflowjs.fitting.activations import FUNCTIONS, LACKING, formula_of, within
from tensorflowjs.fitting.formula import Formula
from tensorflowjs.ir.layers import Call, Ref
from tests.fitting.single import classes, fitted, single

Array = np.ndarray[Any, np.dtype[np.float64]]
X = np.concatenate([np.linspace(-8, 8, 161), np.random.default_rng(0).uniform(-8, 8, 50)])

LAYERS: dict[str, Callable[..., Array]] = {
    "Rescaling": lambda x, scale, offset: x * scale + offset,
    "ReLU": lambda x, max_value: np.minimum(np.maximum(x, 0), math.inf if max_value is None else max_value),
    "LeakyReLU": lambda x, alpha: np.where(x > 0, x, alpha * x),
    "ThresholdedReLU": lambda x, theta: x * (x > theta),
    "Add": lambda *values: sum(values),
    "Multiply": lambda a, b: a * b,
}
NAMED: dict[str, Callable[[Array], Array]] = {
    "linear": lambda x: x,
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "tanh": np.tanh,
    "softplus": lambda x: np.logaddexp(x, 0),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
}


def computed(formula: Formula) -> Array:
    """What TF.js would compute, in numpy."""
    values = [X]
    for step in formula.steps:
        given = [values[index] for index in step.inputs]
        if step.class_name == "Activation":
            values.append(NAMED[step.config["activation"]](*given))
        else:
            values.append(LAYERS[step.class_name](*given, **step.config))
    return values[-1]


def _relu(slope: float, threshold: float, maximum: float) -> Array:
    inside = np.where(maximum > X, X, maximum)
    return np.where(threshold < X, inside, slope * (X - threshold))


CASES: list[tuple[str, dict[str, float], Array]] = [
    ("relu", {}, np.maximum(X, 0)),
    ("relu", {"max_value": 3.0}, np.clip(X, 0, 3)),
    ("relu", {"negative_slope": 0.2}, np.where(X > 0, X, 0.2 * X)),
    ("relu", {"threshold": 1.0}, np.where(X > 1, X, 0)),
    ("relu", {"negative_slope": 0.2, "threshold": 1.0, "max_value": 3.0}, _relu(0.2, 1.0, 3.0)),
    ("relu", {"negative_slope": 0.2, "max_value": 3.0}, _relu(0.2, 0.0, 3.0)),
    ("leaky_relu", {}, np.where(X > 0, X, 0.2 * X)),
    ("leaky_relu", {"negative_slope": 0.0}, np.maximum(X, 0)),
    ("elu", {"alpha": 0.3}, np.where(X > 0, X, 0.3 * np.expm1(np.minimum(X, 0)))),
    ("celu", {"alpha": 0.3}, np.where(X > 0, X, 0.3 * np.expm1(np.minimum(X, 0) / 0.3))),
    ("hard_sigmoid", {}, np.clip(X / 6 + 0.5, 0, 1)),
    ("hard_silu", {}, X * np.clip(X / 6 + 0.5, 0, 1)),
    ("hard_tanh", {}, np.clip(X, -1, 1)),
    ("hard_shrink", {}, np.where(abs(X) > 0.5, X, 0)),
    ("hard_shrink", {"threshold": 2.0}, np.where(abs(X) > 2, X, 0)),
    ("soft_shrink", {"threshold": 1.5}, np.sign(X) * np.maximum(abs(X) - 1.5, 0)),
    ("tanh_shrink", {}, X - np.tanh(X)),
    ("log_sigmoid", {}, -np.logaddexp(-X, 0)),
    ("sparse_sigmoid", {}, np.clip((X + 1) / 2, 0, 1)),
    ("sparse_plus", {}, np.where(X >= 1, X, np.where(X <= -1, 0, (X + 1) ** 2 / 4))),
    (
        "gelu",
        {"approximate": True},
        0.5 * X * (1 + np.tanh(math.sqrt(2 / math.pi) * (X + 0.044715 * X**3))),
    ),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES, ids=lambda value: str(value)[:40])
def test_formulas_are_the_functions_of_keras(name: str, arguments: dict[str, float], expected: Array) -> None:
    formula = Formula()
    FUNCTIONS[name](formula, formula.x, **arguments)
    np.testing.assert_allclose(computed(formula), expected, atol=1e-12)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_step_takes_a_tensor_twice(name: str) -> None:
    """TF.js would let go of it too early."""
    steps = formula_of(name).steps
    assert all(len(set(step.inputs)) == len(step.inputs) for step in steps)
    assert len({step.part for step in steps}) == len(steps)


@pytest.mark.oracle
def test_every_activation_of_keras_is_known() -> None:
    keras_3 = pytest.importorskip("keras").src.activations.ALL_OBJECTS_DICT
    tf_keras = pytest.importorskip("tf_keras").activations
    keras_2 = {name for name in dir(tf_keras) if not name.startswith("_")} - {"get", "serialize", "deserialize"}
    known = {*SAME, *SAME_IN_KERAS_2, *FUNCTIONS, *LACKING}
    assert set(keras_3) <= known
    assert keras_2 <= known


def test_hard_sigmoid_means_what_its_generation_means() -> None:
    assert tfjs_activation("hard_sigmoid", 2) == "hard_sigmoid"
    assert tfjs_activation("hard_sigmoid", 3) is None
    assert tfjs_activation(None, 3) == "linear"
    assert tfjs_activation({"class_name": "Activation", "config": {"activation": "silu"}}, 3) == "swish"


def test_functions_from_outside_keras_are_known_only_if_their_name_is_clear() -> None:
    assert tfjs_activation("function>swish", 3) == "swish"
    assert tfjs_activation("function>log_softmax_v2", 2) == "log_softmax"
    for name in ("gelu", "hard_sigmoid", "leaky_relu", "exp"):
        assert tfjs_activation(f"function>{name}", 2) is None
        with pytest.raises(UnsupportedError, match=f"activation {name}, a custom function"):
            fitted("Dense", (4,), units=3, activation=f"function>{name}")


def test_an_activation_moves_behind_the_layer_that_keeps_its_name() -> None:
    dense, *behind = fitted("Dense", (4,), units=3, activation="hard_silu")
    assert (dense.name, dense.config["activation"], list(dense.weights)) == ("it", "linear", ["kernel", "bias"])
    assert classes(behind) == ["Rescaling", "ReLU", "Multiply"]
    assert [layer.name for layer in behind] == ["it_activation_scale", "it_activation_relu", "it_activation_multiply"]
    assert behind[-1].calls[0].args == [Ref("it"), Ref("it_activation_relu")]


def test_known_activations_stay() -> None:
    (dense,) = fitted("Dense", (4,), units=3, activation="silu")
    assert dense.config["activation"] == "swish"
    (older,) = fitted("Dense", (4,), units=3, activation="hard_sigmoid", keras_version="2.15.0")
    assert older.config["activation"] == "hard_sigmoid"


def test_a_layer_that_is_an_activation_ends_under_its_own_name() -> None:
    layers = fitted("ReLU", (4,), threshold=1.0, max_value=2.0)
    assert classes(layers) == ["ThresholdedReLU", "ReLU"]
    assert layers[-1].name == "it"


def test_a_shared_layer_shares_what_it_becomes() -> None:
    model = single("Dense", (4,), units=3, activation="hard_tanh")
    model.root.layers[1].calls.append(Call([Ref("x")]))
    model.root.outputs.append(Ref("it", 1))
    layers = fit(model).root.layers[1:]
    assert classes(layers).count("Dense") == 1
    assert {len(layer.calls) for layer in layers} == {2}


@pytest.mark.parametrize(
    ("activation", "needle"),
    [
        ("exponential", "no TF.js layer grows exponentially"),
        ("sparsemax", "sorts"),
        ("my_package>twice", "custom function"),
        ("relu7", "which TF.js does not have"),
        ({"class_name": "PReLU", "config": {}}, "a layer in the place of a function"),
        ({"class_name": "Softmax", "config": {"axis": 1}}, "Softmax(axis=1)"),
    ],
)
def test_refusals_name_the_activation(activation: Any, needle: str) -> None:
    with pytest.raises(UnsupportedError, match=r"it \(Dense\)") as caught:
        fitted("Dense", (4,), units=3, activation=activation)
    assert needle in str(caught.value)


def test_within_a_cell_a_model_stands_in() -> None:
    assert within("silu", 3) == "swish"
    assert within("exponential", 3) is None
    model = within("hard_silu", 3)
    assert isinstance(model, dict)
    entries = json.loads(json.dumps(model))["config"]["layers"]
    assert [entry["class_name"] for entry in entries] == ["InputLayer", "Rescaling", "ReLU", "Multiply"]
    assert entries[-1]["inbound_nodes"] == [[["x", 0, 0, {}], ["relu", 0, 0, {}]]]


def test_softmax_layers_become_activations_that_no_mask_disturbs() -> None:
    assert classes(fitted("Softmax", (4, 5))) == ["Activation"]
    assert classes(fitted("Softmax", (4, 5), axis=1)) == ["Permute", "Activation", "Permute"]
    layers = fitted("Softmax", (4, 5, 6), axis=[1, 3])
    assert classes(layers) == ["Permute", "Reshape", "Activation", "Reshape", "Permute"]
    assert layers[-1].name == "it"
