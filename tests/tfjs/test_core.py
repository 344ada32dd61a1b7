"""Dense, EinsumDense, Embedding and their kin give the numbers of Keras in the real TF.js."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tests.tfjs.branches import branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape", [(5,), (4, 5), (2, 3, 4, 5), (None, 5)], ids=str)
def test_dense(assert_parity: AssertParity, library: str, shape: tuple[int | None, ...]) -> None:
    cases = [
        case("Dense", units=3),
        case("Dense", units=3, use_bias=False, activation="relu"),
        case("Dense", units=1, activation="tanh"),
        case("Dense", units=4, activation="softmax"),
        case("Identity"),
    ]
    assert_parity(branches(library, shape, cases))


@pytest.mark.parametrize("library", LIBRARIES)
def test_training_arguments_do_not_change_numbers(assert_parity: AssertParity, library: str) -> None:
    """TF.js has other initializers, regularizers and constraints; what it cannot build must not stop the load."""
    keras = importlib.import_module(library)
    initializers, regularizers, constraints = keras.initializers, keras.regularizers, keras.constraints
    given: list[dict[str, Any]] = [
        {"kernel_initializer": name, "bias_initializer": "ones"}
        for name in ("lecun_normal", "he_uniform", "orthogonal", "random_normal", "truncated_normal", "glorot_normal")
    ]
    given += [
        {"kernel_initializer": initializers.VarianceScaling(2.0, "fan_out", "untruncated_normal", seed=3)},
        {"kernel_initializer": initializers.LecunUniform(seed=1), "bias_initializer": initializers.Constant(0.5)},
        {"kernel_regularizer": regularizers.L1(0.02), "bias_regularizer": "l2", "activity_regularizer": "l2"},
        {"kernel_regularizer": regularizers.L1L2(0.02, 0.1), "kernel_constraint": constraints.MaxNorm(0.3)},
        {"kernel_regularizer": regularizers.OrthogonalRegularizer(), "bias_constraint": "non_neg"},
        {"kernel_constraint": constraints.UnitNorm(), "bias_constraint": constraints.MinMaxNorm(0.1, 0.2)},
    ]
    results = assert_parity(branches(library, (4, 6), [case("Dense", units=5, **arguments) for arguments in given]))
    notes = results[0].notes
    assert any("OrthogonalRegularizer" in note for note in notes), notes
    assert sum("_constraint is left out" in note for note in notes) == 4, notes


EINSUMS: list[tuple[str, Any, str | None, tuple[int | None, ...]]] = [
    ("ab,bc->ac", 4, "c", (5,)),
    ("abc,cd->abd", (None, 4), "d", (3, 5)),
    ("abc,cd->abd", (None, 4), None, (None, 5)),
    ("...x,xy->...y", 4, "y", (2, 2, 5)),  # above 16 rows TensorFlow 2.19 itself gets this one wrong on some CPUs
    ("abc,cde->abde", (None, 2, 4), "de", (3, 5)),
    ("abc,cde->abde", (None, 2, 4), "e", (None, 5)),
    ("abc,cde->abde", (3, 2, 4), "d", (3, 5)),
    ("abcd,cde->abe", (None, 4), "e", (3, 2, 5)),
    ("abcd,dce->abe", (None, 4), "e", (3, 2, 5)),
    ("abc,bd->adc", (4, 5), "d", (3, 5)),
    ("abc,bd->acd", (5, 4), "d", (3, 5)),
    ("ab...,bc->ac...", 4, "c", (3, 2, 5)),
    ("abc,cd->abd", (3, 4), "bd", (3, 5)),
    ("abc,ced->abde", (3, 4, 2), "de", (3, 5)),
    ("abc,bcd->ad", 4, "d", (3, 5)),
]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("activation", [None, "softmax", "elu"])
def test_einsum_dense(assert_parity: AssertParity, library: str, activation: str | None) -> None:
    keras = importlib.import_module(library)
    inputs, outputs = [], []
    for number, (equation, output_shape, bias_axes, shape) in enumerate(EINSUMS):
        inputs.append(keras.Input(shape))
        arguments = {"bias_axes": bias_axes, "activation": activation, "name": f"einsum_{number}"}
        outputs.append(keras.layers.EinsumDense(equation, output_shape, **arguments)(inputs[-1]))
    assert_parity(keras.Model(inputs, outputs))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("equation", "output_shape", "shape"), [("abc,cb->acb", (5, 3), (3, 5)), ("abc,cbd->abd", (3, 4), (3, 5))]
)
def test_einsum_with_a_batched_kernel_is_refused(
    library: str, equation: str, output_shape: tuple[int, ...], shape: tuple[int, ...]
) -> None:
    layer = case("EinsumDense", equation=equation, output_shape=output_shape)
    assert_refused(branches(library, shape, [layer]), equation, "graph model")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("dtype", ["int32", "float32"])
def test_embedding(assert_parity: AssertParity, library: str, dtype: str) -> None:
    keras = importlib.import_module(library)
    sequence, grid = keras.Input((7,), dtype=dtype), keras.Input((2, 3), dtype=dtype)
    length = {"input_length": 7} if library == "tf_keras" else {}
    outputs = [
        keras.layers.Embedding(9, 4)(sequence),
        keras.layers.Embedding(9, 3, mask_zero=True)(sequence),
        keras.layers.Embedding(9, 5, **length, embeddings_constraint="unit_norm")(sequence),
        keras.layers.Embedding(9, 4)(grid),
    ]
    random = np.random.default_rng(0)
    given = [random.integers(0, 9, (3, 7)).astype(dtype), random.integers(0, 9, (3, 2, 3)).astype(dtype)]
    assert_parity(keras.Model([sequence, grid], outputs), given)


def test_embedding_that_knows_its_length(assert_parity: AssertParity) -> None:
    """Keras 2 takes the length of a sequence from it, which the Flatten behind needs."""
    tf_keras = importlib.import_module("tf_keras")
    layers = tf_keras.layers
    first = layers.Embedding(9, 4, input_length=6)
    assert_parity(tf_keras.Sequential([first, layers.Flatten(), layers.Dense(3)]))


@pytest.mark.parametrize("tied", [True, False])
def test_reversible_embedding(assert_parity: AssertParity, tied: bool) -> None:
    keras = importlib.import_module("keras")
    value = keras.Input((5,), dtype="int32")
    layer = keras.layers.ReversibleEmbedding(9, 4, tie_weights=tied, logit_soft_cap=0.7)
    hidden = keras.layers.Dense(4, activation="tanh")(layer(value))
    assert_parity(keras.Model(value, layer(hidden, reverse=True)), np.random.default_rng(0).integers(0, 9, (3, 5)))


@pytest.mark.parametrize("policy", ["float16", "bfloat16", "mixed_float16", "mixed_bfloat16", "float64"])
def test_other_precisions(assert_parity: AssertParity, policy: str) -> None:
    """As near as the precision of the source allows."""
    cases = [
        case("Dense", units=3, activation="hard_silu", dtype=policy),
        case("EinsumDense", equation="abc,cd->abd", output_shape=(4, 3), bias_axes="bd", dtype=policy),
        case("EinsumDense", equation="abc,cde->abde", output_shape=(4, 3, 2), bias_axes="e", dtype=policy),
        case("RMSNormalization", dtype=policy),
        case("GroupNormalization", groups=2, dtype=policy),
        case("LayerNormalization", axis=[2, 1], dtype=policy),
        case("BatchNormalization", axis=1, dtype=policy),
        case("Normalization", dtype=policy),
        case("PReLU", dtype=policy),
    ]
    rough = "16" in policy
    routes = ("keras", "live") if policy == "bfloat16" else ("h5", "keras", "live")  # Keras' HDF5 mangles bfloat16
    eps = 2**-7 if "bfloat16" in policy else 2**-10
    assert_parity(branches("keras", (4, 6), cases), rtol=8 * eps if rough else 1e-4, atol=4 * eps, routes=routes)


@pytest.mark.parametrize("library", LIBRARIES)
def test_masking_leaves_unmasked_values(assert_parity: AssertParity, library: str) -> None:
    inputs = np.random.default_rng(0).standard_normal((3, 5, 4)).astype("float32")
    inputs[1, 2:] = 0.25
    inputs[2, 0] = 0
    assert_parity(branches(library, (5, 4), [case("Masking"), case("Masking", mask_value=0.25)]), inputs)


@pytest.mark.parametrize("library", LIBRARIES)
def test_lambda_is_refused(library: str) -> None:
    keras = importlib.import_module(library)
    value = keras.Input((4,))
    model = keras.Model(value, keras.layers.Dense(2)(keras.layers.Lambda(lambda x: x * 2, name="twice")(value)))
    assert_refused(model, "twice (Lambda)", "Python code")
