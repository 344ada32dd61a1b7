"""What is said of backends that get an op wrong."""

from __future__ import annotations

import pytest

from tensorflowjs import events
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.backends import note_backends

CONVOLUTION = """
graph main
  output y = %y
  %x = Placeholder()
  %k = Const() {{dtype: float32, value: float32[{rows}, 1, 1, 2]{{{values}}}}}
  %y = Conv2D(%x, %k) {{padding: "{padding}", strides: [1, {stride}, {stride}, 1]}}
"""
UPDATE = """
graph main
  output y = %y
  output z = %z
  %x = Placeholder()
  %r = Relu(%x)
  %i = Placeholder()
  %u = Placeholder()
  %y = TensorScatterUpdate(%r, %i, %u)
  %z = Neg({read})
"""


def notes(text: str) -> list[str]:
    with events.kept_notes() as kept:
        note_backends(parse(text))
    return [str(note) for note in kept]


@pytest.mark.parametrize(
    ("rows", "padding", "stride", "said"),
    [(3, "SAME", 2, True), (3, "VALID", 2, False), (3, "SAME", 1, False), (1, "SAME", 2, False)],
    ids=["uneven", "nothing is added", "no jumps", "nothing reaches out"],
)
def test_strides_that_jump_further_than_windows_reach(rows: int, padding: str, stride: int, said: bool) -> None:
    values = ", ".join(["1.5"] * (2 * rows))
    found = notes(CONVOLUTION.format(rows=rows, values=values, padding=padding, stride=stride))
    assert any("answers with zeros" in each for each in found) is said


@pytest.mark.parametrize(("read", "said"), [("%r", True), ("%u", False)], ids=["read elsewhere", "read here alone"])
def test_what_is_changed_in_place(read: str, said: bool) -> None:
    assert any("changes its first input in place" in each for each in notes(UPDATE.format(read=read))) is said
