"""Constants in front of convolutions and matrix products go into their filters: leading, hidden_factors, turned."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import hidden_factors, leading, turned
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (leading.PASS, hidden_factors.PASS, turned.PASS)
IMAGE = "%x = Placeholder() {shape: shape[?, 6, 6, 4]}\n"
ROWS = "%x = Placeholder() {shape: shape[?, 4]}\n"
FILTER = "%w = float32[3, 3, 4, 8]\n"
NORM = """
%g = float32[4]
%o = float32[4]
%m = float32[4]
%v = positive[4]
%a = FusedBatchNormV3(%x, %g, %o, %m, %v) {epsilon: 0.01}
"""


def test_batch_normalisation_before_a_convolution_without_padding() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 4, 4, 2]}
    %w = float32[1, 1, 2, 1]{2.0, 3.0}
    %s = float32[1, 1, 1, 2]{4.0, 0.5}
    %a = Mul(%x, %s)
    %y = Conv2D(%a, %w)
    """
    assert optimised(before, leading.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 4, 2]}
    %y/Const = float32[1, 1, 2, 1]{8.0, 1.5}
    %y = Conv2D(%x, %y/Const)
    """)
    assert optimised(before.replace("Mul(%x, %s)", "Sub(%x, %s)"), leading.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 4, 2]}
    %w = float32[1, 1, 2, 1]{2.0, 3.0}
    %y/Const = float32[1]{-9.5}
    %y/Conv2D = Conv2D(%x, %w)
    %y = BiasAdd(%y/Conv2D, %y/Const) {data_format: "NHWC"}
    """)


def test_a_factor_within_a_product_comes_out() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 2]}
    %z = Placeholder() {shape: shape[?, 2]}
    %w = float32[2, 1]{2.0, 3.0}
    %s = float32[]{0.5}
    %a = Mul(%s, %z)
    %p = Mul(%x, %a)
    %y = MatMul(%p, %w)
    """
    assert optimised(before, hidden_factors.PASS, leading.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 2]}
    %z = Placeholder() {shape: shape[?, 2]}
    %y/Const = float32[2, 1]{1.0, 1.5}
    %p/Mul = Mul(%x, %z)
    %y = MatMul(%p/Mul, %y/Const)
    """)


FOLDED = {
    "batch norm, convolution": IMAGE + FILTER + NORM + "%y = Conv2D(%a, %w)",
    "batch norm, strides": IMAGE + FILTER + NORM + "%y = Conv2D(%a, %w) {strides: [1, 2, 2, 1]}",
    "batch norm, dilations": IMAGE + FILTER + NORM + "%y = Conv2D(%a, %w) {dilations: [1, 2, 2, 1]}",
    "batch norm, depthwise": IMAGE + NORM + "%w = float32[3, 3, 4, 2]\n%y = DepthwiseConv2dNative(%a, %w)",
    "factor, padded": IMAGE + FILTER + '%s = float32[4]\n%a = Mul(%x, %s)\n%y = Conv2D(%a, %w) {padding: "SAME"}',
    "factor, pad": IMAGE
    + FILTER
    + "%n = int32[4, 2]{0, 0, 1, 2, 1, 0, 0, 0}\n%s = float32[1, 1, 1, 4]\n"
    + "%a = RealDiv(%x, %s)\n%p = Pad(%a, %n)\n%y = Conv2D(%p, %w)",
    "factor, transposed": IMAGE
    + "%w = float32[3, 3, 8, 4]\n%to = int32[4]{2, 8, 8, 8}\n%s = float32[4]\n%a = Mul(%s, %x)\n"
    + "%y = Conv2DBackpropInput(%to, %w, %a)",
    "of 3 dimensions": "%x = Placeholder() {shape: shape[?, 4, 4, 4, 2]}\n%w = float32[2, 2, 2, 2, 3]\n"
    '%s = float32[2]\n%a = AddV2(%x, %s)\n%y = Conv3D(%a, %w) {data_format: "NDHWC"}',
    "matrix": ROWS + NORM + "%w = float32[4, 5]\n%y = MatMul(%a, %w)",
    "transposed matrix": ROWS + NORM + "%w = float32[5, 4]\n%y = MatMul(%a, %w) {transpose_b: true}",
    "flattened": IMAGE + NORM + "%to = int32[2]{-1, 144}\n%r = Reshape(%a, %to)\n%w = float32[144, 5]\n"
    "%y = MatMul(%r, %w)",
    "averaged": IMAGE + NORM + "%at = int32[2]{1, 2}\n%r = Mean(%a, %at)\n%w = float32[4, 5]\n%y = MatMul(%r, %w)",
    "pooled": IMAGE
    + FILTER
    + NORM
    + "%p = AvgPool(%a) {ksize: [1, 2, 2, 1], strides: [1, 1, 1, 1], "
    + 'padding: "VALID", data_format: "NHWC"}\n%y = Conv2D(%p, %w)',
    "several readers of another shape": "output y = %y\noutput z = %z\n"
    + IMAGE
    + NORM
    + "%to = int32[2]{-1, 4}\n%r = Reshape(%a, %to)\n"
    + "%w = float32[4, 5]\n%y = MatMul(%r, %w)\n%u = float32[4, 6]\n%z = MatMul(%r, %u)",
    "a number taken away": ROWS + "%s = float32[]{0.3}\n%a = Sub(%s, %x)\n%w = float32[4, 5]\n%y = MatMul(%a, %w)",
    "several readers": "output y = %y\noutput z = %z\n"
    + ROWS
    + NORM
    + "%w = float32[4, 5]\n%y = MatMul(%a, %w)\n%u = float32[4, 6]\n%z = MatMul(%a, %u)",
    "factor for each channel within a product": IMAGE
    + "%z = Placeholder() {shape: shape[?, 1, 1, 4]}\n%s = float32[4]\n%b = Mul(%z, %s)\n%a = Mul(%x, %b)\n"
    + FILTER
    + '%y = Conv2D(%a, %w) {padding: "SAME"}',
}


@pytest.mark.parametrize("text", FOLDED.values(), ids=FOLDED)
def test_nothing_is_left_in_front(text: str) -> None:
    left = ops(text, *PASSES)
    assert not {"FusedBatchNormV3", "AddV2", "Sub", "RealDiv"} & set(left)
    assert left.count("Mul") == text.count("%z = Placeholder")


SQUEEZED = (
    IMAGE
    + "%c = float32[]{0.3}\n%s = Sin(%x)\n%b = Mul(%s, %c)\n%a = Mul(%x, %b)\n"
    + '%m = AvgPool(%a) {ksize: [1, 6, 6, 1], strides: [1, 1, 1, 1], padding: "VALID", data_format: "NHWC"}\n'
    + "%u = float32[1, 1, 4, 4]\n%f = Conv2D(%m, %u)\n%e = Sigmoid(%f)\n%g = Mul(%a, %e)\n"
    + FILTER
    + "%y = Conv2D(%g, %w)"
)


def test_a_factor_goes_into_two_filters() -> None:
    assert ops(SQUEEZED, *PASSES) == ["Sin", "Mul", "AvgPool", "Conv2D", "Sigmoid", "Mul", "Conv2D"]


STAYS = {
    "a factor of which one reader has no filter": (SQUEEZED.replace("%f = Conv2D(%m, %u)", "%f = Tanh(%m)"), None),
    "averaged over channels": (
        "%x = Placeholder() {shape: shape[?, 4, 4]}\n" + NORM + "%at = int32[1]{2}\n%r = Mean(%a, %at)\n"
        "%w = float32[4, 5]\n%y = MatMul(%r, %w)",
        None,
    ),
    "another shape with other readers": (
        IMAGE
        + NORM
        + "%to = int32[2]{-1, 4}\n%r = Reshape(%a, %to)\n%w = float32[4, 4]\n%q = MatMul(%r, %w)\n%y = AddV2(%q, %r)",
        None,
    ),
    "a shift before padding": (
        IMAGE + FILTER + NORM + '%y = Conv2D(%a, %w) {padding: "SAME"}',
        "padding comes between",
    ),
    "a shift before explicit padding": (
        IMAGE
        + FILTER
        + NORM
        + '%y = Conv2D(%a, %w) {padding: "EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]}',
        "padding comes between",
    ),
    "a shift before a pad": (
        IMAGE + FILTER + NORM + "%n = int32[4, 2]{0, 0, 1, 1, 1, 1, 0, 0}\n%p = Pad(%a, %n)\n%y = Conv2D(%p, %w)",
        "padding comes between",
    ),
    "a shift before a transposed convolution": (
        IMAGE + NORM + "%w = float32[3, 3, 8, 4]\n%to = int32[4]{2, 8, 8, 8}\n%y = Conv2DBackpropInput(%to, %w, %a)",
        "padding comes between",
    ),
    "read elsewhere": (
        ROWS + NORM + "%w = float32[4, 4]\n%p = MatMul(%a, %w)\n%y = AddV2(%p, %a)",
        "something else reads",
    ),
    "an output": (
        "output a = %a\noutput y = %y\n" + ROWS + NORM + "%w = float32[4, 5]\n%y = MatMul(%a, %w)",
        "something else reads",
    ),
    "not finite": (
        ROWS + "%s = float32[]{inf}\n%a = Mul(%x, %s)\n%w = float32[4, 5]\n%y = MatMul(%a, %w)",
        "not finite",
    ),
    "zero": (ROWS + "%s = float32[]{0.0}\n%a = Mul(%x, %s)\n%w = float32[4, 5]\n%y = MatMul(%a, %w)", "zero"),
    "rows that are channels no more": (
        ROWS.replace("?", "4") + NORM + "%w = float32[4, 5]\n%y = MatMul(%a, %w) {transpose_a: true}",
        None,
    ),
    "a pad with other numbers": (
        IMAGE
        + FILTER
        + "%n = int32[4, 2]{0, 0, 1, 1, 1, 1, 0, 0}\n%v = float32[]{1.0}\n%s = float32[4]\n"
        + "%a = Mul(%x, %s)\n%p = PadV2(%a, %n, %v)\n%y = Conv2D(%p, %w)",
        None,
    ),
    "factors that are not along channels": (
        IMAGE + FILTER + "%s = float32[6, 1]\n%a = Mul(%x, %s)\n%y = Conv2D(%a, %w)",
        None,
    ),
    "a product with another reader": (
        ROWS
        + "%z = Placeholder() {shape: shape[?, 4]}\n%s = float32[]{0.5}\n%a = Mul(%s, %z)\n%p = Mul(%x, %a)\n"
        + "%w = float32[4, 4]\n%m = MatMul(%p, %w)\n%y = AddV2(%m, %p)",
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


IN_TFJS = (
    FOLDED
    | {"squeezed": SQUEEZED}
    | {name: text for name, (text, reason) in STAYS.items() if "finite" not in name and name != "zero"}
)
