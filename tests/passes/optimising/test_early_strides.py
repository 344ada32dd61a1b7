"""Places of images that every reader passes over."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import early_strides
from tests.passes.optimising.float_graphs import model_after, ops, optimised, same

PASSES = (early_strides.PASS,)
X = "%x = Placeholder() {shape: shape[?, 8, 6, 4]}\n%one = float32[1, 1, 4, 4]\n%two = float32[1, 1, 4, 3]\n"
ONES = 'ksize: [1, 1, 1, 1], padding: "VALID"'
BY_TWO = '{strides: [1, 2, 2, 1], padding: "VALID"}'
LAST = f"%y = Conv2D(%r, %two) {BY_TWO}\n"


def convolution(name: str, x: str, size: int, strides: int = 1, padding: str = '"SAME"', op: str = "Conv2D") -> str:
    attrs = f"{{strides: [1, {strides}, {strides}, 1], padding: {padding}}}"
    filters = 1 if "Depthwise" in op else 4
    return f"%w{name} = float32[{size}, {size}, 4, {filters}]\n%{name} = {op}(%{x}, %w{name}) {attrs}\n"


def test_a_convolution_and_its_activation() -> None:
    before = X + convolution("c", "x", 3) + "%r = Relu(%c)\n" + LAST
    around = '"EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]'
    after = X + convolution("c", "x", 3, 2, around) + '%r = Relu(%c)\n%y = Conv2D(%r, %two) {padding: "VALID"}'
    assert optimised(before, *PASSES) == same(after)


def test_a_stage_of_a_resnet() -> None:
    """Two readers, two convolutions in a row, and a shortcut that others read: of that a pool takes its part."""
    before = (
        X
        + convolution("a", "x", 1)
        + "%s = Relu(%a)\n"
        + convolution("b", "s", 1)
        + convolution("c", "b", 3)
        + convolution("d", "c", 1)
        + f"%r = AddV2(%d, %s)\n%t = Relu(%r)\n%l = Conv2D(%t, %two) {BY_TWO}\n"
        + f"%y = AvgPool(%t) {{strides: [1, 2, 2, 1], {ONES}}}\n"
        + "output l = %l\noutput t2 = %z\n%z = Relu(%y)"
    )
    model = model_after(before, *PASSES)
    nodes = model.graph.nodes
    assert [nodes[name].attrs["strides"][1] for name in "abcdl"] == [1, 1, 2, 1, 1]
    assert "y" not in nodes
    [pool] = [node for node in nodes.values() if node.op == "AvgPool"]
    assert pool.inputs[0] is nodes["s"].output
    assert nodes["r"].inputs == (nodes["d"].output, pool.output)


def test_what_waits_for_itself() -> None:
    """x * Sigmoid(x), in whichever order."""
    for pair in ("%c, %g", "%g, %c"):
        text = X + convolution("c", "x", 3) + f"%g = Sigmoid(%c)\n%r = Mul({pair})\n" + LAST
        assert strides(text) == {"c": 2, "y": 1}
        assert ops(text, *PASSES).count("AvgPool") == 0


def strides(text: str) -> dict[str, int]:
    nodes = model_after(text, *PASSES).graph.nodes.values()
    return {node.name: node.attrs["strides"][1] for node in nodes if "Conv" in node.op}  # type: ignore[index,misc]


ODD = "%x = Placeholder() {shape: shape[?, 7, 7, 4]}\n%two = float32[1, 1, 4, 3]\n"
BY_THREE = '{strides: [1, 3, 3, 1], padding: "SAME"}'
THINNED = {
    "behind a convolution": (X + convolution("r", "x", 3) + LAST, {"r": 2, "y": 1}),
    "an even window": (X + convolution("r", "x", 2) + LAST, {"r": 2, "y": 1}),
    "a valid window": (X + convolution("r", "x", 3, padding='"VALID"') + LAST, {"r": 2, "y": 1}),
    "strides already": (X + convolution("r", "x", 3, 2) + LAST, {"r": 4, "y": 1}),
    "strides already, uneven": (ODD + convolution("r", "x", 2, 2) + LAST, {"r": 4, "y": 1}),
    "padding already": (
        X + convolution("r", "x", 3, 1, '"EXPLICIT", explicit_paddings: [0, 0, 2, 0, 1, 2, 0, 0]') + LAST,
        {"r": 2, "y": 1},
    ),
    "depthwise": (X + convolution("r", "x", 3, op="DepthwiseConv2dNative") + LAST, {"r": 2, "y": 1}),
    "every third": (ODD + convolution("r", "x", 3) + f"%y = Conv2D(%r, %two) {BY_THREE}\n", {"r": 3, "y": 1}),
    "rows only": (
        X + convolution("r", "x", 3) + '%y = Conv2D(%r, %two) {strides: [1, 2, 1, 1], padding: "VALID"}',
        {"r": 2, "y": 1},
    ),
    "biased, scaled, normed": (
        X
        + convolution("c", "x", 3)
        + "%v = float32[4]\n%m = float32[4]\n%p = positive[4]\n%s = float32[1, 1, 4]\n%b = BiasAdd(%c, %v)\n"
        + "%n = FusedBatchNormV3(%b, %v, %v, %m, %p) {is_training: false}\n%r = Mul(%s, %n)\n"
        + LAST,
        {"c": 2, "y": 1},
    ),
    "a factor for each image": (
        X + "%g = Placeholder() {shape: shape[?, 1, 1, 4]}\n" + convolution("c", "x", 3) + "%r = Mul(%c, %g)\n" + LAST,
        {"c": 2, "y": 1},
    ),
    "one after the other": (
        X + convolution("c", "x", 3) + "%q = Relu(%c)\n" + convolution("r", "q", 1) + LAST,
        {"c": 2, "r": 1, "y": 1},
    ),
}


@pytest.mark.parametrize(("text", "by"), THINNED.values(), ids=THINNED)
def test_strides(text: str, by: dict[str, int]) -> None:
    assert strides(text) == by


C = convolution("c", "x", 3)
STAYS = {
    "an output": "output y = %y\noutput r = %r\n" + X + C + "%r = Relu(%c)\n" + LAST,
    "another reader": "output y = %y\noutput s = %s\n" + X + C + "%r = Relu(%c)\n%s = Sigmoid(%r)\n" + LAST,
    "other strides": "output y = %y\noutput s = %s\n"
    + X
    + C
    + '%r = Relu(%c)\n%s = Conv2D(%r, %two) {strides: [1, 1, 2, 1], padding: "VALID"}\n'
    + LAST,
    "a window that sees all": X + C + "%r = Relu(%c)\n" + convolution("y", "r", 3, 2),
    "padding around single places": X
    + C
    + "%r = Relu(%c)\n"
    + convolution("y", "r", 1, 2, '"EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]'),
    "dilations": X
    + '%w = float32[3, 3, 4, 4]\n%r = Conv2D(%x, %w) {dilations: [1, 2, 2, 1], padding: "SAME"}\n'
    + LAST,
    "no convolution": X + "%r = Relu(%x)\n" + LAST,
    "a constant image": X + "%k = float32[1, 8, 6, 4]\n" + C + "%r = AddV2(%c, %k)\n" + LAST,
    "rows that are spread": X + "%k = Placeholder() {shape: shape[?, 1, 6, 4]}\n" + C + "%r = Mul(%c, %k)\n" + LAST,
    "an image of unknown size": "%x = Placeholder() {shape: shape[?, ?, ?, 4]}\n%two = float32[1, 1, 4, 3]\n"
    + convolution("c", "x", 3)
    + convolution("d", "x", 3)
    + "%r = AddV2(%c, %d)\n"
    + LAST,
    "more pools than convolutions": X
    + "%k = Sigmoid(%x)\n%e = Elu(%x)\n%s = AddV2(%k, %e)\noutput y = %y\noutput k = %k2\noutput e = %e2\n"
    + "%k2 = Abs(%k)\n%e2 = Abs(%e)\n"
    + C
    + "%t = Mul(%k, %c)\n%r = Mul(%t, %e)\n"
    + LAST,
    "a pool that is an output": "output y = %y\n"
    + X
    + C
    + f"%r = Relu(%c)\n%y = MaxPool(%r) {{strides: [1, 2, 2, 1], {ONES}}}",
    "a pool": X + f"%r = MaxPool(%x) {{strides: [1, 1, 1, 1], {ONES}}}\n" + LAST,
    "depthwise by unequal strides": X
    + convolution("r", "x", 3, op="DepthwiseConv2dNative")
    + '%y = Conv2D(%r, %two) {strides: [1, 2, 1, 1], padding: "VALID"}',
}


@pytest.mark.parametrize("text", STAYS.values(), ids=STAYS)
def test_stays(text: str) -> None:
    assert optimised(text, *PASSES) == same(text)


IN_TFJS = {name: text for name, (text, _) in THINNED.items()} | STAYS
