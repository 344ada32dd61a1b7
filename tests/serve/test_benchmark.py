"""Measuring in Node; in a browser see tests/browser."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import MissingInputError, RuntimeFailure, UsageError
from tensorflowjs.serve.benchmark import benchmark, find_model
from tests.verify.handwritten import (
    dense_model,
    layer,
    node,
    placeholder,
    sequential,
    write_graph_model,
    write_layers_model,
)
from tests.written_models import random_dense


def write_dense(folder: Path) -> Path:
    kernel, bias = random_dense(7, 4, 3)
    return write_layers_model(folder, dense_model(activation="tanh"), {"d/kernel": kernel, "d/bias": bias})


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return benchmark(write_dense(tmp_path_factory.mktemp("dense")), runs=12, batch=5)


def test_every_backend_has_its_figures(measured: dict[str, Any]) -> None:
    assert json.loads(json.dumps(measured, allow_nan=False)) == measured
    assert measured["inputs"] == [{"name": "x", "dtype": "float32", "shape": [5, 4]}]
    assert (measured["format"], measured["weightBytes"], measured["unit"]) == ("layers", 60, "ms")
    assert measured["environment"]["runtime"].startswith("Node ")
    assert list(measured["backends"]) == ["cpu", "wasm"]
    for figures in measured["backends"].values():
        warm = figures["warm"]
        times = warm["times"]
        assert len(times) == 12
        assert min(times) > 0
        assert warm["median"] == pytest.approx(np.median(times))
        assert warm["p90"] == pytest.approx(np.percentile(times, 90))
        assert warm["mean"] == pytest.approx(np.mean(times))
        assert warm["deviation"] == pytest.approx(np.std(times))
        assert (warm["min"], warm["max"]) == (min(times), max(times))
        assert figures["first"] > 0 and figures["load"] > 0


def test_kernels_are_those_that_run(measured: dict[str, Any]) -> None:
    for figures in measured["backends"].values():
        kernels = {kernel["name"]: kernel for kernel in figures["kernels"]}
        assert not [name for name in kernels if name.endswith("__op")]
        assert kernels["Tanh"]["calls"] == 1
        assert all(kernel["ms"] >= 0 for kernel in kernels.values())


def test_memory_is_that_of_the_model_and_its_inputs(measured: dict[str, Any]) -> None:
    for figures in measured["backends"].values():
        assert figures["memory"]["bytes"] >= 60 + 5 * 4 * 4
        assert figures["memory"]["bytes"] < 300
        assert figures["memory"]["peakBytes"] > figures["memory"]["bytes"]


def test_a_backend_that_lacks_something_has_its_error_instead(tmp_path: Path) -> None:
    equation = {"s": base64.b64encode(b"ij,kj->ik").decode()}
    attributes = {"equation": equation, "N": {"i": "2"}, "T": {"type": "DT_FLOAT"}}
    nodes = [placeholder("x", "DT_FLOAT", -1, 3), node("Einsum", "y", "x", "x", **attributes)]
    write_graph_model(tmp_path, nodes, inputs={"x": "x"}, outputs={"y": "y"})
    found = benchmark(tmp_path, runs=1)
    assert found["format"] == "graph"
    assert found["backends"]["cpu"]["warm"]["times"]
    assert "Einsum" in found["backends"]["wasm"]["error"]


def test_a_model_that_no_backend_runs_is_an_error(tmp_path: Path) -> None:
    write_layers_model(tmp_path, sequential(layer("Mystery", "m")), {})
    with pytest.raises(RuntimeFailure, match="could not be measured") as caught:
        benchmark(tmp_path)
    assert "Unknown layer: Mystery" in str(caught.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"backends": ["webgl"]}, "--browser"),
        ({"backends": ["tpu"]}, "no backend tpu"),
        ({"runs": 0}, "at least 1"),
        ({"batch": 0}, "at least 1"),
    ],
    ids=["webgl", "tpu", "runs", "batch"],
)
def test_what_makes_no_sense(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        benchmark(write_dense(tmp_path), **options)
    assert said in str(caught.value)


def test_which_model_is_meant(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"no model\.json"):
        find_model(tmp_path)
    with pytest.raises(MissingInputError, match="nothing at"):
        find_model(tmp_path / "nowhere")
    write_dense(tmp_path / "a" / "b")
    for path in (tmp_path, tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "model.json"):
        root, place = find_model(path)
        assert root / place == tmp_path / "a" / "b" / "model.json"
    write_dense(tmp_path / "c")
    with pytest.raises(UsageError, match="2 models") as caught:
        find_model(tmp_path)
    assert "a/b/model.json, c/model.json" in str(caught.value)


def test_a_torn_model_is_not_measured(tmp_path: Path) -> None:
    write_dense(tmp_path)
    next(tmp_path.glob("*.bin")).unlink()
    with pytest.raises(MissingInputError, match=r"weight file group1-shard1of1\.bin is missing"):
        benchmark(tmp_path)


def test_the_command_prints_a_table_or_json(tmp_path: Path) -> None:
    write_dense(tmp_path)
    words = [
        sys.executable,
        "-m",
        "tensorflowjs.cli.main",
        "benchmark",
        str(tmp_path),
        "--runs",
        "2",
        "--backends",
        "cpu",
    ]
    shown = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    header, row = (line.split() for line in shown.splitlines()[3:5])
    assert header == ["load", "first", "run", "median", "p90", "fastest", "memory"]
    assert row[0] == "cpu"
    assert row[2::2][:5] == ["ms"] * 5
    found = json.loads(subprocess.run([*words, "--json"], capture_output=True, text=True, check=True).stdout)
    assert list(found["backends"]) == ["cpu"]
    assert len(found["backends"]["cpu"]["warm"]["times"]) == 2
