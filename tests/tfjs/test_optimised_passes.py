"""What the tests of single passes are about gives the same results in TF.js with that pass, with all, and with none."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.ir.graph import Graph, GraphModel, Port, Shape, Type
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.passes.optimising import (
    test_cheaper,
    test_constants,
    test_early_strides,
    test_filters,
    test_fusing,
    test_leading,
    test_padding,
    test_pooled_first,
    test_recognising,
    test_siblings,
    test_sums,
    test_transposed,
    test_whole_pools,
)
from tests.passes.optimising.float_graphs import model_of

MODULES = (
    test_cheaper,
    test_constants,
    test_early_strides,
    test_filters,
    test_fusing,
    test_leading,
    test_padding,
    test_pooled_first,
    test_recognising,
    test_siblings,
    test_sums,
    test_transposed,
    test_whole_pools,
)
# Of the largest value of an output: constants folded together round differently, by some units in the last place of a
# float32 (6e-8), which sums over a window carry on.
TOLERANCE = 1e-5


@pytest.mark.parametrize("backend", ["cpu", "wasm"])
@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_same_results(module, backend: Backend, tfjs: TfjsRunner, tmp_path: Path) -> None:
    names = tuple({each.name for each in module.PASSES})
    texts: dict[str, str] = module.IN_TFJS
    wanted = results(tfjs, tmp_path / "plain", texts, (), backend)
    for folder, passes in (("alone", names), ("all", None)):
        found = results(tfjs, tmp_path / folder, texts, passes, backend)
        for key, values in wanted.items():
            assert_close(values, found[key], f"{key}, {folder}")


def assert_close(wanted: np.ndarray, found: np.ndarray, what: str) -> None:
    finite = wanted[np.isfinite(wanted)]
    assert finite.size and np.abs(finite).max() > 0, what
    atol = TOLERANCE * np.abs(finite).max()
    np.testing.assert_allclose(found, wanted, rtol=0, atol=atol, err_msg=what)


def joined(texts: Iterable[tuple[str, str]]) -> GraphModel:
    """One model with the outputs of all graphs, under their names."""
    whole = GraphModel(Graph())
    for seed, (name, text) in enumerate(texts):
        model = model_of(text, seed)
        for node in list(model.graph.nodes.values()):
            model.graph.nodes.pop(node.name)
            node.name = f"{name}/{node.name}"
            whole.graph.add(node)
        for node in model.graph.inputs:
            shape = node.attrs["shape"]
            assert isinstance(shape, Shape)
            whole.graph.inputs.append(node)
            whole.signature.inputs.append(Port(node.name, Type("float32"), shape))
        for index, value in enumerate(model.graph.outputs):
            whole.graph.outputs.append(value)
            whole.signature.outputs.append(Port(f"{name} {index}", Type("float32"), Shape(None)))
    return whole


def results(
    tfjs: TfjsRunner, folder: Path, texts: dict[str, str], passes: tuple[str, ...] | None, backend: Backend
) -> dict[str, np.ndarray]:
    model = joined(texts.items())
    graphs.write(model, folder, Options(graph=GraphOptions(passes=passes)))
    with closing(tfjs.load(folder, kind="graph", backend=backend)) as loaded:
        found = loaded.predict(dict(inputs(model)))
        assert loaded.backend == backend
    return dict(zip((port.key for port in model.signature.outputs), found, strict=True))


def inputs(model: GraphModel) -> Iterator[tuple[str, np.ndarray]]:
    random = np.random.default_rng(1)
    for port in model.signature.inputs:
        shape = [2 if dim is None else dim for dim in port.shape.dims or ()]
        signs = random.permutation(np.arange(math.prod(shape)) % 2 * 2 - 1)  # as many above zero as below
        yield port.key, (signs * np.abs(random.normal(0, 2, len(signs)))).astype("f4").reshape(shape)
