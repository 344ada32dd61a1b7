"""Powers, quotients, roots, sums and differences in cheaper forms."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import cheaper
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (cheaper.PASS,)
ROWS = "%x = Placeholder() {shape: shape[?, 4]}\n"
SURE = ROWS + "%p = Abs(%x)\n%one = float32[]{1.0}\n%z = AddV2(%p, %one)\n"  # above zero


def _power(number: str) -> str:
    return SURE + f"%e = float32[]{{{number}}}\n%y = Pow(%z, %e)"


START = ["Abs", "AddV2"]
CHEAPER = {
    "square": (_power("2.0"), [*START, "Square"]),
    "cube": (_power("3.0"), [*START, "Square", "Mul"]),
    "root": (_power("0.5"), [*START, "Sqrt"]),
    "reciprocal root": (_power("-0.5"), [*START, "Rsqrt"]),
    "reciprocal": (_power("-1.0"), [*START, "Reciprocal"]),
    "product with itself": (ROWS + "%y = Mul(%x, %x)", ["Square"]),
    "reciprocal of a root": (SURE + "%r = Sqrt(%z)\n%y = Reciprocal(%r)", [*START, "Rsqrt"]),
    "one by a root": (SURE + "%r = Sqrt(%z)\n%y = RealDiv(%one, %r)", [*START, "Rsqrt"]),
    "one by": (SURE + "%y = RealDiv(%one, %z)", [*START, "Reciprocal"]),
    "by a root": (SURE + "%r = Sqrt(%z)\n%y = RealDiv(%x, %r)", [*START, "Rsqrt", "Mul"]),
    "by a number": (ROWS + "%n = float32[]{3.0}\n%y = RealDiv(%x, %n)", ["Mul"]),
    "by one for each channel": (ROWS + "%n = float32[1, 4]\n%y = RealDiv(%x, %n)", ["Mul"]),
    "squared difference": (ROWS + "%n = float32[4]\n%d = Sub(%x, %n)\n%y = Square(%d)", ["SquaredDifference"]),
    "sum with the opposite": (ROWS + "%s = Sin(%x)\n%n = Neg(%s)\n%y = AddV2(%n, %x)", ["Sin", "Sub"]),
    "difference from the opposite": (ROWS + "%s = Sin(%x)\n%n = Neg(%s)\n%y = Sub(%x, %n)", ["Sin", "AddV2"]),
    "opposite of a difference": (ROWS + "%s = Sin(%x)\n%d = Sub(%x, %s)\n%y = Neg(%d)", ["Sin", "Sub"]),
    "exponential less one": (ROWS + "%one = float32[]{1.0}\n%e = Exp(%x)\n%y = Sub(%e, %one)", ["Expm1"]),
    "logarithm of one more": (SURE + "%t = AddV2(%one, %z)\n%y = Log(%t)", [*START, "Log1p"]),
    "sum of two": (ROWS + "%s = Sin(%x)\n%y = AddN(%x, %s) {N: 2}", ["Sin", "AddV2"]),
}


@pytest.mark.parametrize(("text", "left"), CHEAPER.values(), ids=CHEAPER)
def test_what_is_left(text: str, left: list[str]) -> None:
    assert ops(text, *PASSES) == left


STAYS = {
    "other powers": (_power("2.5"), None),
    "powers of constants": (SURE + "%e = float32[]{2.0}\n%y = Pow(%e, %z)", None),
    "powers that have more axes": (SURE + "%e = float32[1, 1, 1]{2.0}\n%y = Pow(%z, %e)", None),
    "by zero": (ROWS + "%n = float32[]{0.0}\n%y = RealDiv(%x, %n)", "no reciprocal"),
    "by something tiny": (ROWS + "%n = float32[]{1e-40}\n%y = RealDiv(%x, %n)", "no reciprocal"),
    "by infinity": (ROWS + "%n = float32[]{inf}\n%y = RealDiv(%x, %n)", "no reciprocal"),
    "a root with other readers": (SURE + "%r = Sqrt(%z)\n%q = Reciprocal(%r)\n%y = AddV2(%q, %r)", None),
    "a difference with other readers": (
        ROWS + "%s = Sin(%x)\n%d = Sub(%x, %s)\n%q = Square(%d)\n%y = AddV2(%q, %d)",
        None,
    ),
    "integers": (
        "%x = Placeholder() {shape: shape[?, 4], dtype: int32}\n%y = Mul(%x, %x) {T: int32}",
        None,
    ),
    "three": (ROWS + "%s = Sin(%x)\n%t = Cos(%x)\n%y = AddN(%x, %s, %t) {N: 3}", None),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


_OTHERS = ("integers", "by zero", "by something tiny", "by infinity")
IN_TFJS = {name: text for name, (text, _) in CHEAPER.items()} | {
    name: text for name, (text, _) in STAYS.items() if name not in _OTHERS
}
