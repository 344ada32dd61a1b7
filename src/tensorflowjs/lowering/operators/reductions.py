"""Operators along axes: sums, means, extremes, running sums, orders."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflowjs.ir.graph import Type
from tensorflowjs.lowering.engine import Outputs, Site
from tensorflowjs.lowering.functions import as_bool, inverse, power
from tensorflowjs.lowering.operators.operands import axes_of, dtype_of, tensor
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Traced

Operator = Callable[..., Outputs]


def of_numbers(op: str) -> Operator:
    def written(site: Site, x: Any, axis: Any = None, keepdims: bool = False, dtype: Any = None) -> Traced:
        value = tensor(site, x)
        value = value.cast(INT) if value.dtype == BOOL else value
        value = value if dtype is None else value.cast(dtype_of(site, dtype))
        return value.reduce(op, axes_of(site, axis, value.rank), bool(keepdims))

    return written


def of_flags(op: str) -> Operator:
    def written(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Traced:
        value = as_bool(tensor(site, x))
        return value.reduce(op, axes_of(site, axis, value.rank), bool(keepdims))

    return written


def mean(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Outputs:
    value = tensor(site, x)
    if value.dtype != FLOAT and "tensorflow" in site.config:
        site.refuse("a mean of whole numbers, which TensorFlow rounds", "cast them to floats first")
    return value.mean(axes_of(site, axis, value.rank), bool(keepdims))


def variance(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Traced:
    value = tensor(site, x).cast(FLOAT)
    axes = axes_of(site, axis, value.rank)
    return (value - value.mean(axes, keep=True)).each("Square").mean(axes, bool(keepdims))


def deviation(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Outputs:
    return variance(site, x, axis, keepdims).each("Sqrt")


def logsumexp(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Outputs:
    value = tensor(site, x).cast(FLOAT)
    axes = axes_of(site, axis, value.rank)
    top = value.reduce("Max", axes, keep=True)
    found = (value - top).each("Exp").sum(axes, keep=True).each("Log") + top
    return found if keepdims else found.squeeze(axes)


def norm(site: Site, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Outputs:
    if ord not in (None, 2, "euclidean", "fro", 1):
        site.refuse(f"a norm of order {ord}")
    value = tensor(site, x).cast(FLOAT)
    axes = axes_of(site, axis, value.rank)
    if len(axes) > 1 and ord not in (None, "fro", "euclidean"):
        site.refuse(f"a norm of order {ord} of matrices")
    if ord == 1:
        return value.each("Abs").sum(axes, bool(keepdims))
    return value.each("Square").sum(axes, bool(keepdims)).each("Sqrt")


def count_nonzero(site: Site, x: Any, axis: Any = None) -> Outputs:
    value = as_bool(tensor(site, x)).cast(INT)
    return value.sum(axes_of(site, axis, value.rank))


def range_of(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Outputs:
    value = tensor(site, x)
    axes = axes_of(site, axis, value.rank)
    return value.reduce("Max", axes, bool(keepdims)) - value.reduce("Min", axes, bool(keepdims))


def average(site: Site, x: Any, axis: Any = None, weights: Any = None) -> Outputs:
    value = tensor(site, x).cast(FLOAT)
    axes = axes_of(site, axis, value.rank)
    if weights is None:
        return value.mean(axes)
    shares = tensor(site, weights).cast(FLOAT)
    if shares.rank == 1 and value.rank > 1:
        shares = shares.reshape([-1 if at == axes[0] else 1 for at in range(value.rank)])
    total = (shares + value.each("ZerosLike")).sum(axes)
    return (value * shares).sum(axes) / total


def arg(op: str) -> Operator:
    def written(site: Site, x: Any, axis: Any = None, keepdims: bool = False) -> Traced:
        value = tensor(site, x)
        value = value.cast(INT) if value.dtype == BOOL else value
        flat = value.reshape([-1]) if axis is None else value
        at = 0 if axis is None else int(axis) % value.rank
        dims = (*flat.dims[:at], *flat.dims[at + 1 :])
        inputs = [flat, site.builder.ints(at)]
        found = site.builder.put(op, inputs, INT, dims, output_type=Type(INT), Tidx=Type(INT))
        if not keepdims:
            return found
        return found.expand(at) if axis is not None else found.reshape([1] * value.rank)

    return written


def running(op: str) -> Operator:
    def written(
        site: Site, x: Any, axis: Any = None, dtype: Any = None, exclusive: bool = False, reverse: bool = False
    ) -> Traced:
        value = tensor(site, x)
        value = value.cast(INT) if value.dtype == BOOL else value
        value = value if dtype is None else value.cast(dtype_of(site, dtype))
        if axis is None and "tensorflow" not in site.config:
            value = value.reshape([-1])
        inputs = [value, site.builder.ints(int(axis or 0) % value.rank)]
        options = {"exclusive": bool(exclusive), "reverse": bool(reverse), "Tidx": Type(INT)}
        return site.builder.put(op, inputs, value.dtype, value.dims, **options)

    return written


def top_k(site: Site, x: Any, k: int = 1, sorted: bool = True) -> Outputs:
    value = tensor(site, x).cast(FLOAT)
    dims = (*value.dims[:-1], int(k))
    node = site.builder.node("TopKV2", [value, site.builder.ints(int(k))], FLOAT, sorted=bool(sorted))
    return [Traced(site.builder, node.value(0), FLOAT, dims), Traced(site.builder, node.value(1), INT, dims)]


def in_order(index: int) -> Operator:
    """Sorted values (0), or where they were (1)."""

    def written(site: Site, x: Any, axis: Any = -1) -> Traced:
        value = tensor(site, x)
        if axis is None:
            value, axis = value.reshape([-1]), -1
        order = [at for at in range(value.rank) if at != axis % value.rank] + [axis % value.rank]
        moved = value.transpose(order)
        (size,) = site.known(moved.dims[-1:], "the axis to be sorted")
        turned = -moved.cast(FLOAT)
        node = site.builder.node("TopKV2", [turned, site.builder.ints(size)], FLOAT, sorted=True)
        found = Traced(site.builder, node.value(index), INT if index else FLOAT, moved.dims)
        found = found if index else -found
        return found.transpose(inverse(order)).cast(INT if index else value.dtype)

    return written


def normalize(site: Site, x: Any, axis: Any = -1, order: Any = 2, epsilon: Any = None) -> Outputs:
    """To length 1."""
    value = tensor(site, x).cast(FLOAT)
    axes = axes_of(site, axis, value.rank)
    if "tensorflow" in site.config:
        squares = value.each("Square").sum(axes, keep=True)
        return value * squares.maximum(1e-12 if epsilon is None else float(epsilon)).each("Rsqrt")
    least = 1e-7 if epsilon is None else float(epsilon)
    if order == 2:
        squares = value.each("Square").sum(axes, keep=True)
        return value * squares.each("Rsqrt").minimum(1 / least)
    size = value.each("Abs").sum(axes, keep=True) if order == 1 else _norm(site, value, axes, order)
    return value / size.maximum(least)


def _norm(site: Site, value: Traced, axes: list[int], order: Any) -> Traced:
    if not isinstance(order, int | float):
        site.refuse(f"a norm of order {order}")
    powers = power(value.each("Abs"), float(order)).sum(axes, keep=True)
    return power(powers, 1 / float(order))


def moments(site: Site, x: Any, axes: Any, keepdims: bool = False) -> Outputs:
    value = tensor(site, x).cast(FLOAT)
    return [value.mean(axes_of(site, axes, value.rank), bool(keepdims)), variance(site, value, axes, keepdims)]


OPERATORS: dict[str, Operator] = {
    "mean": mean,
    "sum": of_numbers("Sum"),
    "prod": of_numbers("Prod"),
    **dict.fromkeys(("max", "amax"), of_numbers("Max")),
    **dict.fromkeys(("min", "amin"), of_numbers("Min")),
    "any": of_flags("Any"),
    "all": of_flags("All"),
    "var": variance,
    "std": deviation,
    "logsumexp": logsumexp,
    "norm": norm,
    "count_nonzero": count_nonzero,
    "ptp": range_of,
    "average": average,
    "argmax": arg("ArgMax"),
    "argmin": arg("ArgMin"),
    "cumsum": running("Cumsum"),
    "cumprod": running("Cumprod"),
    "top_k": top_k,
    "sort": in_order(0),
    "argsort": in_order(1),
    "normalize": normalize,
    "moments": moments,
}
