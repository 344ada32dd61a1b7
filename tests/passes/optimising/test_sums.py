"""The sum of two convolutions becomes one: sums."""

from __future__ import annotations

import numpy as np
import pytest

from tensorflowjs.passes.optimising import fusing
from tensorflowjs.passes.optimising.arithmetic import batch_norms, sums
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.simplifying import joining
from tensorflowjs.tensors import ComputedTensor
from tests.passes.optimising.float_graphs import model_of, ops, optimised, reasons, same

PASSES = (sums.PASS,)


def test_filters_are_stacked_and_biases_added() -> None:
    before = """
    %p = Placeholder() {shape: shape[?, 4, 4, 1]}
    %x = Tanh(%p)
    %z = Sin(%p)
    %v = float32[1, 1, 1, 2]{2.0, 3.0}
    %w = float32[1, 1, 1, 2]{5.0, 7.0}
    %d = float32[2]{1.0, -1.0}
    %e = float32[2]{0.5, 4.0}
    %a = Conv2D(%x, %v)
    %b = BiasAdd(%a, %d)
    %c = Conv2D(%z, %w)
    %f = BiasAdd(%c, %e)
    %y = AddV2(%b, %f)
    """
    assert optimised(before, sums.PASS) == same("""
    output y = %y
    %p = Placeholder() {shape: shape[?, 4, 4, 1]}
    %x = Tanh(%p)
    %z = Sin(%p)
    %y/Const = int32[]{3}
    %y/Const_1 = float32[1, 1, 2, 2]{2.0, 3.0, 5.0, 7.0}
    %y/Const_2 = float32[2]{1.5, 3.0}
    %y/ConcatV2 = ConcatV2(%x, %z, %y/Const) {N: 2, Tidx: int32}
    %y/Conv2D = Conv2D(%y/ConcatV2, %y/Const_1)
    %y = BiasAdd(%y/Conv2D, %y/Const_2) {data_format: "NHWC"}
    """)


def test_filters_of_the_same_image_are_added() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, ?, ?, 1]}
    %v = float32[1, 1, 1, 2]{2.0, 3.0}
    %w = float32[1, 1, 1, 2]{5.0, 7.0}
    %a = Conv2D(%x, %v)
    %c = Conv2D(%x, %w)
    %y = Add(%a, %c)
    """
    assert optimised(before, sums.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, ?, ?, 1]}
    %y/Const = float32[1, 1, 1, 2]{7.0, 10.0}
    %y = Conv2D(%x, %y/Const)
    """)


def test_no_filter_is_read() -> None:
    model = model_of(SUMMED["both with a bias"])
    for name in ("v", "w"):
        tensor = model.graph.nodes[name].tensor
        model.graph.nodes[name].attrs["value"] = ComputedTensor("float32", tensor.shape, _not_to_be_read)
    optimise(model, [PASSES], Journal())
    assert [node.op for node in model.graph.nodes.values()].count("Conv2D") == 1


def _not_to_be_read() -> np.ndarray:
    raise AssertionError


IMAGE = "%p = Placeholder() {shape: shape[?, 6, 6, 4]}\n%x = Tanh(%p)\n%z = Sin(%p)\n"
FILTERS = "%v = float32[1, 1, 4, 8]\n%w = float32[1, 1, 4, 8]\n"
BIAS = "%d = float32[8]\n%b = BiasAdd(%a, %d)\n"
CONVS = f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n"

SUMMED = {
    "neither with a bias": CONVS + "%y = AddV2(%a, %c)",
    "one with a bias": CONVS + BIAS + "%y = AddV2(%b, %c)",
    "the other with a bias": CONVS + BIAS + "%y = Add(%c, %b)",
    "both with a bias": CONVS + BIAS + "%e = float32[8]\n%f = BiasAdd(%c, %e)\n%y = AddV2(%b, %f)",
    "padded with nothing": f"{IMAGE}{FILTERS}"
    '%a = Conv2D(%x, %v) {padding: "SAME"}\n'
    '%c = Conv2D(%z, %w) {padding: "EXPLICIT", explicit_paddings: [0, 0, 0, 0, 0, 0, 0, 0]}\n%y = AddV2(%a, %c)',
    "other channels": f"{IMAGE}%k = float32[1, 1, 4, 5]\n%q = Conv2D(%p, %k)\n%r = Relu(%q)\n"
    "%v = float32[1, 1, 5, 8]\n%w = float32[1, 1, 4, 8]\n%a = Conv2D(%r, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
    "dilated, of a single place": f"{IMAGE}{FILTERS}"
    "%a = Conv2D(%x, %v) {dilations: [1, 2, 2, 1]}\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
    "the same image": f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v)\n{BIAS}%c = Conv2D(%x, %w)\n%y = AddV2(%b, %c)",
    "the same filter": f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %v)\n%y = AddV2(%a, %c)",
    "the same filter of the same image": f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v)\n%c = Conv2D(%x, %v)\n"
    "%y = AddV2(%a, %c)",
    "of any size, of many channels": IMAGE.replace("6, 6", "?, ?") + "%v = float32[1, 1, 4, 128]\n"
    "%w = float32[1, 1, 4, 128]\n%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
}


@pytest.mark.parametrize("text", SUMMED.values(), ids=SUMMED)
def test_one_convolution_is_left(text: str) -> None:
    before, after = (ops(text, *passes) for passes in ((), PASSES))
    assert after.count("Conv2D") == before.count("Conv2D") - 1
    assert not {"Add", "AddV2"} & {*after}
    assert after.count("BiasAdd") == ("BiasAdd" in before)
    assert ("ConcatV2" in after) == ("same image" not in _name(text))


def _name(text: str) -> str:
    return next(name for name, each in SUMMED.items() if each == text)


THREE = CONVS + BIAS + "%s = AddV2(%b, %c)\n%u = float32[1, 1, 4, 8]\n%q = Conv2D(%p, %u)\n%y = AddV2(%q, %s)"


def test_three_convolutions_become_one_of_one_image() -> None:
    found = ops(THREE, *PASSES, joining.PASS)
    assert sorted(found) == ["BiasAdd", "ConcatV2", "Conv2D", "Sin", "Tanh"]


NORMALISED = (
    CONVS + BIAS + "%s = AddV2(%b, %c)\n%g = float32[8]\n%o = float32[8]\n%m = float32[8]\n%n = positive[8]\n"
    "%t = FusedBatchNormV3(%s, %g, %o, %m, %n)\n%y = Relu(%t)"
)


def test_what_follows_the_sum_goes_into_the_filter() -> None:
    passes = (*PASSES, batch_norms.PASS, fusing.BIASES, fusing.ACTIVATIONS)
    model = model_of(NORMALISED)
    optimise(model, [passes[:2], passes[2:]], Journal())
    left = [node.op for node in model.graph.in_order() if node.op not in ("Const", "Placeholder")]
    assert left == ["Tanh", "Sin", "ConcatV2", "_FusedConv2D"]


TWO = "%x = Placeholder() {shape: shape[?, 6, 6, 4]}\n%z = Placeholder() {shape: shape[?, 6, 6, 4]}\n"
UNKNOWN = "the sizes of the two are not known to be the same"
STAYS = {
    "a residual": (f"{IMAGE}%v = float32[1, 1, 4, 4]\n%a = Conv2D(%x, %v)\n%y = AddV2(%a, %p)", None),
    "an activation between": (CONVS + "%r = Relu(%a)\n%y = AddV2(%r, %c)", None),
    "twice the same": (f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v)\n%y = AddV2(%a, %a)", None),
    "with its own bias": (f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v)\n{BIAS}%y = AddV2(%a, %b)", None),
    "read elsewhere": (f"output y = %y\noutput q = %q\n{CONVS}%q = Tanh(%a)\n%y = AddV2(%a, %c)", None),
    "read elsewhere, with its bias": (
        f"output y = %y\noutput q = %q\n{CONVS}{BIAS}%q = Tanh(%b)\n%y = AddV2(%b, %c)",
        None,
    ),
    "read elsewhere, without its bias": (
        f"output y = %y\noutput q = %q\n{CONVS}{BIAS}%q = Tanh(%a)\n%y = AddV2(%b, %c)",
        None,
    ),
    "an output itself": (f"output a = %a\noutput y = %y\n{CONVS}%y = AddV2(%a, %c)", None),
    "windows": (
        f"{IMAGE}%v = float32[3, 3, 4, 8]\n%w = float32[1, 1, 4, 8]\n"
        '%a = Conv2D(%x, %v) {padding: "SAME"}\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)',
        None,
    ),
    "strides": (
        f"{IMAGE}{FILTERS}%a = Conv2D(%x, %v) {{strides: [1, 2, 2, 1]}}\n"
        "%c = Conv2D(%z, %w) {strides: [1, 2, 2, 1]}\n%y = AddV2(%a, %c)",
        None,
    ),
    "padded": (
        f"{IMAGE}{FILTERS}"
        '%a = Conv2D(%x, %v) {padding: "EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]}\n'
        '%c = Conv2D(%z, %w) {padding: "EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]}\n%y = AddV2(%a, %c)',
        None,
    ),
    "for each channel": (
        f"{IMAGE}%v = float32[1, 1, 4, 2]\n%w = float32[1, 1, 4, 2]\n"
        "%a = DepthwiseConv2dNative(%x, %v)\n%c = DepthwiseConv2dNative(%z, %w)\n%y = AddV2(%a, %c)",
        None,
    ),
    "channels first": (
        f"{IMAGE}%v = float32[1, 1, 6, 8]\n%w = float32[1, 1, 6, 8]\n"
        '%a = Conv2D(%x, %v) {data_format: "NCHW"}\n%c = Conv2D(%z, %w) {data_format: "NCHW"}\n%y = AddV2(%a, %c)',
        None,
    ),
    "groups of channels": (
        f"{IMAGE}%v = float32[1, 1, 2, 8]\n%w = float32[1, 1, 4, 8]\n"
        "%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
        None,
    ),
    "a filter that is computed": (
        f"{IMAGE}%w = float32[1, 1, 4, 8]\n%v = Placeholder() {{shape: shape[1, 1, 4, 8]}}\n"
        "%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
        None,
    ),
    "one channel for all": (
        f"{IMAGE}%v = float32[1, 1, 4, 8]\n%w = float32[1, 1, 4, 1]\n"
        "%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
        None,
    ),
    "one place for all": (
        f"{IMAGE}{FILTERS}%at = int32[2]{{1, 2}}\n%m = Mean(%z, %at) {{keep_dims: true}}\n"
        "%a = Conv2D(%x, %v)\n%c = Conv2D(%m, %w)\n%y = AddV2(%a, %c)",
        UNKNOWN,
    ),
    "perhaps one image for all": (
        f"{TWO}{FILTERS}%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
        UNKNOWN,
    ),
    "large, of few channels": (
        CONVS.replace("6, 6", "20, 20") + "%y = AddV2(%a, %c)",
        "ConcatV2 would take longer than the sum of so few channels",
    ),
    "of any size, of few channels": (
        CONVS.replace("6, 6", "?, ?") + "%y = AddV2(%a, %c)",
        "ConcatV2 would take longer than the sum of so few channels",
    ),
    "of very many channels": (
        "%p = Placeholder() {shape: shape[?, 2, 2, 260]}\n%x = Tanh(%p)\n%z = Sin(%p)\n"
        "%v = float32[1, 1, 260, 1]\n%w = float32[1, 1, 260, 1]\n"
        "%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%y = AddV2(%a, %c)",
        "too many channels would come in",
    ),
    "a large filter with two readers": (
        "output y = %y\noutput u = %u\n%p = Placeholder() {shape: shape[?, 2, 2, 40]}\n%x = Tanh(%p)\n%z = Sin(%p)\n"
        "%v = float32[1, 1, 40, 200]\n%w = float32[1, 1, 40, 200]\n"
        "%a = Conv2D(%x, %v)\n%c = Conv2D(%z, %w)\n%u = Conv2D(%p, %w)\n%y = AddV2(%a, %c)",
        "the filter is shared with other nodes",
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or reason in found, found


_NOT_IN_TFJS = {"channels first", "groups of channels", "a filter that is computed"}
IN_TFJS = SUMMED | {"three": THREE, "normalised": NORMALISED}
IN_TFJS |= {name: text for name, (text, _) in STAYS.items() if name not in _NOT_IN_TFJS}
