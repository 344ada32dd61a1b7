"""What is computed from shapes."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import duplicates, folding, known_sizes, materialised, unchanged
from tests.passes.optimising.brief import optimised, reasons, stays

X = "%x = Placeholder() {shape: shape[?, 7, 16]}\n"
TWO = "%x = Placeholder() {shape: shape[?, ?, 16]}\n"
ONE = "{shrink_axis_mask: 1}"

CONSTANT = {
    "one size": (
        "%s = Shape(%x)\n%n = StridedSlice(%s, [1], [2], [1]) " + ONE + "\n%y = Fill([2], %n)",
        "Fill([2], 7)",
    ),
    "the last": ("%s = Shape(%x)\n%n = GatherV2(%s, -1, 0)\n%y = Fill([2], %n)", "Fill([2], 16)"),
    "several": ("%s = Shape(%x)\n%n = StridedSlice(%s, [1], [3], [1])\n%y = Fill(%n, 2.0)", "Fill([7, 16], 2.0)"),
    "the rank": ("%n = Rank(%x)\n%y = Fill([2], %n)", "Fill([2], 3)"),
    "a product": (
        "%s = Shape(%x)\n%n = StridedSlice(%s, [1], [3], [1])\n%p = Prod(%n, [0])\n%y = Fill([2], %p)",
        "Fill([2], 112)",
    ),
    "sums and quotients": (
        "%s = Shape(%x)\n%n = GatherV2(%s, 1, 0)\n%m = AddV2(%n, 3)\n%k = FloorDiv(%m, 2)\n%y = Fill([2], %k)",
        "Fill([2], 5)",
    ),
}


@pytest.mark.parametrize(("text", "wanted"), CONSTANT.values(), ids=CONSTANT)
def test_known_numbers_are_constants(text: str, wanted: str) -> None:
    assert optimised(X + text, known_sizes.PASS) == f"y = {wanted}"


RESHAPES = {
    "packed": (
        "%s = Shape(%x)\n%b = StridedSlice(%s, [0], [1], [1]) " + ONE + "\n%p = Pack(%b, 14, 8)\n%y = Reshape(%x, %p)",
        "y = Reshape(x, [-1, 14, 8])",
    ),
    "joined": (
        "%s = Shape(%x)\n%b = StridedSlice(%s, [0], [1], [1])\n%p = ConcatV2(%b, [112], 0)\n%y = Reshape(%x, %p)",
        "y = Reshape(x, [-1, 112])",
    ),
    "multiplied": (
        "%s = Shape(%x)\n%b = GatherV2(%s, 0, 0)\n%m = Mul(%b, 7)\n%p = Pack(%m, 16)\n%y = Reshape(%x, %p)",
        "y = Reshape(x, [-1, 16])",
    ),
    "the rest": (
        "%s = Shape(%x)\n%b = GatherV2(%s, 0, 0)\n%p = Pack(%b, -1)\n%y = Reshape(%x, %p)",
        "y = Reshape(x, [-1, 112])",
    ),
    "a number from elsewhere": ("%p = Pack(%n, 16)\n%y = Reshape(%x, %p)", "y = Reshape(x, [-1, 16])"),
}


@pytest.mark.parametrize(("text", "wanted"), RESHAPES.values(), ids=RESHAPES)
def test_reshapes(text: str, wanted: str) -> None:
    number = "%n = Placeholder() {dtype: int32, shape: shape[]}\n"
    assert optimised(X + number + text, known_sizes.PASS) == wanted


def test_unknown_sizes_that_are_equal() -> None:
    """What is left of [batch, time, -1] is known; a shape that is the same is none."""
    rows = "%s = Shape(%x)\n%b = GatherV2(%s, 0, 0)\n%t = GatherV2(%s, 1, 0)\n%a = Reshape(%x, [-1, 16])\n"
    text = TWO + rows + "%p = Pack(%b, %t, -1)\n%r = Reshape(%a, %p)\n%y = AddV2(%r, %x)"
    passes = (known_sizes.PASS, unchanged.PASS, duplicates.PASS)
    assert optimised(text, *passes) == "y = AddV2(Reshape(Reshape(x, [-1, 16]), Shape(x)), x)"
    same = TWO + rows + "%p = Pack(%b, %t, 16)\n%r = Reshape(%x, %p)\n%y = Sin(%r)"
    assert optimised(same, *passes) == "y = Sin(x)"


def test_sizes_come_from_the_input() -> None:
    """So that nothing keeps a layer in the middle from being fused."""
    deep = TWO + "%a = Sin(%x)\n%b = Relu(%a)\n%s = Shape(%b)\n"
    cut = f"%n = StridedSlice(%s, [1], [2], [1]) {ONE}\n%f = Fill([2], %n)\n%c = Cos(%b)\n"
    text = f"output f = %f\noutput c = %c\n{deep}{cut}"
    assert optimised(text, known_sizes.PASS).splitlines()[0] == (
        "f = Fill([2], StridedSlice shrink_axis_mask=1(Shape(x), [1], [2], [1]))"
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("%s = Shape(%x)\n%y = Sin(%s)", id="nothing to know"),
        pytest.param(
            "%z = Placeholder() {shape: shape[?, ?, 16]}\n%s = Shape(%z)\n%y = Reshape(%x, %s)", id="another batch"
        ),
        pytest.param("%n = Placeholder() {dtype: int32, shape: shape[2]}\n%y = Reshape(%x, %n)", id="any numbers"),
    ],
)
def test_stays(text: str) -> None:
    assert stays(TWO + text, known_sizes.PASS)


def test_not_where_a_size_is_zero() -> None:
    text = "%x = Placeholder() {shape: shape[?, 0]}\n%s = Shape(%x)\n%b = GatherV2(%s, 0, 0)\n%p = Pack(%b, 0)\n"
    assert "-1" not in optimised(text + "%a = Sin(%x)\n%y = Reshape(%a, %p)", known_sizes.PASS)


def test_says_why_not() -> None:
    text = TWO + "%z = Placeholder() {shape: shape[?, ?, 16]}\n%s = Shape(%z)\n%y = Reshape(%x, %s)"
    assert reasons(text, known_sizes.PASS) == {"more than one of the sizes it is given are not known"}


SPREAD = {
    "spread to a shape": "%w = BroadcastTo(%r, %s)",
    "filled": "%w = Fill(%s, 2.0)",
    "the same again": "%w = Tile(%r, [1, 7, 1])",
    "zeros": "%w = ZerosLike(%x)",
}


@pytest.mark.parametrize("text", SPREAD.values(), ids=SPREAD)
def test_nothing_is_spread_before_its_time(text: str) -> None:
    inputs = X + "%r = Placeholder() {shape: shape[1, 1, 16]}\n%s = Shape(%x)\n"
    found = optimised(f"{inputs}{text}\n%y = Mul(%x, %w)", materialised.PASS)
    assert found in ("y = Mul(x, r)", "y = Mul(x, 2.0)", "y = Mul(x, 0.0)")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("%w = Fill(%s, 2.0)\n%y = Mul(%r, %w)", id="nothing else is as large"),
        pytest.param("%w = Tile(%x, [1, 2, 1])\n%z = Tile(%x, [1, 2, 1])\n%y = Mul(%w, %z)", id="repeated"),
        pytest.param("%w = BroadcastTo(%r, %s)\n%y = ConcatV2(%x, %w, 2)", id="not spread by what reads it"),
        pytest.param("%t = Shape(%o)\n%w = Fill(%t, 2.0)\n%y = Mul(%x, %w)", id="another batch"),
    ],
)
def test_what_has_to_be_spread(text: str) -> None:
    inputs = X + "%r = Placeholder() {shape: shape[1, 1, 16]}\n%o = Placeholder() {shape: shape[?, 7, 16]}\n"
    assert stays(f"{inputs}%s = Shape(%x)\n{text}", materialised.PASS)


def test_a_mask_as_keras_spells_it() -> None:
    text = """
    %x = Placeholder() {shape: shape[?, 2, 7, 7]}
    %m = Placeholder() {dtype: bool, shape: shape[?, 1, 1, 7]}
    %s = Shape(%x)
    %f = Fill(%s, true)
    %a = LogicalAnd(%f, %m)
    %y = SelectV2(%a, %x, -9.0)
    """
    assert optimised(text, materialised.PASS) == "y = SelectV2(LogicalAnd(Fill(Shape(x), true), m), x, -9.0)"
    same = text.replace("bool, shape: shape[?", "bool, shape: shape[1")
    assert optimised(same, materialised.PASS) == "y = SelectV2(m, x, -9.0)"


def test_a_dense_layer_on_a_sequence() -> None:
    """As Keras spells it."""
    text = """
    %x = Placeholder() {shape: shape[?, 7, 16]}
    %s = Shape(%x)
    %free = GatherV2(%s, [0, 1], 0)
    %bound = GatherV2(%s, [2], 0)
    %rows = Prod(%free, [0])
    %columns = Prod(%bound, [0])
    %order = ConcatV2([0, 1], [2], 0)
    %t = Transpose(%x, %order)
    %to = Pack(%rows, %columns)
    %r = Reshape(%t, %to)
    %m = MatMul(%r, float32[16, 8])
    %back = ConcatV2(%free, [8], 0)
    %y = Reshape(%m, %back)
    """
    passes = (known_sizes.PASS, folding.PASS, unchanged.PASS)
    assert optimised(text, *passes) == "y = Reshape(MatMul(Reshape(x, [-1, 16]), float32[16, 8]), [-1, 7, 8])"
