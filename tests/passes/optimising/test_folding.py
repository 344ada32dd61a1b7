"""What depends on nothing but constants. What the kernels compute, tests/tfjs/test_folding.py compares with TF.js."""

from __future__ import annotations

import numpy as np
import pytest

from tensorflowjs.ir.graph import Graph, GraphModel, Node, Type
from tensorflowjs.passes.building import Builder
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.simplifying import folding
from tensorflowjs.tensors import ComputedTensor, Tensor
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 4]}\n"


class Unread(Tensor):
    """Values that nobody may read before they are written."""

    def read(self) -> np.ndarray:
        raise AssertionError("read too early")


def test_chains_of_constants() -> None:
    text = X + "%a = Mul([1.0, 2.0, 3.0, 4.0], 2.0)\n%b = AddV2(%a, 1.0)\n%c = Sum(%b, [0])\n%y = Mul(%x, %c)"
    assert optimised(text, folding.PASS) == "y = Mul(x, 24.0)"


def test_several_outputs() -> None:
    text = X + "%s = Split(0, [1.0, 2.0]) {num_split: 2}\n%a = Mul(%x, %s)\n%y = Mul(%a, %s:1)"
    assert optimised(text, folding.PASS) == "y = Mul(Mul(x, [1.0]), [2.0])"


def test_positions() -> None:
    """What TF.js would only run asynchronously."""
    text = X + "%w = Where([true, false, true])\n%g = GatherV2(%x, %w, 1)\n%y = Sin(%g)"
    assert optimised(text, folding.PASS) == "y = Sin(GatherV2(x, [[0], [2]], 1))"


STAYS = {
    "an input": "%y = Mul(%x, 2.0)",
    "random numbers": "%r = RandomUniform([2]) {dtype: float32}\n%y = Mul(%x, %r)",
    "a constant as an output": "%y = Mul(2.0, 3.0)",
    "through zero": "%d = FloorDiv(3, 0)\n%f = Fill([4], %d)\n%c = Cast(%f) {DstT: float32}\n%y = Mul(%x, %c)",
    "outside": "%g = GatherV2([1.0, 2.0], 5, 0)\n%y = Mul(%x, %g)",
    "not a number as an integer": "%c = Cast([inf]) {DstT: int32}\n%y = GatherV2(%x, %c, 1)",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    found = optimised(X + text, folding.PASS)
    assert found == optimised(X + text)


def test_what_makes_the_model_larger_stays() -> None:
    text = X + "%f = Fill([200, 200, 4], 2.0)\n%y = Mul(%x, %f)"
    assert stays(text, folding.PASS)
    assert reasons(text, folding.PASS) == {"its result would make the model 639984 bytes larger"}


def _model(*others: str, shared: bool = False) -> tuple[GraphModel, Node]:
    """An input times a large constant that goes through `others`."""
    graph = Graph()
    at = Builder(graph, "b")
    x = graph.add(Node("x", "Placeholder", (), {"dtype": Type("float32")})).output
    graph.inputs.append(x.node)
    value = at.tensor(Unread("float32", (300, 400)))
    large = value
    for op in others:
        value = at.transpose(value, (1, 0)) if op == "Transpose" else at(op, value)
    graph.outputs.append(at("Mul", x, value))
    if shared:
        graph.outputs.append(at("AddV2", x, large))
    return GraphModel(graph), graph.outputs[0].node


def test_large_ones_are_promises() -> None:
    model, product = _model("Transpose", "Square")
    optimise(model, [[folding.PASS]], Journal())
    tensor = product.inputs[1].node.tensor
    assert isinstance(tensor, ComputedTensor)
    assert (tensor.dtype, tensor.shape) == ("float32", (400, 300))
    with pytest.raises(AssertionError, match="read too early"):
        tensor.read()


def test_a_promise_is_kept() -> None:
    model, product = _model("Transpose", "Square")
    values = np.random.default_rng(0).normal(size=(300, 400)).astype("<f4")
    constant = next(node for node in model.graph.nodes.values() if node.op == "Const" and node.tensor.count > 10)
    constant.attrs["value"] = ComputedTensor("float32", (300, 400), lambda: values)
    optimise(model, [[folding.PASS]], Journal())
    np.testing.assert_array_equal(product.inputs[1].node.tensor.read(), np.square(values.T))


def test_weights_that_are_needed_as_they_are_are_not_kept_twice() -> None:
    model, product = _model("Transpose", shared=True)
    journal = Journal()
    optimise(model, [[folding.PASS]], journal)
    assert product.inputs[1].node.op == "Transpose"
    assert set(journal.missed.values()) == {"its result would make the model 479992 bytes larger"}


def test_integers_of_large_floats_depend_on_their_values() -> None:
    model, product = _model("Transpose")
    at = Builder(model.graph, "c")
    cast = at.cast(product.inputs[1], "int32")
    product.set_input(1, at.cast(cast, "float32"))
    optimise(model, [[folding.PASS]], Journal())
    assert "Cast" in {node.op for node in model.graph.nodes.values()}


def test_a_branch_is_not_entered_early() -> None:
    """A constant would be there before the branch has been chosen, whatever stands between it and the Merge."""
    text = """
    %x = Placeholder() {shape: shape[4]}
    %p = Placeholder() {dtype: bool, shape: shape[]}
    %s = Switch(%x, %p)
    %z = ZerosLike(%s)
    %n = Neg(%z)
    %r = Relu(%s:1)
    %y = Merge(%n, %r)
    """
    assert stays(text, folding.PASS)
