"""Control edges go, but for those that keep constants inside their branch."""

from __future__ import annotations

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.controls import drop_controls


def without_controls(text: str) -> str:
    model = parse(text)
    assert drop_controls(model)
    return show(model)


def test_a_graph_without_them_stays() -> None:
    assert not drop_controls(parse("graph g\n  output y = %y\n  %y = Placeholder()"))


def test_plain_edges_go() -> None:
    assert without_controls("""
    graph main
      output y = %y
      %x = Placeholder()
      %check = Assert(%x)
      %c = Const() {value: float32[]{1.0}} ^%check
      %y = Add(%x, %c) ^%check
    """).endswith("""\
  %c = Const() {value: float32[]{1.0}}
  %y = Add(%x, %c)
""")


def test_a_constant_as_the_result_of_a_branch_waits_for_it() -> None:
    text = without_controls("""
    graph main
      output y = %y
      %p = Placeholder() {dtype: bool}
      %x = Placeholder() {dtype: float32}
      %switch = Switch(%p, %p)
      %yes = Identity(%switch:1)
      %no = Identity(%switch)
      %one = Const() {dtype: float32, value: float32[]{1.0}} ^%yes
      %two = Const() {dtype: float32, value: float32[]{2.0}} ^%no
      %sum = Add(%two, %two) {T: float32} ^%no
      %y = Merge(%sum, %one)
    """)
    assert "%y = Merge(%sum/gate, %one/gate)" in text
    assert "%one/gate = Identity(%one) {T: float32, _waits: true} ^%yes\n" in text
    assert "%sum/gate = Identity(%sum) {T: float32, _waits: true} ^%no\n" in text
    assert text.count("^") == 2


def test_constants_that_meet_values_of_the_branch_need_no_gate() -> None:
    text = without_controls("""
    graph main
      output y = %y
      %p = Placeholder() {dtype: bool}
      %x = Placeholder() {dtype: float32}
      %switch = Switch(%x, %p)
      %pivot = Identity(%switch:1)
      %one = Const() {dtype: float32, value: float32[]{1.0}} ^%pivot
      %sum = Add(%pivot, %one) ^%pivot
      %y = Merge(%switch, %sum) ^%pivot
    """)
    assert "^" not in text
    assert "gate" not in text


def test_a_constant_that_a_loop_starts_the_next_round_with() -> None:
    text = without_controls("""
    graph main
      output y = %exit
      %x = Placeholder() {dtype: float32}
      %enter = Enter(%x)
      %merge = Merge(%enter, %next)
      %cond = LoopCond(%less)
      %limit = Const() {dtype: float32, value: float32[]{9.0}} ^%merge
      %less = Less(%merge, %limit)
      %switch = Switch(%merge, %cond)
      %exit = Exit(%switch)
      %body = Identity(%switch:1)
      %ten = Const() {dtype: float32, value: float32[]{10.0}} ^%body
      %next = NextIteration(%ten)
    """)
    assert "%next = NextIteration(%ten/gate)" in text
    assert "%ten/gate = Identity(%ten) {T: float32, _waits: true} ^%body" in text
    assert text.count("^") == 1
