"""Branches and loops that stay functions."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.keeping import keep_control_flow

LOOP = """\
graph main
  output y = %loop:1
  %zero = Const() {dtype: int32, value: int32[]{0}}
  %x = Placeholder() {dtype: float32}
  %list = TensorListReserve(%zero, %zero) {element_dtype: float32}
  %loop = While(%zero, %x, %list) {body: @body, cond: @cond}

function cond
  input i = %i
  input x = %x
  input l = %l
  output r = %r
  %i = Arg() {T: int32}
  %x = Arg() {T: float32}
  %l = Arg() {T: variant}
  %three = Const() {dtype: int32, value: int32[]{3}}
  %r = Less(%i, %three) {T: int32}

function body
  input i = %i
  input x = %x
  input l = %l
  output i2 = %next
  output x2 = %handed
  output l2 = %set
  %i = Arg() {T: int32}
  %x = Arg() {T: float32}
  %l = Arg() {T: variant}
  %one = Const() {dtype: int32, value: int32[]{1}}
  %next = AddV2(%i, %one) {T: int32}
  %y = Sin(%x) {T: float32}
  %handed = Identity(%y) {T: float32}
  %copied = Identity(%y) {T: float32}
  %set = TensorListSetItem(%l, %i, %copied) {element_dtype: float32}
"""


def test_what_goes_into_a_list_is_a_result_itself() -> None:
    model = parse(LOOP)
    assert keep_control_flow(model)
    assert model.graph.nodes["loop"].op == "StatelessWhile"
    text = show(model)
    assert "output x2 = %y" in text
    assert "%set = TensorListSetItem(%l, %i, %y)" in text
    assert not keep_control_flow(model)


@pytest.mark.parametrize(
    "change",
    [
        ("output x2 = %handed", "output x2 = %x"),
        ("%handed = Identity(%y)", "%handed = LookupTableFindV2(%y, %y, %y)"),
    ],
)
def test_what_tfjs_would_lose_is_lowered(change: tuple[str, str]) -> None:
    model = parse(LOOP.replace(*change))
    keep_control_flow(model)
    ops = {node.op for node in model.graph.nodes.values()}
    assert {"Enter", "Exit", "LoopCond"} <= ops
    assert not ops & {"While", "StatelessWhile"}
