"""Ops along some of many axes, on fewer: the others beside each other become one.

The shaders of WebGL and WebGPU pad, reverse and sum up four axes at most, and turn six at most. Those of WebGPU turn
two at most of integers and of bools, and of floats that were cast from them, which are still integers in memory.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.storage import WHOLE, stored_type
from tensorflowjs.passes.types import type_of

_MOST = 4
_MOST_TURNED = 6
_MOST_TURNED_WHOLE = 2  # of whole numbers and of bools
_LOWEST = -(2.0**31)  # of int32

Size = Value | int


def padded(at: Site) -> Value | None:
    """Pad(x) of five axes or more -> Reshape to fewer, Pad, Reshape back; twice if too many axes are padded"""
    widths, sizes = constant(at.inputs[1]), _many(at)
    if widths is None or sizes is None or widths.shape != (len(sizes), 2):
        return None
    x = at.x
    touched = [axis for axis, width in enumerate(widths.tolist()) if any(width)]
    while touched:
        now = _at_once(touched, len(sizes))
        groups = _groups(now, len(sizes))
        pads = [widths[axes[0]].tolist() if axes[0] in now else [0, 0] for axes in groups]
        x = at.again(_grouped(at, x, sizes, groups), at.const(pads, "int32"), *at.inputs[2:])
        sizes = [_larger(at, size, widths[axis].sum()) if axis in now else size for axis, size in enumerate(sizes)]
        touched = touched[len(now) :]
    return at.reshape(x, at.packed(sizes))


def reversed_along(at: Site) -> Value | None:
    """ReverseV2(x) of five axes or more -> Reshape to fewer, ReverseV2, Reshape back; twice if of too many"""
    axes, sizes = constant(at.inputs[1]), _many(at)
    if axes is None or sizes is None:
        return None
    x = at.x
    touched = sorted(int(axis) % len(sizes) for axis in axes)
    while touched:
        now = _at_once(touched, len(sizes))
        groups = _groups(now, len(sizes))
        places = [place for place, each in enumerate(groups) if each[0] in now]
        x = at.again(_grouped(at, x, sizes, groups), at.ints(places))
        touched = touched[len(now) :]
    return at.reshape(x, at.packed(sizes))


def running(at: Site) -> Value | None:
    """Cumsum(x) of five axes or more, or of integers along the first that has several -> Reshape to fewer, and back"""
    axis, sizes = constant(at.inputs[1]), at.sizes(at.x)
    if axis is None or sizes is None or not 0 <= int(axis) < len(sizes):
        return None
    axis = int(axis)
    first = all(size == 1 for size in sizes[:axis])
    fewer = len(sizes) > _MOST or (stored_type(at.x) in WHOLE and first and len(sizes) > 2 and axis < len(sizes) - 1)
    if not fewer:
        return along_others_than_the_last(at)
    before, after = at.product(sizes[:axis]), at.product(sizes[axis + 1 :])
    shape = [sizes[axis], after] if first else [before, sizes[axis], after]
    few = at.again(at.reshape(at.x, at.packed(shape)), at.ints(0 if first else 1))
    return at.reshape(few, at.packed(sizes))


def turned(at: Site) -> Value | None:
    """Transpose(x) of seven axes or more -> Reshape to fewer, Transpose, Reshape back

    Axes that stay side by side become one, and those of size 1 go. So do they for integers and bools of three or more.
    """
    order, sizes = constant(at.inputs[1]), at.sizes(at.x)
    if order is None or sizes is None or len(order) != len(sizes):
        return None
    most = _MOST_TURNED_WHOLE if stored_type(at.x) in WHOLE else _MOST_TURNED
    if len(order) <= most:
        return None
    blocks = _blocks([int(axis) for axis in order if not (isinstance(sizes[int(axis)], int) and sizes[int(axis)] == 1)])
    if len(blocks) > most:
        return _of_floats(at)
    before = sorted(blocks)
    x = _grouped(at, at.x, sizes, before)
    return at.reshape(
        at.transpose(x, [before.index(block) for block in blocks]), at.packed([sizes[int(axis)] for axis in order])
    )


def along_others_than_the_last(at: Site) -> Value | None:
    """Sum(Cast(x)) along axes that WebGPU turns to be the last -> Sum(Relu(Cast(x))): then they are floats"""
    axes, rank = constant(at.inputs[1]), at.shapes.rank(at.x)
    if axes is None or rank is None or rank <= _MOST_TURNED_WHOLE:
        return None
    found = sorted(int(axis) % rank for axis in axes.reshape(-1))
    return None if found == list(range(rank - len(found), rank)) else _of_floats(at)


def _of_floats(at: Site) -> Value | None:
    """Something that changes no number, and so leaves floats where they were cast."""
    stored = stored_type(at.x)
    if stored not in WHOLE or type_of(at.x) != "float32":
        return None
    floats = at("Relu", at.x) if stored == "bool" else at("Maximum", at.x, at.const(_LOWEST, "float32"))
    return at.again(floats, *at.inputs[1:])


def _many(at: Site) -> list[Size] | None:
    """The sizes of the first input if it has too many."""
    sizes = at.sizes(at.x)
    return sizes if sizes is not None and len(sizes) > _MOST else None


def _at_once(touched: list[int], rank: int) -> list[int]:
    """The first of `touched`: as many as leave few enough groups."""
    counts = range(len(touched), 0, -1)
    return next(touched[:count] for count in counts if len(_groups(touched[:count], rank)) <= _MOST)


def _groups(touched: Sequence[int], rank: int) -> list[list[int]]:
    """All axes: each of `touched` alone, the others with their neighbours."""
    groups: list[list[int]] = []
    for axis in range(rank):
        if not groups or axis in touched or groups[-1][-1] in touched:
            groups.append([])
        groups[-1].append(axis)
    return groups


def _blocks(order: Sequence[int]) -> list[list[int]]:
    """Axes that stand side by side before and after."""
    blocks: list[list[int]] = []
    kept = sorted(order)
    for axis in order:
        if not blocks or kept.index(axis) != kept.index(blocks[-1][-1]) + 1:
            blocks.append([])
        blocks[-1].append(axis)
    return blocks


def _grouped(at: Site, x: Value, sizes: Sequence[Size], groups: Sequence[Sequence[int]]) -> Value:
    return at.reshape(x, at.packed([at.product([sizes[axis] for axis in axes]) for axes in groups]))


def _larger(at: Site, size: Size, by: int) -> Size:
    return size + int(by) if isinstance(size, int) else at("AddV2", size, at.ints(int(by)))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), padded),
    "ReverseV2": reversed_along,
    **dict.fromkeys(("Cumsum", "Cumprod"), running),
    "Transpose": turned,
    **dict.fromkeys(("Sum", "Mean", "Prod", "Max", "Min", "ArgMax", "ArgMin"), along_others_than_the_last),
}
