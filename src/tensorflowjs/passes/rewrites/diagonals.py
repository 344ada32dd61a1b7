"""One diagonal of matrices: made, taken, replaced. Diagonals above or below the main one included, bands not."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant
from tensorflowjs.passes.rewrites.matrices import masked, matrix_sizes, numbered
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def diagonal_matrix(at: Site) -> Value | None:
    """MatrixDiag(d) -> SelectV2(where the diagonal is, the elements of d by rows, 0)"""
    sizes, place = at.sizes(at.x), _place(at, 1)
    if not sizes or place is None or (at.old.op == "Diag" and len(sizes) != 1) or not _square(at):
        return None
    padding = at.inputs[4] if len(at.inputs) > 4 else at.like(0, at.x)
    side = _more(at, sizes[-1], abs(place))
    spread = _by_rows(at, at.x, side, sizes[-1], place)
    where = _where(at, side, side, place)
    if type_of(at.x) == "bool":
        return at("LogicalAnd", spread, where)
    return at.select(where, spread, padding)


def set_diagonal(at: Site) -> Value | None:
    """MatrixSetDiag(x, d) -> SelectV2(where the diagonal is, the elements of d by rows, x)"""
    sizes, place, diagonal = matrix_sizes(at, at.x), _place(at, 2), at.sizes(at.inputs[1])
    if sizes is None or place is None or not diagonal:
        return None
    rows, columns = sizes
    return at.select(_where(at, rows, columns, place), _by_rows(at, at.inputs[1], rows, diagonal[-1], place), at.x)


def diagonal_part(at: Site) -> Value | None:
    """MatrixDiagPart(x) -> the square that it is the main diagonal of, Sum(SelectV2(eye, x, 0)) over each row"""
    dims, place, rank = at.shapes.of(at.x), _place(at, 1), at.shapes.rank(at.x)
    if dims is None or rank is None or place is None or (at.old.op == "DiagPart" and rank != 2):
        return None
    rows, columns = dims[-2:]
    if rows is None or columns is None:
        return None
    first, second = max(0, -place), max(0, place)
    length = min(rows - first, columns - second)
    square = at.x
    if (rows, columns) != (length, length):
        none = [0] * (rank - 2)
        square = at.slice(at.x, [*none, first, second], [*[-1] * (rank - 2), length, length])
    kept = masked(at, _where(at, length, length, 0), square)
    if type_of(at.x) == "bool":
        return at("Any", kept, at.ints([-1]), keep_dims=False)
    return at.sum(kept, [-1])


def _where(at: Site, rows: Value | int, columns: Value | int, place: int) -> Value:
    """True on the diagonal that is `place` above the main one."""
    if isinstance(rows, int) and isinstance(columns, int) and rows * columns < 1 << 20:
        return at.const(np.eye(rows, columns, place, dtype=bool), "bool")
    column = at.expand(numbered(at, columns), 0)
    return at("Equal", at("AddV2", at.expand(numbered(at, rows), 1), at.ints(place)), column)


def _by_rows(at: Site, diagonal: Value, rows: Value | int, length: Value | int, place: int) -> Value:
    """The element of each row, anything where a row has none, with an axis of size 1 for the columns."""
    if place == 0 and isinstance(rows, int) and rows == length:
        return at.expand(diagonal, -1)
    last = length - 1 if isinstance(length, int) else at("Sub", length, at.ints(1))
    moved = at("Sub", numbered(at, rows), at.ints(max(0, -place)))
    index = at("Minimum", at("Maximum", moved, at.ints(0)), at.ints(last) if isinstance(last, int) else last)
    rank = at.shapes.rank(diagonal)
    assert rank is not None
    return at.expand(at.gather(diagonal, index, rank - 1), -1)


def _more(at: Site, size: Value | int, more: int) -> Value | int:
    if isinstance(size, int):
        return size + more
    return size if more == 0 else at("AddV2", size, at.ints(more))


def _place(at: Site, position: int) -> int | None:
    """How far above the main diagonal the op means; None if that is not known, or several."""
    if at.old.op[-2:] not in ("V2", "V3"):
        return 0
    k = constant(at.inputs[position])
    return int(k.reshape(-1)[0]) if k is not None and len(set(k.reshape(-1).tolist())) == 1 else None


def _square(at: Site) -> bool:
    """Whether the op makes matrices just as large as the diagonal needs."""
    sizes = [constant(value) for value in at.inputs[2:4]] if at.old.op.startswith("MatrixDiagV") else []
    return all(size is not None and int(size.reshape(-1)[0]) == -1 for size in sizes)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("MatrixDiag", "MatrixDiagV2", "MatrixDiagV3", "Diag"), diagonal_matrix),
    **dict.fromkeys(("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3", "DiagPart"), diagonal_part),
    **dict.fromkeys(("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"), set_diagonal),
}
