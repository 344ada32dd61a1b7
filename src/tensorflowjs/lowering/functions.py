"""What layers are made of, besides arithmetic: functions of values, each a node or a few."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.ir.graph import Attr, Type
from tensorflowjs.lowering.values import (
    BOOL,
    FLOAT,
    INT,
    Dims,
    Operand,
    Size,
    Traced,
    binary,
    broadcast,
    product,
    promoted,
)


def concat(values: Sequence[Traced], axis: int) -> Traced:
    if len(values) == 1:
        return values[0]
    builder, dtype = values[0].builder, promoted(*values)
    at = axis % values[0].rank
    sizes = [value.dims[at] for value in values]
    total = None if None in sizes else sum(size for size in sizes if size is not None)
    dims = list(_alike(values, at))
    dims[at] = total
    parts = [value.cast(dtype) for value in values]
    return builder.put("ConcatV2", [*parts, builder.ints(at)], dtype, tuple(dims), N=len(parts))


def _alike(values: Sequence[Traced], axis: int) -> Dims:
    """Sizes that all values share, known if they are in any."""
    rows = zip(*(value.dims for value in values), strict=True)
    return tuple(None if at == axis else _first(row) for at, row in enumerate(rows))


def _first(sizes: Sequence[Dim]) -> Dim:
    return next((size for size in sizes if size is not None), None)


def stack(values: Sequence[Traced], axis: int) -> Traced:
    """Along a new axis."""
    builder, dtype = values[0].builder, promoted(*values)
    at = axis % (values[0].rank + 1)
    dims = _alike(values, -1)
    parts = [value.cast(dtype) for value in values]
    return builder.put("Pack", parts, dtype, (*dims[:at], len(parts), *dims[at:]), axis=at, N=len(parts))


def unstack(x: Traced, axis: int) -> list[Traced]:
    """One value for each place along an axis of known size."""
    count, dims = x.dims[axis], (*x.dims[:axis], *x.dims[axis + 1 :])
    assert count is not None
    if count == 1:
        return [x.squeeze([axis])]
    return x.builder.several("Unpack", [x], x.dtype, [dims] * count, axis=axis, num=count)


def split(x: Traced, sizes: Sequence[int], axis: int) -> list[Traced]:
    """Parts of given sizes."""
    at = axis % x.rank
    if len(sizes) == 1:
        return [x]
    shapes = [(*x.dims[:at], size, *x.dims[at + 1 :]) for size in sizes]
    builder = x.builder
    if len(set(sizes)) == 1:
        return builder.several("Split", [builder.ints(at), x], x.dtype, shapes, num_split=len(sizes))
    inputs = [x, builder.ints(sizes), builder.ints(at)]
    return builder.several("SplitV", inputs, x.dtype, shapes, num_split=len(sizes))


def gather(x: Traced, indices: Traced, axis: int = 0) -> Traced:
    at = axis % x.rank
    dims = (*x.dims[:at], *indices.dims, *x.dims[at + 1 :])
    return x.builder.put("GatherV2", [x, indices, x.builder.ints(at)], x.dtype, dims, batch_dims=0)


def where(condition: Traced, yes: Operand, no: Operand) -> Traced:
    builder, dtype = condition.builder, promoted(yes, no)
    a, b = builder.operand(yes, dtype), builder.operand(no, dtype)
    dims = broadcast(condition.dims, broadcast(a.dims, b.dims))
    return builder.put("SelectV2", [condition, a, b], dtype, dims)


def full(builder_of: Traced, sizes: Sequence[Size], number: float, dtype: str = FLOAT) -> Traced:
    """A value with the same number everywhere."""
    builder = builder_of.builder
    dims = tuple(size if isinstance(size, int) else None for size in sizes)
    inputs = [builder.sizes(sizes), builder.const(number, dtype)]
    return builder.put("Fill", inputs, dtype, dims, index_type=Type(INT))


def zeros_like(x: Traced) -> Traced:
    return x.each("ZerosLike")


def counted(builder_of: Traced, count: Size) -> Traced:
    """0, 1, 2, ..."""
    builder = builder_of.builder
    if isinstance(count, int):
        return builder.ints(list(range(count)))
    return builder.put("Range", [builder.ints(0), count, builder.ints(1)], INT, (None,), Tidx=Type(INT))


def tile(x: Traced, times: Sequence[Size]) -> Traced:
    if all(count == 1 for count in times if isinstance(count, int)) and not any(
        isinstance(count, Traced) for count in times
    ):
        return x
    dims = tuple(
        dim * count if dim is not None and isinstance(count, int) else None
        for dim, count in zip(x.dims, times, strict=True)
    )
    return x.builder.put("Tile", [x, x.builder.sizes(times)], x.dtype, dims, Tmultiples=Type(INT))


def broadcast_to(x: Traced, sizes: Sequence[Size]) -> Traced:
    dims = tuple(size if isinstance(size, int) else None for size in sizes)
    return x.builder.put("BroadcastTo", [x, x.builder.sizes(sizes)], x.dtype, dims, Tidx=Type(INT))


def pad(x: Traced, amounts: Sequence[tuple[int, int]], number: float = 0.0) -> Traced:
    """With more before and after each axis."""
    if not any(map(any, amounts)):
        return x
    dims = tuple(None if dim is None else dim + sum(pair) for dim, pair in zip(x.dims, amounts, strict=True))
    builder = x.builder
    paddings = builder.const([list(pair) for pair in amounts], INT)
    attrs: dict[str, Attr] = {"Tpaddings": Type(INT)}
    if number == 0:
        return builder.put("Pad", [x, paddings], x.dtype, dims, **attrs)
    return builder.put("PadV2", [x, paddings, builder.const(number, x.dtype)], x.dtype, dims, **attrs)


# ---------------------------------------------------------------------------- products


def matmul(a: Traced, b: Traced, *, a_turned: bool = False, b_turned: bool = False) -> Traced:
    """Of matrices, or of stacks of matrices, which may be broadcast."""
    a, b = a.cast(FLOAT), b.cast(FLOAT)
    rows = a.dims[-1] if a_turned else a.dims[-2]
    columns = b.dims[-2] if b_turned else b.dims[-1]
    builder = a.builder
    if a.rank == b.rank == 2:
        return builder.put("MatMul", [a, b], FLOAT, (rows, columns), transpose_a=a_turned, transpose_b=b_turned)
    dims = (*broadcast(a.dims[:-2], b.dims[:-2]), rows, columns)
    return builder.put("BatchMatMulV2", [a, b], FLOAT, dims, adj_x=a_turned, adj_y=b_turned)


def dense(x: Traced, kernel: Traced, bias: Traced | None = None) -> Traced:
    """The last axis of `x` times a matrix, plus a vector."""
    x = x.cast(FLOAT)
    flat = x if x.rank == 2 else x.reshape([-1, _last(x, kernel)])
    y = matmul(flat, kernel)
    y = y if bias is None else add_bias(y, bias)
    return y if x.rank == 2 else y.reshape([*sizes_of(x)[:-1], kernel.dims[-1] or -1])


def _last(x: Traced, kernel: Traced) -> int:
    size = kernel.dims[-2] if x.dims[-1] is None else x.dims[-1]
    assert size is not None
    return size


def sizes_of(x: Traced) -> list[Size]:
    return [x.size(axis) for axis in range(x.rank)]


def add_bias(x: Traced, bias: Traced) -> Traced:
    return x.builder.put("BiasAdd", [x, bias], FLOAT, x.dims, data_format=b"NHWC")


# ---------------------------------------------------------------------------- over axes


def softmax(x: Traced, axis: int | Sequence[int] = -1, *, log: bool = False) -> Traced:
    """Along one axis, or over several together."""
    axes = [axis % x.rank] if isinstance(axis, int) else sorted(each % x.rank for each in axis)
    op, x = ("LogSoftmax" if log else "Softmax"), x.cast(FLOAT)
    if axes == [x.rank - 1]:
        return x.each(op)
    order = [at for at in range(x.rank) if at not in axes] + axes
    moved = x.transpose(order)
    if len(axes) == 1:
        return moved.each(op).transpose(inverse(order))
    flat = moved.reshape([*sizes_of(moved)[: -len(axes)], product_of(sizes_of(moved)[-len(axes) :])])
    return flat.each(op).reshape(sizes_of(moved)).transpose(inverse(order))


def inverse(order: Sequence[int]) -> list[int]:
    return [list(order).index(at) for at in range(len(order))]


def product_of(sizes: Sequence[Size]) -> Size:
    """The product of sizes, of which some may be values."""
    total: Size = 1
    for size in sizes:
        total = total * size
    return total


def l2_normalize(x: Traced, axes: Sequence[int], epsilon: float = 1e-12) -> Traced:
    squares = x.each("Square").sum(axes, keep=True)
    return x * squares.maximum(epsilon).each("Rsqrt")


def one_hot(indices: Traced, depth: int) -> Traced:
    """Along a new last axis; nothing where the index is none."""
    builder = indices.builder
    inputs = [indices.cast(INT), builder.ints(depth), builder.const(1.0), builder.const(0.0)]
    return builder.put("OneHot", inputs, FLOAT, (*indices.dims, depth), axis=-1, TI=Type(INT))


def power(x: Operand, exponent: Operand) -> Traced:
    return binary("Pow", x, exponent)


def known(x: Traced) -> bool:
    return product(x.dims) is not None


def as_bool(x: Traced) -> Traced:
    return x if x.dtype == BOOL else x.differs(0)
