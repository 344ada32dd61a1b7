"""Element by element on more axes than the kernels of WebAssembly can count."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.dims import Dim
from tensorflowjs.passes.rewrites.site import Rule, Site

_MOST_AXES = 6


def fewer_axes(at: Site) -> Value | None:
    """Mul(x, y) of seven axes or more -> Reshape to fewer, Mul, Reshape back

    Axes side by side become one where both operands have them, and where only the same one does.
    """
    found = [at.shapes.of(value) for value in at.inputs]
    if len(found) != 2 or found[0] is None or found[1] is None or max(map(len, found)) <= _MOST_AXES:  # type: ignore[arg-type]
        return None
    rank = max(len(dims) for dims in found if dims is not None)
    padded = [(1,) * (rank - len(dims)) + dims for dims in found if dims is not None]
    groups = [list(axes) for _, axes in groupby(range(rank), key=lambda axis: _kind(padded[0][axis], padded[1][axis]))]
    if len(groups) > _MOST_AXES:
        return None
    sizes = [_all_sizes(at, value, rank) for value in at.inputs]
    flat = [_grouped(at, value, each, groups) for value, each in zip(at.inputs, sizes, strict=True)]
    wide = [one if other == 1 else other for one, other in zip(*sizes, strict=True)]
    return at.reshape(at.again(*flat), at.packed(wide))


def _all_sizes(at: Site, value: Value, rank: int) -> list[Value | int]:
    """The sizes of `value`, with axes of size 1 in front."""
    sizes = at.sizes(value) or []
    return [*[1] * (rank - len(sizes)), *sizes]


def _kind(one: Dim, other: Dim) -> str:
    """Who has an axis: both, or the other operand has to repeat its only element."""
    if one == 1 and other != 1:
        return "second"
    return "first" if other == 1 and one != 1 else "both"


def _grouped(at: Site, value: Value, sizes: Sequence[Value | int], groups: Sequence[Sequence[int]]) -> Value:
    return at.reshape(value, at.packed([at.product([sizes[axis] for axis in axes]) for axes in groups]))


_OPS = ("Add", "AddV2", "Sub", "Mul", "RealDiv", "Div", "DivNoNan", "FloorDiv", "FloorMod", "Maximum", "Minimum", "Pow",
        "SquaredDifference", "Atan2", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd",
        "LogicalOr")  # fmt: skip

RULES: dict[str, Rule] = dict.fromkeys(_OPS, fewer_axes)
