"""Operators that put values elsewhere, together, or reduce them along axes."""

from __future__ import annotations

from math import prod
from typing import Any

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting import layout
from tensorflowjs.fitting.arithmetic import GRAPH_MODEL, scaled
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.operands import operands
from tensorflowjs.ir.layers import Ref

MOST_REPEATS = 64


def reshape(site: Site) -> Outputs:
    """A Reshape, if the batch stays as it is."""
    given = operands(site)
    ref, target = given["x"], given.get("newshape")
    shape = layout.shape_of(site, ref)
    if not isinstance(target, list) or not target or not all(d is None or isinstance(d, int) for d in target):
        site.refuse(f"a reshape to {target!r}, which is not fixed"[:200], GRAPH_MODEL)
    rest = [None if dim is None or dim < 0 else dim for dim in target[1:]]
    size = None if None in shape[1:] else prod(dim for dim in shape[1:] if dim is not None)
    if rest.count(None) == 1 and size is not None:
        rest[rest.index(None)] = size // prod(dim for dim in rest if dim is not None)
    keeps_batch = target[0] in (None, -1) or (target[0] == shape[0] and shape[0] is not None)
    if not keeps_batch or None in rest or size != prod(dim for dim in rest if dim is not None):
        site.refuse(f"a reshape of {layout.shown(shape)} to {target}: TF.js keeps the batch as it is", GRAPH_MODEL)
    return layout.reshaped(site, ref, rest, None)


def transpose(site: Site) -> Outputs:
    """A Permute, if the batch stays in front."""
    given = operands(site)
    return _permuted(site, given["x"], given.get("axes"))


def swapaxes(site: Site) -> Outputs:
    """A Permute, if the batch stays in front."""
    given = operands(site)
    order = list(range(len(layout.shape_of(site, given["x"]))))
    one, two = given["axis1"], given["axis2"]
    order[one], order[two] = order[two], order[one]
    return _permuted(site, given["x"], order)


def _permuted(site: Site, ref: Ref, axes: Any) -> Ref:
    rank = len(layout.shape_of(site, ref))
    order = [axis % rank for axis in axes] if isinstance(axes, list) else list(range(rank))[::-1]
    if order[0] != 0 or sorted(order) != list(range(rank)):
        site.refuse("a transposition that moves the batch", GRAPH_MODEL)
    return layout.permuted(site, ref, order[1:], None)


def squeeze(site: Site) -> Outputs:
    """A Reshape."""
    given = operands(site)
    shape = layout.shape_of(site, given["x"])
    axis = given.get("axis")
    axes = [axis] if isinstance(axis, int) else axis or [i for i, dim in enumerate(shape) if dim == 1]
    gone = {each % len(shape) for each in axes}
    if 0 in gone:
        site.refuse("a squeeze of the batch", GRAPH_MODEL)
    return layout.reshaped(site, given["x"], [dim for i, dim in enumerate(shape) if i and i not in gone], None)


def expand_dims(site: Site) -> Outputs:
    """A Reshape."""
    given = operands(site)
    shape = layout.shape_of(site, given["x"])
    axis = given.get("axis")
    axes = [axis] if isinstance(axis, int) else list(axis or [])
    rank = len(shape) + len(axes)
    new = {each % rank for each in axes}
    if 0 in new or not new:
        site.refuse("a new axis in front of the batch", GRAPH_MODEL)
    old = iter(shape)
    return layout.reshaped(site, given["x"], [1 if i in new else next(old) for i in range(rank)][1:], None)


def concatenate(site: Site) -> Outputs:
    """A Concatenate."""
    given = operands(site)
    return _together(site, given["xs"], _positive(site, given, len(layout.shape_of(site, given["xs"][0]))))


def stack(site: Site) -> Outputs:
    """Each with a new axis, then a Concatenate."""
    given = operands(site)
    shape = layout.shape_of(site, given["xs"][0])
    axis = _positive(site, given, len(shape) + 1)
    dims = [*shape[1:axis], 1, *shape[axis:]]
    expanded = [layout.reshaped(site, ref, dims, f"expanded_{number}") for number, ref in enumerate(given["xs"])]
    return _together(site, expanded, axis)


def _positive(site: Site, given: dict[str, Any], rank: int) -> int:
    axis = given.get("axis")
    positive = (0 if axis is None else axis) % rank
    if positive == 0:
        site.refuse("tensors put together along the batch", GRAPH_MODEL)
    return int(positive)


def _together(site: Site, refs: list[Any], axis: int) -> Ref:
    if not all(isinstance(ref, Ref) for ref in refs):
        site.refuse("a constant among the tensors to be put together", GRAPH_MODEL)
    if len(refs) == 1:
        return site.put("Activation", {"activation": "linear"}, refs)
    return site.put("Concatenate", {"axis": axis}, refs)


def tile(site: Site) -> Outputs:
    """The tensor concatenated with itself."""
    given = operands(site)
    ref, repeats = given["x"], given.get("repeats")
    shape = layout.shape_of(site, ref)
    repeats = [repeats] if isinstance(repeats, int) else list(repeats or [])
    repeats = [1] * (len(shape) - len(repeats)) + repeats
    if len(repeats) > len(shape) or repeats[0] != 1 or not all(0 < times <= MOST_REPEATS for times in repeats):
        site.refuse(f"repeats of {repeats}", GRAPH_MODEL)
    for axis, times in enumerate(repeats):
        if times > 1:
            ref = site.put("Concatenate", {"axis": axis}, [ref] * times, part=f"axis_{axis}")
    return site.put("Activation", {"activation": "linear"}, [ref])


# ---------------------------------------------------------------------------- reductions


def mean(site: Site) -> Outputs:
    """GlobalAveragePooling1D over the axes, moved to the front and merged."""
    return _reduced(site, "GlobalAveragePooling1D")


def largest(site: Site) -> Outputs:
    """GlobalMaxPooling1D over the axes, moved to the front and merged."""
    return _reduced(site, "GlobalMaxPooling1D")


def total(site: Site) -> Outputs:
    """The mean times the number of values."""
    return _reduced(site, "GlobalAveragePooling1D", times_count=True)


def smallest(site: Site) -> Outputs:
    """The negative of the largest negative."""
    return _reduced(site, "GlobalMaxPooling1D", sign=-1.0)


def _reduced(site: Site, pooling: str, *, times_count: bool = False, sign: float = 1.0) -> Ref:
    given = operands(site)
    ref = given["x"]
    shape = layout.shape_of(site, ref)
    axes = _axes(site, given.get("axis"), len(shape))
    others = [axis for axis in range(1, len(shape)) if axis not in axes]
    count = _known_product(site, [shape[axis] for axis in axes], shape)
    rest = [shape[axis] for axis in others]
    if sign < 0:
        ref = scaled(site, ref, sign, 0.0, "negative")
    if axes + others != list(range(1, len(shape))):
        ref = layout.permuted(site, ref, axes + others, "axes_first")
    ref = layout.reshaped(site, ref, [count, _known_product(site, rest, shape)], "merged")
    ref = site.put(pooling, {}, [ref], part="pooled")
    factor = sign * (count if times_count else 1)
    if factor != 1:
        ref = scaled(site, ref, float(factor), 0.0, "scaled")
    kept: list[Dim] = [1 if axis in axes else shape[axis] for axis in range(1, len(shape))]
    return layout.reshaped(site, ref, kept if given.get("keepdims") else rest, None)


def _axes(site: Site, axis: Any, rank: int) -> list[int]:
    axes = sorted({each % rank for each in ([axis] if isinstance(axis, int) else axis or [0])})
    if 0 in axes:
        site.refuse("a reduction over the batch", GRAPH_MODEL)
    return axes


def _known_product(site: Site, dims: list[Dim], shape: tuple[Dim, ...]) -> int:
    if None in dims:
        site.refuse(f"a reduction of {layout.shown(shape)}, in which sizes are unknown", GRAPH_MODEL)
    return prod(dim for dim in dims if dim is not None)


OPERATORS: dict[str, Rule] = {
    "reshape": reshape,
    "transpose": transpose,
    "swapaxes": swapaxes,
    "squeeze": squeeze,
    "expand_dims": expand_dims,
    "concatenate": concatenate,
    "stack": stack,
    "tile": tile,
    "mean": mean,
    "sum": total,
    "max": largest,
    "amax": largest,
    "min": smallest,
    "amin": smallest,
}
