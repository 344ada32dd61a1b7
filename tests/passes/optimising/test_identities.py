"""Nodes that only hand on what they get."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising import identities
from tests.passes.optimising.improving import improved, same


def test_chains_go_and_the_output_keeps_its_name() -> None:
    before = """
    graph main
      output y = %y
      %x = Placeholder()
      %a = Identity(%x)
      %b = Relu(%a)
      %c = StopGradient(%b)
      %y = Identity(%c)
    """
    assert improved(before, identities.PASS) == same("""
    graph main
      output y = %y
      %x = Placeholder()
      %y = Relu(%x)
    """)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "graph main\n  output y = %y\n  %x = Placeholder()\n  %y = Identity(%x)\n", id="an input as an output"
        ),
        pytest.param(
            "graph main\n  output a = %a\n  output b = %b\n  %x = Placeholder()\n  %a = Relu(%x)\n"
            "  %b = Identity(%a)\n",
            id="two outputs of one value",
        ),
        pytest.param(
            "graph main\n  output y = %y\n  %c = Const() {dtype: float32, value: float32[1]{3.0}}\n"
            "  %y = Identity(%c)\n",
            id="a constant as an output",
        ),
        pytest.param(
            "graph main\n  output y = %y\n  %x = Placeholder()\n  %p = Placeholder()\n  %s = Switch(%x, %p)\n"
            "  %c = Const() {dtype: float32, value: float32[1]{3.0}}\n  %a = Neg(%s)\n"
            "  %b = Identity(%c) {_waits: true} ^%s\n  %y = Merge(%a, %b)\n",
            id="a constant that waits for its branch",
        ),
    ],
)
def test_stays(text: str) -> None:
    assert improved(text, identities.PASS) == same(text)
