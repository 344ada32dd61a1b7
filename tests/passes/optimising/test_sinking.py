"""Changes of shape before arithmetic."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import reshapes, sinking
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 7, 16]}\n"
M = X + "%f = Reshape(%x, [-1, 16])\n%m = MatMul(%f, float32[16, 8])\n"

SUNK = {
    "an activation": ("%r = Reshape(%m, [-1, 7, 8])\n%y = Relu(%r)", "Reshape(Relu({m}), [-1, 7, 8])"),
    "a bias": (
        "%r = Reshape(%m, [-1, 7, 8])\n%y = BiasAdd(%r, float32[8])",
        "Reshape(BiasAdd({m}, float32[8]), [-1, 7, 8])",
    ),
    "a bias of heads": (
        "%r = Reshape(%m, [-1, 7, 2, 4])\n%y = AddV2(%r, float32[2, 4])",
        "Reshape(AddV2({m}, Reshape(float32[2, 4], [8])), [-1, 7, 2, 4])",
    ),
    "a number": ("%r = Reshape(%m, [-1, 7, 2, 4])\n%y = Mul(0.5, %r)", "Reshape(Mul(0.5, {m}), [-1, 7, 2, 4])"),
    "a swish": (
        "%r = Reshape(%m, [-1, 7, 8])\n%s = Sigmoid(%r)\n%y = Mul(%r, %s)",
        "Reshape(Mul({m}, Sigmoid({m})), [-1, 7, 8])",
    ),
    "two of a kind": (
        "%n = Tanh(%m)\n%r = Reshape(%m, [-1, 7, 8])\n%s = Reshape(%n, [-1, 7, 8])\n%y = Sub(%r, %s)",
        "Reshape(Sub({m}, Tanh({m})), [-1, 7, 8])",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), SUNK.values(), ids=SUNK)
def test_arithmetic_comes_first(text: str, wanted: str) -> None:
    m = "MatMul(Reshape(x, [-1, 16]), float32[16, 8])"
    assert optimised(M + text, sinking.PASS) == "y = " + wanted.format(m=m)


def test_a_convolution_of_sequences() -> None:
    text = X + (
        "%e = ExpandDims(%x, 1)\n%c = Conv2D(%e, float32[1, 3, 16, 4]) "
        '{strides: [1, 1, 1, 1], padding: "SAME"}\n'
        "%s = Squeeze(%c) {squeeze_dims: [1]}\n%b = BiasAdd(%s, float32[4])\n%y = Relu(%b)"
    )
    assert optimised(text, sinking.PASS).startswith("y = Squeeze squeeze_dims=[1](Relu(BiasAdd(Conv2D")


def test_layers_in_a_row_need_no_shapes_between() -> None:
    text = M + "%r = Reshape(%m, [-1, 7, 8])\n%a = Relu(%r)\n%g = Reshape(%a, [-1, 8])\n%y = MatMul(%g, float32[8, 3])"
    assert optimised(text, sinking.PASS, reshapes.PASS).count("Reshape") == 1


STAYS = {
    "other readers": "output r = %r\noutput y = %y\n%r = Reshape(%m, [-1, 7, 8])\n%y = Relu(%r)",
    "a constant along a new axis": "%r = Reshape(%m, [-1, 7, 8])\n%y = AddV2(%r, float32[7, 8])",
    "part of the last axis": "%r = Reshape(%m, [-1, 7, 2, 4])\n%y = AddV2(%r, float32[4])",
    "a constant that makes it wider": "%r = Reshape(%m, [-1, 7, 1, 8])\n%y = AddV2(%r, float32[3, 8])",
    "another value": "%r = Reshape(%m, [-1, 7, 8])\n%s = Sin(%x)\n%z = Tile(%s, [1, 1, 1])\n%y = AddV2(%r, %r)",
    "shapes come about in other ways": (
        "%n = Transpose(%m, [1, 0])\n%r = Reshape(%m, [-1, 7, 8])\n%s = Reshape(%n, [-1, 7, 8])\n%y = Sub(%r, %s)"
    ),
    "an input": "%r = Reshape(%x, [-1, 112])\n%y = Mul(%r, 0.5)",
}


@pytest.mark.parametrize("text", [text for name, text in STAYS.items() if name != "another value"])
def test_stays(text: str) -> None:
    lines = (M + text).splitlines()
    assert stays("\n".join(sorted(lines, key=lambda line: not line.startswith("output"))), sinking.PASS)


def test_says_why_not() -> None:
    assert reasons(M + STAYS["part of the last axis"], sinking.PASS) == {
        "a constant lies along axes that the change of shape has made"
    }
    assert reasons(M + STAYS["shapes come about in other ways"], sinking.PASS) == {
        "its operands have come into their shape in different ways"
    }
