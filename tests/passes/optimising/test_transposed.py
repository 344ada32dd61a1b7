"""Transposed convolutions whose windows do not overlap, or lie next to each other."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising import fusing
from tensorflowjs.passes.optimising.arithmetic import transposed
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (transposed.PIXELS, transposed.TURNED)
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
    %y/Const = float32[1, 1, 1, 4]{1.0, 2.0, 3.0, 4.0}
    %y/Const_1 = float32[4]{0.5, 0.5, 0.5, 0.5}
    %y/Const_2 = int32[4]{-1, 1, 2, 2}
    %y/Const_3 = int32[4]{0, 2, 1, 3}
    %y/Const_4 = int32[4]{-1, 2, 2, 1}
    %y/Conv2D = Conv2D(%x, %y/Const) {data_format: "NHWC"}
    %y/BiasAdd = BiasAdd(%y/Conv2D, %y/Const_1) {data_format: "NHWC"}
    %y/Reshape = Reshape(%y/BiasAdd, %y/Const_2) {Tshape: int32}
    %y/Transpose = Transpose(%y/Reshape, %y/Const_3) {Tperm: int32}
    %y = Reshape(%y/Transpose, %y/Const_4) {Tshape: int32}
    """)


SHUFFLED = {
    "alone": EVEN,
    "bias": EVEN + BIAS,
    "bias and activation": EVEN + BIAS + "%y = Relu6(%a)",
    "activation": EVEN + "%y = LeakyRelu(%t) {alpha: 0.3}",
    "by three": _transposed("9, 12", "3, 3", '{strides: [1, 3, 3, 1], padding: "SAME"}') + BIAS + "%y = Elu(%a)",
}


@pytest.mark.parametrize("text", SHUFFLED.values(), ids=SHUFFLED)
def test_one_convolution_is_left(text: str) -> None:
    left = ops(text, *PASSES, fusing.BIASES, fusing.ACTIVATIONS)
    assert left[1:] == ["Reshape", "Transpose", "Reshape"]
    assert left[0] in ("Conv2D", "_FusedConv2D")


TURNED = {
    "no strides": _transposed("5, 6", "3, 3", ""),
    "padded": _transposed("3, 4", "3, 3", '{padding: "SAME"}'),
    "padded on one side": _transposed("3, 4", "2, 4", '{padding: "SAME"}'),
    "one pixel": _transposed("3, 4", "1, 1", ""),
}


@pytest.mark.parametrize("text", TURNED.values(), ids=TURNED)
def test_an_ordinary_convolution_is_left(text: str) -> None:
    assert ops(text, *PASSES) == ["Conv2D"]


STAYS = {
    "overlapping": (_transposed("7, 9", "3, 3", "{strides: [1, 2, 2, 1]}"), "overlap"),
    "gaps": (_transposed("6, 8", "1, 1", '{strides: [1, 2, 2, 1], padding: "SAME"}'), "overlap"),
    "strips": (_transposed("6, 4", "2, 1", "{strides: [1, 2, 1, 1]}"), "not squares"),
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


IN_TFJS = (
    SHUFFLED
    | TURNED
    | {name: STAYS[name][0] for name in ("overlapping", "strips", "a part of a window", "a filter that is computed")}
)
