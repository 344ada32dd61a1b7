"""The text form says all there is, and reads back what it says."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.graph import Func, Placeholder, Shape, Type
from tensorflowjs.ir.text import TextError, parse, show

MODEL = """\
graph main
  input x: float32 shape[?, 2] = %x
  output "y:0": float32 shape[*] = %y
  output rest: int32 shape[] = %split:1
  %x = Placeholder() {dtype: float32, shape: shape[?, 2]}
  %w = Const() {value: float32[2, 2]{0.5, -1.0, inf, 0.25}}
  %s = Const() {value: string[2]{"a b", "\\u00e9"}}
  %product/MatMul = MatMul(%x, %w) {a: [], f: 1e-07, transpose_a: false, types: [float32, int64]}
  %split = Split(%s, %x) {cond: @body, num: 2, shape: shape[1, ?]} ^%s
  %y = Relu(%product/MatMul) {T: float32}

function body
  input a = %a
  output result = %a
  %a = Arg() {T: $T}
"""


def test_reads_back_what_it_prints() -> None:
    assert show(parse(MODEL)) == MODEL


def test_values_are_what_they_stand_for() -> None:
    model = parse(MODEL)
    nodes = model.graph.nodes
    product = nodes["product/MatMul"]
    assert product.attrs == {"transpose_a": False, "f": 1e-7, "a": [], "types": [Type("float32"), Type("int64")]}
    assert nodes["split"].attrs == {"cond": Func("body"), "num": 2, "shape": Shape((1, None))}
    assert nodes["split"].controls == [nodes["s"]]
    assert nodes["w"].tensor.read().tolist() == [[0.5, -1.0], [float("inf"), 0.25]]
    assert nodes["s"].tensor.read().tolist() == [b"a b", b"\xe9"]
    assert [port.key for port in model.signature.outputs] == ["y:0", "rest"]
    assert model.graph.outputs[1] is nodes["split"].value(1)
    assert model.functions["body"].nodes["a"].attrs == {"T": Placeholder("T")}


def test_long_tensors_are_left_out() -> None:
    text = show(parse("graph g\n  %c = Const() {value: int32[3]{1, 2, 3}}\n"), most_values=2)
    assert "int32[3]{...}" in text
    with pytest.raises(TextError, match=r"line 2.*too long to print"):
        parse(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "no graph"),
        ("%a = Relu()", "line 1: expected `graph NAME`"),
        ("graph g\n  %a = Relu(%b)", "line 2: there is no node %b"),
        ("graph g\n  %a = Relu(", "line 2: the line ends too early"),
        ("graph g\n  %a = Relu() {x: 1} !", "line 2: cannot read '!'"),
        ("graph g\n  %a = Relu() {x: 1} more", "line 2: unexpected 'more'"),
        ("graph g\n  output y: float32 7 = %a\n  %a = Relu()", "line 2: expected a shape"),
    ],
)
def test_says_where_it_cannot_read(text: str, complaint: str) -> None:
    with pytest.raises(TextError, match=complaint.replace("(", "\\(").replace("%", "%")):
        parse(text)
