"""Which releases of TF.js run a graph."""

from __future__ import annotations

import pytest

from tensorflowjs.events import Event, listening
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.releases import note_release

GRAPH = """
graph main
  output y = %y
  %x = Placeholder()
  %w = Const() {value: float32[1, 1, 1, 1]{2.0}}
  %y = """


@pytest.mark.parametrize(
    ("node", "reasons"),
    [
        ('_FusedConv2D(%x, %w) {fused_ops: ["NoOp", "Sigmoid"]}', "Sigmoid fused with a layer"),
        ('FusedDepthwiseConv2dNative(%x, %w) {fused_ops: ["NoOp", "Relu"], padding: "SAME"}', None),
        ('DepthwiseConv2dNative(%x, %w) {padding: "EXPLICIT"}', "depthwise convolutions that are padded explicitly"),
        ('Conv2D(%x, %w) {padding: "EXPLICIT"}', None),
        (
            'FusedDepthwiseConv2dNative(%x, %w) {fused_ops: ["NoOp", "Sigmoid"], padding: "EXPLICIT"}',
            "Sigmoid fused with a layer and depthwise convolutions that are padded explicitly",
        ),
    ],
    ids=["sigmoid", "relu", "depthwise", "convolution", "both"],
)
def test_what_a_newer_release_is_needed_for(node: str, reasons: str | None) -> None:
    notes: list[Event] = []
    with listening(notes.append):
        note_release(parse(GRAPH + node))
    expected = [] if reasons is None else [f"needs TensorFlow.js 3.21.0 or newer, for {reasons}"]
    assert [str(each) for each in notes] == expected
