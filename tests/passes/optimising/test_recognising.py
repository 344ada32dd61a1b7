"""Activations, GELU, Softmax and normalisations that are spelled out."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import cheaper, constants
from tensorflowjs.passes.optimising.recognising import activations, gelu, layer_norm, prelu, softmax
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (activations.PASS, prelu.PASS, prelu.LEAKY, gelu.PASS, softmax.PASS, layer_norm.PASS)
ALSO = (cheaper.PASS, constants.PASS)
ROWS = "%x = Placeholder() {shape: shape[?, 4]}\n"
IMAGE = "%x = Placeholder() {shape: shape[?, 3, 3, 4]}\n"
NUMBERS = ROWS + "%zero = float32[]{0.0}\n%six = float32[]{6.0}\n%few = float32[]{0.3}\n%one = float32[]{1.0}\n"
ALPHA = "%a = float32[1, 1, 4]\n%p = Relu(%x)\n%o = Neg(%x)\n%q = Relu(%o)\n"


def test_prelu() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 2, 2]}
    %alpha = float32[1, 2]{-0.25, -0.5}
    %p = Relu(%x)
    %n = Neg(%x)
    %m = Relu(%n)
    %q = Mul(%alpha, %m)
    %y = AddV2(%p, %q)
    """
    assert optimised(before, prelu.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 2, 2]}
    %y/Const = float32[2]{0.25, 0.5}
    %y = Prelu(%x, %y/Const)
    """)


SLOPES = {
    "taken away": IMAGE + ALPHA + "%m = Mul(%q, %a)\n%y = Sub(%p, %m)",
    "the other way round": IMAGE + ALPHA + "%m = Mul(%a, %q)\n%y = AddV2(%m, %p)",
    "negated behind": IMAGE + ALPHA + "%m = Mul(%a, %q)\n%n = Neg(%m)\n%y = AddV2(%n, %p)",
    "negated within": IMAGE + ALPHA + "%n = Neg(%q)\n%m = Mul(%a, %n)\n%y = AddV2(%p, %m)",
    "by a minimum": IMAGE + "%a = float32[4]\n%zero = float32[]{0.0}\n%p = Relu(%x)\n%q = Minimum(%zero, %x)\n"
    "%m = Mul(%a, %q)\n%y = AddV2(%p, %m)",
    "by a distance": IMAGE + "%a = float32[4]\n%half = float32[]{0.5}\n%p = Relu(%x)\n%b = Abs(%x)\n%d = Sub(%x, %b)\n"
    "%m = Mul(%a, %d)\n%h = Mul(%m, %half)\n%y = AddV2(%p, %h)",
    "for each element": IMAGE + ALPHA.replace("1, 1, 4", "3, 3, 4") + "%m = Mul(%a, %q)\n%y = AddV2(%m, %p)",
    "for each row": IMAGE + ALPHA.replace("1, 1, 4", "3, 1, 4") + "%m = Mul(%a, %q)\n%y = AddV2(%m, %p)",
    "one for all": IMAGE + ALPHA.replace("1, 1, 4", "") + "%m = Mul(%a, %q)\n%y = AddV2(%m, %p)",
    "leaky by a maximum": NUMBERS + "%m = Mul(%x, %few)\n%y = Maximum(%m, %x)",
    "leaky by a choice": NUMBERS + "%m = Mul(%few, %x)\n%c = Greater(%x, %zero)\n%y = SelectV2(%c, %x, %m)",
    "leaky by the other choice": NUMBERS + "%m = Mul(%few, %x)\n%c = LessEqual(%zero, %x)\n%y = SelectV2(%c, %x, %m)",
}


@pytest.mark.parametrize("text", SLOPES.values(), ids=SLOPES)
def test_slopes(text: str) -> None:
    assert ops(text, *PASSES) == ["Prelu"]


CHOICE = NUMBERS + "%c = Greater(%x, %zero)\n%e = Exp(%x)\n%m = Sub(%e, %one)\n"
LIMITED = {
    "clip": (NUMBERS + "%y = ClipByValue(%x, %zero, %six)", ["Relu6"]),
    "minimum of relu": (NUMBERS + "%r = Relu(%x)\n%y = Minimum(%six, %r)", ["Relu6"]),
    "minimum of maximum": (NUMBERS + "%r = Maximum(%x, %zero)\n%y = Minimum(%r, %six)", ["Relu6"]),
    "maximum of minimum": (NUMBERS + "%r = Minimum(%x, %six)\n%y = Maximum(%r, %zero)", ["Relu6"]),
    "other limits": (NUMBERS + "%r = Maximum(%x, %few)\n%y = Minimum(%r, %six)", ["ClipByValue"]),
    "maximum": (NUMBERS + "%y = Maximum(%zero, %x)", ["Relu"]),
    "choice": (NUMBERS + "%c = Greater(%x, %zero)\n%y = SelectV2(%c, %x, %zero)", ["Relu"]),
    "elu": (CHOICE + "%y = SelectV2(%c, %x, %m)", ["Elu"]),
    "steeper elu": (CHOICE + "%n = Mul(%few, %m)\n%y = SelectV2(%c, %x, %n)", ["Elu", "Prelu"]),
    "elu of keras": (
        NUMBERS + "%c = Greater(%x, %zero)\n%e = Elu(%x)\n%m = Mul(%few, %e)\n%y = SelectV2(%c, %e, %m)",
        ["Elu", "Prelu"],
    ),
    "softmax": (
        ROWS + "%at = int32[1]{-1}\n%m = Max(%x, %at) {keep_dims: true}\n%d = Sub(%x, %m)\n%e = Exp(%d)\n"
        "%s = Sum(%e, %at) {keep_dims: true}\n%y = RealDiv(%e, %s)",
        ["Softmax"],
    ),
    "softmax without a maximum": (
        ROWS + "%at = int32[]{1}\n%e = Exp(%x)\n%s = Sum(%e, %at) {keep_dims: true}\n%y = RealDiv(%e, %s)",
        ["Softmax"],
    ),
    "log softmax": (
        ROWS + "%at = int32[1]{-1}\n%m = Max(%x, %at) {keep_dims: true}\n%d = Sub(%x, %m)\n%e = Exp(%d)\n"
        "%s = Sum(%e, %at) {keep_dims: true}\n%l = Log(%s)\n%y = Sub(%d, %l)",
        ["LogSoftmax"],
    ),
    "log of softmax": (ROWS + "%s = Softmax(%x)\n%y = Log(%s)", ["LogSoftmax"]),
}


@pytest.mark.parametrize(("text", "left"), LIMITED.values(), ids=LIMITED)
def test_one_activation(text: str, left: list[str]) -> None:
    assert ops(text, *PASSES) == left


def test_selu_by_its_numbers() -> None:
    text = CHOICE + "%a = float32[]{1.6732632423543772}\n%s = float32[]{1.0507009873554805}\n"
    text += "%n = Mul(%a, %m)\n%t = SelectV2(%c, %x, %n)\n%y = Mul(%s, %t)"
    assert ops(text, activations.PASS) == ["Selu"]
    assert ops(text.replace("1.67", "1.68"), activations.PASS) == ["Elu", "LeakyRelu", "Mul"]


GELU = """
%half = float32[]{0.5}
%three = float32[]{3.0}
%little = float32[]{0.044715}
%root = float32[]{0.7978845608}
"""
BY_TANH = (
    NUMBERS + GELU + "%p = Pow(%x, %three)\n%q = Mul(%p, %little)\n%r = AddV2(%x, %q)\n%s = Mul(%r, %root)\n"
    "%t = Tanh(%s)\n%u = AddV2(%t, %one)\n%h = Mul(%half, %x)\n%y = Mul(%h, %u)"
)
BY_ERF = (
    NUMBERS + GELU + "%s = Mul(%x, %root)\n%t = Erf(%s)\n%u = AddV2(%one, %t)\n%h = Mul(%half, %x)\n%y = Mul(%h, %u)"
)
BY_ERFC = (
    NUMBERS + GELU + "%n = Neg(%root)\n%m = float32[]{-0.7071}\n%s = Mul(%x, %m)\n%t = Erf(%s)\n"
    "%u = Sub(%one, %t)\n%h = Mul(%half, %x)\n%y = Mul(%u, %h)"
)
TANH_LEFT = ["Square", "Mul", "AddV2", "Mul", "Sigmoid", "Mul"]
ERF_LEFT = ["Mul", "Erf", "AddV2", "Mul", "Mul"]


def test_gelu() -> None:
    assert ops(BY_TANH, gelu.PASS) == TANH_LEFT
    assert ops(BY_TANH, *PASSES, *ALSO) == TANH_LEFT
    assert ops(BY_ERF, gelu.PASS) == ERF_LEFT
    assert [op for op in ops(BY_ERFC, gelu.PASS) if op != "Neg"] == ERF_LEFT


NORMED = """
%at = int32[1]{-1}
%little = float32[]{0.001}
%mean = Mean(%x, %at) {keep_dims: true}
%v = SquaredDifference(%x, %mean)
%var = Mean(%v, %at) {keep_dims: true}
%w = AddV2(%var, %little)
%r = Rsqrt(%w)
"""
WITH_BOTH = (
    ROWS + NORMED + "%gamma = float32[4]\n%beta = float32[4]\n%f = Mul(%r, %gamma)\n%a = Mul(%x, %f)\n"
    "%b = Mul(%mean, %f)\n%c = Sub(%beta, %b)\n%y = AddV2(%a, %c)"
)
WITH_BETA = (
    ROWS + NORMED + "%beta = float32[4]\n%a = Mul(%x, %r)\n%b = Mul(%mean, %r)\n%c = Sub(%beta, %b)\n%y = AddV2(%a, %c)"
)
OF_KERAS_3 = (
    ROWS + NORMED + "%gamma = float32[4]\n%beta = float32[4]\n%f = Mul(%r, %gamma)\n%n = Neg(%mean)\n"
    "%b = Mul(%n, %f)\n%c = AddV2(%beta, %b)\n%a = Mul(%f, %x)\n%y = AddV2(%a, %c)"
)
WITH_NEITHER = ROWS + NORMED + "%a = Mul(%x, %r)\n%b = Mul(%mean, %r)\n%y = Sub(%a, %b)"
CENTRED = ["Mean", "Sub", "Square", "Mean", "AddV2", "Rsqrt", "Mul"]


def test_layer_norm() -> None:
    assert ops(WITH_BOTH, *PASSES) == [*CENTRED, "Mul", "AddV2"]
    assert ops(WITH_BETA, *PASSES) == [*CENTRED, "AddV2"]
    assert ops(OF_KERAS_3, *PASSES) == [*CENTRED, "Mul", "AddV2"]
    assert ops(WITH_NEITHER, *PASSES) == CENTRED


STAYS = {
    "a slope above one by a maximum": (
        NUMBERS.replace("0.3", "1.3") + "%m = Mul(%x, %few)\n%y = Maximum(%m, %x)",
        None,
    ),
    "a slope with another reader": (NUMBERS + "%m = Mul(%x, %few)\n%n = Maximum(%m, %x)\n%y = AddV2(%n, %m)", None),
    "limits the wrong way round": (NUMBERS + "%y = ClipByValue(%x, %six, %zero)", None),
    "limits with more axes": (ROWS + "%z = float32[1, 1, 1]{0.0}\n%y = Maximum(%x, %z)", None),
    "a limit that is not a number": (ROWS + "%z = float32[]{nan}\n%y = Maximum(%x, %z)", None),
    "a choice by something else": (
        NUMBERS + "%s = Sin(%x)\n%c = Greater(%s, %zero)\n%m = Mul(%x, %few)\n%y = SelectV2(%c, %x, %m)",
        None,
    ),
    "slopes of something else": (
        IMAGE + "%a = float32[4]\n%s = Sin(%x)\n%p = Relu(%s)\n%o = Neg(%x)\n%q = Relu(%o)\n%m = Mul(%a, %q)\n"
        "%y = AddV2(%p, %m)",
        None,
    ),
    "slopes that are not finite": (
        IMAGE + ALPHA.replace("float32[1, 1, 4]", "float32[]{inf}") + "%m = Mul(%a, %q)\n%y = AddV2(%m, %p)",
        "not finite",
    ),
    "slopes with other readers": (IMAGE + ALPHA + "%m = Mul(%a, %q)\n%n = AddV2(%m, %p)\n%y = AddV2(%n, %m)", None),
    "slopes along axes that are not known": (
        "%x = Placeholder() {shape: shape[?, ?, ?, ?]}\n"
        + ALPHA.replace("4]", "2]")
        + "%m = Mul(%a, %q)\n%y = AddV2(%m, %p)",
        "not known for whole axes",
    ),
    "softmax over another axis": (
        ROWS + "%at = int32[1]{0}\n%e = Exp(%x)\n%s = Sum(%e, %at) {keep_dims: true}\n%y = RealDiv(%e, %s)",
        "last axis only",
    ),
    "another exponential": (
        ROWS
        + "%at = int32[1]{1}\n%e = Exp(%x)\n%f = Exp(%x)\n%s = Sum(%f, %at) {keep_dims: true}\n%y = RealDiv(%e, %s)",
        None,
    ),
    "almost GELU": (BY_TANH.replace("%half = float32[]{0.5}", "%half = float32[]{0.4}"), None),
    "GELU with another reader": (BY_TANH + "\n%z = AddV2(%y, %u)", None),
    "a mean of something else": (
        WITH_BETA.replace("%mean = Mean(%x", "%s = Sin(%x)\n%mean = Mean(%s"),
        None,
    ),
    "integers": (
        "%x = Placeholder() {shape: shape[?, 4], dtype: int32}\n%z = int32[]{0}\n%y = Maximum(%x, %z) {T: int32}",
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


_NEVER_RUN = ("integers", "a limit that is not a number", "slopes that are not finite", "limits the wrong way round")
IN_TFJS = (
    SLOPES
    | {name: text for name, (text, _) in LIMITED.items()}
    | {"by tanh": BY_TANH, "by erf": BY_ERF, "by erfc": BY_ERFC, "both": WITH_BOTH, "beta": WITH_BETA}
    | {"keras 3": OF_KERAS_3, "neither": WITH_NEITHER}
    | {name: text for name, (text, _) in STAYS.items() if name not in _NEVER_RUN}
)
