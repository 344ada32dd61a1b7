"""Quantisation that training has simulated: rounding to steps between two bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, flag, integer, number
from tensorflowjs.passes.rewrites.site import Rule, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fake_quant_args(at: Site) -> Value:
    low, high = (np.array(number(at.old, key, default), "<f4") for key, default in (("min", -6.0), ("max", 6.0)))
    return _stepped(at, low, high)


def fake_quant_vars(at: Site) -> Value | None:
    """FakeQuantWithMinMaxVars(x, low, high) -> Floor((clipped x - low) / step + 0.5) * step + low

    with bounds moved so that 0 is a step. TF.js would hand on x as it is.
    """
    low, high = (constant(value) for value in at.inputs[1:3])
    return None if low is None or high is None else _stepped(at, low.astype("<f4"), high.astype("<f4"))


def _stepped(at: Site, low: NDArray[Any], high: NDArray[Any]) -> Value:
    step, low, high = nudged(low, high, integer(at.old, "num_bits", 8), flag(at.old, "narrow_range"))
    lowest = at.const(low, "float32")
    clipped = at("Minimum", at("Maximum", at.x, lowest), at.const(high, "float32"))
    steps = at("Mul", at("Sub", clipped, lowest), at.const(np.float32(1) / step, "float32"))
    rounded = at("Floor", at("AddV2", steps, at.const(0.5, "float32")))
    return at("AddV2", at("Mul", rounded, at.const(step, "float32")), lowest)


def nudged(
    low: NDArray[Any], high: NDArray[Any], bits: int, narrow: bool
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Size of a step, and bounds of which one step is exactly 0."""
    first, last = np.float32(narrow), np.float32(2**bits - 1)
    step = (high - low) / (last - first)
    zero = first - low / step
    point = np.clip(np.floor(zero + np.float32(0.5)), first, last).astype("<f4")
    return step.astype("<f4"), ((first - point) * step).astype("<f4"), ((last - point) * step).astype("<f4")


RULES: dict[str, Rule] = {
    "FakeQuantWithMinMaxArgs": fake_quant_args,
    "FakeQuantWithMinMaxVars": fake_quant_vars,
    "FakeQuantWithMinMaxVarsPerChannel": fake_quant_vars,
}
