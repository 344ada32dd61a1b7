"""Graph models in the real TF.js: every dtype there and back."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import RuntimeFailure, UsageError
from tensorflowjs.verify import TfjsRunner, random_inputs
from tests.verify.handwritten import node, placeholder, write_graph_model

VALUES: dict[str, Any] = {
    "DT_FLOAT": np.array([[0.1, -0.0, np.nan], [np.inf, -np.inf, 1e-45]], np.float32),
    "DT_INT32": np.array([[0, -1, 2**31 - 1], [-(2**31), 7, 16777217]], np.int32),
    "DT_BOOL": np.array([[True, False, True], [False, False, True]]),
    "DT_STRING": np.array([[b"", b"a b", "größer".encode()], [b"\xff\x00", b"x" * 300, b"z"]], object),
}


def write_identity(folder: Path, dtype: str, *sizes: int) -> None:
    nodes = [placeholder("x", dtype, *sizes), node("Identity", "y", "x", T={"type": dtype})]
    write_graph_model(folder, nodes, inputs={"x": "x"}, outputs={"y": "y"})


@pytest.mark.parametrize("backend", ["wasm", "cpu"])
@pytest.mark.parametrize("dtype", VALUES)
def test_every_dtype_there_and_back(tfjs: TfjsRunner, tmp_path: Path, dtype: str, backend: Any) -> None:
    write_identity(tmp_path, dtype, -1, 3)
    model = tfjs.load(tmp_path, "graph", backend)
    (returned,) = model.predict([VALUES[dtype]])
    assert returned.dtype == VALUES[dtype].dtype
    if dtype == "DT_FLOAT":
        np.testing.assert_array_equal(returned.view(np.int32), VALUES[dtype].view(np.int32))
    else:
        np.testing.assert_array_equal(returned, VALUES[dtype])


def test_complex_numbers(tfjs: TfjsRunner, tmp_path: Path) -> None:
    write_identity(tmp_path, "DT_COMPLEX64", -1)
    value = np.array([1 + 2j, -3.5j, np.inf], np.complex64)
    (returned,) = tfjs.load(tmp_path, "graph", "cpu").predict([value])
    np.testing.assert_array_equal(returned, value)


@pytest.mark.parametrize("shape", [(), (0, 3), (1, 2, 1, 2, 1)])
def test_every_rank(tfjs: TfjsRunner, tmp_path: Path, shape: tuple[int, ...]) -> None:
    write_identity(tmp_path, "DT_FLOAT", *shape)
    value = np.random.default_rng(1).standard_normal(shape).astype(np.float32)
    (returned,) = tfjs.load(tmp_path, "graph").predict([value])
    np.testing.assert_array_equal(returned, value)
    assert returned.shape == shape


def test_inputs_and_outputs_by_their_names(tfjs: TfjsRunner, tmp_path: Path) -> None:
    nodes = [
        placeholder("a", "DT_FLOAT", -1, 2),
        placeholder("b", "DT_FLOAT", -1, 2),
        node("Sub", "difference", "a", "b", T={"type": "DT_FLOAT"}),
        node("Neg", "negative", "a", T={"type": "DT_FLOAT"}),
    ]
    ends = {"inputs": {"left": "a", "right": "b"}, "outputs": {"n": "negative", "d": "difference"}}
    model = tfjs.load(write_graph_model(tmp_path, nodes, **ends), "graph")
    assert [spec.shape for spec in model.input_specs] == [(None, 2), (None, 2)]
    assert model.output_names == ("n", "d")
    inputs = random_inputs(model.input_specs, seed=3)
    left, right = inputs["left"], inputs["right"]
    for given in (inputs, [left, right], {"b": right, "a": left}):
        negative, difference = model.predict(given)
        np.testing.assert_array_equal(negative, -left)
        np.testing.assert_array_equal(difference, left - right)
    with pytest.raises(UsageError, match="Graph models cannot be trained"):
        model.fit(left, right)


def test_cpu_takes_over_where_wasm_lacks_a_kernel(tfjs: TfjsRunner, tmp_path: Path) -> None:
    equation = {"s": base64.b64encode(b"ij,kj->ik").decode()}
    nodes = [
        placeholder("x", "DT_FLOAT", -1, 3),
        node("Einsum", "y", "x", "x", equation=equation, N={"i": "2"}, T={"type": "DT_FLOAT"}),
    ]
    write_graph_model(tmp_path, nodes, inputs={"x": "x"}, outputs={"y": "y"})
    x = np.random.default_rng(1).standard_normal((2, 3)).astype(np.float32)
    model = tfjs.load(tmp_path, "graph")
    (y,) = model.predict([x])
    np.testing.assert_allclose(y, x @ x.T, rtol=1e-5)
    assert model.backend == "cpu"
    with pytest.raises(RuntimeFailure, match="Einsum"):
        tfjs.load(tmp_path, "graph", "wasm").predict([x])


def test_operation_that_tfjs_lacks(tfjs: TfjsRunner, tmp_path: Path) -> None:
    nodes = [placeholder("x", "DT_FLOAT", -1), node("Cholesky", "y", "x", T={"type": "DT_FLOAT"})]
    write_graph_model(tmp_path, nodes, inputs={"x": "x"}, outputs={"y": "y"})
    with pytest.raises(RuntimeFailure, match="Cholesky"):
        tfjs.load(tmp_path, "graph").predict([np.ones(2, np.float32)])
