"""Transposed convolutions whose windows do not overlap."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising import fusing
from tensorflowjs.passes.optimising.arithmetic import subpixels
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (subpixels.PASS,)
IMAGE = "%x = Placeholder() {shape: shape[2, 3, 4, 5]}\n"


def _transposed(size: str, window: str, attrs: str) -> str:
    constants = f"%to = int32[4]{{2, {size}, 3}}\n%w = float32[{window}, 3, 5]\n"
    return f"{IMAGE}{constants}%t = Conv2DBackpropInput(%to, %w, %x) {attrs}\n"


EVEN = _transposed("6, 8", "2, 2", "{strides: [1, 2, 2, 1]}")
BIAS = "%b = float32[3]\n%a = BiasAdd(%t, %b)\n"


def test_pixels_are_channels_first() -> None:
    before = """
    %x = Placeholder() {shape: shape[2, 1, 1, 1]}
    %to = int32[4]{2, 2, 2, 1}
    %w = float32[2, 2, 1, 1]{1.0, 2.0, 3.0, 4.0}
    %b = float32[1]{0.5}
    %t = Conv2DBackpropInput(%to, %w, %x) {strides: [1, 2, 2, 1]}
    %y = BiasAdd(%t, %b)
    """
    assert optimised(before, *PASSES) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[2, 1, 1, 1]}
    %t/Const = float32[1, 1, 1, 4]{1.0, 2.0, 3.0, 4.0}
    %y/Const = float32[4]{0.5, 0.5, 0.5, 0.5}
    %t/Conv2D = Conv2D(%x, %t/Const) {data_format: "NHWC"}
    %y/BiasAdd = BiasAdd(%t/Conv2D, %y/Const) {data_format: "NHWC"}
    %y = DepthToSpace(%y/BiasAdd) {block_size: 2, data_format: "NHWC"}
    """)


SHUFFLED = {
    "alone": EVEN,
    "bias": EVEN + BIAS,
    "bias and activation": EVEN + BIAS + "%y = Relu6(%a)",
    "activation": EVEN + "%y = LeakyRelu(%t) {alpha: 0.3}",
    "by three": _transposed("9, 12", "3, 3", '{strides: [1, 3, 3, 1], padding: "SAME"}') + BIAS + "%y = Elu(%a)",
}


@pytest.mark.parametrize("text", SHUFFLED.values(), ids=SHUFFLED)
def test_two_nodes_are_left(text: str) -> None:
    left = ops(text, *PASSES, fusing.BIASES, fusing.ACTIVATIONS)
    assert left[1:] == ["DepthToSpace"]
    assert left[0] in ("Conv2D", "_FusedConv2D")


STAYS = {
    "overlapping": (_transposed("7, 9", "3, 3", "{strides: [1, 2, 2, 1]}"), "overlap"),
    "gaps": (_transposed("6, 8", "1, 1", '{strides: [1, 2, 2, 1], padding: "SAME"}'), "overlap"),
    "strips": (_transposed("6, 4", "2, 1", "{strides: [1, 2, 1, 1]}"), "not squares"),
    "no strides": (_transposed("4, 5", "2, 2", "{strides: [1, 1, 1, 1]}"), "overlap"),
    "a part of a window": (_transposed("5, 7", "2, 2", '{strides: [1, 2, 2, 1], padding: "SAME"}'), "whole windows"),
    "an image of unknown size": (
        "%x = Placeholder() {shape: shape[?, ?, ?, 5]}\n%to = Placeholder() {shape: shape[4], dtype: int32}\n"
        "%w = float32[2, 2, 3, 5]\n%y = Conv2DBackpropInput(%to, %w, %x) {strides: [1, 2, 2, 1]}",
        "is not known",
    ),
    "a filter that is computed": (
        IMAGE + "%to = int32[4]{2, 6, 8, 3}\n%w = Placeholder() {shape: shape[2, 2, 3, 5]}\n"
        "%y = Conv2DBackpropInput(%to, %w, %x) {strides: [1, 2, 2, 1]}",
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


IN_TFJS = SHUFFLED | {
    name: STAYS[name][0] for name in ("overlapping", "strips", "a part of a window", "a filter that is computed")
}
