"""Products of matrices, in any order of axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from tensorflowjs.lowering.functions import matmul
from tensorflowjs.lowering.jax.walking import Site, Write
from tensorflowjs.lowering.values import BOOL, FLOAT, Size, Traced, binary


def dot_general(site: Site) -> Traced:
    """MatMul or BatchMatMulV2, with as little turned around as that takes."""
    (left_sum, right_sum), (left_batch, right_batch) = site.params["dimension_numbers"]
    left, right = site.inputs
    if left.dtype != right.dtype or left.dtype == BOOL:
        site.refuse("TF.js multiplies matrices of floats or of int32 only")
    axes = _free(left, left_batch, left_sum), _free(right, right_batch, right_sum)
    a = _Side(site, 0, left_batch, axes[0], left_sum)
    b = _Side(site, 1, right_batch, axes[1], right_sum)
    result = _product(site, a, b)
    sizes = [*a.batch_sizes, *a.free_sizes, *b.free_sizes]
    return result.reshape(one_open(sizes))


def one_open(sizes: Sequence[Size]) -> list[Size]:
    """The only size that is not a number need not be computed."""
    open_ones = [size for size in sizes if not isinstance(size, int)]
    return [-1 if not isinstance(size, int) and len(open_ones) == 1 and 0 not in sizes else size for size in sizes]


def _free(x: Traced, batch: Sequence[int], summed: Sequence[int]) -> list[int]:
    return [axis for axis in range(x.rank) if axis not in batch and axis not in summed]


class _Side:
    """One operand as a stack of matrices: `turned` if the axes that are summed over come first in them."""

    def __init__(
        self, site: Site, position: int, batch: Sequence[int], free: Sequence[int], summed: Sequence[int]
    ) -> None:
        x = site.input(position)
        shape = site.aval(position).shape
        self.batch_sizes, self.free_sizes, summed_sizes = (
            [site.size(shape[axis]) for axis in axes] for axes in (batch, free, summed)
        )
        summed_first = [*batch, *summed, *free]
        self.turned = bool(free) and bool(summed) and summed_first == list(range(x.rank))
        moved = x.transpose(summed_first if self.turned else [*batch, *free, *summed])
        rows, columns = _one(self.free_sizes), _one(summed_sizes)
        matrix = [columns, rows] if self.turned else [rows, columns]
        self.value = moved.reshape(one_open([*self.batch_sizes, *matrix]))


def _one(sizes: Sequence[Size]) -> Size:
    known = [size for size in sizes if isinstance(size, int)]
    total: Size = prod(known)
    for size in sizes:
        total = total if isinstance(size, int) else size * total
    return total


def _product(site: Site, a: _Side, b: _Side) -> Traced:
    if site.dtype == FLOAT:
        return matmul(a.value, b.value, a_turned=a.turned, b_turned=not b.turned)
    rows, columns = a.value, b.value  # TF.js has no products of matrices of integers
    if a.turned:
        rows = _last_two_swapped(rows)
    if b.turned:
        columns = _last_two_swapped(columns)
    return binary("Mul", rows.expand(-2), columns.expand(-3)).sum([-1])


def _last_two_swapped(x: Traced) -> Traced:
    return x.transpose([*range(x.rank - 2), x.rank - 1, x.rank - 2])


PRIMITIVES: dict[str, Write] = {"dot_general": dot_general}
