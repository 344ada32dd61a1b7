"""What no output needs goes."""

from __future__ import annotations

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.pruning import prune


def test_only_inputs_and_what_outputs_need_stays() -> None:
    model = parse("""
    graph main
      input unused: float32 shape[*] = %unused
      output y: float32 shape[*] = %y
      %unused = Placeholder()
      %x = Placeholder()
      %y = If(%x, %x) {else_branch: @kept, then_branch: @kept} ^%control
      %control = NoOp()
      %loss = Sum(%y, %x)

    function kept
      input a = %a
      output r = %a
      %a = Arg()
      %dead = Relu(%a)
      %used = PartitionedCall(%a) {f: @deeper}

    function deeper
      input a = %a
      output r = %a
      %a = Arg()

    function gone
      input a = %a
      output r = %a
      %a = Arg()
    """)
    assert prune(model)
    assert list(model.graph.nodes) == ["unused", "x", "y", "control"]
    assert list(model.functions) == ["kept"]
    assert list(model.functions["kept"].nodes) == ["a"]
    before = show(model)
    assert not prune(model)
    assert show(model) == before
