"""Shapes of which not everything may be known."""

from __future__ import annotations

from collections.abc import Sequence

Dim = int | None
Dims = tuple[Dim, ...] | None  # None: not even the rank is known


def broadcast(shapes: Sequence[Dims]) -> Dims:
    if any(dims is None for dims in shapes):
        return None
    known = [dims for dims in shapes if dims is not None]
    rank = max(map(len, known), default=0)
    padded = [(1,) * (rank - len(dims)) + dims for dims in known]
    return tuple(_broadcast_dim(sizes) for sizes in zip(*padded, strict=True))


def _broadcast_dim(sizes: Sequence[Dim]) -> Dim:
    large = [size for size in sizes if size is not None and size != 1]
    if large:
        return large[0]
    return None if None in sizes else 1


def all_known(dims: Dims) -> tuple[int, ...] | None:
    if dims is None:
        return None
    known = tuple(dim for dim in dims if dim is not None)
    return known if len(known) == len(dims) else None


def common(found: Sequence[Dims]) -> Dims:
    """What holds for all of several shapes."""
    known = [dims for dims in found if dims is not None]
    if len(known) != len(found) or len({len(dims) for dims in known}) != 1:
        return None
    return tuple(sizes[0] if len(set(sizes)) == 1 else None for sizes in zip(*known, strict=True))
