"""Element by element on more axes than kernels can count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.dims import Dim, Dims
from tensorflowjs.passes.rewrites.site import Rule, Site

_MOST_AXES = 6  # in WebAssembly
_MOST_CHOSEN = 4  # in WebGL and WebGPU


def fewer_axes(at: Site) -> Value | None:
    """Mul(x, y) of seven axes or more -> Reshape to fewer, Mul, Reshape back

    Axes side by side become one where the same operands have them.
    """
    return _on_fewer(at, _MOST_AXES)


def fewer_chosen(at: Site) -> Value | None:
    """SelectV2(c, x, y) of five axes or more -> Reshape to fewer, SelectV2, Reshape back"""
    return _on_fewer(at, _MOST_CHOSEN)


def _on_fewer(at: Site, most: int) -> Value | None:
    found = [at.shapes.of(value) for value in at.inputs]
    rank = max((len(dims) for dims in found if dims is not None), default=0)
    if None in found or rank <= most:
        return None
    axes = list(zip(*(_of_rank(dims, rank) for dims in found), strict=True))
    groups = [list(group) for _, group in groupby(range(rank), key=lambda axis: _kind(axis, axes[axis]))]
    if len(groups) > most:
        return None
    sizes = [_all_sizes(at, value, rank) for value in at.inputs]
    flat = [_grouped(at, value, each, groups) for value, each in zip(at.inputs, sizes, strict=True)]
    return at.reshape(at.again(*flat), at.packed([_widest(each) for each in zip(*sizes, strict=True)]))


def _of_rank(dims: Dims, rank: int) -> tuple[Dim, ...]:
    return (1,) * (rank - len(dims or ())) + (dims or ())


def _kind(axis: int, dims: Sequence[Dim]) -> tuple[bool, ...] | int:
    """Which operands have an axis, the others repeat their only element; the axis itself if that is not known."""
    several = [dim for dim in dims if dim != 1]
    return axis if len(several) > 1 and None in several else tuple(dim == 1 for dim in dims)


def _widest(sizes: Sequence[Value | int]) -> Value | int:
    """The size of the result: that of an operand that has the axis, a known one if there is any."""
    several = [size for size in sizes if not (isinstance(size, int) and size == 1)]
    return next((size for size in several if isinstance(size, int)), several[0] if several else 1)


def _all_sizes(at: Site, value: Value, rank: int) -> list[Value | int]:
    """The sizes of `value`, with axes of size 1 in front."""
    sizes = at.sizes(value) or []
    return [*[1] * (rank - len(sizes)), *sizes]


def _grouped(at: Site, value: Value, sizes: Sequence[Value | int], groups: Sequence[Sequence[int]]) -> Value:
    return at.reshape(value, at.packed([at.product([sizes[axis] for axis in axes]) for axes in groups]))


_OPS = ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "DivNoNan", "FloorDiv", "FloorMod", "Maximum", "Minimum", "Pow",
        "SquaredDifference", "Atan2", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd",
        "LogicalOr")  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_OPS, fewer_axes),
    **dict.fromkeys(("Select", "SelectV2"), fewer_chosen),
}
