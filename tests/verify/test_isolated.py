"""A model that fails is run again: on cpu, with other sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.ir.text import parse
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.isolated import IsolatedModel

# Texts picked by place, of which wasm dies.
PICK = """
graph main
  input x: string shape[?, 4] = %x
  output y: string shape[1, 4] = %y
  %x = Placeholder() {{dtype: string, shape: shape[?, 4]}}
  %i = Const() {{dtype: int32, value: int32[1, 1]{{1}}}}
  %p = GatherNd(%x, %i) {{Tparams: string, Tindices: int32}}
  %y = {op}(%p) {{T: string}}
"""
# An image of unknown sizes, of which a fixed shape is made.
RESHAPE = """
graph main
  input x: float32 shape[{first}, ?, ?, 3] = %x
  output y: float32 shape[?, ?, ?, ?] = %y
  %x = Placeholder() {{dtype: float32, shape: shape[{first}, ?, ?, 3]}}
  %s = Const() {{dtype: int32, value: int32[4]{{{shape}}}}}
  %y = Reshape(%x, %s) {{T: float32, Tshape: int32}}
"""


@pytest.fixture
def runner() -> Iterator[TfjsRunner]:
    with TfjsRunner(timeout=60) as started:
        yield started


def write(folder: Path, text: str) -> Path:
    graphs.write(parse(text), folder, Options(graph=GraphOptions(passes=(), skip_op_check=True)))
    return folder


def reshape(folder: Path, first: str, *shape: int) -> Path:
    return write(folder, RESHAPE.format(first=first, shape=", ".join(map(str, shape))))


def test_cpu_where_wasm_aborts(runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, write(tmp_path, PICK.format(op="Identity")), "graph")
    assert model.loaded.backend == "wasm"
    inputs, (found,) = model.run_at_random(batch=3)
    assert found.tolist() == inputs["x"][1:2].tolist() and model.loaded.backend == "cpu"
    model.run(inputs)  # where it stays
    assert model.loaded.backend == "cpu"


def test_not_where_wasm_was_asked_for(runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, write(tmp_path, PICK.format(op="Identity")), "graph", "wasm")
    with pytest.raises(RuntimeFailure, match="Aborted"):
        model.run_at_random()


def test_where_cpu_fails_too_the_first_error_counts(runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, write(tmp_path, PICK.format(op="Cholesky")), "graph")
    with pytest.raises(RuntimeFailure, match="Aborted") as caught:
        model.run_at_random()
    assert "Chosen were" not in str(caught.value)  # no sizes were


def test_a_process_that_died(runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, reshape(tmp_path, "?", -1, 4, 4, 3), "graph")
    runner.close()
    inputs, (found,) = model.run_at_random()
    np.testing.assert_array_equal(found, inputs["x"].reshape(-1, 4, 4, 3))
    assert model.loaded.backend == "cpu"


@pytest.mark.parametrize(
    ("first", "shape", "taken"),
    [
        ("?", (-1, 16, 16, 3), (2, 16, 16, 3)),
        ("1", (1, 128, 128, 3), (1, 128, 128, 3)),
        ("?", (-1, 128, 128, 3), (2, 128, 128, 3)),
        ("?", (1, 128, 128, 3), (1, 128, 128, 3)),
    ],
    ids=["small", "large", "large in batches", "one large"],
)
def test_sizes(first: str, shape: tuple[int, ...], taken: tuple[int, ...], runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, reshape(tmp_path, first, *shape), "graph")
    inputs, (found,) = model.run_at_random(seed=3)
    assert inputs["x"].shape == taken and model.loaded.backend == "wasm"
    np.testing.assert_array_equal(found, inputs["x"].reshape(shape))


def test_long_sequences_where_short_ones_fail(runner: TfjsRunner, tmp_path: Path) -> None:
    """Some models of sequences cut off ten thousand places, as SpliceAI does."""
    text = RESHAPE.format(first="?", shape="1, 16384, 3, 1").replace("?, ?, 3]", "?, 3]")
    inputs, (found,) = IsolatedModel(runner, write(tmp_path, text), "graph").run_at_random()
    assert (*inputs["x"].shape, 1) == found.shape == (1, 16384, 3, 1)


def test_nothing_is_left_of_what_failed(runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, reshape(tmp_path, "1", 1, 128, 128, 3), "graph", "wasm")
    first = model.loaded
    model.run_at_random()
    with pytest.raises(RuntimeFailure, match="no longer in"):
        first.weights()


def test_no_sizes_help(runner: TfjsRunner, tmp_path: Path) -> None:
    model = IsolatedModel(runner, reshape(tmp_path, "?", 7, 7, 7, 7), "graph")
    with pytest.raises(RuntimeFailure, match="1536") as caught:  # values of the first try
        model.run_at_random()
    hint = str(caught.value.hint)
    assert "x [2, 16, 16, 3], then x [2, 128, 128, 3], then x [1, 128, 128, 3]" in hint and "--batch" in hint


def test_no_inputs_too_large_to_hold(runner: TfjsRunner, tmp_path: Path) -> None:
    """Here of 9 times 128 times 128 times 128 numbers; with one more unknown size it would be 10 gigabytes."""
    volume = RESHAPE.format(first="9", shape="7, 7, 7, 7").replace("?, ?, 3]", "?, ?, ?]")
    model = IsolatedModel(runner, write(tmp_path, volume), "graph")
    with pytest.raises(RuntimeFailure, match=r"Chosen were x \[9, 16, 16, 16\]; the message"):
        model.run_at_random()
