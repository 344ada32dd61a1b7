"""Constants behind convolutions and matrix products go into filters and biases: batch_norms, factors and biases."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import batch_norms, biases, factors
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (batch_norms.PASS, factors.PASS, biases.PASS)


def test_a_factor_goes_into_a_filter_and_its_bias() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 4, 4, 1]}
    %w = float32[1, 1, 1, 2]{2.0, 3.0}
    %b = float32[2]{1.0, -1.0}
    %s = float32[2]{0.5, 4.0}
    %c = Conv2D(%x, %w)
    %a = BiasAdd(%c, %b)
    %y = Mul(%s, %a)
    """
    assert optimised(before, factors.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 4, 1]}
    %y/Const = float32[1, 1, 1, 2]{1.0, 12.0}
    %y/Const_1 = float32[2]{0.5, -4.0}
    %y/Conv2D = Conv2D(%x, %y/Const)
    %y = BiasAdd(%y/Conv2D, %y/Const_1) {data_format: "NHWC"}
    """)


def test_a_constant_added_becomes_a_vector() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 4, 4, 1]}
    %w = float32[1, 1, 1, 2]{2.0, 3.0}
    %b = float32[1, 1, 1, 2]{1.0, -1.0}
    %c = Conv2D(%x, %w)
    %y = AddV2(%b, %c)
    """
    assert optimised(before, biases.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 4, 1]}
    %w = float32[1, 1, 1, 2]{2.0, 3.0}
    %y/Const = float32[2]{1.0, -1.0}
    %c = Conv2D(%x, %w)
    %y = BiasAdd(%c, %y/Const) {data_format: "NHWC"}
    """)


def test_batch_normalisation_goes_into_the_filter_of_a_depthwise_convolution() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 4, 4, 2]}
    %w = float32[1, 1, 2, 2]{1.0, 2.0, 3.0, 4.0}
    %gamma = float32[4]{1.0, 2.0, 1.0, 2.0}
    %beta = float32[4]{0.0, 0.0, 1.0, 1.0}
    %mean = float32[4]{1.0, 1.0, 2.0, 2.0}
    %variance = float32[4]{0.75, 3.75, 0.75, 3.75}
    %c = DepthwiseConv2dNative(%x, %w)
    %y = FusedBatchNormV3(%c, %gamma, %beta, %mean, %variance) {epsilon: 0.25}
    """
    assert optimised(before, batch_norms.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 4, 2]}
    %y/Const = float32[1, 1, 2, 2]{1.0, 2.0, 3.0, 4.0}
    %y/Const_1 = float32[4]{-1.0, -1.0, -1.0, -1.0}
    %y/DepthwiseConv2dNative = DepthwiseConv2dNative(%x, %y/Const)
    %y = BiasAdd(%y/DepthwiseConv2dNative, %y/Const_1) {data_format: "NHWC"}
    """)


IMAGE = "%x = Placeholder() {shape: shape[?, 6, 6, 4]}\n"
NORM = """
%g = float32[8]
%o = float32[8]
%m = float32[8]
%v = positive[8]
"""
CONV = f"{IMAGE}%w = float32[3, 3, 4, 8]\n%c = Conv2D(%x, %w)\n"

FOLDED = {
    "conv2d, batch norm": CONV + NORM + "%y = FusedBatchNorm(%c, %g, %o, %m, %v) {epsilon: 0.01}",
    "batch norm of version 2": CONV + NORM + "%y = FusedBatchNormV2(%c, %g, %o, %m, %v)",
    "conv2d, bias, batch norm": CONV
    + NORM
    + "%b = float32[8]\n%a = AddV2(%c, %b)\n%y = FusedBatchNormV3(%a, %g, %o, %m, %v)",
    "strided and padded": IMAGE
    + NORM
    + "%w = float32[3, 3, 4, 8]\n"
    + '%c = Conv2D(%x, %w) {strides: [1, 2, 2, 1], padding: "SAME"}\n%y = FusedBatchNormV3(%c, %g, %o, %m, %v)',
    "dilated": IMAGE
    + NORM
    + "%w = float32[3, 3, 4, 8]\n"
    + "%c = Conv2D(%x, %w) {dilations: [1, 2, 2, 1]}\n%y = FusedBatchNormV3(%c, %g, %o, %m, %v)",
    "depthwise with a multiplier": IMAGE
    + NORM
    + '%w = float32[3, 3, 4, 2]\n%c = DepthwiseConv2dNative(%x, %w) {padding: "SAME"}\n'
    + "%y = FusedBatchNormV3(%c, %g, %o, %m, %v)",
    "transposed": IMAGE
    + NORM
    + "%w = float32[3, 3, 8, 4]\n%to = int32[4]{2, 13, 13, 8}\n"
    + "%c = Conv2DBackpropInput(%to, %w, %x) {strides: [1, 2, 2, 1]}\n%y = FusedBatchNormV3(%c, %g, %o, %m, %v)",
    "of 3 dimensions": "%x = Placeholder() {shape: shape[?, 4, 4, 4, 2]}\n"
    '%w = float32[2, 2, 2, 2, 3]\n%c = Conv3D(%x, %w) {data_format: "NDHWC"}\n'
    "%s = float32[1, 1, 1, 1, 3]\n%a = Mul(%c, %s)\n%b = float32[3]\n%y = Sub(%a, %b)",
    "matrix product": "%x = Placeholder() {shape: shape[?, 5]}\n%w = float32[5, 8]\n"
    "%c = MatMul(%x, %w)\n%s = float32[8]\n%b = float32[1, 8]\n%a = RealDiv(%c, %s)\n%y = Sub(%b, %a)",
    "transposed matrix": "%x = Placeholder() {shape: shape[?, 5]}\n%w = float32[8, 5]\n"
    "%c = MatMul(%x, %w) {transpose_b: true}\n%s = float32[8]\n%y = Mul(%c, %s)",
    "stack of matrices": "%x = Placeholder() {shape: shape[?, 3, 5]}\n%w = float32[5, 8]\n"
    "%c = BatchMatMulV2(%x, %w)\n%s = float32[8]\n%b = float32[8]\n%a = Mul(%c, %s)\n%y = AddV2(%a, %b)",
    "convolution over time": "%x = Placeholder() {shape: shape[?, 9, 4]}\n%at = int32[]{1}\n%w = float32[1, 3, 4, 8]\n"
    + "%e = ExpandDims(%x, %at)\n%c = Conv2D(%e, %w)\n%q = Squeeze(%c) {squeeze_dims: [1]}\n"
    + "%s = float32[8]\n%a = Mul(%q, %s)\n%b = float32[1, 1, 8]\n%y = AddV2(%a, %b)",
    "averaged": CONV + "%at = int32[2]{1, 2}\n%m = Mean(%c, %at)\n%s = float32[8]\n%y = Mul(%m, %s)",
    "numbers": CONV
    + "%s = float32[]{-0.7}\n%a = Mul(%c, %s)\n%b = float32[1, 1, 1, 1]\n%n = Neg(%a)\n%y = AddV2(%n, %b)",
}


@pytest.mark.parametrize("text", FOLDED.values(), ids=FOLDED)
def test_nothing_is_left_but_the_filter_and_the_bias(text: str) -> None:
    linear = ("Conv2D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "Conv3D", "MatMul", "BatchMatMulV2")
    left = [op for op in ops(text, *PASSES) if op not in ("ExpandDims", "Squeeze", "Mean")]
    assert left[0] in linear
    assert left[1:] in ([], ["BiasAdd"])


SHARED = f"{IMAGE}%w = float32[3, 3, 4, 256]\n%s = float32[256]\n"
STAYS = {
    "read elsewhere": (CONV + "%s = float32[8]\n%a = Mul(%c, %s)\n%y = AddV2(%a, %c)", "something else reads"),
    "an output itself": ("output a = %c\noutput b = %y\n" + CONV + "%s = float32[8]\n%y = Mul(%c, %s)", "something"),
    "a zero": (CONV + "%s = float32[8]{1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0}\n%y = Mul(%c, %s)", "is zero"),
    "division by zero": (CONV + "%s = float32[]{0.0}\n%y = RealDiv(%c, %s)", "not finite"),
    "not finite": (CONV + "%s = float32[]{inf}\n%y = Mul(%c, %s)", "not finite"),
    "not a number": (CONV + "%s = float32[]{nan}\n%y = Mul(%c, %s)", "not finite"),
    "variance below zero": (
        CONV + NORM.replace("%v = positive[8]", "%v = float32[8]") + "%y = FusedBatchNormV3(%c, %g, %o, %m, %v)",
        "not finite",
    ),
    "a large filter with two readers": (
        SHARED + "%c = Conv2D(%x, %w)\n%d = Conv2D(%x, %w)\n%a = Mul(%c, %s)\n%y = AddV2(%a, %d)",
        "shared",
    ),
    "a residual": (CONV + "%d = Conv2D(%x, %w)\n%y = AddV2(%c, %d)", None),
    "along another axis": (CONV + "%s = float32[4, 1]\n%y = Mul(%c, %s)", None),
    "more axes": (
        "%x = Placeholder() {shape: shape[4, 5]}\n%w = float32[5, 8]\n%c = MatMul(%x, %w)\n"
        "%s = float32[1, 1, 8]\n%y = Mul(%c, %s)",
        None,
    ),
    "more channels than there were": (
        f"{IMAGE}%w = float32[3, 3, 4, 1]\n%c = Conv2D(%x, %w)\n%s = float32[8]\n%y = Mul(%c, %s)",
        None,
    ),
    "divided by the convolution": (CONV + "%s = float32[8]\n%y = RealDiv(%s, %c)", None),
    "a filter that is computed": (
        f"{IMAGE}%w = Placeholder() {{shape: shape[3, 3, 4, 8]}}\n"
        "%c = Conv2D(%x, %w)\n%s = float32[8]\n%y = Mul(%c, %s)",
        None,
    ),
    "channels that move": (
        CONV + "%to = int32[2]{-1, 64}\n%r = Reshape(%c, %to)\n%s = float32[64]\n%y = Mul(%r, %s)",
        None,
    ),
    "in training": (
        CONV + NORM + "%y = FusedBatchNormV3(%c, %g, %o, %m, %v) {is_training: true}",
        None,
    ),
    "channels first": (
        f"{IMAGE}%w = float32[3, 3, 6, 8]\n"
        '%c = Conv2D(%x, %w) {data_format: "NCHW"}\n%s = float32[2]\n%y = Mul(%c, %s)',
        None,
    ),
    "integers": (
        "%x = Placeholder() {shape: shape[?, 3], dtype: int32}\n%w = int32[3, 1]{1, 2, 3}\n%s = int32[]{2}\n"
        "%c = MatMul(%x, %w) {T: int32}\n%y = Mul(%c, %s) {T: int32}",
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


def test_a_small_filter_with_two_readers_is_doubled() -> None:
    text = CONV + "%d = Conv2D(%x, %w)\n%s = float32[8]\n%a = Mul(%c, %s)\n%y = AddV2(%a, %d)"
    assert ops(text, *PASSES) == ["Conv2D", "Conv2D", "AddV2"]


IN_TFJS = FOLDED | {
    name: text for name, (text, _) in STAYS.items() if name in ("read elsewhere", "a zero", "a residual")
}
