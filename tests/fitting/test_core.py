"""What Dense, EinsumDense, Embedding and their kin become."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorflowjs.catalog.einsum import parse
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tests.fitting.single import Shape, classes, fitted, output_shapes, single


@pytest.mark.parametrize(
    ("equation", "size", "bias", "shape", "expected"),
    [
        ("abc,cd->abd", [None, 4], "d", (3, 5), ["Dense"]),
        ("...x,xy->...y", 4, "y", (2, 3, 5), ["Dense"]),
        ("abc,cde->abde", [None, 2, 4], "de", (None, 5), ["Dense", "Reshape"]),
        ("abcd,cde->abe", [None, 4], "e", (3, 2, 5), ["Reshape", "Dense"]),
        ("abc,bd->adc", [4, 5], "d", (3, 5), ["Permute", "Dense", "Permute"]),
        ("abc,cd->abd", [3, 4], "bd", (3, 5), ["Dense", "Rescaling"]),
    ],
)
def test_einsum_becomes_dense(equation: str, size: Any, bias: str, shape: Shape, expected: list[str]) -> None:
    arguments = {"equation": equation, "output_shape": size, "bias_axes": bias}
    layers = fitted("EinsumDense", shape, **arguments)
    assert classes(layers) == expected
    before, after = output_shapes("EinsumDense", shape, **arguments)
    assert before == after


def test_einsum_computes_what_it_says() -> None:
    """The kernel of the Dense layer, against numpy's einsum."""
    model = single("EinsumDense", (3, 5), equation="abc,ced->abde", output_shape=[3, 4, 2], bias_axes="e")
    kernel, bias = (model.root.layers[1].weights[name].read() for name in ("kernel", "bias"))
    dense = fit(model).root.layers[1]
    x = np.random.default_rng(1).standard_normal((2, 3, 5)).astype("f4")
    expected = np.einsum("abc,ced->abde", x, kernel) + bias
    actual = x @ dense.weights["kernel"].read() + dense.weights["bias"].read()
    np.testing.assert_allclose(actual.reshape(expected.shape), expected, rtol=1e-5)


@pytest.mark.parametrize("equation", ["abc,cb->acb", "ab,bc->c", "aab,bc->ac", "abc,cd->ad", "ab,bc"])
def test_einsums_that_are_no_dense_layer_are_refused(equation: str) -> None:
    model = single("Dense", (3, 5) if equation.startswith("abc") else (5,), units=3)
    layer = model.root.layers[1]
    layer.class_name, layer.config = "EinsumDense", {"equation": equation, "output_shape": [3], "activation": "linear"}
    with pytest.raises(UnsupportedError, match="which no Dense layer expresses"):
        fit(model)


def test_ellipses_are_spelled_out() -> None:
    einsum = parse({"equation": "ab...,bc->ac...", "output_shape": 7, "bias_axes": "c"}, (None, 5, 2, 3))
    assert einsum is not None
    assert einsum.shape(einsum.kernel) == (5, 7)
    assert einsum.shape(einsum.output) == (None, 7, 2, 3)
    assert einsum.shape(einsum.bias) == (7, 1, 1)


def test_embeddings_keep_a_length_that_fits() -> None:
    (known,) = fitted("Embedding", (None,), input_dim=9, output_dim=4, input_length=7)
    assert known.config["input_length"] == 7
    (other,) = fitted("Embedding", (None, 3), input_dim=9, output_dim=4, input_length=7)
    assert other.config["input_length"] is None
    assert output_shapes("Embedding", (None,), input_dim=9, output_dim=4, input_length=7)[1] == (None, 7, 4)


def test_identity_is_a_linear_activation() -> None:
    """TF.js takes a layer called Identity for an initializer."""
    (layer,) = fitted("Identity", (4,))
    assert (layer.class_name, layer.config) == ("Activation", {"activation": "linear"})


def test_python_code_and_ragged_inputs_are_refused_together() -> None:
    model = single("Lambda", (4,))
    model.root.layers[0].config["ragged"] = True
    with pytest.raises(UnsupportedError) as caught:
        fit(model)
    assert "x (InputLayer): ragged=True" in str(caught.value)
    assert "it (Lambda): Python code" in str(caught.value)
