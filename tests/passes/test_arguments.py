"""Functions know the shapes of their arguments."""

from __future__ import annotations

from tensorflowjs.ir.graph import GraphModel, Shape
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.arguments import declare_arguments

FUNCTIONS = """

function body
  input n = %n
  input a = %a
  output n = %n
  output r = %r
  %n = Arg() {T: int32}
  %a = Arg() {T: float32}
  %r = StatelessIf(%n, %a) {then_branch: @branch, else_branch: @branch}

function cond
  input n = %n
  input a = %a
  output r = %n
  %n = Arg() {T: int32}
  %a = Arg() {T: float32}

function branch
  input b = %b
  output r = %b
  %b = Arg() {T: float32}
"""
HEAD = """\
graph main
  output y = %y
  %n = Placeholder() {dtype: int32, shape: shape[]}
  %x = Placeholder() {dtype: float32, shape: shape[3, 4]}
"""
LOOP = "  %y = StatelessWhile(%n, %x) {cond: @cond, body: @body, output_shapes: [shape[], shape[?, 4]]}"


def shape_of(model: GraphModel, function: str, argument: str) -> object:
    return model.functions[function].nodes[argument].attrs.get("shape")


def test_loops_declare_their_variables_and_branches_take_what_they_are_given() -> None:
    model = parse(HEAD + LOOP + FUNCTIONS)
    assert declare_arguments(model)
    assert shape_of(model, "body", "n") == Shape(())
    for function, argument in (("body", "a"), ("cond", "a"), ("branch", "b")):
        assert shape_of(model, function, argument) == Shape((None, 4))
    assert not declare_arguments(model)


def test_what_two_calls_do_not_agree_on_is_not_known() -> None:
    placed = "\n  %z = Placeholder() {dtype: float32, shape: shape[3, 5]}"
    other = placed + "\n  %u = StatelessIf(%n, %z) {then_branch: @branch, else_branch: @branch}"
    model = parse(HEAD + LOOP + other + FUNCTIONS)
    assert declare_arguments(model)
    assert shape_of(model, "branch", "b") == Shape((None, None))
    assert shape_of(model, "body", "a") == Shape((None, 4))


def test_loops_that_declare_nothing() -> None:
    model = parse(HEAD + LOOP.replace(", output_shapes: [shape[], shape[?, 4]]", "") + FUNCTIONS)
    assert not declare_arguments(model)
    assert shape_of(model, "body", "a") is None
