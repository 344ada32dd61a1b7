"""Products of matrices, their diagonals and bands."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, flag
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of

_MOST_MASKED = 1 << 20  # elements of a mask that is written as a constant


def product(at: Site) -> Value | None:
    """Integers: MatMul(a, b) -> Cast(MatMul(Cast(a), Cast(b))), since WebAssembly multiplies floats only"""
    a, b = at.inputs
    version_3 = at.old.op == "BatchMatMulV3"
    op = "BatchMatMulV2" if version_3 else at.old.op
    attrs = {key: value for key, value in at.old.attrs.items() if key in _FLAGS}
    if type_of(a) == "int32" and type_of(b) == "int32":
        return at.cast(at(op, at.cast(a, "float32"), at.cast(b, "float32"), **attrs), "int32")
    return at(op, a, b, **attrs) if version_3 else None


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
    if bounds[0] is None or bounds[1] is None:
        return None
    below, above = (int(bound) for bound in bounds if bound is not None)
    sizes = _matrix_sizes(at, x)
    if sizes is None:
        return None
    return _masked(at, _band(at, sizes[0], sizes[1], below, above), x)


def _matrix_sizes(at: Site, x: Value) -> list[Value | int] | None:
    sizes = at.sizes(x)
    return None if sizes is None or len(sizes) < 2 else sizes[-2:]


def _masked(at: Site, mask: Value, x: Value) -> Value:
    if type_of(x) == "bool":
        return at("LogicalAnd", x, mask)
    return at.select(mask, x, at.like(0, x))


def _band(at: Site, rows: Value | int, columns: Value | int, below: int, above: int) -> Value:
    """True where a matrix is at most `below` under and `above` over the diagonal; negative: anywhere there."""
    if isinstance(rows, int) and isinstance(columns, int) and rows * columns <= _MOST_MASKED:
        distance = np.arange(rows)[:, None] - np.arange(columns)
        mask = ((distance <= below) | (below < 0)) & ((-distance <= above) | (above < 0))
        return at.const(mask, "bool")
    distance_ = at("Sub", at.expand(_range(at, rows), 1), at.expand(_range(at, columns), 0))
    least = at.ints(-above if above >= 0 else -(2**31))
    most = at.ints(below if below >= 0 else 2**31 - 1)
    return at("LogicalAnd", at("GreaterEqual", distance_, least), at("LessEqual", distance_, most))


def _range(at: Site, count: Value | int) -> Value:
    if isinstance(count, int):
        return at.const(np.arange(count), "int32")
    return at("Range", at.ints(0), count, at.ints(1))


# ---------------------------------------------------------------------------- the main diagonal


def diagonal_matrix(at: Site) -> Value | None:
    """MatrixDiag(d) -> SelectV2(eye, ExpandDims(d), 0)"""
    sizes = at.sizes(at.x)
    if not sizes or not _is_main(at, 1) or (at.old.op == "Diag" and len(sizes) != 1):
        return None
    padding = at.inputs[4] if len(at.inputs) > 4 else at.like(0, at.x)
    eye = _band(at, sizes[-1], sizes[-1], 0, 0)
    spread = at.expand(at.x, -1)
    if type_of(at.x) == "bool":
        return at("LogicalAnd", spread, eye)
    return at.select(eye, spread, padding)


def diagonal_part(at: Site) -> Value | None:
    """MatrixDiagPart(x) -> Sum(SelectV2(eye, x, 0)) over the longer axis"""
    sizes = _matrix_sizes(at, at.x)
    if sizes is None or not _is_main(at, 1) or (at.old.op == "DiagPart" and at.shapes.rank(at.x) != 2):
        return None
    axis = _longer_axis(sizes)
    if axis is None or type_of(at.x) == "bool":
        return None
    return at.sum(_masked(at, _band(at, sizes[0], sizes[1], 0, 0), at.x), [axis])


def set_diagonal(at: Site) -> Value | None:
    """MatrixSetDiag(x, d) -> SelectV2(eye, ExpandDims(d), x)"""
    sizes = _matrix_sizes(at, at.x)
    axis = _longer_axis(sizes) if sizes is not None else None
    if sizes is None or axis is None or not _is_main(at, 2):
        return None
    return at.select(_band(at, sizes[0], sizes[1], 0, 0), at.expand(at.inputs[1], axis), at.x)


def _longer_axis(sizes: list[Value | int]) -> int | None:
    rows, columns = sizes
    if not isinstance(rows, int) or not isinstance(columns, int):
        return None
    return -1 if rows <= columns else -2


def _is_main(at: Site, position: int) -> bool:
    """Whether the op is about the main diagonal, of matrices as large as it needs."""
    if at.old.op[-2:] not in ("V2", "V3"):
        return True
    k = constant(at.inputs[position])
    if k is None or (k != 0).any():
        return False
    sizes = [constant(value) for value in at.inputs[2:4]] if at.old.op.startswith("MatrixDiagV") else []
    return all(size is not None and int(size.reshape(-1)[0]) == -1 for size in sizes)


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
    **dict.fromkeys(("MatrixDiag", "MatrixDiagV2", "MatrixDiagV3", "Diag"), diagonal_matrix),
    **dict.fromkeys(("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3", "DiagPart"), diagonal_part),
    **dict.fromkeys(("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"), set_diagonal),
    "Cross": cross,
}
