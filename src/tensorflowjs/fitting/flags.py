"""Ones and zeros, which stand for true and false: TF.js's layers have no truth values."""

from __future__ import annotations

from tensorflowjs.fitting.engine import Site
from tensorflowjs.ir.layers import Ref

HUGE = 1e30


def positive(site: Site, ref: Ref, part: str | None, name: str) -> Ref:
    """1 where a value is above 0, else 0: grown beyond 1, even from the smallest number there is, and cut off there."""
    ref = site.put("ReLU", {"max_value": None}, [ref], part=f"{name}_by")
    for index in range(2):
        ref = site.put("Rescaling", {"scale": HUGE, "offset": 0.0}, [ref], part=f"{name}_grown_{index}")
    return site.put("ReLU", {"max_value": 1.0}, [ref], part=part)


def negative(site: Site, ref: Ref, part: str | None, name: str) -> Ref:
    """1 where a value is below 0, else 0."""
    turned = site.put("Rescaling", {"scale": -1.0, "offset": 0.0}, [ref], part=f"{name}_turned")
    return positive(site, turned, part, name)


def other_than_zero(site: Site, ref: Ref, part: str | None) -> Ref:
    """1 where a value is above or below 0, else 0."""
    sides = [positive(site, ref, "above", "above"), negative(site, ref, "below", "below")]
    return site.put("Add", {}, sides, part=part)


def opposite(site: Site, ref: Ref, part: str | None) -> Ref:
    """Zeros for ones and ones for zeros."""
    return site.put("Rescaling", {"scale": -1.0, "offset": 1.0}, [ref], part=part)
