"""Slices with steps, which TF.js takes wrongly when the same slice also drops an axis, or is one of integers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorflowjs.ir.graph import Attr, Value
from tensorflowjs.passes.building import constant, integer
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of

_MASKS = ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
_MOST_AXES = 4


@dataclass(frozen=True)
class _Step:
    """A slice of one axis with a step other than 1; `None` for an end that is the edge."""

    spec: int
    axis: int
    begin: int | None
    end: int | None
    step: int


def strided_slice(at: Site) -> Value | None:
    """x[a:b:2, 0] -> x[a:b] along the first axis, every second of it, then [:, 0]

    TF.js counts steps along the wrong axes once one is dropped, WebAssembly returns the bits of integers and bools as
    floats, and the shaders of WebGL and WebGPU take steps along four axes at most. Steps backwards become ReverseV2
    and steps forwards.
    """
    steps = _steps(at)
    if not steps:
        return _in_order(at)
    rank = at.shapes.rank(at.x)
    if rank is None:
        return None
    if at.dtype == "float32" and rank <= _MOST_AXES and not integer(at.old, "shrink_axis_mask"):
        return None
    x = at.x
    for step in steps:
        x = _stepped(at, x, step, rank)
    return _rest(at, x, steps)


def _in_order(at: Site) -> Value | None:
    """A slice without steps that ends before it begins -> one that ends where it begins"""
    begin, end, strides = (constant(value) for value in at.inputs[1:4])
    if begin is None or end is None or strides is None or (strides != 1).any():
        return None
    masked = integer(at.old, "begin_mask") | integer(at.old, "end_mask") | integer(at.old, "shrink_axis_mask")
    masked |= integer(at.old, "new_axis_mask") | integer(at.old, "ellipsis_mask")
    ends = [
        int(last) if masked >> spec & 1 else _end(int(first), int(last))
        for spec, (first, last) in enumerate(zip(begin, end, strict=True))
    ]
    return None if ends == end.tolist() else at.again(at.x, at.inputs[1], at.ints(ends), at.inputs[3])


def _steps(at: Site) -> list[_Step]:
    """The axes with steps; none if that cannot be told."""
    bounds = [constant(value) for value in at.inputs[1:4]]
    strides = bounds[2]
    if strides is None or (strides == 1).all():
        return []
    masks = {mask: integer(at.old, mask) for mask in _MASKS}
    axes = _axes(at, len(strides), masks["ellipsis_mask"], masks["new_axis_mask"])
    found = []
    for spec, axis in enumerate(axes or ()):
        if axis is None or strides[spec] == 1 or masks["shrink_axis_mask"] >> spec & 1:
            continue
        ends: list[int | None] = []
        for values, mask in ((bounds[0], masks["begin_mask"]), (bounds[1], masks["end_mask"])):
            if not mask >> spec & 1 and values is None:
                return []
            ends.append(None if mask >> spec & 1 or values is None else int(values[spec]))
        found.append(_Step(spec, axis, ends[0], ends[1], int(strides[spec])))
    return found


def _axes(at: Site, specs: int, ellipsis: int, new: int) -> list[int | None] | None:
    """The axis of the input that each spec is about."""
    rank = at.shapes.rank(at.x)
    if rank is None and ellipsis:
        return None
    taken = sum(not ellipsis >> spec & 1 and not new >> spec & 1 for spec in range(specs))
    axes: list[int | None] = []
    axis = 0
    for spec in range(specs):
        none = (ellipsis | new) >> spec & 1
        axes.append(None if none else axis)
        axis += (rank or 0) - taken if ellipsis >> spec & 1 else not none
    return axes


def _stepped(at: Site, x: Value, step: _Step, rank: int) -> Value:
    begin, end, stride = step.begin, step.end, step.step
    if stride < 0:
        x = at("ReverseV2", x, at.ints([step.axis]))
        begin, end = (None if bound is None else -bound - 1 for bound in (begin, end))
    if begin is not None or end is not None:
        x = _between(at, x, step.axis, begin, end)
    return x if abs(stride) == 1 else _every(at, x, step.axis, abs(stride), rank)


def _between(at: Site, x: Value, axis: int, begin: int | None, end: int | None) -> Value:
    """x[begin:end] along one axis."""
    specs = range(axis + 1)
    masks: dict[str, Attr] = dict.fromkeys(_MASKS, 0)
    masks["begin_mask"] = sum(1 << spec for spec in specs if spec != axis or begin is None)
    masks["end_mask"] = sum(1 << spec for spec in specs if spec != axis or end is None)
    low = at.ints([(begin or 0) if spec == axis else 0 for spec in specs])
    high = at.ints([_end(begin or 0, end or 0) if spec == axis else 0 for spec in specs])
    return at("StridedSlice", x, low, high, at.ints([1] * len(specs)), **masks)


def _end(begin: int, end: int) -> int:
    """TF.js takes no slice that ends before it begins."""
    return max(begin, end) if (begin < 0) == (end < 0) else end


def _every(at: Site, x: Value, axis: int, stride: int, rank: int) -> Value:
    """Each `stride`-th along one axis."""
    if type_of(x) == "float32" and rank <= _MOST_AXES:
        masks: dict[str, Attr] = {**dict.fromkeys(_MASKS, 0), "begin_mask": 2**rank - 1, "end_mask": 2**rank - 1}
        zeros = at.ints([0] * rank)
        strides = at.ints([stride if each == axis else 1 for each in range(rank)])
        return at("StridedSlice", x, zeros, zeros, strides, **masks)
    size = at.shapes.dim(x, axis)
    if size is not None:
        return at.gather(x, at.const(np.arange(0, size, stride), "int32"), axis)
    count = at.gather(at.shape(x), at.ints(axis))
    return at.gather(x, at("Range", at.ints(0), count, at.ints(stride)), axis)


def _rest(at: Site, x: Value, steps: Sequence[_Step]) -> Value:
    """What the slice does without steps."""
    taken = sum(1 << step.spec for step in steps)
    masks: dict[str, Attr] = {mask: integer(at.old, mask) for mask in _MASKS}
    for mask in ("begin_mask", "end_mask"):
        masks[mask] = integer(at.old, mask) | taken
    strides = constant(at.inputs[3])
    assert strides is not None
    return at("StridedSlice", x, *at.inputs[1:3], at.ints([1] * len(strides)), **masks)


def reverse_bools(at: Site) -> Value | None:
    """Bools: ReverseV2(x) -> Cast, ReverseV2, Cast, since WebAssembly reverses them as if they were numbers"""
    return at.cast(at(at.old.op, at.cast(at.x, "int32"), *at.inputs[1:]), "bool") if at.dtype == "bool" else None


RULES: dict[str, Rule] = {
    "StridedSlice": strided_slice,
    "ReverseV2": reverse_bools,
    "Reverse": reverse_bools,
}
