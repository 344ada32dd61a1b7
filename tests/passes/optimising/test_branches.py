"""No rule lets a value arrive in a branch or round before that has been entered."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising import identities
from tensorflowjs.passes.optimising.branches import Branches
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying import folding, known_sizes, neutral
from tests.passes.optimising.brief import model_of, optimised, optimised_model

BRANCH = """
output y = %y
%x = Placeholder() {shape: shape[4]}
%p = Placeholder() {dtype: bool, shape: shape[]}
%s = Switch(%x, %p)
%r = Relu(%s:1)
"""
PASSES = (folding.PASS, known_sizes.PASS, neutral.PASS, identities.PASS)


def test_what_a_value_waits_for() -> None:
    graph = model_of(BRANCH + "%a = AddV2(%s, 1.0)\n%b = Neg(%x)\n%y = Merge(%a, %r)").graph
    branches, predicate = Branches(graph), graph.nodes["p"].output
    assert branches.of(graph.nodes["a"]) == {predicate}
    assert branches.of(graph.nodes["b"]) == frozenset()
    assert branches.of(graph.nodes["y"]) == {predicate}


EARLY = {
    "at once": "%z = ZerosLike(%s)\n%y = Merge(%z, %r)",
    "behind another node": "%z = ZerosLike(%s)\n%n = Neg(%z)\n%y = Merge(%n, %r)",
    "behind two": "%z = Shape(%s)\n%f = Fill(%z, 2.0)\n%n = Neg(%f)\n%y = Merge(%n, %r)",
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in EARLY.items()])
def test_a_constant_must_not_take_the_place_of_what_waits(text: str) -> None:
    found = optimised(BRANCH + text, *PASSES)
    assert "Switch(x, p)" in found.split("Relu")[0]


def test_one_that_is_not_alone_may() -> None:
    """The sum still waits for its other operand."""
    text = BRANCH + "%z = Shape(%s)\n%f = Fill(%z, 2.0)\n%n = AddV2(%f, %s)\n%y = Merge(%n, %r)"
    assert optimised(text, *PASSES).startswith("y = Merge(AddV2(float32[4], Switch(x, p))")


def test_a_predicate_may_lose_an_identity() -> None:
    text = BRANCH.replace("Switch(%x, %p)", "Switch(%x, %q)\n%q = Identity(%p)")
    assert "Identity" not in optimised(text + "%n = Neg(%s)\n%i = Identity(%n)\n%y = Merge(%i, %r)", *PASSES)


LOOP = """
output e = %e
%x = Placeholder() {shape: shape[4]}
%in = Enter(%x) {frame_name: "loop"}
%m = Merge(%in, %next)
%l = Less(%sum, 9.0)
%sum = Sum(%m, [0])
%c = LoopCond(%l)
%s = Switch(%m, %c)
%e = Exit(%s)
%step = AddV2(%s:1, %one)
"""


def ops(text: str, *passes: Pass) -> list[str]:
    graph = optimised_model(text, *passes).graph
    return sorted(node.op for node in graph.nodes.values() if node.op != "Const")


def test_a_round_does_not_begin_early() -> None:
    loop = LOOP.replace("%one", "1.0").replace("Merge(%in, %next)", "Merge(%in, %next) {shape: shape[4]}")
    text = loop + "%z = Shape(%s:1)\n%f = Fill(%z, 2.0)\n%next = NextIteration({turned})"
    assert "Shape" in ops(text.replace("{turned}", "%f"), *PASSES)
    assert "Shape" not in ops(text.replace("{turned}", "%w") + "\n%w = Mul(%f, %step)", *PASSES)


def test_constants_in_a_round_are_folded() -> None:
    text = LOOP + "%t = AddV2(1.0, 2.0)\n%one = Mul(%t, 2.0)\n%next = NextIteration(%step)"
    assert ops(text).count("Mul") == 1
    assert "Mul" not in ops(text, folding.PASS)
    assert ops(text, folding.PASS).count("AddV2") == 1
