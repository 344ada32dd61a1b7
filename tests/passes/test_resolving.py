"""Control flow that is known before anything runs."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.resolving import resolve_control_flow

SWITCHED = """\
graph main
  output y = %m
  output taken = %m:1
  %x = Placeholder() {dtype: float32}
  %false = Const() {dtype: bool, value: bool[]{false}}
  %training = PlaceholderWithDefault(%false) {dtype: bool, shape: shape[]}
  %really = LogicalNot(%training)
  %s = Switch(%x, %really) {T: float32}
  %pivot = Identity(%s) {T: float32}
  %c = Const() {dtype: float32, value: float32[]{1.0}} ^%pivot
  %no = Neg(%c) {T: float32}
  %yes = Relu(%s:1) {T: float32}
  %m = Merge(%no, %yes) {N: 2, T: float32}
"""

CHOICE = """\
graph main
  output y = %y
  %x = Placeholder() {dtype: float32}
  %n = Const() {dtype: int32, value: int32[]{1}}
  %y = Case(%n, %x) {Tin: [float32], Tout: [float32], branches: [@F, @G]}

function F
  input a = %a
  output r = %r
  %a = Arg() {T: float32}
  %r = Relu(%a) {T: float32}

function G
  input a = %a
  output r = %r
  %a = Arg() {T: float32}
  %r = Neg(%a) {T: float32}
"""


def resolved(text: str) -> str:
    model = parse(text)
    assert resolve_control_flow(model)
    prune(model)
    return show(model)


def test_switches_by_a_placeholder_with_a_default() -> None:
    assert resolved(SWITCHED) == (
        """\
graph main
  output y = %yes
  output taken = %m/value_index
  %x = Placeholder() {dtype: float32}
  %yes = Relu(%x) {T: float32}
  %m/value_index = Const() {dtype: int32, value: int32[]{1}}
"""
    )


def test_what_users_can_feed_is_not_known() -> None:
    model = parse(SWITCHED.replace("graph main\n", "graph main\n  input training = %training\n"))
    assert not resolve_control_flow(model)


def test_merges_of_three() -> None:
    text = resolved(
        SWITCHED.replace("Merge(%no, %yes) {N: 2,", "Merge(%no, %yes, %other) {N: 3,").replace(
            "  output taken = %m:1\n", ""
        )
        + "  %other = Sin(%x) {T: float32}\n"
    )
    assert "%m = Merge(%yes, %other) {N: 2, T: float32}" in text


@pytest.mark.parametrize(("number", "op"), [(0, "Relu"), (1, "Neg"), (2, "Neg"), (-1, "Neg")])
def test_one_of_several(number: int, op: str) -> None:
    text = resolved(CHOICE.replace("int32[]{1}", f"int32[]{{{number}}}"))
    assert f"%y/r = {op}(%x)" in text
    assert "function" not in text


def test_a_condition_made_of_two() -> None:
    text = resolved(
        """
    graph main
      output y = %y
      %x = Placeholder() {dtype: float32}
      %unknown = Placeholder() {dtype: bool}
      %false = Const() {dtype: bool, value: bool[]{false}}
      %both = LogicalAnd(%unknown, %false)
      %y = If(%both, %x) {else_branch: @G, then_branch: @F}
    """
        + CHOICE.partition("\n\n")[2].join(["\n", ""])
    )
    assert "%y/r = Neg(%x)" in text


def test_a_loop_that_is_never_entered() -> None:
    assert resolved("""
    graph main
      output y = %loop:1
      %five = Const() {dtype: int32, value: int32[]{5}}
      %x = Placeholder() {dtype: float32}
      %loop = While(%five, %x) {body: @cond, cond: @cond}

    function cond
      input i = %i
      input x = %x
      output r = %r
      %i = Arg() {T: int32}
      %x = Arg() {T: float32}
      %limit = Const() {dtype: int32, value: int32[]{5}}
      %r = Less(%i, %limit) {T: int32}
    """).startswith("graph main\n  output y = %x\n")


def test_loops_of_version_1_stay() -> None:
    assert not resolve_control_flow(
        parse("""
    graph main
      output y = %exit
      %x = Placeholder() {dtype: float32}
      %enter = Enter(%x) {frame_name: "f"}
      %m = Merge(%enter, %next) {N: 2}
      %limit = Const() {dtype: float32, value: float32[]{5.0}}
      %less = Less(%m, %limit)
      %go = LoopCond(%less)
      %s = Switch(%m, %go)
      %exit = Exit(%s)
      %more = Square(%s:1)
      %next = NextIteration(%more)
    """)
    )
