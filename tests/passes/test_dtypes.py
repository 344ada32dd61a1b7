"""Only dtypes of TF.js are left."""

from __future__ import annotations

import numpy as np
import pytest

from tensorflowjs.events import Event, listening
from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.dtypes import narrow_dtypes
from tensorflowjs.tensors import ArrayTensor

TEXT = """\
graph main
  input x: uint8 shape[?] = %x
  output y: float64 shape[?] = %y
  %x = Placeholder() {dtype: uint8}
  %end = Const() {dtype: int64, value: int64[2]{9223372036854775807, 5}}
  %half = Const() {dtype: float16, value: float16[1]{0.5}}
  %y = Cast(%x) {DstT: bfloat16, SrcT: uint8}
  %all = IdentityN(%y, %end, %half) {T: [bfloat16, int64, float16]}
  %loop = While(%all) {T: [float64], body: @body, cond: @body}

function body
  input a = %a
  output r = %a
  %a = Arg() {T: float64}
"""

NARROWED = """\
graph main
  input x: int32 shape[?] = %x
  output y: float32 shape[?] = %y
  %x = Placeholder() {dtype: int32}
  %end = Const() {dtype: int32, value: int32[2]{2147483647, 5}}
  %half = Const() {dtype: float32, value: float32[1]{0.5}}
  %y = Cast(%x) {DstT: float32, SrcT: int32}
  %all = IdentityN(%y, %end, %half) {T: [float32, int32, float32]}
  %loop = While(%all) {T: [float32], body: @body, cond: @body}

function body
  input a = %a
  output r = %a
  %a = Arg() {T: float32}
"""


def narrowed(array: np.ndarray, dtype: str | None = None) -> tuple[np.ndarray, list[str]]:
    """What a constant becomes, and the notes about it."""
    model = parse("graph main\n  output c = %c\n  %c = Const()")
    node = model.graph.nodes["c"]
    node.attrs["value"] = ArrayTensor(array, dtype=dtype)
    notes: list[Event] = []
    with listening(notes.append):
        narrow_dtypes(model)
        result = np.concatenate([*node.tensor.chunks()])
    np.testing.assert_array_equal(result, node.tensor.read().reshape(-1))
    return result, [str(note) for note in notes]


def test_everywhere() -> None:
    model = parse(TEXT)
    notes: list[Event] = []
    with listening(notes.append):
        assert narrow_dtypes(model)
    assert show(model) == NARROWED
    assert notes == []
    assert not narrow_dtypes(model)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16"])
def test_small_integers_keep_their_values(dtype: str) -> None:
    ends = np.iinfo(dtype)
    result, notes = narrowed(np.array([ends.min, 7, ends.max], dtype))
    assert result.dtype == np.dtype("<i4")
    assert result.tolist() == [ends.min, 7, ends.max]
    assert notes == []


def test_integers_that_do_not_fit_are_noted() -> None:
    result, notes = narrowed(np.array([-(2**40), 2**31, 2**31 - 1, -5], "<i8"))
    assert result.tolist() == [-(2**31), 2**31 - 1, 2**31 - 1, -5]
    assert len(notes) == 1
    assert notes[0].startswith("c: 2 of its values do not fit into int32")


def test_the_ends_of_a_dtype_are_not_worth_a_note() -> None:
    result, notes = narrowed(np.array([2**63 - 1, -(2**63)], "<i8"))
    assert result.tolist() == [2**31 - 1, -(2**31)]
    assert notes == []
    result, notes = narrowed(np.array([2**32 - 1, 0, 9], "<u4"))
    assert result.tolist() == [2**31 - 1, 0, 9]
    assert notes == []


def test_floats_that_do_not_fit_are_noted() -> None:
    result, notes = narrowed(np.array([1e300, np.inf, np.nan, 0.1]))
    assert result.dtype == np.dtype("<f4")
    np.testing.assert_array_equal(result, np.array([np.inf, np.inf, np.nan, 0.1], "<f4"))
    assert [note.split(";")[0] for note in notes] == [
        "c: 1 of its values do not fit into float32, the widest dtype of the kind that TF.js has"
    ]


def test_large_constants_are_looked_at_while_they_are_written() -> None:
    values = np.arange(200_000, dtype="<i8") * 2**20
    result, notes = narrowed(values)
    np.testing.assert_array_equal(result, np.minimum(values, 2**31 - 1))
    assert len(notes) == 1


def test_complex_and_bfloat16() -> None:
    result, _ = narrowed(np.array([1 + 2j, -0.5j]))
    assert result.dtype == np.dtype("<c8")
    assert result.tolist() == [1 + 2j, -0.5j]
    result, _ = narrowed(np.array([0x3FC0, 0xC040], "<u2"), "bfloat16")
    assert result.tolist() == [1.5, -3.0]


def test_what_looks_at_bits_keeps_its_dtypes() -> None:
    model = parse("graph g\n  output y = %y\n  %x = Placeholder()\n  %y = Bitcast(%x) {T: float64, type: int64}")
    assert not narrow_dtypes(model)
