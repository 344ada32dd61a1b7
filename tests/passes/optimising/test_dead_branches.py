"""Branches that are never taken, functions never called."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.graph import Func, Node, Type
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.simplifying import dead_branches, folding, known_sizes
from tests.passes.optimising.brief import brief, model_of, optimised, optimised_model, stays

PASSES = (folding.PASS, known_sizes.PASS, dead_branches.PASS)
BRANCHES = "%s = Switch(%x, %p)\n%a = Neg(%s)\n%b = Relu(%s:1)\n%y = Merge(%a, %b)\n"


@pytest.mark.parametrize(("limit", "wanted"), [pytest.param(9, "Neg"), pytest.param(3, "Relu")])
def test_a_condition_that_turns_out_to_be_known(limit: int, wanted: str) -> None:
    text = "%x = Placeholder() {shape: shape[?, 7]}\n%n = Shape(%x)\n%c = GatherV2(%n, 1, 0)\n"
    found = optimised(f"output o = %o\n{text}%p = Greater(%c, {limit})\n{BRANCHES}%o = Sin(%y)", *PASSES)
    assert found == f"o = Sin({wanted}(x))"


def test_a_constant_need_not_wait_any_longer() -> None:
    text = """
    output o = %o
    %x = Placeholder() {shape: shape[7]}
    %p = Greater(3, 2)
    %s = Switch(%x, %p)
    %t = Switch(%p, %p)
    %then = Identity(%t:1)
    %g = Identity([2.0]) {_waits: true} ^%then
    %a = Neg(%s)
    %m = Merge(%a, %g)
    %o = Mul(%m, %x)
    """
    model = optimised_model(text, *PASSES)
    ops = [node.op for node in model.graph.in_order() if node.op not in ("Const", "Placeholder")]
    assert ops == ["Identity", "Mul"]
    assert not any(node.controls for node in model.graph.nodes.values())


def test_a_condition_that_is_not_known() -> None:
    text = "%x = Placeholder() {shape: shape[?, 7]}\n%p = Placeholder() {dtype: bool, shape: shape[]}\n"
    assert stays(f"output y = %y\n{text}{BRANCHES}", *PASSES)


def test_functions() -> None:
    model = model_of("%x = Placeholder() {shape: shape[7]}\n%p = Greater(3, 2)\n%y = Sin(%x)")
    text = (
        "function {name}\n  input a = %a\n  output r = %r\n"
        "  %a = Arg() {{T: float32}}\n  %r = {op}(%a) {{T: float32}}\n"
    )
    functions = parse("graph main\n" + text.format(name="F", op="Relu") + text.format(name="G", op="Neg")).functions
    model.functions.update(functions)
    graph = model.graph
    choice = Node(
        "choice",
        "StatelessIf",
        [graph.nodes["p"].output, graph.nodes["x"].output],
        {"then_branch": Func("F"), "else_branch": Func("G"), "Tin": [Type("float32")], "Tout": [Type("float32")]},
    )
    graph.nodes["y"].set_inputs([graph.add(choice).output])
    optimise(model, [PASSES], Journal())
    assert brief(graph) == "y = Sin(Relu(x))"
    assert not model.functions
