"""Averages of convolutions of single places."""

from __future__ import annotations

import pytest

from tensorflowjs.passes.optimising.arithmetic import pooled_first
from tests.passes.optimising.float_graphs import ops, optimised, reasons, same

PASSES = (pooled_first.PASS,)
IMAGE = "%x = Placeholder() {shape: shape[?, 7, 6, 8]}\n"
UNKNOWN = "%x = Placeholder() {shape: shape[?, ?, ?, 8]}\n"
CONV = "%w = float32[1, 1, 8, 4]\n%c = Conv2D(%x, %w)\n"
BIASED = CONV + "%b = float32[4]\n%a = BiasAdd(%c, %b)\n"


def _pool(of: str, size: int = 2, stride: int = 2, padding: str = "VALID") -> str:
    attrs = f'ksize: [1, {size}, {size}, 1], strides: [1, {stride}, {stride}, 1], padding: "{padding}"'
    return f'%y = AvgPool(%{of}) {{{attrs}, data_format: "NHWC"}}\n'


def _mean(of: str, axes: str = "1, 2", keep: bool = False) -> str:
    attrs = "{keep_dims: true, Tidx: int32}" if keep else "{keep_dims: false, Tidx: int32}"
    return f"%n = int32[{len(axes.split())}]{{{axes}}}\n%y = Mean(%{of}, %n) {attrs}\n"


def test_the_pool_is_first() -> None:
    assert optimised(IMAGE + BIASED + _pool("a"), *PASSES) == same("""
    output y = %y
    %x = Placeholder() {shape: shape[?, 7, 6, 8]}
    %w = float32[1, 1, 8, 4]
    %b = float32[4]
    %y/AvgPool = AvgPool(%x) {data_format: "NHWC", ksize: [1, 2, 2, 1], padding: "VALID", strides: [1, 2, 2, 1]}
    %y/Conv2D = Conv2D(%y/AvgPool, %w) {padding: "VALID"}
    %y = BiasAdd(%y/Conv2D, %b)
    """)


MOVED = {
    "pool": (IMAGE + CONV + _pool("c"), ["AvgPool", "Conv2D"]),
    "at the edges": (IMAGE + BIASED + _pool("a", 3, 2, "SAME"), ["AvgPool", "Conv2D", "BiasAdd"]),
    "of unknown size": (UNKNOWN + BIASED + _pool("a"), ["AvgPool", "Conv2D", "BiasAdd"]),
    "the whole image": (
        IMAGE + CONV + _pool("c", 6, 1),
        ["AvgPool", "Conv2D"],
    ),
    "a filter that is computed": (
        IMAGE + "%w = Placeholder() {shape: shape[1, 1, 8, 4]}\n%c = Conv2D(%x, %w)\n" + _pool("c"),
        ["AvgPool", "Conv2D"],
    ),
    "behind each other": (
        IMAGE + BIASED + "%v = float32[1, 1, 4, 6]\n%d = Conv2D(%a, %v)\n" + _pool("d"),
        ["AvgPool", "Conv2D", "BiasAdd", "Conv2D"],
    ),
    "mean": (IMAGE + BIASED + _mean("a", keep=True), ["Mean", "Conv2D", "BiasAdd"]),
    "mean without its axes": (IMAGE + BIASED + _mean("a"), ["Mean", "Conv2D", "BiasAdd", "Squeeze"]),
    "mean, axes from behind": (IMAGE + CONV + _mean("c", "-2, -3"), ["Mean", "Conv2D", "Squeeze"]),
}


@pytest.mark.parametrize(("text", "left"), MOVED.values(), ids=MOVED)
def test_the_average_is_first(text: str, left: list[str]) -> None:
    assert ops(text, *PASSES) == left


STAYS = {
    "larger windows": (IMAGE + "%w = float32[3, 3, 8, 4]\n%c = Conv2D(%x, %w)\n" + _pool("c"), None),
    "strides": (IMAGE + "%w = float32[1, 1, 8, 4]\n%c = Conv2D(%x, %w) {strides: [1, 2, 2, 1]}\n" + _pool("c"), None),
    "padding": (
        IMAGE + "%w = float32[1, 1, 8, 4]\n"
        '%c = Conv2D(%x, %w) {padding: "EXPLICIT", explicit_paddings: [0, 0, 1, 1, 1, 1, 0, 0]}\n' + _pool("c"),
        None,
    ),
    "an activation": (IMAGE + BIASED + "%r = Relu(%a)\n" + _pool("r"), None),
    "a maximum": (IMAGE + BIASED + _pool("a").replace("AvgPool", "MaxPool"), None),
    "as many places": (IMAGE + BIASED + _pool("a", 3, 1, "SAME"), None),
    "other readers": (IMAGE + BIASED + _pool("a") + "output y = %y\noutput a = %a", "something else reads"),
    "other readers before the bias": (
        IMAGE + BIASED + _pool("a") + "output y = %y\noutput c = %c",
        "something else reads",
    ),
    "many more channels": (
        "%x = Placeholder() {shape: shape[?, 17, 16, 80]}\n%w = float32[1, 1, 80, 1]\n%c = Conv2D(%x, %w)\n"
        + _pool("c", 3),
        "cost more",
    ),
    "mean of channels": (IMAGE + BIASED + _mean("a", "3"), None),
    "mean of unknown size": (UNKNOWN + BIASED + _mean("a"), "is not known"),
}


@pytest.mark.parametrize(("text", "reason"), STAYS.values(), ids=STAYS)
def test_stays(text: str, reason: str | None) -> None:
    assert optimised(text, *PASSES) == same(text)
    found = reasons(text, *PASSES)
    assert reason is None or any(reason in why for why in found), found


IN_TFJS = {name: text for name, (text, _) in (MOVED | STAYS).items()}
