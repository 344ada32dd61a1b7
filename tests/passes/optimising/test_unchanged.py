"""Nodes that move, cut or add nothing for the shape at hand."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import unchanged
from tests.passes.optimising.brief import optimised, stays

IMAGE = "%x = Placeholder() {shape: shape[?, 1, 6, 4]}\n%a = Sin(%x)\n"

GONE = {
    "to its own shape": "Reshape(%a, [-1, 1, 6, 4])",
    "spread to its own shape": "BroadcastTo(%a, %shape)",
    "no padding": "Pad(%a, [[0, 0], [0, 0], [0, 0], [0, 0]])",
    "no padding with ones": "PadV2(%a, [[0, 0], [0, 0], [0, 0], [0, 0]], 1.0)",
    "once": "Tile(%a, [1, 1, 1, 1])",
    "axes in their order": "Transpose(%a, [0, 1, 2, 3])",
    "all of it": "Slice(%a, [0, 0, 0, 0], [-1, 1, -1, 4])",
    "all of it, with strides": "StridedSlice(%a, [0, 0, 0], [0, 2, 6], [1, 1, 1]) {begin_mask: 1, end_mask: 1}",
    "joined with nothing": "ConcatV2(%a, 1)",
    "the sum of one": "AddN(%a)",
    "one part": "Split(2, %a) {num_split: 1}",
    "one part of a size": "SplitV(%a, [6], 2) {num_split: 1}",
    "all in their order": "GatherV2(%a, [0, 1, 2, 3], 3)",
    "the mean of one": "Mean(%a, [1]) {keep_dims: true}",
    "the sum of nothing together": "Sum(%a, [1]) {keep_dims: true}",
    "summed up from one": "Cumsum(%a, 1)",
    "one the other way round": "ReverseV2(%a, [1])",
    "the largest of one": "MaxPool(%a) {ksize: [1, 1, 1, 1], strides: [1, 1, 1, 1]}",
    "to its own size": "ResizeBilinear(%a, [1, 6])",
    "blocks of one": "DepthToSpace(%a) {block_size: 1}",
}


@pytest.mark.parametrize("text", GONE.values(), ids=GONE)
def test_goes(text: str) -> None:
    assert optimised(f"{IMAGE}%shape = Shape(%x)\n%b = {text}\n%y = Cos(%b)", unchanged.PASS) == "y = Cos(Sin(x))"


STAYS = {
    "to another shape": "Reshape(%a, [-1, 6, 1, 4])",
    "some padding": "Pad(%a, [[0, 0], [0, 0], [0, 1], [0, 0]])",
    "twice": "Tile(%a, [1, 2, 1, 1])",
    "other axes": "Transpose(%a, [0, 2, 1, 3])",
    "less": "Slice(%a, [0, 0, 1, 0], [-1, 1, -1, 4])",
    "a batch of five": "Slice(%a, [0, 0, 0, 0], [5, 1, 6, 4])",
    "every second": "StridedSlice(%a, [0, 0, 0], [0, 1, 6], [1, 1, 2]) {begin_mask: 1, end_mask: 1}",
    "with a new axis": "StridedSlice(%a, [0], [0], [1]) {new_axis_mask: 1}",
    "not in their order": "GatherV2(%a, [0, 1, 3, 2], 3)",
    "not all": "GatherV2(%a, [0, 1, 2], 3)",
    "the mean of six": "Mean(%a, [2]) {keep_dims: true}",
    "the sum of a batch that may be one": "Sum(%a, [0]) {keep_dims: true}",
    "summed up before it": "Cumsum(%a, 1) {exclusive: true}",
    "six the other way round": "ReverseV2(%a, [2])",
    "every second place": "MaxPool(%a) {ksize: [1, 1, 1, 1], strides: [1, 1, 2, 1]}",
    "larger": "ResizeBilinear(%a, [2, 6])",
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    assert stays(f"{IMAGE}%b = {text}\n%y = Cos(%b)", unchanged.PASS)


SMALLER = {
    "y = Cos(Squeeze squeeze_dims=[1](Sin(x)))": "Mean(%a, [1])",
    "y = Cos(ExpandDims(Sin(x), 2))": "Pack(%a) {axis: 2}",
    "y = Cos(Squeeze squeeze_dims=[1](Sin(x))) ": "Unpack(%a) {axis: 1, num: 1}",
}


@pytest.mark.parametrize(("wanted", "text"), SMALLER.items(), ids=SMALLER)
def test_only_an_axis_comes_or_goes(wanted: str, text: str) -> None:
    assert optimised(f"{IMAGE}%b = {text}\n%y = Cos(%b)", unchanged.PASS) == wanted.strip()


def test_two_batches_that_may_differ() -> None:
    inputs = "%x = Placeholder() {shape: shape[?, 4]}\n%z = Placeholder() {shape: shape[?, 4]}\n%s = Shape(%z)\n"
    assert stays(f"{inputs}%a = Reshape(%x, %s)\n%y = Cos(%a)", unchanged.PASS)
    assert stays(f"{inputs}%a = BroadcastTo(%x, %s)\n%y = Cos(%a)", unchanged.PASS)
