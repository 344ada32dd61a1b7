"""Values of the graph that is being built, with what is known of them. Arithmetic on values writes nodes.

    z * state + (1 - z) * tanh(new)

is four nodes. Numbers mix with values as in Keras: an integer value times a float is a float. Sizes that are not known
before the model runs are None in `dims`; `size` gives them as values.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from tensorflowjs.catalog.schema import Dim

if TYPE_CHECKING:
    from tensorflowjs.ir.graph import Value
    from tensorflowjs.lowering.building import Builder

Dims = tuple[Dim, ...]
FLOAT, INT, BOOL, STRING = "float32", "int32", "bool", "string"
_ORDER = (BOOL, INT, FLOAT)


class Traced:
    """One value: what its dtype is, and how much is known of its shape."""

    __slots__ = ("builder", "dims", "dtype", "value")

    def __init__(self, builder: Builder, value: Value, dtype: str, dims: Dims) -> None:
        self.builder = builder
        self.value = value
        self.dtype = dtype
        self.dims = dims

    @property
    def rank(self) -> int:
        return len(self.dims)

    def size(self, axis: int) -> Size:
        """The size of an axis: a number, or a scalar value where it is not known yet."""
        known = self.dims[axis]
        return self.builder.size_of(self, axis % self.rank) if known is None else known

    def cast(self, dtype: str) -> Traced:
        if dtype == self.dtype:
            return self
        return self.builder.put("Cast", [self], dtype, self.dims, Truncate=False)

    # ------------------------------------------------------------------------ arithmetic

    def __add__(self, other: Operand) -> Traced:
        return binary("AddV2", self, other)

    def __radd__(self, other: Operand) -> Traced:
        return binary("AddV2", other, self)

    def __sub__(self, other: Operand) -> Traced:
        return binary("Sub", self, other)

    def __rsub__(self, other: Operand) -> Traced:
        return binary("Sub", other, self)

    def __mul__(self, other: Operand) -> Traced:
        return binary("Mul", self, other)

    def __rmul__(self, other: Operand) -> Traced:
        return binary("Mul", other, self)

    def __truediv__(self, other: Operand) -> Traced:
        """True division, of integers as well."""
        return binary("RealDiv", self.cast(FLOAT), other)

    def __rtruediv__(self, other: Operand) -> Traced:
        return binary("RealDiv", other, self.cast(FLOAT))

    def __neg__(self) -> Traced:
        return self.each("Neg")

    def __gt__(self, other: Operand) -> Traced:
        return binary("Greater", self, other, BOOL)

    def __ge__(self, other: Operand) -> Traced:
        return binary("GreaterEqual", self, other, BOOL)

    def __lt__(self, other: Operand) -> Traced:
        return binary("Less", self, other, BOOL)

    def __le__(self, other: Operand) -> Traced:
        return binary("LessEqual", self, other, BOOL)

    def equals(self, other: Operand) -> Traced:
        return binary("Equal", self, other, BOOL)

    def differs(self, other: Operand) -> Traced:
        return binary("NotEqual", self, other, BOOL)

    def __and__(self, other: Traced) -> Traced:
        return binary("LogicalAnd", self, other)

    def __or__(self, other: Traced) -> Traced:
        return binary("LogicalOr", self, other)

    def __invert__(self) -> Traced:
        return self.each("LogicalNot")

    def maximum(self, other: Operand) -> Traced:
        return binary("Maximum", self, other)

    def minimum(self, other: Operand) -> Traced:
        return binary("Minimum", self, other)

    def each(self, op: str, dtype: str = "", **attrs: Any) -> Traced:
        """`op` on every element."""
        return self.builder.put(op, [self], dtype or self.dtype, self.dims, **attrs)

    def of_floats(self, op: str, **attrs: Any) -> Traced:
        """`op` on every element as a float."""
        return self.cast(FLOAT).each(op, **attrs)

    # ------------------------------------------------------------------------ shape

    def reshape(self, sizes: Sequence[Size]) -> Traced:
        """In another shape; one size may be -1."""
        return self.builder.reshape(self, sizes)

    def transpose(self, order: Sequence[int]) -> Traced:
        if list(order) == list(range(self.rank)):
            return self
        dims = tuple(self.dims[axis] for axis in order)
        return self.builder.put("Transpose", [self, self.builder.ints(order)], self.dtype, dims)

    def expand(self, axis: int) -> Traced:
        """With a new axis of size 1."""
        at = axis % (self.rank + 1)
        dims = (*self.dims[:at], 1, *self.dims[at:])
        return self.builder.put("ExpandDims", [self, self.builder.ints(at)], self.dtype, dims)

    def squeeze(self, axes: Sequence[int]) -> Traced:
        gone = sorted(axis % self.rank for axis in axes)
        dims = tuple(dim for axis, dim in enumerate(self.dims) if axis not in gone)
        return self.builder.put("Squeeze", [self], self.dtype, dims, squeeze_dims=list(gone)) if gone else self

    def reduce(self, op: str, axes: Sequence[int], keep: bool = False) -> Traced:
        """Sum, Mean, Max, Min, Prod, All or Any along some axes."""
        gone = sorted({axis % self.rank for axis in axes})
        if not gone:
            return self
        kept = [1 if axis in gone else dim for axis, dim in enumerate(self.dims) if keep or axis not in gone]
        return self.builder.put(op, [self, self.builder.ints(gone)], self.dtype, tuple(kept), keep_dims=keep)

    def sum(self, axes: Sequence[int], keep: bool = False) -> Traced:
        return self.reduce("Sum", axes, keep)

    def mean(self, axes: Sequence[int], keep: bool = False) -> Traced:
        return self.cast(FLOAT).reduce("Mean", axes, keep)

    def part(self, axis: int, start: Size, stop: Size, step: int = 1) -> Traced:
        """From `start` to `stop` along one axis."""
        return self.builder.part(self, axis % self.rank, start, stop, step)

    def at(self, axis: int, index: int) -> Traced:
        """Without `axis`, of which one place is taken."""
        where = axis % self.rank
        size = self.dims[where]
        if index < 0 and size is not None:
            index += size
        return self.builder.at(self, where, index)

    def turned(self, axis: int) -> Traced:
        """Back to front along `axis`."""
        return self.builder.put("ReverseV2", [self, self.builder.ints([axis % self.rank])], self.dtype, self.dims)

    def __repr__(self) -> str:
        return f"{self.value!r}: {self.dtype}{list(self.dims)}"


Size = int | Traced
Mask = Traced | None  # of booleans; None where there is no mask
Operand = Traced | float | int


def binary(op: str, a: Operand, b: Operand, dtype: str | None = None) -> Traced:
    """`op` on two operands, one of which may be a number, after broadcasting."""
    builder = a.builder if isinstance(a, Traced) else b.builder if isinstance(b, Traced) else None
    assert builder is not None
    kind = promoted(a, b)
    one, two = (builder.operand(each, kind) for each in (a, b))
    return builder.put(op, [one, two], dtype or kind, broadcast(one.dims, two.dims))


def promoted(*operands: Operand) -> str:
    """The dtype in which operands meet."""
    found = [operand.dtype if isinstance(operand, Traced) else _of_number(operand) for operand in operands]
    if not set(found) <= set(_ORDER):
        return found[0]
    return _ORDER[max(_ORDER.index(dtype) for dtype in found)]


def _of_number(number: float | int) -> str:
    return BOOL if isinstance(number, bool) else INT if isinstance(number, int) else FLOAT


def broadcast(a: Dims, b: Dims) -> Dims:
    rank = max(len(a), len(b))
    pairs = zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True)
    return tuple(_wider(one, two) for one, two in pairs)


def _wider(a: Dim, b: Dim) -> Dim:
    if a == 1:
        return b
    if b == 1 or b is None:
        return a
    return b


def product(dims: Sequence[Dim]) -> Dim:
    """The number of values, if all sizes are known."""
    known = [dim for dim in dims if dim is not None]
    return prod(known) if len(known) == len(dims) else None
