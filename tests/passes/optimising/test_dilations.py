"""Dilated convolutions spread over the batch."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.simplifying import dilations
from tests.passes.optimising.brief import optimised, reasons, stays

GRAPH = """
%x = Placeholder() {{shape: shape[?, 7, 6, 4]}}
%s = SpaceToBatchND(%x, [2, 2], {pads})
%c = {op}(%s, float32[3, 3, 4, 2]) {{strides: [1, {stride}, {stride}, 1], padding: "VALID"}}
%y = BatchToSpaceND(%c, {block}, {crops})
"""


def graph(op: str = "Conv2D", pads: str = "[[2, 3], [2, 2]]", crops: str = "[[0, 1], [0, 0]]", **other: object) -> str:
    return GRAPH.format(**{"op": op, "pads": pads, "crops": crops, "stride": 1, "block": "[2, 2]", **other})


@pytest.mark.parametrize("op", ["Conv2D", "DepthwiseConv2dNative"])
def test_becomes_one_that_is_dilated(op: str) -> None:
    found = optimised(graph(op), dilations.PASS)
    assert found.startswith(f"y = {op} dilations=[1,2,2,1] explicit_paddings=[0,0,2,2,2,2,0,0] padding=b'EXPLICIT'")
    assert found.endswith("(x, float32[3, 3, 4, 2])")


def test_without_padding() -> None:
    found = optimised(graph(pads="[[0, 1], [0, 0]]"), dilations.PASS)
    assert found.startswith("y = Conv2D dilations=[1,2,2,1] explicit_paddings=[] padding=b'VALID'")


STAYS = {
    "strides": graph(stride=2),
    "other blocks": graph(block="[2, 1]"),
    "cut off in front": graph(crops="[[1, 0], [0, 0]]"),
    "more cut off than added": graph(pads="[[2, 3], [2, 0]]", crops="[[0, 1], [0, 2]]"),
    "read elsewhere": "output c = %c\noutput y = %y" + graph(),
}


@pytest.mark.parametrize("text", [pytest.param(text, id=name) for name, text in STAYS.items()])
def test_stays(text: str) -> None:
    assert stays(text, dilations.PASS)


def test_says_why_not() -> None:
    assert reasons(STAYS["cut off in front"], dilations.PASS) == {"more is cut off than was added"}
