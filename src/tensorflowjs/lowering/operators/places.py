"""Operators that put values elsewhere, together, or take parts of them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Type
from tensorflowjs.lowering import functions
from tensorflowjs.lowering.engine import Outputs, Site
from tensorflowjs.lowering.functions import sizes_of
from tensorflowjs.lowering.operators.operands import axes_of, dtype_of, integers, operand, tensor
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Size, Traced

Operator = Callable[..., Outputs]


def reshape(site: Site, x: Any, newshape: Any) -> Outputs:
    value = tensor(site, x)
    if isinstance(newshape, Traced):
        site.refuse("a reshape to a shape that the model computes")
    target: list[Size] = [
        -1 if size is None else size for size in ([newshape] if isinstance(newshape, int) else newshape)
    ]
    return value.reshape(target)


def transpose(site: Site, x: Any, axes: Any = None, conjugate: bool = False) -> Outputs:
    value = tensor(site, x)
    return value.transpose(list(range(value.rank))[::-1] if axes is None else axes_of(site, axes, value.rank))


def swapaxes(site: Site, x: Any, axis1: int, axis2: int) -> Outputs:
    value = tensor(site, x)
    order = list(range(value.rank))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return value.transpose(order)


def moveaxis(site: Site, x: Any, source: Any, destination: Any) -> Outputs:
    value = tensor(site, x)
    start, end = axes_of(site, source, value.rank), axes_of(site, destination, value.rank)
    order = [axis for axis in range(value.rank) if axis not in start]
    for target, axis in sorted(zip(end, start, strict=True)):
        order.insert(target, axis)
    return value.transpose(order)


def squeeze(site: Site, x: Any, axis: Any = None) -> Outputs:
    value = tensor(site, x)
    ones = [at for at, dim in enumerate(value.dims) if dim == 1]
    return value.squeeze(ones if axis is None or axis == [] else axes_of(site, axis, value.rank))


def expand_dims(site: Site, x: Any, axis: Any) -> Outputs:
    value = tensor(site, x)
    listed = [axis] if isinstance(axis, int) else list(axis)
    rank = value.rank + len(listed)
    for at in sorted(each % rank for each in listed):
        value = value.expand(at)
    return value


def concatenate(site: Site, xs: Any, axis: int | None = -1) -> Outputs:
    values = _values(site, xs)
    return functions.concat(values, 0 if axis is None else axis)


def stack(site: Site, xs: Any, axis: int | None = 0) -> Outputs:
    return functions.stack(_values(site, xs), 0 if axis is None else axis)


def _values(site: Site, xs: Any) -> list[Traced]:
    found = xs if isinstance(xs, list) else [xs]
    return [tensor(site, each) for each in found]


def unstack(site: Site, x: Any, num: Any = None, axis: int = 0) -> Outputs:
    value = tensor(site, x)
    site.known((value.dims[axis],), "the axis to be taken apart")
    return functions.unstack(value, axis % value.rank)


def split(site: Site, x: Any, indices_or_sections: Any, axis: int = 0, num: Any = None) -> Outputs:
    """Keras gives the number of parts, or the indices between them; TensorFlow the number, or the sizes."""
    value = tensor(site, x)
    at = (axis or 0) % value.rank
    (size,) = site.known((value.dims[at],), "the axis to be split")
    if isinstance(indices_or_sections, int):
        count = indices_or_sections
        return functions.split(value, [size // count] * count, at)
    given = integers(site, indices_or_sections, "a split")
    if "tensorflow" in site.config:
        rest = size - sum(each for each in given if each >= 0)
        return functions.split(value, [rest if each < 0 else each for each in given], at)
    bounds = [min(max(each + size if each < 0 else each, 0), size) for each in given]
    return functions.split(value, [stop - start for start, stop in pairwise([0, *bounds, size])], at)


def tile(site: Site, x: Any, repeats: Any) -> Outputs:
    value = tensor(site, x)
    times = integers(site, repeats, "repeats")
    times = [1] * (value.rank - len(times)) + times
    while value.rank < len(times):
        value = value.expand(0)
    return functions.tile(value, times)


def repeat(site: Site, x: Any, repeats: Any, axis: Any = None) -> Outputs:
    value = tensor(site, x)
    (times,) = integers(site, repeats, "repeats") if not isinstance(repeats, list) or len(repeats) == 1 else (0,)
    if not times:
        site.refuse("repeats that differ from place to place")
    if axis is None:
        value, axis = value.reshape([-1]), 0
    at, sizes = axis % value.rank, sizes_of(value)
    counts = [1] * (value.rank + 1)
    counts[at + 1] = times
    return functions.tile(value.expand(at + 1), counts).reshape([*sizes[:at], sizes[at] * times, *sizes[at + 1 :]])


def flip(site: Site, x: Any, axis: Any = None) -> Outputs:
    value = tensor(site, x)
    for at in axes_of(site, axis, value.rank):
        value = value.turned(at)
    return value


def roll(site: Site, x: Any, shift: Any, axis: Any = None) -> Outputs:
    value = tensor(site, x)
    if axis is None:
        site.refuse("a roll of all values together")
    shifts, axes = integers(site, shift, "a shift"), axes_of(site, axis, value.rank)
    for by, at in zip(shifts * (len(axes) if len(shifts) == 1 else 1), axes, strict=True):
        (size,) = site.known((value.dims[at],), "the axis to be rolled")
        if by % size:
            value = functions.concat([value.part(at, size - by % size, size), value.part(at, 0, size - by % size)], at)
    return value


def take(
    site: Site, x: Any, indices: Any, axis: Any = None, batch_dims: int = 0, validate_indices: Any = None
) -> Outputs:
    value, places = tensor(site, x), tensor(site, indices).cast(INT)
    if batch_dims:
        site.refuse(f"a gather with batch_dims={batch_dims}")
    if axis is None:
        value, axis = (value.reshape([-1]), 0) if "tensorflow" not in site.config else (value, 0)
    at = axis % value.rank
    if "tensorflow" not in site.config and isinstance(indices, Traced):
        places = functions.where(places < 0, places + value.size(at), places)
    elif not isinstance(indices, Traced):
        (size,) = site.known((value.dims[at],), "the axis to take from") if np.min(indices) < 0 else (0,)
        places = tensor(site, np.where(np.asarray(indices) < 0, np.asarray(indices) + size, indices))
    return functions.gather(value, places, at)


def broadcast_to(site: Site, x: Any, shape: Any) -> Outputs:
    value = tensor(site, x)
    start = len(shape) - value.rank
    sizes: list[Size] = []
    for at, size in enumerate(shape):
        sizes.append(value.size(at - start) if size in (None, -1) and at >= start else size)
    if any(size in (None, -1) for size in sizes if not isinstance(size, Traced)):
        site.refuse(f"a broadcast to {shape!r}"[:200])
    return functions.broadcast_to(value, sizes)


def pad(site: Site, x: Any, pad_width: Any, mode: Any = "constant", constant_values: Any = None) -> Outputs:
    value, kind = tensor(site, x), str(mode or "constant").lower()
    rows = np.asarray(pad_width)
    amounts = np.broadcast_to(rows if rows.ndim == 2 else rows.reshape(1, -1), (value.rank, 2)).tolist()
    pairs = [(int(before), int(after)) for before, after in amounts]
    if kind == "constant":
        return functions.pad(value, pairs, constant_values or 0)
    if kind not in ("reflect", "symmetric"):
        site.refuse(f'padding with mode="{mode}"')
    dims = tuple(None if dim is None else dim + sum(pair) for dim, pair in zip(value.dims, pairs, strict=True))
    inputs = [value, site.builder.const(amounts, INT)]
    return site.builder.put("MirrorPad", inputs, value.dtype, dims, mode=kind.upper().encode(), Tpaddings=Type(INT))


def cast_one_hot(
    site: Site, x: Any, num_classes: Any, axis: Any = -1, dtype: Any = None, on_value: Any = None, off_value: Any = None
) -> Outputs:
    value = functions.one_hot(tensor(site, x), int(num_classes))
    if on_value not in (None, 1, 1.0) or off_value not in (None, 0, 0.0):
        site.refuse("one_hot with other numbers than 1 and 0")
    at = (-1 if axis is None else axis) % value.rank
    order = list(range(value.rank - 1))
    order.insert(at, value.rank - 1)
    return value.transpose(order).cast(FLOAT if dtype is None else dtype_of(site, dtype))


def triangle(upper: bool) -> Operator:
    def written(site: Site, x: Any, k: int = 0) -> Traced:
        value = tensor(site, x)
        rows, columns = site.known(value.dims[-2:], "its matrices")
        ones = np.triu(np.ones((rows, columns), bool), k) if upper else np.tril(np.ones((rows, columns), bool), k)
        return functions.where(site.builder.const(ones, BOOL), value, 0 if value.dtype != FLOAT else 0.0)

    return written


def diff(site: Site, x: Any = None, a: Any = None, n: int = 1, axis: int = -1) -> Outputs:
    value = tensor(site, a if x is None else x)
    at = axis % value.rank
    for _ in range(n):
        (size,) = site.known((value.dims[at],), "its axis")
        value = value.part(at, 1, size) - value.part(at, 0, size - 1)
    return value


# ---------------------------------------------------------------------------- x[...]


def get_item(site: Site, x: Any, key: Any = None, var: Any = None, begin: Any = None, size: Any = None) -> Outputs:
    """StridedSlice along the axes that are cut, and axes of size 1 put in or taken out."""
    if begin is not None:
        return slice_of(site, x, begin, size)
    value = tensor(site, x)
    items = _items(site, list(key) if isinstance(key, list | tuple) else [key], value.rank)
    at = 0
    for item in items:
        if item is None:
            value = value.expand(at)
            at += 1
        elif isinstance(item, int):
            value = value.at(at, item)
        elif isinstance(item, slice):
            value = _sliced(site, value, at, item)
            at += 1
        else:
            site.refuse(f"an index that is neither a number nor a slice: {item!r}"[:200])
    return value


def _items(site: Site, items: list[Any], rank: int) -> list[Any]:
    """One item for each axis, and None for each new one."""
    items = [
        slice(*(item.get(k) for k in ("start", "stop", "step"))) if isinstance(item, dict) else item for item in items
    ]
    items = [Ellipsis if isinstance(item, str) and item == "..." else item for item in items]
    if any(isinstance(item, list) for item in items):
        site.refuse("an index that is a list", "use keras.ops.take")
    used = sum(item is not None and item is not Ellipsis for item in items)
    rest = [slice(None)] * (rank - used)
    if not any(item is Ellipsis for item in items):
        return [*items, *rest]
    at = next(index for index, item in enumerate(items) if item is Ellipsis)
    return [*items[:at], *rest, *items[at + 1 :]]


def _sliced(site: Site, x: Traced, axis: int, item: slice) -> Traced:
    if item == slice(None):
        return x
    step = 1 if item.step is None else item.step
    if not all(isinstance(part, int | None) for part in (item.start, item.stop, step)):
        site.refuse("a slice whose ends the model computes")
    size = x.dims[axis]
    if size is not None:
        start, stop, step = item.indices(size)
        if step > 0:
            return x.part(axis, start, max(start, stop), step)
        kept = x.part(axis, stop + 1, start + 1).turned(axis)
        return kept.part(axis, 0, start - stop, -step)
    if step < 0:
        if step != -1 or item.start is not None or item.stop is not None:
            site.refuse(f"the slice {item} of an axis whose size is not fixed")
        return x.turned(axis)
    return _open(x, axis, item, step)


def _open(x: Traced, axis: int, item: slice, step: int) -> Traced:
    """A slice of an axis of unknown size."""
    begin, end = [0] * (axis + 1), [0] * (axis + 1)
    begin[axis], end[axis] = item.start or 0, item.stop or 0
    whole = 2**axis - 1
    masks = {"begin_mask": whole + 2**axis * (item.start is None), "end_mask": whole + 2**axis * (item.stop is None)}
    dims = (*x.dims[:axis], None, *x.dims[axis + 1 :])
    return x.builder.strided(x, begin, end, [1] * axis + [step], dims, whole, **masks)


def slice_of(site: Site, x: Any, begin: Any, size: Any) -> Outputs:
    value = tensor(site, x)
    starts, lengths = integers(site, begin, "the start of a slice"), integers(site, size, "the size of a slice")
    for axis, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        if start or length != -1:
            value = _sliced(site, value, axis, slice(start, None if length == -1 else start + length))
    return value


def put_together(axis_of_flat: int, axis: int) -> Operator:
    """hstack and the like: along `axis`, or for vectors along `axis_of_flat`."""

    def written(site: Site, xs: Any) -> Traced:
        values = _values(site, xs)
        return functions.concat(values, axis_of_flat if values[0].rank == 1 else axis)

    return written


def ravel(site: Site, x: Any) -> Outputs:
    return tensor(site, x).reshape([-1])


def full_like(site: Site, x: Any, fill_value: Any, dtype: Any = None) -> Outputs:
    value = tensor(site, x)
    kind = value.dtype if dtype is None else dtype_of(site, dtype)
    return value.cast(kind).each("ZerosLike") + operand(site, fill_value)


OPERATORS: dict[str, Operator] = {
    "reshape": reshape,
    "transpose": transpose,
    "swapaxes": swapaxes,
    "moveaxis": moveaxis,
    "squeeze": squeeze,
    "expand_dims": expand_dims,
    "concatenate": concatenate,
    "stack": stack,
    "unstack": unstack,
    "split": split,
    "tile": tile,
    "repeat": repeat,
    "flip": flip,
    "reverse": flip,
    "roll": roll,
    "take": take,
    "broadcast_to": broadcast_to,
    "pad": pad,
    "one_hot": cast_one_hot,
    "tril": triangle(False),
    "triu": triangle(True),
    "diff": diff,
    "get_item": get_item,
    "slice": slice_of,
    "hstack": put_together(0, 1),
    "ravel": ravel,
    "full_like": full_like,
}
