"""Activations, as arguments and as layers, give the numbers of Keras in the real TF.js."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tests.tfjs.branches import Case, branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

IN_BOTH = (
    "elu", "gelu", "hard_sigmoid", "linear", "mish", "relu", "selu", "sigmoid", "softmax", "softplus", "softsign",
    "swish", "tanh",
)  # fmt: skip
IN_KERAS_3 = (
    "celu", "hard_shrink", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu", "log_sigmoid", "log_softmax",
    "relu6", "silu", "soft_shrink", "sparse_plus", "sparse_sigmoid", "tanh_shrink",
)  # fmt: skip
NAMES = {"keras": IN_BOTH + IN_KERAS_3, "tf_keras": IN_BOTH}

LAYERS = (
    case("ReLU"),
    case("ReLU", max_value=2.5),
    case("ReLU", max_value=6),
    case("ReLU", negative_slope=0.3),
    case("ReLU", threshold=1.5),
    case("ReLU", threshold=1.5, max_value=3.0),
    case("ReLU", negative_slope=0.3, max_value=2.0),
    case("ReLU", negative_slope=0.3, threshold=1.5),
    case("ReLU", negative_slope=0.3, threshold=1.5, max_value=4.0),
    case("ReLU", negative_slope=1.5, threshold=0.5, max_value=0.25),
    case("LeakyReLU"),
    case("ELU"),
    case("ELU", alpha=0.4),
    case("ELU", alpha=1.7),
    case("PReLU"),
    case("PReLU", shared_axes=[1]),
    case("PReLU", shared_axes=[1, 2]),
    case("Softmax"),
    case("Softmax", axis=1),
    case("Softmax", axis=-2),
    case("Softmax", axis=[2]),
    case("Softmax", axis=[-1, -2]),
    case("Softmax", axis=[1, 3]),
    case("Softmax", axis=[1, 2, 3]),
)
OF_ONE_LINE: dict[str, tuple[Case, ...]] = {
    "keras": (case("LeakyReLU", negative_slope=0.15),),
    "tf_keras": (case("LeakyReLU", alpha=0.15), case("ThresholdedReLU", theta=0.7), case("ThresholdedReLU")),
}
SHAPE = (4, 5, 3)


def wide(shape: tuple[int, ...], seed: int = 0) -> Any:
    """Values on both sides of every kink, and on the kinks."""
    random = np.random.default_rng(seed)
    values = random.uniform(-8, 8, shape)
    kinks = np.array([-6, -3, -1.5, -1, -0.5, 0, 0.5, 0.7, 1, 1.5, 3, 6])
    return np.where(random.random(shape) < 0.3, random.choice(kinks, shape), values).astype("float32")


@pytest.mark.parametrize("library", LIBRARIES)
def test_named_activations(assert_parity: AssertParity, library: str) -> None:
    cases = [case("Activation", activation=name) for name in NAMES[library]]
    assert_parity(branches(library, SHAPE, cases), wide((3, *SHAPE)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_activations_as_arguments(assert_parity: AssertParity, library: str) -> None:
    cases = [case("Dense", units=3, activation=name) for name in NAMES[library]]
    cases += [case("Conv2D", filters=3, kernel_size=2, activation=name) for name in NAMES[library]]
    assert_parity(branches(library, SHAPE, cases), wide((3, *SHAPE)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_activation_layers(assert_parity: AssertParity, library: str) -> None:
    assert_parity(branches(library, SHAPE, [*LAYERS, *OF_ONE_LINE[library]]), wide((3, *SHAPE)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_layers_in_the_place_of_functions(assert_parity: AssertParity, library: str) -> None:
    layers = importlib.import_module(library).layers
    slope = {"negative_slope": 0.15} if library == "keras" else {"alpha": 0.15}
    given = (
        layers.ReLU(negative_slope=0.2, max_value=2.0),
        layers.LeakyReLU(**slope),
        layers.ELU(alpha=0.5),
        layers.Softmax(),
        layers.Activation("hard_sigmoid"),
    )
    cases = [case("Dense", units=3, activation=layer) for layer in given]
    cases += [case("Activation", activation=layer) for layer in given]
    assert_parity(branches(library, SHAPE, cases), wide((3, *SHAPE)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_shared_layer_with_a_rewritten_activation(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    first, second = keras.Input((4,)), keras.Input((4,))
    activation = "hard_silu" if library == "keras" else keras.layers.ELU(0.5)
    shared = keras.layers.Dense(5, activation=activation)
    relu = keras.layers.ReLU(negative_slope=0.1, threshold=0.5)
    merged = keras.layers.Concatenate()([relu(shared(first)), relu(shared(second))])
    assert_parity(keras.Model([first, second], keras.layers.Dense(3)(merged)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_softmax_along_axes_of_unknown_size(assert_parity: AssertParity, library: str) -> None:
    cases = [case("Softmax", axis=1), case("Softmax", axis=[2, 3]), case("Softmax", axis=-1)]
    assert_parity(branches(library, (None, 5, 3), cases), wide((3, 6, 5, 3)))
    spatial = [case("Softmax", axis=[1, 2]), case("Softmax", axis=2), case("Softmax", axis=[-3, -1])]
    assert_parity(branches(library, (None, None, 3), spatial), wide((3, 6, 5, 3)))


@pytest.mark.parametrize("library", LIBRARIES)
def test_prelu_shared_along_an_unknown_axis(assert_parity: AssertParity, library: str) -> None:
    assert_parity(branches(library, (None, 5, 3), [case("PReLU", shared_axes=[1])]), wide((3, 6, 5, 3)))


@pytest.mark.parametrize("name", ["exponential", "sparsemax", "squareplus"])
def test_what_no_layer_computes_is_refused(name: str) -> None:
    cases = [case("Dense", units=3, activation=name), case("Activation", activation=name)]
    assert_refused(branches("keras", (4,), cases), f"activation {name}", "Dense0", "Activation1")


def test_custom_functions_are_refused() -> None:
    keras = importlib.import_module("keras")

    @keras.saving.register_keras_serializable("tests", name="doubled")
    def doubled(x: Any) -> Any:
        return 2 * x

    assert_refused(branches("keras", (4,), [case("Dense", units=3, activation=doubled)]), "doubled", "custom function")


@pytest.mark.parametrize("library", LIBRARIES)
def test_functions_of_tensorflow(assert_parity: AssertParity, library: str) -> None:
    """Keras writes down that they are not its own; those of doubtful meaning are refused."""
    tf = importlib.import_module("tensorflow")
    known = (tf.nn.silu, tf.nn.log_softmax, tf.identity, tf.nn.relu6, tf.nn.softmax)
    model = branches(library, (4, 3), [case("Dense", units=3, activation=function) for function in known])
    assert_parity(model, wide((3, 4, 3)), routes=("h5", "live"))  # Keras 3 cannot load its own archive of these

    assert_refused(branches(library, (4,), [case("Dense", units=3, activation=tf.sin)]), "sin", "custom function")


@pytest.mark.parametrize("library", LIBRARIES)
def test_softmax_over_the_batch_is_refused(library: str) -> None:
    assert_refused(branches(library, (4,), [case("Softmax", axis=0)]), "axis=0")
