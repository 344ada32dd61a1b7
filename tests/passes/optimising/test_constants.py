"""Constants in a row are joined, and what is left over gets a filter of its own: constants, leftovers."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import constants, leftovers
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (constants.PASS, leftovers.PASS)
IMAGE = "%x = Placeholder() {shape: shape[?, 3, 3, 4]}\n"
ROWS = "%x = Placeholder() {shape: shape[?, 4]}\n"


def test_factors_and_constants_added() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 2]}
    %a = float32[]{2.0}
    %b = float32[2]{1.0, -1.0}
    %c = float32[]{0.5}
    %p = Mul(%x, %a)
    %q = AddV2(%b, %p)
    %y = Mul(%q, %c)
    """
    assert optimised(before, constants.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 2]}
    %y/Const = float32[]{1.0}
    %y/Const_1 = float32[2]{0.5, -0.5}
    %y/Mul = Mul(%x, %y/Const)
    %y = AddV2(%y/Mul, %y/Const_1)
    """)


def test_one_batch_normalisation() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 2]}
    %a = float32[2]{2.0, 3.0}
    %b = float32[]{1.0}
    %p = Mul(%x, %a)
    %y = Sub(%b, %p)
    """
    assert optimised(before, leftovers.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 2]}
    %y/Const = float32[2]{-2.0, -3.0}
    %y/Const_1 = float32[2]{1.0, 1.0}
    %y/Const_2 = float32[2]{0.0, 0.0}
    %y/Const_3 = float32[2]{0.5, 0.5}
    %y = FusedBatchNormV3(%x, %y/Const, %y/Const_1, %y/Const_2, %y/Const_3) {data_format: "NHWC", epsilon: 0.5}
    """)


JOINED = {
    "sums": (ROWS + "%a = float32[4]\n%b = float32[]\n%p = AddV2(%x, %a)\n%y = Sub(%p, %b)", ["AddV2"]),
    "factors": (ROWS + "%a = float32[4]\n%b = float32[1, 4]\n%p = RealDiv(%x, %a)\n%y = Mul(%b, %p)", ["Mul"]),
    "signs": (ROWS + "%a = float32[4]\n%n = Neg(%x)\n%y = Mul(%n, %a)", ["Mul"]),
    "batch norms": (
        ROWS
        + "%g = float32[4]\n%o = float32[4]\n%m = float32[4]\n%v = positive[4]\n"
        + "%a = FusedBatchNormV3(%x, %g, %o, %m, %v)\n%y = FusedBatchNorm(%a, %m, %o, %g, %v)",
        ["FusedBatchNormV3"],
    ),
    "more of the same": (
        "%x = Placeholder() {shape: shape[?, 3, 4]}\n%a = float32[3, 4]\n%b = float32[3, 1]\n"
        "%p = AddV2(%x, %a)\n%y = AddV2(%b, %p)",
        ["AddV2"],
    ),
    "a factor and a constant added": (
        ROWS + "%a = float32[4]\n%b = float32[4]\n%p = Mul(%x, %a)\n%y = AddV2(%p, %b)",
        ["FusedBatchNormV3"],
    ),
    "numbers": (ROWS + "%a = float32[]\n%b = float32[]\n%p = Mul(%x, %a)\n%y = Sub(%p, %b)", ["FusedBatchNormV3"]),
    "an image": (
        IMAGE + "%a = float32[4]\n%b = float32[1, 1, 4]\n%p = Mul(%x, %a)\n%y = AddV2(%p, %b)",
        ["DepthwiseConv2dNative", "BiasAdd"],
    ),
    "a sequence": (
        "%x = Placeholder() {shape: shape[?, 3, 4]}\n%a = float32[4]\n%b = float32[]\n"
        "%p = Mul(%x, %a)\n%y = AddV2(%p, %b)",
        ["DepthwiseConv2dNative", "BiasAdd"],
    ),
    "a number before an activation": (
        IMAGE + "%a = float32[]{3.0}\n%p = AddV2(%x, %a)\n%y = Relu6(%p)",
        ["DepthwiseConv2dNative", "BiasAdd", "Relu6"],
    ),
    "a factor before an activation": (
        IMAGE + "%a = float32[4]\n%p = Mul(%x, %a)\n%y = Elu(%p)",
        ["DepthwiseConv2dNative", "Elu"],
    ),
    "batch normalisation of an image": (
        IMAGE + "%g = float32[4]\n%o = float32[4]\n%m = float32[4]\n%v = positive[4]\n"
        "%p = FusedBatchNormV3(%x, %g, %o, %m, %v)\n%y = Relu(%p)",
        ["DepthwiseConv2dNative", "BiasAdd", "Relu"],
    ),
    "many axes": (
        "%x = Placeholder() {shape: shape[?, 2, 2, 2, 4]}\n"
        "%a = float32[4]\n%b = float32[1, 1, 4]\n%p = Mul(%x, %a)\n%y = AddV2(%p, %b)",
        ["FusedBatchNormV3"],
    ),
}


@pytest.mark.parametrize(("text", "left"), JOINED.values(), ids=JOINED)
def test_what_is_left(text: str, left: list[str]) -> None:
    assert ops(text, *PASSES) == left


STAYS = {
    "a constant added to an image": (IMAGE + "%a = float32[4]\n%y = AddV2(%x, %a)", None),
    "an activation that does not fuse": (IMAGE + "%a = float32[4]\n%p = AddV2(%x, %a)\n%y = Tanh(%p)", None),
    "an activation and something else": (
        IMAGE + "%a = float32[4]\n%p = AddV2(%x, %a)\n%r = Relu(%p)\n%y = AddV2(%p, %r)",
        None,
    ),
    "rounding on purpose": (
        ROWS + "%a = float32[]{12582912.0}\n%p = AddV2(%x, %a)\n%y = Sub(%p, %a)",
        "so large that adding it rounds",
    ),
    "zero": (ROWS + "%a = float32[]{0.0}\n%b = float32[]{2.0}\n%p = Mul(%x, %a)\n%y = Mul(%p, %b)", "is zero"),
    "too large together": (
        ROWS + "%a = float32[]{1e30}\n%p = Mul(%x, %a)\n%y = Mul(%p, %a)",
        "not finite",
    ),
    "too small together": (ROWS + "%a = float32[]{1e-30}\n%p = Mul(%x, %a)\n%y = Mul(%p, %a)", "is zero"),
    "read elsewhere": (ROWS + "%a = float32[]\n%p = Mul(%x, %a)\n%q = Mul(%p, %a)\n%y = AddV2(%p, %q)", None),
    "larger together": (
        "%x = Placeholder() {shape: shape[?, 3, 4]}\n%a = float32[3, 1]\n%b = float32[1, 4]\n"
        "%p = AddV2(%x, %a)\n%y = AddV2(%b, %p)",
        None,
    ),
    "more axes": (
        ROWS + "%a = float32[4]\n%b = float32[1, 1, 4]\n%p = Mul(%x, %a)\n%y = AddV2(%p, %b)",
        None,
    ),
    "channels that are not known": (
        "%x = Placeholder() {shape: shape[?, ?]}\n%a = float32[]\n%b = float32[]\n%p = Mul(%x, %a)\n%y = AddV2(%p, %b)",
        "not known",
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


IN_TFJS = {name: text for name, (text, _) in JOINED.items()} | {
    name: STAYS[name][0] for name in ("rounding on purpose", "read elsewhere", "larger together", "more axes")
}
