"""What only matters while training or debugging goes."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.debugging import PASSES_ON, remove_debugging

PRINTING = "graph g\n  output y = %y\n  %x = Placeholder()\n  %y = Print(%x, %x) {T: float32, summarize: 3}\n"


@pytest.mark.parametrize("op", sorted(PASSES_ON))
def test_ops_that_hand_on_their_input(op: str) -> None:
    model = parse(f'graph g\n  output y = %y\n  %x = Placeholder()\n  %y = {op}(%x) {{T: float32, message: "m"}}\n')
    assert remove_debugging(model)
    assert show(model) == "graph g\n  output y = %y\n  %x = Placeholder()\n  %y = Identity(%x) {T: float32}\n"
    assert not remove_debugging(model)


def test_in_functions() -> None:
    model = parse("""
    graph g
      output y = %y
      %y = Placeholder()

    function f
      input a = %a
      output r = %r
      %a = Arg()
      %r = StopGradient(%a)
    """)
    assert remove_debugging(model)
    assert model.functions["f"].nodes["r"].op == "Identity"


def test_printing_can_be_kept() -> None:
    model = parse(PRINTING)
    assert not remove_debugging(model, printing=True)
    assert show(model) == PRINTING
    assert remove_debugging(model)
    assert "%y = Identity(%x) {T: float32}" in show(model)
