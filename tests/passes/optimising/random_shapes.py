"""Growths of random graphs that only move values, or compute where they go."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Type, Value


def _moved(at: Any, value: Value, sizes: Any) -> Any:
    return type(at)(value, tuple(int(size) for size in sizes), at.batched)


def dimension(g: Any, at: Any, axis: int) -> Value:
    """A size, computed in one of the ways there are."""
    shape = g.build.shape(at.value)
    if g.rng.random() < 0.5:
        return g.build.gather(shape, g.build.ints(axis))
    ends = [g.build.ints([number]) for number in (axis, axis + 1, 1)]
    return g.op("StridedSlice", shape, *ends, shrink_axis_mask=1)


def flat_and_back(g: Any, at: Any) -> Any:
    """As a dense layer on a sequence does: rows, something, and the axes again."""
    if len(at.sizes) < 3:
        return None
    rows = g.op("Mul", dimension(g, at, 0), dimension(g, at, 1))
    rest = int(np.prod(at.sizes[2:]))
    flat = g.build.reshape(at.value, g.op("Pack", rows, g.build.ints(rest), axis=0))
    flat = g.op(g.pick(("Relu", "Tanh", "Neg")), flat)
    shape = g.pick([g.build.shape(at.value), g.op("Pack", *(dimension(g, at, each) for each in range(len(at.sizes))))])
    return g.like(at, g.build.reshape(flat, shape))


def spread(g: Any, at: Any) -> Any:
    """Zeros, ones or a row as large as the value."""
    shape = g.build.shape(at.value)
    kind = int(g.rng.integers(4))
    if kind == 0:
        other = g.op("Fill", shape, g.build.const(g.pick([0.0, 1.0, 1.5]), "float32"))
    elif kind == 1:
        other = g.op("BroadcastTo", g.numbers(at.sizes[-1]), shape)
    elif kind == 2:
        other = g.op("ZerosLike", at.value)
    else:
        other = g.op("OnesLike", at.value)
    return g.like(at, g.op(g.pick(("AddV2", "Mul", "Maximum")), at.value, other))


def tiled(g: Any, at: Any) -> Any:
    times = [1, *(int(g.pick([1, 1, 2])) for _ in at.sizes[1:])]
    value = g.op("Tile", at.value, g.build.ints(times))
    return _moved(at, value, [size * count for size, count in zip(at.sizes, times, strict=True)])


def packed(g: Any, at: Any) -> Any:
    if len(at.sizes) > 3:
        return None
    axis = int(g.rng.integers(1, len(at.sizes) + 1))
    value = g.op("Pack", at.value, g.op("Tanh", at.value), axis=axis)
    if g.rng.random() < 0.5:
        node = g.build.node("Unpack", value, axis=axis, num=2, T=Type("float32"))
        return g.like(at, g.op("Sub", node.value(1), node.value(0)))
    return _moved(at, value, (*at.sizes[:axis], 2, *at.sizes[axis:]))


def strided(g: Any, at: Any) -> Any:
    """A range of an axis, or one of its indices, forwards or backwards."""
    rank = len(at.sizes)
    if rank < 2:
        return None
    axis = int(g.rng.integers(1, rank))
    size = at.sizes[axis]
    step = int(g.pick([1, 1, 2, -1]))
    begin = int(g.rng.integers(0, size))
    found = range(size)[begin::step]
    mask = (1 << rank) - 1
    step_of = [step if each == axis else 1 for each in range(rank)]
    first = [begin if each == axis else 0 for each in range(rank)]
    index = step == 1 and rank > 2 and g.rng.random() < 0.4
    ends = [begin + 1 if each == axis else 0 for each in range(rank)]
    value = g.op(
        "StridedSlice",
        at.value,
        *(g.build.ints(each) for each in (first, ends, step_of)),
        begin_mask=mask & ~(1 << axis),
        end_mask=mask & ~(1 << axis) if index else mask,
        shrink_axis_mask=1 << axis if index else 0,
    )
    kept = [] if index else [len(found)]
    return _moved(at, value, (*at.sizes[:axis], *kept, *at.sizes[axis + 1 :]))


def rearranged(g: Any, at: Any) -> Any:
    """The other way round, in another order, or summed up as it goes."""
    axis = int(g.rng.integers(1, len(at.sizes)))
    kind = int(g.rng.integers(3))
    if kind == 0:
        return g.like(at, g.op("ReverseV2", at.value, g.build.ints([axis])))
    if kind == 1:
        return g.like(at, g.op("Cumsum", at.value, g.build.ints(axis), exclusive=bool(g.rng.random() < 0.5)))
    order = np.arange(at.sizes[axis]) if g.rng.random() < 0.3 else g.rng.permutation(at.sizes[axis])
    return g.like(at, g.build.gather(at.value, g.build.ints([int(each) for each in order]), axis))


def single_windows(g: Any, at: Any) -> Any:
    """A pool of windows of one element, behind a cut and perhaps padding."""
    if len(at.sizes) != 4 or min(at.sizes[1:3]) < 3:
        return None
    value, height, width = at.value, *at.sizes[1:3]
    if g.rng.random() < 0.5:
        value = g.op("Pad", value, g.build.const([[0, 0], [0, 1], [0, 1], [0, 0]], "int32"))
        height, width = height + 1, width + 1
    begin, zeros, ones = ([number] * 4 for number in (1, 0, 1))
    ends = [g.build.ints([0, *begin[1:3], 0]), g.build.ints(zeros), g.build.ints(ones)]
    value = g.op("StridedSlice", value, *ends, begin_mask=9, end_mask=15)
    value = g.op("AvgPool", value, ksize=[1] * 4, strides=[1, 2, 2, 1], padding=b"VALID", data_format=b"NHWC")
    return _moved(at, value, (at.sizes[0], height // 2, width // 2, at.sizes[3]))


SHAPES = (flat_and_back, spread, tiled, packed, strided, strided, rearranged, single_windows)
