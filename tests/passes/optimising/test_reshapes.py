"""Changes of shape in a row."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import reshapes
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 1, 6, 4]}\n"

CHANGED = {
    "two reshapes": ("%a = Reshape(%x, [-1, 24])\n%y = Reshape(%a, [-1, 3, 8])", "y = Reshape(x, [-1, 3, 8])"),
    "back again": ("%a = Reshape(%x, [-1, 24])\n%b = Reshape(%a, [-1, 1, 6, 4])\n%y = Sin(%b)", "y = Sin(x)"),
    "three kinds": (
        "%a = Squeeze(%x) {squeeze_dims: [1]}\n%b = ExpandDims(%a, 3)\n%y = Reshape(%b, [-1, 4])",
        "y = Reshape(x, [-1, 4])",
    ),
    "a squeeze last": (
        "%a = Reshape(%x, [-1, 24, 1])\n%y = Squeeze(%a) {squeeze_dims: [2]}",
        "y = Reshape(x, [-1, 24])",
    ),
    "a size that is computed": (
        "%s = Shape(%z)\n%a = Reshape(%x, [-1, 24])\n%y = Reshape(%a, %s)",
        "y = Reshape(x, Shape(z))",
    ),
    "axes put back": ("%m = Mean(%x, [1, 2])\n%y = Reshape(%m, [-1, 1, 1, 4])", "y = Mean keep_dims=True(x, [1, 2])"),
    "one axis put back": ("%m = Max(%x, [2])\n%y = ExpandDims(%m, 2)", "y = Max keep_dims=True(x, [2])"),
    "axes dropped": (
        "%m = Mean(%x, [1, 2]) {keep_dims: true}\n%y = Squeeze(%m) {squeeze_dims: [1, 2]}",
        "y = Mean(x, [1, 2])",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), CHANGED.values(), ids=CHANGED)
def test_one_is_enough(text: str, wanted: str) -> None:
    inputs = X + "%z = Placeholder() {shape: shape[?, ?, ?]}\n"
    assert optimised(inputs + text, reshapes.PASS) == wanted


def test_what_others_read_stays() -> None:
    text = X + "output a = %a\noutput y = %y\n%a = Reshape(%x, [-1, 24])\n%y = Reshape(%a, [-1, 3, 8])"
    assert optimised(text, reshapes.PASS) == "a = Reshape(x, [-1, 24])\ny = Reshape(x, [-1, 3, 8])"


STAYS = {
    "one alone": "%y = Squeeze(%x) {squeeze_dims: [1]}",
    "axes put elsewhere": "%m = Mean(%x, [1, 2])\n%y = Reshape(%m, [-1, 4, 1, 1])",
    "the mean is read elsewhere": (
        "%m = Mean(%x, [1, 2])\n%e = Reshape(%m, [-1, 1, 1, 4])\n%s = Sin(%m)\n%y = AddV2(%e, %s)"
    ),
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    assert stays(X + text, reshapes.PASS)


def test_not_with_two_unknown_sizes() -> None:
    text = "%x = Placeholder() {shape: shape[?, ?, 4]}\n%a = ExpandDims(%x, 1)\n%y = ExpandDims(%a, 1)"
    assert stays(text, reshapes.PASS)
    assert reasons(text, reshapes.PASS) == {"more than one size of its result is not known"}
