"""Zeros in front of convolutions are added by these."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import padding
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (padding.PASS,)
IMAGE = "%x = Placeholder() {shape: shape[?, 7, 6, 2]}\n"
DYNAMIC = "%x = Placeholder() {shape: shape[?, ?, ?, 2]}\n"
FILTER = "%w = float32[3, 3, 2, 4]\n"
PADS = "%n = int32[4, 2]{0, 0, 1, 2, 0, 3, 0, 0}\n"
ONES = "%n = int32[4, 2]{0, 0, 1, 1, 1, 1, 0, 0}\n"


def test_explicitly() -> None:
    before = DYNAMIC + FILTER + PADS + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {strides: [1, 2, 2, 1]}"
    found = optimised(before, padding.PASS)
    assert (
        '%y = Conv2D(%x, %w) {explicit_paddings: [0, 0, 1, 2, 0, 3, 0, 0], padding: "EXPLICIT", strides: [1, 2, 2, 1]}'
        in found
    )
    assert "Pad(" not in found


def test_as_usual_where_it_is_the_same() -> None:
    found = optimised(IMAGE + FILTER + ONES + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w)", padding.PASS)
    assert 'padding: "SAME"' in found
    assert "Pad(" not in found


PADDED = {
    "explicit": IMAGE + FILTER + PADS + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {strides: [1, 2, 2, 1]}",
    "same": IMAGE + FILTER + ONES + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w)",
    "not the same with strides": IMAGE
    + FILTER
    + ONES
    + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {strides: [1, 2, 2, 1]}",
    "depthwise": IMAGE
    + "%w = float32[3, 3, 2, 2]\n"
    + PADS
    + "%z = float32[]{0.0}\n%p = PadV2(%x, %n, %z)\n%y = DepthwiseConv2dNative(%p, %w)",
    "dilations": IMAGE + FILTER + PADS + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {dilations: [1, 2, 2, 1]}",
    "more padding": IMAGE
    + FILTER
    + PADS
    + '%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {padding: "EXPLICIT", explicit_paddings: [0, 0, 1, 0, 0, 2, 0, 0]}',
    "several readers": IMAGE
    + FILTER
    + ONES
    + "%p = Pad(%x, %n)\n%a = Conv2D(%p, %w)\n%u = float32[3, 3, 2, 4]\n%b = Conv2D(%p, %u)\n%y = AddV2(%a, %b)",
}


@pytest.mark.parametrize("text", PADDED.values(), ids=PADDED)
def test_no_pad_is_left(text: str) -> None:
    assert not {"Pad", "PadV2"} & set(ops(text, *PASSES))


STAYS = {
    "other numbers": (
        IMAGE + FILTER + ONES + "%z = float32[]{1.0}\n%p = PadV2(%x, %n, %z)\n%y = Conv2D(%p, %w)",
        "not only zeros",
    ),
    "mirrored": (
        IMAGE + FILTER + ONES + '%p = MirrorPad(%x, %n) {mode: "REFLECT"}\n%y = Conv2D(%p, %w)',
        "not only zeros",
    ),
    "in front of padding": (
        IMAGE + FILTER + ONES + '%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {padding: "SAME"}',
        "not only zeros",
    ),
    "more channels": (
        "%x = Placeholder() {shape: shape[?, 7, 6, 1]}\n%n = int32[4, 2]{0, 0, 0, 0, 0, 0, 0, 1}\n"
        + FILTER
        + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w)",
        "not only zeros",
    ),
    "more images": (
        IMAGE + "%n = int32[4, 2]{0, 1, 0, 0, 0, 0, 0, 0}\n" + FILTER + "%p = Pad(%x, %n)\n%y = Conv2D(%p, %w)",
        None,
    ),
    "widths that are computed": (
        IMAGE + FILTER + "%n = Placeholder() {shape: shape[4, 2], dtype: int32}\n%p = Pad(%x, %n)\n%y = Conv2D(%p, %w)",
        "not only zeros",
    ),
    "a pool": (
        IMAGE + ONES + "%p = Pad(%x, %n)\n"
        '%y = MaxPool(%p) {ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1], padding: "VALID", data_format: "NHWC"}',
        None,
    ),
    "channels first": (
        IMAGE + "%w = float32[3, 3, 9, 4]\n" + ONES + '%p = Pad(%x, %n)\n%y = Conv2D(%p, %w) {data_format: "NCHW"}',
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


IN_TFJS = PADDED | {
    name: STAYS[name][0] for name in ("other numbers", "mirrored", "in front of padding", "more images")
}
