"""The optimiser changes nothing: random graphs give the same results with all passes, each alone, and none."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.optimisation import NAMES
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.passes.optimising.random_graphs import random_inputs, random_model

GRAPHS = 250  # in one model
SEEDS = range(8)
# Folding and reordering change the last bits of float32, which sums and products of a dozen steps carry on.
TOLERANCE = 2e-4


def results(
    tfjs: TfjsRunner, folder: Path, seed: int, passes: tuple[str, ...] | None, backend: Backend
) -> dict[str, np.ndarray]:
    model = random_model(seed, GRAPHS)
    graphs.write(model, folder, Options(graph=GraphOptions(passes=passes)))
    with closing(tfjs.load(folder, kind="graph", backend=backend)) as loaded:
        found = loaded.predict(random_inputs(seed))
        assert loaded.backend == backend
    return dict(zip((port.key for port in model.signature.outputs), found, strict=True))


def differing(wanted: dict[str, np.ndarray], found: dict[str, np.ndarray]) -> list[str]:
    return [name for name, values in wanted.items() if not _close(values, found[name])]


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    if one.shape != other.shape or one.dtype != other.dtype:
        return False
    finite = one[np.isfinite(one)]
    scale = max(1.0, float(np.abs(finite).max(initial=0.0)))
    return bool(np.allclose(one, other, rtol=TOLERANCE, atol=TOLERANCE * scale, equal_nan=True))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("backend", ["cpu", "wasm"])
def test_all_passes(seed: int, backend: Backend, tfjs: TfjsRunner, tmp_path: Path) -> None:
    wanted = results(tfjs, tmp_path / "plain", seed, (), backend)
    found = results(tfjs, tmp_path / "optimised", seed, None, backend)
    assert differing(wanted, found) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_pass_alone(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    seed = 100 + NAMES.index(name)
    wanted = results(tfjs, tmp_path / "plain", seed, (), "cpu")
    found = results(tfjs, tmp_path / "optimised", seed, (name,), "cpu")
    assert differing(wanted, found) == []


# Straight lines have no branches and nothing in blocks, layer norms are not those of Keras 3, turned filters are rare,
# and convolutions are too small to be worth joining.
ELSEWHERE = {"dead_branches", "dilations", "layer_norm", "siblings", "turned_filters"}


def test_these_graphs_give_the_passes_something_to_do() -> None:
    done: Counter[str] = Counter()
    for seed in range(3):
        done.update(graphs.prepare(random_model(seed, GRAPHS), Options()).figures["passes"])
    assert {name for name in NAMES if not done[name]} <= ELSEWHERE
