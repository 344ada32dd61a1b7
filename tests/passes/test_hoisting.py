"""What is the same in every round of a lowered loop is computed before it."""

from __future__ import annotations

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.hoisting import hoist_invariants

LOOP = """\
graph main
  output y = %done
  %w = Placeholder() {dtype: float32}
  %x = Placeholder() {dtype: float32}
  %order = Const() {dtype: int32, value: int32[2]{1, 0}}
  %brought = Enter(%w) {T: float32, frame_name: "f", is_constant: true}
  %begin = Enter(%x) {T: float32, frame_name: "f", is_constant: false}
  %now = Merge(%begin, %next) {N: 2, T: float32}
  %turned = Transpose(%brought, %order) {T: float32, Tperm: int32}
  %twice = Mul(%turned, %turned) {T: float32}
  %sum = AddV2(%now, %twice) {T: float32}
  %next = NextIteration(%sum) {T: float32}
  %done = Exit(%now) {T: float32}
"""


def test_all_that_follows_from_what_is_brought_in() -> None:
    model = parse(LOOP)
    assert hoist_invariants(model.graph)
    nodes = model.graph.nodes
    assert nodes["turned"].inputs == (nodes["w"].output, nodes["order"].output)
    assert nodes["twice"].inputs == (nodes["turned"].output, nodes["turned"].output)
    entered = nodes["sum"].inputs[1].node
    assert (entered.op, entered.inputs) == ("Enter", (nodes["twice"].output,))
    assert entered.attrs["frame_name"] == b"f"
    assert entered.attrs["is_constant"] is True
    assert nodes["sum"].inputs[0] is nodes["now"].output
    assert not hoist_invariants(model.graph)


def test_what_holds_back_the_first_round_waits_for_it() -> None:
    model = parse(LOOP)
    gate = model.graph.nodes["sum"]
    gate.controls.append(model.graph.nodes["brought"])
    hoist_invariants(model.graph)
    assert gate.inputs[1].node in gate.controls


def test_what_changes_stays() -> None:
    text = LOOP.replace("Transpose(%brought", "Transpose(%now")
    model = parse(text)
    assert not hoist_invariants(model.graph)
    assert show(model) == show(parse(text))


def test_graphs_without_loops_stay() -> None:
    assert not hoist_invariants(parse("graph g\n  output y = %y\n  %x = Const()\n  %y = Relu(%x)").graph)
