"""Sizes that are said to be equal are, whatever goes in: random graphs, run by TensorFlow."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.sizes import Sizes
from tensorflowjs.passes.optimising.terms import Product, Symbol, Term, divided, times
from tensorflowjs.passes.shapes import Shapes
from tests.passes.optimising import random_graphs
from tests.passes.optimising.brief import model_of
from tests.passes.tensorflow_oracle import run_all

GRAPHS = 30
NOT_IN_TENSORFLOW = (random_graphs.prelu,)


@pytest.fixture(autouse=True)
def only_ops_of_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    growths = [growth for growth in random_graphs.GROWTHS if growth not in NOT_IN_TENSORFLOW]
    monkeypatch.setattr(random_graphs, "GROWTHS", growths)


@pytest.mark.parametrize("seed", range(2))
def test_terms_are_what_sizes_turn_out_to_be(seed: int) -> None:
    graph = random_graphs.random_model(seed, GRAPHS).graph
    sizes = Sizes(graph, Shapes(graph))
    values = run_all(graph, random_graphs.random_inputs(seed))
    symbols = _Symbols(values)
    shared = 0
    for value, found in values.items():
        terms = sizes.of(value)
        if terms is not None:
            assert tuple(map(symbols.number, terms)) == tuple(found.shape), value.node
            shared += any(isinstance(term, Product) and term.symbols[0].value is not value for term in terms)
        entries = sizes.entries(value)
        if entries is not None:
            assert [symbols.number(entry) for entry in entries] == np.reshape(found.numpy(), -1).tolist(), value.node
    assert shared > GRAPHS


class _Symbols:
    """What the symbols stand for in one run."""

    def __init__(self, values: dict[Value, object]) -> None:
        self._values = values

    def number(self, term: Term) -> int:
        if isinstance(term, int):
            return term
        return term.factor * prod(map(self._one, term.symbols))

    def _one(self, symbol: Symbol) -> int:
        found = np.asarray(self._values[symbol.value])
        return found.shape[symbol.at] if symbol.is_size else int(found.reshape(-1)[symbol.at])


def test_arithmetic_of_terms() -> None:
    graph = random_graphs.random_model(0, 1).graph
    sizes = Sizes(graph, Shapes(graph))
    batch, time = (sizes.symbol(node.output, 0, True) for node in graph.inputs[:2])
    both = times((batch, 4, time))
    assert both == times((time, batch, 2, 2))
    assert divided(both, batch) == times((time, 4))
    assert divided(both, times((batch, time))) == 4
    assert divided(both, 3) is None
    assert divided(batch, time) is None
    assert divided(8, 0) is None
    assert times((batch, 0)) == 0


RULES = {
    "Transpose(%x, [1, 2, 0])": "T 4 B",
    "ExpandDims(%x, -2)": "B T 1 4",
    "Squeeze(%e) {squeeze_dims: [0]}": "B T 4",
    "Reshape(%x, [-1, 4])": "BT 4",
    "Reshape(%x, [-1, 2])": "2BT 2",
    "Sum(%x, [1])": "B 4",
    "Mean(%x, [-1]) {keep_dims: true}": "B T 1",
    "ConcatV2(%x, %x, 2)": "B T 8",
    "ConcatV2(%x, %x, 1)": "B ? 4",
    "Pack(%x, %x) {axis: 1}": "B 2 T 4",
    "Unpack(%x) {axis: 0, num: 3}": "T 4",
    "Split(1, %x) {num_split: 2}": "B ? 4",
    "GatherV2(%x, [0, 1], 1)": "B 2 4",
    "BatchMatMulV2(%x, float32[4, 5])": "B T 5",
    "BatchMatMulV2(%x, %x) {adj_y: true}": "B T T",
    "BatchMatMulV2(%x, %x) {adj_x: true}": "B 4 4",
    "Slice(%x, [0, 0, 1], [-1, 2, 2])": "B 2 2",
    "Slice(%x, [0, 1, 0], [-1, -1, 4])": "B ? 4",
    "StridedSlice(%x, [0, 0], [0, 0], [1, 1]) {begin_mask: 1, end_mask: 1, shrink_axis_mask: 2}": "B 4",
    "StridedSlice(%x, [0, 1], [0, 0], [1, 1]) {begin_mask: 1, end_mask: 3}": "B ? 4",
    "AddV2(%x, float32[1, 4])": "B T 4",
    "AddV2(%x, %o)": "? ? 4",
    "Fill(%s, 1.0)": "B T 4",
    "BroadcastTo(float32[4], %s)": "B T 4",
}


@pytest.mark.parametrize(("text", "wanted"), RULES.items())
def test_rules(text: str, wanted: str) -> None:
    inputs = "%x = Placeholder() {shape: shape[?, ?, 4]}\n%o = Placeholder() {shape: shape[?, ?, 4]}\n"
    graph = model_of(f"{inputs}%e = ExpandDims(%x, 0)\n%s = Shape(%x)\n%y = {text}").graph
    sizes = Sizes(graph, Shapes(graph))
    names = {sizes.symbol(graph.nodes["x"].output, axis, True).symbols[0]: name for axis, name in enumerate("BT")}
    terms = sizes.of(graph.nodes["y"].output)
    assert terms is not None
    assert " ".join(_named(term, names) for term in terms) == wanted


def _named(term: Term, names: dict[Symbol, str]) -> str:
    if isinstance(term, int):
        return str(term)
    return f"{term.factor if term.factor > 1 else ''}{''.join(names.get(symbol, '?') for symbol in term.symbols)}"
