"""Variables become constants."""

from __future__ import annotations

import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.freezing import freeze
from tensorflowjs.passes.pruning import prune


def frozen(text: str) -> str:
    model = parse(text)
    assert freeze(model)
    prune(model)
    return show(model)


def test_reads_of_resources() -> None:
    assert frozen("""
    graph main
      output y = %y
      %v = VarHandleOp() {dtype: float32, shared_name: "v", value: float32[1]{3.0}}
      %r = ReadVariableOp(%v) {dtype: float32}
      %y = Neg(%r)
    """) == (
        """\
graph main
  output y = %y
  %v = Const() {dtype: float32, value: float32[1]{3.0}}
  %r = Identity(%v) {T: float32}
  %y = Neg(%r)
"""
    )


def test_reference_variables_and_their_readers() -> None:
    text = frozen(
        """
    graph main
      output y = %read
      %v = VariableV2() {dtype: float32, value: float32[1]{3.0}}
      %read = Identity(%v) {T: float32}
      %saved = Assign(%v, %read)
    """.replace("      %saved = Assign(%v, %read)\n", "")
    )
    assert "%v = Const() {dtype: float32, value: float32[1]{3.0}}" in text
    assert "%read = Identity(%v)" in text


def test_rows_of_a_table() -> None:
    text = frozen("""
    graph main
      output y = %rows
      %ids = Placeholder()
      %v = VarHandleOp() {value: float32[2, 1]{3.0, 4.0}}
      %rows = ResourceGather(%v, %ids) {Tindices: int64, batch_dims: 0, dtype: float32}
    """)
    assert "%rows = GatherV2(%v, %ids, %rows/axis)" in text
    assert "%rows/axis = Const() {dtype: int32, value: int32[]{0}}" in text
    assert "Tindices: int64" in text


def test_through_the_arguments_of_a_loop() -> None:
    text = frozen("""
    graph main
      output y = %loop:1
      %v = VarHandleOp() {value: float32[1]{3.0}}
      %x = Placeholder()
      %loop = While(%v, %x) {body: @body, cond: @body}

    function body
      input v = %v
      input x = %x
      output v2 = %v
      output x2 = %y
      %v = Arg() {T: resource}
      %x = Arg() {T: float32}
      %r = ReadVariableOp(%v) {dtype: float32}
      %y = Add(%r, %x)
    """)
    assert "%loop = While(%v, %x)" in text
    assert "%r = Identity(%v) {T: float32}" in text


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(UnsupportedError) as caught:
        freeze(
            parse("""
        graph main
          output y = %r
          output z = %v2
          %lost = VarHandleOp()
          %v = VarHandleOp() {value: float32[1]{3.0}}
          %r = ReadVariableOp(%lost)
          %v2 = ReadVariableOp(%v)
          %write = AssignAddVariableOp(%v, %r)
        """)
        )
    assert "lost (VarHandleOp): the file holds no value" in str(caught.value)
    assert "write (AssignAddVariableOp): the model changes its variables" in str(caught.value)


COUNTED = """
    graph main
      output y = %y
      %x = Placeholder()
      %v = VarHandleOp() {value: int32[1]{3}}
      %seed = ReadVariableOp(%v) {dtype: int32}
      %next = AddV2(%seed, %seed)
      %handle = Identity(%v) {T: resource}
      %count = AssignVariableOp(%handle, %next)
      %y = Relu(%x) ^%count
    """


def test_writes_that_no_output_depends_on_are_dropped() -> None:
    assert frozen(COUNTED) == (
        """\
graph main
  output y = %y
  %x = Placeholder()
  %count = NoOp()
  %y = Relu(%x) ^%count
"""
    )


def test_writes_that_an_output_depends_on_are_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"count \(AssignVariableOp\): the model changes its variables"):
        freeze(parse(COUNTED.replace("Relu(%x)", "AddV2(%x, %seed)")))


def test_a_graph_without_variables_stays() -> None:
    assert not freeze(parse("graph g\n  output y = %y\n  %y = Placeholder()"))
