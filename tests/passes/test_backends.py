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


BOXES = """
graph main
  output y = %y
  %x = Placeholder() {{dtype: float32}}
  %b = Placeholder() {{dtype: float32}}
  %n = Placeholder() {{dtype: int32}}
  %0 = Const() {{dtype: int32, value: int32[]{{0}}}}
  %1 = Const() {{dtype: int32, value: int32[]{{1}}}}
  %i = {indices}
  %s = Const() {{dtype: int32, value: int32[2]{{3, 3}}}}
  %y = CropAndResize(%x, %b, %i, %s) {{T: float32}}
"""


@pytest.mark.parametrize(
    ("indices", "said"),
    [
        ("Const() {dtype: int32, value: int32[3]{0, 1, 2}}", False),
        ("Range(%0, %n, %1) {Tidx: int32}", False),
        ("Const() {dtype: int32, value: int32[3]{0, 0, 1}}", True),
        ("Range(%1, %n, %1) {Tidx: int32}", True),
        ("Placeholder() {dtype: int32}", True),
    ],
    ids=["counted", "counted in a range", "others", "another range", "an input"],
)
def test_boxes_of_other_images_than_the_first_ones(indices: str, said: bool) -> None:
    found = notes(BOXES.format(indices=indices))
    assert any("takes the first box from the first image" in each for each in found) is said


ALONG = """
graph main
  output y = %y
  %x = Placeholder() {{dtype: {dtype}, shape: shape[{shape}]}}
  %a = Const() {{dtype: int32, value: int32[{count}]{{{axes}}}}}
  %y = {op}(%x, %a) {{T: {dtype}}}
"""


@pytest.mark.parametrize(
    ("op", "dtype", "shape", "axes", "said"),
    [
        ("Sum", "int32", "?, 3, 4", "1", True),
        ("Sum", "int32", "?, 3, 4", "1, 2", False),
        ("Sum", "int32", "?, 3, 4", "-1", False),
        ("Sum", "int32", "?, 3", "0", False),
        ("Sum", "float32", "?, 3, 4", "1", False),
        ("Any", "bool", "?, 3, 4", "0", True),
        ("Transpose", "int32", "?, 3, 4", "0, 2, 1", True),
        ("Transpose", "bool", "?, 3", "1, 0", False),
        ("Transpose", "float32", "?, 3, 4", "0, 2, 1", False),
        ("Transpose", "float32", "1, 2, 3, 4, 5, 6, 7", "6, 5, 4, 3, 2, 1, 0", True),
    ],
)
def test_what_shaders_cannot_turn(op: str, dtype: str, shape: str, axes: str, said: bool) -> None:
    found = notes(ALONG.format(op=op, dtype=dtype, shape=shape, axes=axes, count=len(axes.split(","))))
    assert any("turn" in each for each in found) is said


COUNTS = """
graph main
  output y = %y
  %x = Placeholder() {{dtype: int32}}
  %w = Placeholder() {{dtype: {dtype}}}
  %n = Const() {{dtype: int32, value: int32[]{{7}}}}
  %y = {node}
"""


@pytest.mark.parametrize(
    ("node", "dtype", "said"),
    [
        ("Bincount(%x, %n, %w) {T: int32}", "int32", "bits of other numbers"),
        ("Bincount(%x, %n, %w) {T: float32}", "float32", None),
        ("Pow(%x, %n) {T: int32}", "int32", "off by one"),
        ("Pow(%w, %w) {T: float32}", "float32", None),
        ("SparseToDense(%x, %x, %w, %w) {T: bool}", "bool", "no bools here"),
        ("SparseToDense(%x, %x, %w, %w) {T: float32}", "float32", None),
    ],
)
def test_integers_in_shaders(node: str, dtype: str, said: str | None) -> None:
    found = [each for each in notes(COUNTS.format(node=node, dtype=dtype)) if "WebGPU" in each]
    assert len(found) == (said is not None)
    assert all(str(said) in each for each in found)


SPLIT = """
graph main
  output y = %y:1
  %x = Placeholder() {{dtype: string, shape: shape[?]}}
  %d = {delimiter}
  %y = StringSplit(%x, %d) {{skip_empty: false}}
"""


@pytest.mark.parametrize(
    ("delimiter", "said"),
    [
        ('Const() {dtype: string, value: string[]{""}}', True),
        ('Const() {dtype: string, value: string[]{" "}}', False),
        ("Placeholder() {dtype: string}", False),
    ],
    ids=["bytes", "words", "an input"],
)
def test_texts_that_are_split_into_bytes(delimiter: str, said: bool) -> None:
    found = notes(SPLIT.format(delimiter=delimiter))
    assert any("single bytes of letters beyond ASCII" in each for each in found) is said
