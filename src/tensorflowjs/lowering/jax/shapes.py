"""Primitives that move values, or make them of nothing but a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorflowjs.lowering.functions import broadcast_to, concat, counted, pad, split, stack, tile, unstack
from tensorflowjs.lowering.jax.walking import Site, Write
from tensorflowjs.lowering.values import BOOL, INT, Size, Traced


def reshaped(site: Site) -> Traced:
    x = site.x
    if site.params.get("dimensions") is not None:
        x = x.transpose(site.params["dimensions"])
    return to_shape(site, x, site.params["new_sizes"])


def to_shape(site: Site, x: Traced, shape: Sequence[Any]) -> Traced:
    """`x` in a shape of which JAX may know some sizes by name only: no size is computed if it is the only one."""
    if sum(not isinstance(size, int) for size in shape) == 1 and 0 not in shape:
        asked: list[Size] = [size if isinstance(size, int) else -1 for size in shape]
        return x.reshape(asked)
    return x.reshape(site.sizes(shape))


def spread(site: Site) -> Traced:
    """Broadcast: axes are put where they belong, then made as long as asked."""
    x, shape = site.x, site.params["shape"]
    places = [int(axis) for axis in site.params["broadcast_dimensions"]]
    narrow = [site.aval().shape[places.index(axis)] if axis in places else 1 for axis in range(len(shape))]
    placed = to_shape(site, x, narrow)
    if all(str(a) == str(b) for a, b in zip(narrow, shape, strict=True)):
        return placed
    if x.dtype == BOOL:  # which TF.js does not repeat on all backends
        return broadcast_to(placed.cast(INT), site.sizes(shape)).cast(BOOL)
    wide = broadcast_to(placed, site.sizes(shape))
    site.walk.narrow[wide.value] = placed
    return wide


def transposed(site: Site) -> Traced:
    return site.x.transpose(site.params["permutation"])


def squeezed(site: Site) -> Traced:
    return site.x.squeeze(site.params["dimensions"])


def expanded(site: Site) -> Traced:
    return to_shape(site, site.x, site.result.shape)


def joined(site: Site) -> Traced:
    return concat(site.inputs, site.params["dimension"])


def parted(site: Site) -> list[Traced]:
    sizes = [site.fixed(size, "a part") for size in site.params["sizes"]]
    return split(site.x, sizes, site.params["axis"])


def stacked(site: Site) -> Traced:
    return stack(site.inputs, site.params["axis"])


def unstacked(site: Site) -> list[Traced]:
    return unstack(site.x, site.params["axis"])


def tiled(site: Site) -> Traced:
    x = site.x
    times = site.sizes(site.params["reps"])
    return tile(x.cast(INT), times).cast(BOOL) if x.dtype == BOOL else tile(x, times)


def reversed_along(site: Site) -> Traced:
    x, axes = site.x, [int(axis) for axis in site.params["dimensions"]]
    return x.builder.put("ReverseV2", [x, x.builder.ints(axes)], x.dtype, x.dims) if axes else x


def sliced(site: Site) -> Traced:
    x, shape = site.x, site.aval().shape
    starts, stops = site.params["start_indices"], site.params["limit_indices"]
    steps = site.params["strides"] or [1] * x.rank
    whole = [
        start == 0 and str(stop) == str(size) and step == 1
        for start, stop, step, size in zip(starts, stops, steps, shape, strict=True)
    ]
    if all(whole):
        return x
    begin = [site.size(start) for start in starts]
    end: list[Size] = [0 if all_ else site.size(stop) for all_, stop in zip(whole, stops, strict=True)]
    mask = sum(2**axis for axis, all_ in enumerate(whole) if all_)
    return x.builder.strided(x, begin, end, list(steps), site.dims, mask)


# ---------------------------------------------------------------------------- padding


def padded(site: Site) -> Traced:
    """Outside and between; negative padding cuts off."""
    x, number = site.x, site.number(1)
    amounts = [(int(low), int(high)) for low, high, _ in site.params["padding_config"]]
    if number is None:
        site.refuse("TF.js pads with a fixed number only")
    if x.dtype == BOOL:
        return _padded(site, x.cast(INT), amounts, int(number)).cast(BOOL)
    return _padded(site, x, amounts, number.item())


def _padded(site: Site, x: Traced, amounts: Sequence[tuple[int, int]], number: float) -> Traced:
    for axis, (_, _, between) in enumerate(site.params["padding_config"]):
        x = with_between(x, axis, int(between), number)
    x = surrounded(x, [(max(0, low), max(0, high)) for low, high in amounts], number)
    return cut(x, [(max(0, -low), max(0, -high)) for low, high in amounts])


def surrounded(x: Traced, amounts: Sequence[tuple[int, int]], number: float) -> Traced:
    """Padded. WebAssembly takes the number as a float: integers that are none are added afterwards."""
    if x.dtype == INT and int(np.float32(number)) != number:
        return pad(x - int(number), amounts) + int(number)
    return pad(x, amounts, number)


def cut(x: Traced, amounts: Sequence[tuple[int, int]]) -> Traced:
    """Without what is at the ends of the axes."""
    if not any(map(any, amounts)):
        return x
    begin = [low for low, _ in amounts]
    end = [-high for _, high in amounts]
    open_ends = sum(2**axis for axis, (_, high) in enumerate(amounts) if not high)
    dims = tuple(None if dim is None else max(0, dim - sum(pair)) for dim, pair in zip(x.dims, amounts, strict=True))
    return x.builder.strided(x, begin, end, [1] * x.rank, dims, 0, end_mask=open_ends)


def with_between(x: Traced, axis: int, count: int, number: float = 0.0) -> Traced:
    """With `count` numbers between each two values along `axis`."""
    if not count or x.dims[axis] == 1:
        return x
    sizes: list[Size] = [x.size(each) for each in range(x.rank)]
    amounts = [(0, 0)] * (axis + 1) + [(0, count)] + [(0, 0)] * (x.rank - axis - 1)
    apart = surrounded(x.expand(axis + 1), amounts, number)
    long = sizes[axis] * (count + 1)
    return apart.reshape([*sizes[:axis], long, *sizes[axis + 1 :]]).part(axis, 0, long - count)


# ---------------------------------------------------------------------------- of nothing


def iota(site: Site) -> Traced:
    """0, 1, 2, ... along one axis."""
    shape, axis = site.params["shape"], int(site.params["dimension"])
    if all(isinstance(size, int) for size in shape):
        numbers = np.arange(shape[axis]).reshape([-1 if at == axis else 1 for at in range(len(shape))])
        row = site.builder.const(numbers, site.dtype)
    else:
        count = site.size(shape[axis])
        row = counted(count if isinstance(count, Traced) else site.builder.ints(0), count).cast(site.dtype)
        row = row.reshape([-1 if at == axis else 1 for at in range(len(shape))])
    if all(size == 1 for at, size in enumerate(shape) if at != axis):
        return row
    return broadcast_to(row, site.sizes(shape))


def named_size(site: Site) -> Traced:
    return site.builder.operand(site.size(site.params["dim"]), INT)


def empty(site: Site) -> Traced:
    zero = site.builder.const(0, site.dtype)
    return broadcast_to(zero, site.sizes(site.result.shape))


PRIMITIVES: dict[str, Write] = {
    "reshape": reshaped,
    "broadcast_in_dim": spread,
    "transpose": transposed,
    "squeeze": squeezed,
    "expand_dims": expanded,
    "concatenate": joined,
    "split": parted,
    "stack": stacked,
    "unstack": unstacked,
    "tile": tiled,
    "rev": reversed_along,
    "slice": sliced,
    "pad": padded,
    "iota": iota,
    "dim_as_value": named_size,
    "empty": empty,
}
