"""Means and maxima over whole images."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.recognising import whole_pools
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (whole_pools.PASS,)
IMAGE = "%x = Placeholder() {shape: shape[?, 5, 3, 2]}\n%at = int32[2]{1, 2}\n%turned = int32[2]{-2, -3}\n"
BACK = "%to = int32[4]{-1, 1, 1, 2}\n"


def test_a_mean_and_its_axes_put_back() -> None:
    before = """
    %x = Placeholder() {shape: shape[?, 4, 3, 2]}
    %at = int32[2]{1, 2}
    %to = int32[4]{-1, 1, 1, 2}
    %m = Mean(%x, %at)
    %y = Reshape(%m, %to)
    """
    assert optimised(before, whole_pools.PASS) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 4, 3, 2]}
    %y = AvgPool(%x) {data_format: "NHWC", ksize: [1, 4, 3, 1], padding: "VALID", strides: [1, 1, 1, 1]}
    """)


POOLS = {
    "mean": (IMAGE + "%y = Mean(%x, %at) {keep_dims: true}", ["AvgPool"]),
    "maximum": (IMAGE + "%y = Max(%x, %turned) {keep_dims: true}", ["MaxPool"]),
    "mean and reshape": (IMAGE + BACK + "%m = Mean(%x, %turned)\n%y = Reshape(%m, %to)", ["AvgPool"]),
    "maximum and reshape": (IMAGE + BACK + "%m = Max(%x, %at)\n%y = Reshape(%m, %to)", ["MaxPool"]),
    "sum and reshape": (IMAGE + BACK + "%m = Sum(%x, %at)\n%y = Reshape(%m, %to)", ["Sum"]),
    "mean of rows": (
        "%x = Placeholder() {shape: shape[?, 5]}\n%at = int32[1]{1}\n%m = Mean(%x, %at)\n%y = ExpandDims(%m, %at)",
        ["Mean"],
    ),
}


@pytest.mark.parametrize(("text", "left"), POOLS.values(), ids=POOLS)
def test_what_is_left(text: str, left: list[str]) -> None:
    assert ops(text, *PASSES) == left


STAYS = {
    "axes that go": (IMAGE + "%y = Mean(%x, %at)", None),
    "another axis": (IMAGE + "%one = int32[1]{1}\n%y = Mean(%x, %one) {keep_dims: true}", None),
    "an image of unknown size": (
        "%x = Placeholder() {shape: shape[?, ?, 3, 2]}\n%at = int32[2]{1, 2}\n%y = Mean(%x, %at) {keep_dims: true}",
        "how large the image is",
    ),
    "a mean with other readers": (
        IMAGE + BACK + "output y = %y\noutput m = %m\n%m = Mean(%x, %at)\n%y = Reshape(%m, %to)",
        None,
    ),
    "another shape": (IMAGE + "%to = int32[2]{-1, 1}\n%m = Mean(%x, %at)\n%y = Reshape(%m, %to)", None),
    "a huge window": (
        "%x = Placeholder() {shape: shape[?, 200, 100, 2]}\n%at = int32[2]{1, 2}\n%y = Mean(%x, %at) {keep_dims: true}",
        None,
    ),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


IN_TFJS = {name: text for name, (text, _) in POOLS.items()} | {name: text for name, (text, _) in STAYS.items()}
