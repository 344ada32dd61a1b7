"""Depthwise convolutions with windows of 3, 4, 9 and 25 places, the fast ones."""

from __future__ import annotations

import pytest

from tensorflowjs.ir.graph import Graph
from tensorflowjs.passes.optimising import fusing
from tensorflowjs.passes.optimising.arithmetic import depthwise_windows
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tests.passes.optimising.float_graphs import model_of, ops, optimised, reasons, same

PASSES = (depthwise_windows.PASS,)
SAME = '{padding: "SAME"}'
LARGE = 'explicit_paddings: [0, 0, {}, 0, 0], padding: "EXPLICIT"'


def _graph(image: str, window: str, attrs: str = SAME) -> str:
    return (
        f"%x = Placeholder() {{shape: shape[?, {image}]}}\n"
        f"%w = float32[{window}, {image.rpartition(', ')[2]}, 1]\n%c = DepthwiseConv2dNative(%x, %w) {attrs}\n"
    )


def _after(text: str) -> Graph:
    model = model_of(text)
    optimise(model, [PASSES], Journal())
    return model.graph


BIAS = "%b = float32[96]\n%a = BiasAdd(%c, %b)\n"


def test_zeros_make_up_for_what_a_window_lacks() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 9, ?, 1]}
    %w = float32[2, 1, 1, 1]{1.0, 2.0}
    %y = DepthwiseConv2dNative(%x, %w) {padding: "VALID", strides: [1, 2, 2, 1]}
    """
    assert optimised(before, *PASSES) == same(
        """
    output y = %y
    %x = Placeholder() {shape: shape[?, 9, ?, 1]}
    %y/Const = float32[3, 1, 1, 1]{0.0, 1.0, 2.0}
    %y = DepthwiseConv2dNative(%x, %y/Const) {explicit_paddings: [0, 0, 1, 0, 0, 0, 0, 0], padding: "EXPLICIT",
      strides: [1, 2, 2, 1]}
    """.replace("\n      ", " ")
    )


def test_parts_of_a_large_window_make_up_the_whole() -> None:
    before = _graph("56, 56, 96", "7, 7") + BIAS
    weights = model_of(before).graph.nodes["w"].tensor.read()
    graph = _after(before)
    (total,) = (value.node for value in graph.outputs)
    first, *others = (value.node for value in total.inputs)
    assert (total.op, first.op) == ("AddN", "BiasAdd")
    whole = 0 * weights
    pads = set()
    for part in (first.inputs[0].node, *others):
        top, bottom, left, right = part.attrs["explicit_paddings"][2:6]
        assert top + bottom == left + right == 4
        whole[3 - top : 8 - top, 3 - left : 8 - left] += part.inputs[1].node.tensor.read()
        pads.add((top, left))
    assert pads == {(3, 3), (3, 1), (1, 3), (1, 1)}
    assert (whole == weights).all()


SPLIT = {
    "bias and activation": (
        _graph("56, 56, 96", "7, 7") + BIAS + "%y = Relu(%a)",
        ["FusedDepthwiseConv2dNative", *["DepthwiseConv2dNative"] * 3, "AddN", "Relu"],
    ),
    "strides": (
        _graph("111, 112, 96", "7, 7", '{padding: "SAME", strides: [1, 2, 2, 1]}'),
        [*["DepthwiseConv2dNative"] * 4, "AddN"],
    ),
    "two": (_graph("56, 56, 96", "5, 7"), [*["DepthwiseConv2dNative"] * 2, "AddV2"]),
    "six": (
        _graph("56, 56, 96", "9, 11"),
        [*["DepthwiseConv2dNative"] * 6, *["Slice"] * 4, "AddN"],  # the leftmost and the rightmost do not reach far
    ),
    "without padding": (
        _graph("56, 56, 96", "7, 7", '{padding: "VALID"}'),
        [*["Slice", "DepthwiseConv2dNative"] * 4, "AddN"],
    ),
}


@pytest.mark.parametrize(("text", "left"), SPLIT.values(), ids=SPLIT)
def test_several_are_left(text: str, left: list[str]) -> None:
    assert sorted(ops(text, *PASSES, fusing.BIASES)) == sorted(left)


FITS = {
    "a square": (_graph("8, 8, 4", "4, 4"), "[5, 5, 4, 1]"),
    "a line": (_graph("?, ?, 4", "1, 5"), "[1, 9, 4, 1]"),
    "a long line": (_graph("80, 1, 4", "11, 1"), "[25, 1, 4, 1]"),
    "dilated": (_graph("8, 8, 4", "1, 2", '{padding: "SAME", dilations: [1, 2, 2, 1]}'), "[1, 3, 4, 1]"),
    "explicitly padded": (
        _graph("?, ?, 4", "2, 3", '{padding: "EXPLICIT", explicit_paddings: [0, 0, 2, 0, 0, 1, 0, 0]}'),
        "[3, 3, 4, 1]",
    ),
}


@pytest.mark.parametrize(("text", "shape"), FITS.values(), ids=FITS)
def test_one_is_left(text: str, shape: str) -> None:
    graph = _after(text)
    (conv,) = (node for node in graph.in_order() if node.op not in ("Const", "Placeholder"))
    assert str(list(conv.inputs[1].node.tensor.shape)) == shape
    assert (conv.attrs["padding"] == b"SAME") == (SAME in text)


STAYS = {
    "three places": (_graph("56, 56, 96", "3, 1"), None),
    "four places": (_graph("56, 56, 96", "2, 2"), None),
    "nine places": (_graph("56, 56, 96", "3, 3"), None),
    "twenty-five places": (_graph("56, 56, 96", "1, 25"), None),
    "a small image": (_graph("14, 14, 96", "7, 7") + BIAS, "too small"),
    "an image of unknown size": (_graph("?, ?, 96", "7, 7"), "how large the image is is not known"),
    "padding that is not known": (
        _graph("?, ?, 96", "4, 4", '{padding: "SAME", strides: [1, 2, 2, 1]}'),
        "neither is the padding",
    ),
    "a huge window": (_graph("56, 56, 96", "31, 31"), "more than 9"),
    "two channels from each": (
        "%x = Placeholder() {shape: shape[?, 56, 56, 4]}\n%w = float32[4, 4, 4, 2]\n%c = DepthwiseConv2dNative(%x, %w)",
        "one channel becomes one channel",
    ),
    "more padding than image": (
        _graph("1, 9999, 64", "7, 7", '{padding: "EXPLICIT", explicit_paddings: [0, 0, 6, 0, 3, 3, 0, 0]}'),
        "nothing but padding",
    ),
    "a filter that is computed": (
        "%x = Placeholder() {shape: shape[?, 56, 56, 4]}\n%w = Placeholder() {shape: shape[4, 4, 4, 1]}\n"
        "%c = DepthwiseConv2dNative(%x, %w)",
        None,
    ),
    "a large filter that others read": (
        _graph("8, 8, 512", "4, 4") + "%d = Relu(%w)\noutput a = %c\noutput b = %d",
        "shared",
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


def test_stays_where_others_read_what_gets_a_bias() -> None:
    text = _graph("56, 56, 96", "7, 7") + BIAS + "output a = %a\noutput c = %c"
    assert ops(text, *PASSES)[-2:] == ["AddN", "BiasAdd"]
