"""Calls become what they call."""

from __future__ import annotations

import pytest

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import Type
from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.inlining import inline
from tensorflowjs.passes.pruning import prune

CALLS = """\
graph main
  output y = %call:1
  output z = %z
  %x = Placeholder()
  %call = PartitionedCall(%x) {T: float32, f: @F}
  %z = Neg(%call) ^%call

function F
  input a = %a
  output first = %a
  output second = %inner
  %a = Arg()
  %inner = StatefulPartitionedCall(%a) {f: @G}
  %check = NoOp()

function G
  input b = %b
  output r = %r
  %b = Arg()
  %r = Relu(%b) {T: $T}
"""

INLINED = """\
graph main
  output y = %call/inner/r
  output z = %z
  %x = Placeholder()
  %z = Neg(%x)
  %call/inner/r = Relu(%x) {T: $T}
"""


def test_calls_within_calls() -> None:
    model = parse(CALLS)
    assert inline(model)
    prune(model)
    assert show(model) == INLINED


def test_attributes_of_the_caller_are_put_in() -> None:
    model = parse(CALLS.replace("%inner = StatefulPartitionedCall(%a) {f: @G}", "%inner = G(%a) {T: int32}"))
    assert inline(model)
    assert model.graph.nodes["call/inner/r"].attrs == {"T": Type("int32")}


def test_two_calls_of_one_function_are_two_copies() -> None:
    model = parse("""
    graph main
      output y = %two
      %x = Placeholder()
      %one = PartitionedCall(%x) {f: @G}
      %two = PartitionedCall(%one) {f: @G}

    function G
      input b = %b
      output r = %r
      %b = Arg()
      %r = Relu(%b)
    """)
    inline(model)
    two = model.graph.nodes["two/r"]
    assert two.inputs == (model.graph.nodes["one/r"].output,)


def test_a_graph_without_calls_stays() -> None:
    assert not inline(parse("graph g\n  output y = %y\n  %y = Placeholder()"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("f: @G", "f: @F"), "the function F calls itself"),
        (("f: @G", "f: @Nowhere"), "calls the function Nowhere, which the file does not hold"),
        (("StatefulPartitionedCall(%a)", "StatefulPartitionedCall(%a, %a)"), "gives 2 arguments to G, which takes 1"),
        (("output y = %call:1", "output y = %call:2"), "has no output 2"),
    ],
)
def test_calls_that_cannot_be_made_are_named(change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(CorruptInputError, match=complaint):
        inline(parse(CALLS.replace(*change)))
