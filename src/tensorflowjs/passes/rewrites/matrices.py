"""Products of matrices, and their bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, flag
from tensorflowjs.passes.dims import Dim, broadcast
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of

_MOST_MASKED = 1 << 20  # elements of a mask that is written as a constant


def product(at: Site) -> Value | None:
    """Integers: MatMul(a, b) -> Cast(MatMul(Cast(a), Cast(b))), since WebAssembly multiplies floats only"""
    a, b = at.inputs
    if type_of(a) == "complex64":
        return None
    version_3 = at.old.op == "BatchMatMulV3"
    op = "BatchMatMulV2" if version_3 else at.old.op
    attrs = {key: value for key, value in at.old.attrs.items() if key in _FLAGS}
    if op.startswith("Batch"):
        wide = _with_all_batches(at, a, b)
        if wide is not None:
            return at(op, *wide, **attrs)
    if type_of(a) == "int32" and type_of(b) == "int32":
        return at.cast(at(op, at.cast(a, "float32"), at.cast(b, "float32"), **attrs), "int32")
    return at(op, a, b, **attrs) if version_3 else None


def _with_all_batches(at: Site, a: Value, b: Value) -> list[Value] | None:
    """The operands with all batches each; None if TF.js pairs them rightly, which is in turn, as they lie there."""
    found = [at.shapes.of(each) for each in (a, b)]
    if found[0] is None or found[1] is None:
        return None
    batches = [dims[:-2] for dims in found if dims is not None]
    common = broadcast(batches)
    assert common is not None
    if all(_in_turn(dims, common) for dims in batches):
        return None
    wanted = _common_sizes(at, [a, b], common)
    results = []
    for value, dims in zip((a, b), batches, strict=True):
        sizes = at.sizes(value)
        assert sizes is not None
        whole = at.listed([*wanted, *sizes[-2:]])
        results.append(value if _in_turn(dims, common) else at("BroadcastTo", value, whole))
    return results


def _in_turn(dims: Sequence[Dim], common: Sequence[Dim]) -> bool:
    """Whether repeating these batches gives the common ones: no axis behind the first that counts is of size 1."""
    counts = False
    for size, other in zip(dims, common[len(common) - len(dims) :], strict=True):
        if counts and (size is None) != (other is None):
            return False
        if counts and size == 1 and other != 1:
            return False
        counts |= size != 1
    return True


def _common_sizes(at: Site, values: Sequence[Value], common: Sequence[Dim]) -> list[Value | int]:
    """The sizes of the common batches, those not known computed when the model runs."""
    if None not in common:
        return [size for size in common if size is not None]
    shapes = [at.slice(at.shape(each), [0], [(at.shapes.rank(each) or 2) - 2]) for each in values]
    known = at("BroadcastArgs", *shapes)
    return [at.gather(known, at.ints(axis)) if size is None else size for axis, size in enumerate(common)]


_FLAGS = ("transpose_a", "transpose_b", "adj_x", "adj_y")


def sparse_product(at: Site) -> Value:
    attrs = {key: value for key, value in at.old.attrs.items() if key in _FLAGS}
    return at("MatMul", *at.inputs, **attrs)


def product_with_sparse(at: Site) -> Value:
    """SparseTensorDenseMatMul(indices, values, shape, b) -> MatMul(SparseToDense(indices, shape, values), b)"""
    indices, values, shape, b = at.inputs
    dense = at("SparseToDense", indices, shape, values, at.like(0, values), validate_indices=False)
    turned = {"transpose_a": flag(at.old, "adjoint_a"), "transpose_b": flag(at.old, "adjoint_b")}
    return at("MatMul", dense, b, **turned)


def band_part(at: Site) -> Value | None:
    """MatrixBandPart(x, lower, upper) -> SelectV2(rows - columns <= lower & columns - rows <= upper, x, 0)"""
    x, lower, upper = at.inputs
    bounds = [constant(bound) for bound in (lower, upper)]
    sizes = matrix_sizes(at, x)
    if sizes is None:
        return None
    if bounds[0] is None or bounds[1] is None:
        return masked(at, _band_by_inputs(at, sizes[0], sizes[1]), x)
    below, above = (int(bound) for bound in bounds if bound is not None)
    return masked(at, band(at, sizes[0], sizes[1], below, above), x)


def _band_by_inputs(at: Site, rows: Value | int, columns: Value | int) -> Value:
    _, lower, upper = at.inputs
    distance, none = _distances(at, rows, columns), at.ints(0)
    below = at("LogicalOr", at("LessEqual", distance, lower), at("Less", lower, none))
    above = at("LogicalOr", at("LessEqual", at("Neg", distance), upper), at("Less", upper, none))
    return at("LogicalAnd", below, above)


def _distances(at: Site, rows: Value | int, columns: Value | int) -> Value:
    """How far each element is below the diagonal."""
    return at("Sub", at.expand(numbered(at, rows), 1), at.expand(numbered(at, columns), 0))


def matrix_sizes(at: Site, x: Value) -> list[Value | int] | None:
    sizes = at.sizes(x)
    return None if sizes is None or len(sizes) < 2 else sizes[-2:]


def masked(at: Site, mask: Value, x: Value) -> Value:
    if type_of(x) == "bool":
        return at("LogicalAnd", x, mask)
    return at.select(mask, x, at.like(0, x))


def band(at: Site, rows: Value | int, columns: Value | int, below: int, above: int) -> Value:
    """True where a matrix is at most `below` under and `above` over the diagonal; negative: anywhere there."""
    if isinstance(rows, int) and isinstance(columns, int) and rows * columns <= _MOST_MASKED:
        distance = np.arange(rows)[:, None] - np.arange(columns)
        mask = ((distance <= below) | (below < 0)) & ((-distance <= above) | (above < 0))
        return at.const(mask, "bool")
    distance_ = _distances(at, rows, columns)
    least = at.ints(-above if above >= 0 else -(2**31))
    most = at.ints(below if below >= 0 else 2**31 - 1)
    return at("LogicalAnd", at("GreaterEqual", distance_, least), at("LessEqual", distance_, most))


def numbered(at: Site, count: Value | int) -> Value:
    if isinstance(count, int):
        return at.const(np.arange(count), "int32")
    return at("Range", at.ints(0), count, at.ints(1))


def cross(at: Site) -> Value | None:
    """Cross(a, b) -> a[1, 2, 0] * b[2, 0, 1] - a[2, 0, 1] * b[1, 2, 0]"""
    a, b = at.inputs
    rank = at.shapes.rank(a)
    if rank is None:
        return None
    forth, back = at.ints([1, 2, 0]), at.ints([2, 0, 1])
    first = at("Mul", at.gather(a, forth, rank - 1), at.gather(b, back, rank - 1))
    return at("Sub", first, at("Mul", at.gather(a, back, rank - 1), at.gather(b, forth, rank - 1)))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), product),
    "SparseMatMul": sparse_product,
    "SparseTensorDenseMatMul": product_with_sparse,
    "MatrixBandPart": band_part,
    "Cross": cross,
}
