"""Biases and activations go into convolutions and matrix products, as far as all backends take them."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising import fusing
from tensorflowjs.passes.optimising.recognising import prelu
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (fusing.BIASES, fusing.ACTIVATIONS)
IMAGE = "%x = Placeholder() {shape: shape[?, 6, 6, 4]}\n"
ROWS = "%x = Placeholder() {shape: shape[?, 4]}\n"
STEMS = {
    "conv2d": IMAGE + '%w = float32[3, 3, 4, 8]\n%c = Conv2D(%x, %w) {strides: [1, 2, 2, 1], padding: "SAME"}\n',
    "dilated": IMAGE + "%w = float32[3, 3, 4, 8]\n%c = Conv2D(%x, %w) {dilations: [1, 2, 2, 1]}\n",
    "depthwise": IMAGE + "%w = float32[3, 3, 4, 2]\n%c = DepthwiseConv2dNative(%x, %w)\n",
    "matmul": ROWS + "%w = float32[4, 8]\n%c = MatMul(%x, %w)\n",
}
BIAS = "%b = float32[8]\n%a = BiasAdd(%c, %b)\n"
ACTIVATIONS = {
    "Relu": "%y = Relu(%a)",
    "Relu6": "%y = Relu6(%a)",
    "Elu": "%y = Elu(%a)",
    "Sigmoid": "%y = Sigmoid(%a)",
    "Prelu": "%s = float32[8]\n%y = Prelu(%a, %s)",
    "LeakyRelu": "%y = LeakyRelu(%a) {alpha: 0.3}",
}


def test_a_convolution_its_bias_and_its_activation() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 4, 4, 1]}
    %w = float32[1, 1, 1, 2]{2.0, 3.0}
    %b = float32[2]{1.0, -1.0}
    %c = Conv2D(%x, %w) {padding: "SAME", data_format: "NHWC"}
    %a = BiasAdd(%c, %b)
    %y = Relu6(%a)
    """
    assert optimised(before, *PASSES) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 4, 1]}
    %w = float32[1, 1, 1, 2]{2.0, 3.0}
    %b = float32[2]{1.0, -1.0}
    %y = _FusedConv2D(%x, %w, %b) {data_format: "NHWC", fused_ops: ["BiasAdd", "Relu6"], num_args: 1, padding: "SAME"}
    """)


def test_shapes_move_behind() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 9, 2]}
    %at = int32[]{1}
    %w = float32[1, 3, 2, 2]
    %b = float32[2]
    %e = ExpandDims(%x, %at)
    %c = Conv2D(%e, %w)
    %q = Squeeze(%c) {squeeze_dims: [1]}
    %a = BiasAdd(%q, %b)
    %y = Relu(%a)
    """
    assert ops(before, *PASSES) == ["ExpandDims", "_FusedConv2D", "Squeeze"]


FUSED = {
    f"{stem} {bias and 'bias'} {activation}": text + bias + what.replace("%a", "%a" if bias else "%c")
    for stem, text in STEMS.items()
    for bias in (BIAS, "")
    for activation, what in {**ACTIVATIONS, "nothing": "%y = Identity(%a)"}.items()
    if bias or activation != "nothing"
}
NOT_FUSED = {
    "depthwise bias LeakyRelu": "no fused FusedDepthwiseConv2dNative has this activation",
    "depthwise  LeakyRelu": "no fused DepthwiseConv2dNative has this activation",
}


@pytest.mark.parametrize("name", FUSED)
def test_all_in_one(name: str) -> None:
    left = [op for op in ops(FUSED[name], *PASSES) if op != "Identity"]
    reason = NOT_FUSED.get(name)
    assert len(left) == (1 if reason is None else 2)
    assert left[0].removeprefix("_").startswith("Fused") == (reason is None or "bias" in name)
    assert reason is None or any(reason in why for why in reasons(FUSED[name], *PASSES))


def test_leaky_relu_becomes_prelu_which_fuses_everywhere() -> None:
    assert ops(FUSED["depthwise bias LeakyRelu"], prelu.LEAKY, *PASSES) == ["FusedDepthwiseConv2dNative"]


CONV, MATMUL = STEMS["conv2d"], STEMS["matmul"]
STAYS = {
    "a residual": (CONV + "%d = Placeholder() {shape: shape[?, 3, 3, 8]}\n%y = AddV2(%c, %d)", None),
    "a bias of rank 4": (CONV + "%b = float32[1, 1, 1, 8]\n%y = AddV2(%c, %b)", None),
    "a scalar bias": (CONV + "%b = float32[1]\n%y = BiasAdd(%c, %b)", "vector of all channels"),
    "a bias that was a matrix": (
        MATMUL
        + "%d = Placeholder() {shape: shape[1, 8]}\n%to = int32[1]{8}\n%b = Reshape(%d, %to)\n%y = BiasAdd(%c, %b)",
        "not a constant",
    ),
    "a bias that was a row": (
        CONV + "%d = Placeholder() {shape: shape[2, 8]}\n%b = Unpack(%d) {axis: 0, num: 2}\n%y = BiasAdd(%c, %b)",
        "not a constant",
    ),
    "read elsewhere": (CONV + BIAS + "%y = AddV2(%a, %c)", "something else reads"),
    "an output": ("output a = %c\noutput y = %y\n" + CONV + "%y = Relu(%c)", "something else reads"),
    "another activation": (CONV + "%y = Tanh(%c)", None),
    "slopes for each element": (CONV + "%s = float32[3, 3, 8]\n%y = Prelu(%c, %s)", "not a vector"),
    "channels first": (
        IMAGE + '%w = float32[3, 3, 6, 8]\n%c = Conv2D(%x, %w) {data_format: "NCHW"}\n%y = Relu(%c)',
        None,
    ),
    "a bias for a transposed product": (
        ROWS + "%w = float32[8, 4]\n%c = MatMul(%x, %w) {transpose_b: true}\n" + BIAS.replace("%a", "%y"),
        "none of them transposed",
    ),
    "a bias for a stack of products": (
        "%x = Placeholder() {shape: shape[?, 3, 4]}\n%w = float32[4, 8]\n%c = BatchMatMulV2(%x, %w)\n"
        + BIAS.replace("%a", "%y"),
        "none of them transposed",
    ),
    "slopes for a transposed product": (
        ROWS + "%w = float32[8, 4]\n%c = MatMul(%x, %w) {transpose_b: true}\n%s = float32[8]\n%y = Prelu(%c, %s)",
        "takes slopes",
    ),
    "strides and dilations": (
        IMAGE + "%w = float32[3, 3, 4, 8]\n"
        "%c = Conv2D(%x, %w) {strides: [1, 2, 2, 1], dilations: [1, 2, 2, 1]}\n%y = Relu(%c)",
        None,
    ),
    "a transposed convolution": (
        IMAGE
        + "%w = float32[3, 3, 8, 4]\n%to = int32[4]{2, 8, 8, 8}\n%c = Conv2DBackpropInput(%to, %w, %x)\n"
        + "%y = Relu(%c)",
        None,
    ),
    "integers": (
        "%x = Placeholder() {shape: shape[?, 3], dtype: int32}\n%w = int32[3, 1]{1, 2, 3}\n"
        "%c = MatMul(%x, %w) {T: int32}\n%y = Relu(%c) {T: int32}",
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


def test_one_activation_is_enough() -> None:
    text = CONV + BIAS + "%r = Relu(%a)\n%y = Sigmoid(%r)"
    assert ops(text, *PASSES) == ["_FusedConv2D", "Sigmoid"]
    assert "there is an activation already" in reasons(text, *PASSES)


_NEVER_RUN = ("strides and dilations", "channels first", "integers")
IN_TFJS = FUSED | {name: text for name, (text, _) in STAYS.items() if name not in _NEVER_RUN}
