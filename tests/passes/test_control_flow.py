"""Branches and loops as version 1 control flow."""

from __future__ import annotations

import re

import pytest

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import GraphModel, Node
from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.control_flow import lower_control_flow
from tensorflowjs.passes.pruning import prune

BRANCH = """\
graph main
  output y = %if
  %p = Placeholder() {dtype: bool}
  %x = Placeholder() {dtype: float32}
  %if = StatelessIf(%p, %x) {else_branch: @G, then_branch: @F}

function F
  input a = %a
  output r = %r
  %a = Arg() {T: float32}
  %r = Relu(%a) {T: float32}

function G
  input a = %a
  output r = %c
  %a = Arg() {T: float32}
  %c = Const() {dtype: float32, value: float32[]{2.5}}
"""

LOOP = """\
graph main
  output y = %loop:1
  %zero = Const() {dtype: int32, value: int32[]{0}}
  %x = Placeholder() {dtype: float32}
  %w = Placeholder() {dtype: float32}
  %loop = While(%zero, %x, %w) {body: @body, cond: @cond}

function cond
  input i = %i
  input x = %x
  input w = %w
  output r = %r
  %i = Arg() {T: int32}
  %x = Arg() {T: float32}
  %w = Arg() {T: float32}
  %three = Const() {dtype: int32, value: int32[]{3}}
  %r = Less(%i, %three) {T: int32}

function body
  input i = %i
  input x = %x
  input w = %w
  output i2 = %next
  output x2 = %y
  output w2 = %w
  %i = Arg() {T: int32}
  %x = Arg() {T: float32}
  %w = Arg() {T: float32}
  %one = Const() {dtype: int32, value: int32[]{1}}
  %next = AddV2(%i, %one) {T: int32} ^%x
  %double = Sin(%w) {T: float32}
  %y = Mul(%x, %double) {T: float32}
"""


def lowered(text: str) -> GraphModel:
    model = parse(text)
    assert lower_control_flow(model)
    prune(model)
    return model


def nodes(model: GraphModel, op: str) -> list[Node]:
    return [node for node in model.graph.nodes.values() if node.op == op]


def test_a_branch() -> None:
    assert show(lowered(BRANCH)) == (
        """\
graph main
  output y = %if/merge_0
  %p = Placeholder() {dtype: bool}
  %x = Placeholder() {dtype: float32}
  %if/pred/switch = Switch(%p, %p) {T: bool}
  %if/else = Identity(%if/pred/switch) {T: bool}
  %if/else/c = Const() {dtype: float32, value: float32[]{2.5}}
  %if/else/c/gate = Identity(%if/else/c) {T: float32, _waits: true} ^%if/else
  %if/x/switch = Switch(%x, %p) {T: float32}
  %if/then/r = Relu(%if/x/switch:1) {T: float32}
  %if/merge_0 = Merge(%if/else/c/gate, %if/then/r) {N: 2, T: float32}
"""
    )


def test_a_branch_that_is_always_taken() -> None:
    text = show(lowered(BRANCH.replace("Placeholder() {dtype: bool}", "Const() {value: bool[]{true}}")))
    assert "%if/r = Relu(%x)" in text
    assert "output y = %if/r" in text
    assert "Switch" not in text


def test_a_loop() -> None:
    model = lowered(LOOP)
    assert not model.functions
    assert show(model) == (
        """\
graph main
  output y = %loop/exit_1
  %zero = Const() {dtype: int32, value: int32[]{0}}
  %x = Placeholder() {dtype: float32}
  %w = Placeholder() {dtype: float32}
  %loop/enter_0 = Enter(%zero) {T: int32, frame_name: "loop", is_constant: false, parallel_iterations: 10}
  %loop/merge_0 = Merge(%loop/enter_0, %loop/next_0) {N: 2, T: int32}
  %loop/enter_1 = Enter(%x) {T: float32, frame_name: "loop", is_constant: false, parallel_iterations: 10}
  %loop/merge_1 = Merge(%loop/enter_1, %loop/next_1) {N: 2, T: float32}
  %loop/cond/three = Const() {dtype: int32, value: int32[]{3}}
  %loop/cond/r = Less(%loop/merge_0, %loop/cond/three) {T: int32}
  %loop/ready = Identity(%loop/cond/r) {T: bool, _waits: true} ^%loop/enter/body/double
  %loop/cond = LoopCond(%loop/ready)
  %loop/switch_0 = Switch(%loop/merge_0, %loop/cond) {T: int32}
  %loop/switch_1 = Switch(%loop/merge_1, %loop/cond) {T: float32}
  %loop/body/one = Const() {dtype: int32, value: int32[]{1}}
  %loop/body/next = AddV2(%loop/switch_0:1, %loop/body/one) {T: int32}
  %loop/body/double = Sin(%w) {T: float32}
  %loop/enter/body/double = Enter(%loop/body/double) {T: float32, frame_name: "loop", is_constant: true, parallel_iterations: 10}
  %loop/body/y = Mul(%loop/switch_1:1, %loop/enter/body/double) {T: float32}
  %loop/next_0 = NextIteration(%loop/body/next) {T: int32}
  %loop/next_1 = NextIteration(%loop/body/y) {T: float32}
  %loop/exit_1 = Exit(%loop/switch_1) {T: float32}
"""  # noqa: E501
    )


def test_a_loop_that_is_never_entered() -> None:
    text = show(
        lowered(
            LOOP.replace("%zero = Const() {dtype: int32, value: int32[]{0}}", "%zero = Const() {value: int32[]{3}}")
        )
    )
    assert "output y = %x" in text


def test_frames_have_names_of_their_own_in_lower_case() -> None:
    text = LOOP.replace("%loop", "%Loop").replace(
        "  %Loop = ", "  %loop = While(%zero, %x, %x) {body: @body, cond: @cond}\n  %Loop = "
    )
    model = lowered(text.replace("output y = %Loop:1", "output y = %Loop:1\n  output z = %loop:1"))
    frames = {frame for node in nodes(model, "Enter") if isinstance(frame := node.attrs["frame_name"], bytes)}
    assert frames == {b"loop", b"loop_1"}


def test_nothing_hangs_on_control_edges_but_constants() -> None:
    model = lowered(BRANCH)
    assert [node.name for node in model.graph.nodes.values() if node.controls] == ["if/else/c/gate"]


def test_new_lists_are_made_in_each_round() -> None:
    text = LOOP.replace("  output w2 = %w\n", "  output w2 = %w\n", 1).replace(
        "  %y = Mul(%x, %double) {T: float32}",
        "  %list = TensorListReserve(%one, %one) {element_dtype: float32, shape_type: int32}\n"
        "  %set = TensorListSetItem(%list, %i, %x) {element_dtype: float32}\n"
        "  %y = TensorListGetItem(%set, %i, %one) {element_dtype: float32}",
    )
    reserve = nodes(lowered(text), "TensorListReserve")[0]
    assert [control.name for value in reserve.inputs for control in value.node.controls] == ["loop/body"]


def test_a_graph_without_functions_stays() -> None:
    assert not lower_control_flow(parse("graph g\n  output y = %y\n  %y = Placeholder()"))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("@F}", "@Nowhere}"), "if (StatelessIf) calls the function Nowhere, which the file does not hold"),
        (("StatelessIf(%p, %x)", "StatelessIf(%p, %x, %x)"), "gives 2 arguments to G, which takes 1"),
        (
            (
                "%r = Relu(%a)",
                "%p = Cast(%a) {DstT: bool}\n  %r = If(%p, %a) {else_branch: @G, then_branch: @F}\n  %q = Relu(%a)",
            ),
            "the function F calls itself",
        ),
    ],
)
def test_functions_that_cannot_be_put_in_are_named(change: tuple[str, str], complaint: str) -> None:
    with pytest.raises(CorruptInputError, match=re.escape(complaint)):
        lower_control_flow(parse(BRANCH.replace(*change)))
