"""Reductions over windows: pooling where TF.js has it, else the values of each window one place after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from tensorflowjs.catalog.geometry import Window
from tensorflowjs.lowering.functions import inverse, product_of, sizes_of
from tensorflowjs.lowering.jax.liveness import opened
from tensorflowjs.lowering.jax.numerals import ends
from tensorflowjs.lowering.jax.shapes import cut, surrounded, with_between
from tensorflowjs.lowering.jax.walking import Refusal, Site, Write
from tensorflowjs.lowering.pooling import pooled
from tensorflowjs.lowering.values import BOOL, FLOAT, Traced, binary

MOST_PLACES = 128  # in a window that is written out


@dataclass(frozen=True)
class _Kind:
    """What is done with the values of a window, and where it starts."""

    op: str
    start: Callable[[str], float]
    pool: str | None = None


def _lowest(dtype: str) -> float:
    return -np.inf if dtype.startswith(("float", "bfloat")) else ends(dtype)[0]


def _highest(dtype: str) -> float:
    return np.inf if dtype.startswith(("float", "bfloat")) else ends(dtype)[1]


_KINDS = {
    "max": _Kind("Maximum", _lowest, "Max"),
    "min": _Kind("Minimum", _highest),
    "sum": _Kind("AddV2", lambda dtype: 0, "Average"),
    "mul": _Kind("Mul", lambda dtype: 1),
}
_OF_PRIMITIVES = {"max": "max", "min": "min", "add": "sum", "mul": "mul"}


def over_windows(name: str) -> Write:
    def write(site: Site) -> Traced:
        return _reduced(site, site.x, _KINDS[name])

    return write


def in_general(site: Site) -> Traced:
    """`lax.reduce_window` with a function, which must be one of the four that are known, and its usual start."""
    function, start = _only_primitive(site.params["jaxpr"]), site.number(1)
    kind = _KINDS.get(_OF_PRIMITIVES.get(function, ""))
    if kind is None or start is None or start.shape or len(site.held) != 2:
        site.refuse("TF.js reduces windows by sum, product, maximum or minimum only")
    result = _reduced(site, site.x, kind)
    return result if start.item() == kind.start(site.kind) else binary(kind.op, result, start.item())


def _only_primitive(closed: Any) -> str:
    equations = opened(closed).eqns
    return str(equations[0].primitive.name) if len(equations) == 1 else ""


def _reduced(site: Site, x: Traced, kind: _Kind) -> Traced:
    if x.dtype == BOOL:
        site.refuse("TF.js reduces no windows of booleans", "convert to int32 first")
    start = kind.start(site.kind)
    for axis, spread in enumerate(site.params["base_dilation"]):
        x = with_between(x, axis, spread - 1, start)
    padding = [tuple(site.fixed(size, "padding") for size in pair) for pair in site.params["padding"]]
    same = _same_padding(site, padding)
    if not same:
        x = surrounded(x, [(max(0, low), max(0, high)) for low, high in padding], start)
        x = cut(x, [(max(0, -low), max(0, -high)) for low, high in padding])
    axes = _moving(site.params)
    if x.dtype == FLOAT and kind.pool and 1 <= len(axes) <= 2 and max(site.params["window_dilation"]) == 1:
        return _pooled(site, x, kind.pool, axes, "same" if same else "valid")
    return _written_out(site, x, kind)


def _moving(params: dict[str, Any]) -> list[int]:
    """The axes along which there are windows, or steps."""
    pairs = zip(params["window_dimensions"], params["window_strides"], strict=True)
    return [axis for axis, (size, step) in enumerate(pairs) if size > 1 or step > 1]


def _same_padding(site: Site, padding: Sequence[tuple[int, ...]]) -> bool:
    """Whether TF.js would pad as much itself, for a maximum, which padding does not change."""
    params, axes = site.params, _moving(site.params)
    plain = max(*params["base_dilation"], *params["window_dilation"]) == 1
    if site.name != "reduce_window_max" or not plain or not any(map(any, padding)) or not 1 <= len(axes) <= 2:
        return False
    if site.dtype != FLOAT:
        return False
    for axis, (low, high) in enumerate(padding):
        length = site.aval().shape[axis]
        if axis not in axes and not low and not high:
            continue
        size, step = params["window_dimensions"][axis], params["window_strides"][axis]
        if not isinstance(length, int):
            return False
        total = max(0, (-(-length // step) - 1) * step + size - length)
        if (low, high) != (total // 2, total - total // 2):
            return False
    return True


def _pooled(site: Site, x: Traced, pool: str, axes: Sequence[int], padding: str) -> Traced:
    """The axes in front of the windows are the batch, those behind are the channels."""
    before = [axis for axis in range(x.rank) if axis not in axes and axis < axes[-1]]
    after = list(range(axes[-1] + 1, x.rank))
    order = [*before, *axes, *after]
    moved = x.transpose(order)
    sizes = sizes_of(moved)
    batch, space, channels = (
        sizes[: len(before)],
        sizes[len(before) : -len(after) or None],
        sizes[x.rank - len(after) :],
    )
    flat = moved.reshape([product_of(batch), *space, product_of(channels)])
    window = Window(
        tuple(site.params["window_dimensions"][axis] for axis in axes),
        tuple(site.params["window_strides"][axis] for axis in axes),
        (1,) * len(axes),
        padding,
    )
    y = pooled(flat, pool, window)
    y = y * float(prod(window.size)) if pool == "Average" else y
    return y.reshape([*batch, *sizes_of(y)[1:-1], *channels]).transpose(inverse(order))


def _written_out(site: Site, x: Traced, kind: _Kind) -> Traced:
    """The first values of all windows, the second of all windows, ..., taken together."""
    sizes, steps, gaps = (site.params[key] for key in ("window_dimensions", "window_strides", "window_dilation"))
    if prod(sizes) > MOST_PLACES:
        site.refuse(f"a window of {prod(sizes)} places that TF.js has no pooling for")
    counts = [site.fixed(size, "an axis with windows") if steps[axis] > 1 or sizes[axis] > 1 else 0
              for axis, size in enumerate(site.result.shape)]  # fmt: skip
    parts = []
    for place in product(*map(range, sizes)):
        part = x
        for axis in _moving(site.params):
            first = place[axis] * gaps[axis]
            part = part.part(axis, first, first + (counts[axis] - 1) * steps[axis] + 1, steps[axis])
        parts.append(part)
    return reduce(lambda a, b: binary(kind.op, a, b), parts)


PRIMITIVES: dict[str, Write] = {
    "reduce_window_max": over_windows("max"),
    "reduce_window_min": over_windows("min"),
    "reduce_window_sum": over_windows("sum"),
    "reduce_window": in_general,
    **dict.fromkeys(
        ("select_and_scatter", "select_and_scatter_add", "select_and_gather_add"),
        Refusal("it belongs to the gradient of pooling"),
    ),
}
