"""Layers along space or time, written for values with the channels last and one axis for the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorflowjs.catalog.geometry import is_channels_first
from tensorflowjs.lowering.engine import Site
from tensorflowjs.lowering.functions import inverse, pad, product_of, sizes_of
from tensorflowjs.lowering.values import FLOAT, Traced


def channels_last(x: Traced, rank: int) -> Traced:
    return x.transpose(_order(x.rank, rank))


def channels_first(x: Traced, rank: int) -> Traced:
    return x.transpose(inverse(_order(x.rank, rank)))


def _order(axes: int, rank: int) -> list[int]:
    """Of a value with `rank` axes of space, which has its channels in front of them, the order with channels last."""
    before = axes - rank - 1
    return [*range(before), *range(before + 1, axes), before]


def over_space(site: Site, rank: int, write: Callable[[Traced], Traced], *, floats: bool = True) -> Traced:
    """What `write` makes of the site's input with the channels last, in the layout and with the axes of the input."""
    x = site.x.cast(FLOAT) if floats else site.x
    first = is_channels_first(site.config)
    if x.rank < rank + 2:
        site.refuse(f"an input of {x.rank} axes where it takes {rank + 2}")
    y = in_one_batch(channels_last(x, rank) if first else x, rank, write)
    return channels_first(y, rank) if first else y


def in_one_batch(x: Traced, rank: int, write: Callable[[Traced], Traced]) -> Traced:
    """`write` on values with any number of axes before those of space."""
    extra = x.rank - rank - 2
    if extra <= 0:
        return write(x)
    sizes = sizes_of(x)
    y = write(x.reshape([product_of(sizes[: extra + 1]), *sizes[extra + 1 :]]))
    return y.reshape([*sizes[: extra + 1], *sizes_of(y)[1:]])


def padded(x: Traced, amounts: Sequence[tuple[int, int]]) -> Traced:
    """With zeros around the axes of space, or less of them where an amount is negative."""
    whole = [(0, 0), *((max(0, a), max(0, b)) for a, b in amounts), (0, 0)]
    return cropped(pad(x, whole), [(max(0, -a), max(0, -b)) for a, b in amounts])


def cropped(x: Traced, amounts: Sequence[tuple[int, int]]) -> Traced:
    """Without what is at the ends of the axes of space."""
    if not any(map(any, amounts)):
        return x
    begin = [0, *(before for before, _ in amounts)]
    end = [0, *(-after for _, after in amounts)]
    open_ends = 1 + sum(2 ** (at + 1) for at, (_, after) in enumerate(amounts) if not after)
    pairs = [(0, 0), *amounts, (0, 0)]
    dims = tuple(None if dim is None else max(0, dim - a - b) for dim, (a, b) in zip(x.dims, pairs, strict=True))
    return x.builder.strided(x, begin, end, [1] * len(begin), dims, 1, end_mask=open_ends)
