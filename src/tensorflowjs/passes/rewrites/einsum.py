"""Einsum as transposes, reshapes and one matrix product for each pair of operands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import text
from tensorflowjs.passes.dims import Dim
from tensorflowjs.passes.rewrites.site import Rule, Site

# Labels of our own for the axes that an ellipsis stands for, the last one first.
_HIDDEN = "".join(chr(code) for code in range(0x3B1, 0x3B1 + 16))


@dataclass(frozen=True)
class Term:
    """A value with a letter for each of its axes, and what is known of their sizes."""

    labels: str
    value: Value
    sizes: tuple[Dim, ...]

    def size(self, label: str) -> Dim:
        return self.sizes[self.labels.index(label)] if label in self.labels else None


def einsum(at: Site) -> Value | None:
    """Einsum("bij,bjk->bik", x, y) -> BatchMatMulV2(x, y), with whatever transposes and reshapes it takes

    TF.js has no Einsum for WebAssembly, at most two operands, no ellipses and no capitals.
    """
    left, arrow, output = text(at.old, "equation").replace(" ", "").partition("->")
    if not arrow:
        return None
    terms = _terms(at, left.split(","))
    if terms is None:
        return None
    hidden = max((_hidden(term.labels) for term in terms), key=len)
    output = output.replace("...", hidden)
    if len(set(output)) != len(output) or any(all(label not in term.labels for term in terms) for label in output):
        return None
    return _Contraction(at).run(terms, output)


def _hidden(labels: str) -> str:
    return "".join(label for label in labels if label in _HIDDEN)


def _terms(at: Site, labels: Sequence[str]) -> list[Term] | None:
    """The operands; None if an ellipsis stands for nobody knows how many axes."""
    terms = []
    for letters, value in zip(labels, at.inputs, strict=True):
        dims = at.shapes.of(value)
        if "..." in letters:
            if dims is None or len(dims) - len(letters) + 3 > len(_HIDDEN):
                return None
            letters = letters.replace("...", _HIDDEN[: len(dims) - len(letters) + 3][::-1])
        terms.append(Term(letters, value, dims if dims is not None else (None,) * len(letters)))
    return terms


class _Contraction:
    def __init__(self, at: Site) -> None:
        self._at = at

    def run(self, terms: list[Term], output: str) -> Value | None:
        simple: list[Term] = []
        for index, term in enumerate(terms):
            others = "".join(other.labels for other in (*terms[:index], *terms[index + 1 :]))
            reduced = self._diagonals(term)
            if reduced is None:
                return None
            simple.append(self._without_ones(self._summed(reduced, others + output), terms))
        result = simple[0]
        for index, term in enumerate(simple[1:], start=1):
            wanted = output + "".join(other.labels for other in simple[index + 1 :])
            result = self._pair(result, term, wanted, output if index == len(simple) - 1 else "")
        return self._ordered(result, output)

    # -- one operand

    def _diagonals(self, term: Term) -> Term | None:
        """Labels that come twice: only the diagonal counts."""
        for label in term.labels:
            first, last = term.labels.index(label), term.labels.rindex(label)
            if first == last:
                continue
            size = term.sizes[first]
            if size is None:
                return None
            at = self._at
            shape = [size if axis in (first, last) else 1 for axis in range(len(term.labels))]
            mask = at.const(np.eye(size, dtype=bool).reshape(shape), "bool")
            kept = at.sum(at.select(mask, term.value, at.like(0, term.value)), [last])
            rest = Term(_without(term.labels, last), kept, (*term.sizes[:last], *term.sizes[last + 1 :]))
            return self._diagonals(rest)
        return term

    def _summed(self, term: Term, wanted: str) -> Term:
        """Labels that nothing else has are summed over."""
        axes = [axis for axis, label in enumerate(term.labels) if label not in wanted]
        if not axes:
            return term
        kept = [axis for axis in range(len(term.labels)) if axis not in axes]
        labels = "".join(term.labels[axis] for axis in kept)
        return Term(labels, self._at.sum(term.value, axes), tuple(term.sizes[axis] for axis in kept))

    def _without_ones(self, term: Term, terms: Sequence[Term]) -> Term:
        """Axes of size 1 against larger ones under an ellipsis: they go, others have the label."""
        axes = [
            axis
            for axis, label in enumerate(term.labels)
            if label in _HIDDEN
            and term.sizes[axis] == 1
            and any(label in other.labels and other.size(label) != 1 for other in terms)
        ]
        if not axes:
            return term
        kept = [axis for axis in range(len(term.labels)) if axis not in axes]
        squeezed = self._at("Squeeze", term.value, squeeze_dims=list(axes))
        return Term("".join(term.labels[axis] for axis in kept), squeezed, tuple(term.sizes[axis] for axis in kept))

    def _ordered(self, term: Term, labels: str) -> Value:
        return self._at.transpose(term.value, [term.labels.index(label) for label in labels])

    # -- two operands

    def _pair(self, left: Term, right: Term, wanted: str, order: str) -> Term:
        shared = [label for label in left.labels if label in right.labels]
        summed = "".join(label for label in shared if label not in wanted)
        batch = "".join(label for label in shared if label in wanted)
        batch = "".join(sorted(batch, key=order.index)) if order else batch
        rows = "".join(label for label in left.labels if label not in right.labels)
        columns = "".join(label for label in right.labels if label not in left.labels)
        sizes = {label: self._size(left, right, label) for label in batch + rows + columns + summed}
        if not summed:
            return self._product(left, right, batch + rows + columns, sizes)
        first, flip_first = self._matrix(left, batch, rows, summed, sizes)
        second, flip_second = self._matrix(right, batch, summed, columns, sizes)
        product = self._at("BatchMatMulV2", first, second, adj_x=flip_first, adj_y=flip_second)
        labels = batch + rows + columns
        if len(rows) != 1 or len(columns) != 1:
            product = self._reshaped(product, labels, sizes, left, right)
        return Term(labels, product, tuple(sizes[label] for label in labels))

    def _size(self, left: Term, right: Term, label: str) -> Dim:
        size = left.size(label)
        return right.size(label) if size is None else size

    def _product(self, left: Term, right: Term, labels: str, sizes: dict[str, Dim]) -> Term:
        """Nothing is summed: both along the axes of the result, and multiplied."""
        factors = []
        for term in (left, right):
            value = self._ordered(term, "".join(label for label in labels if label in term.labels))
            missing = [axis for axis, label in enumerate(labels) if label not in term.labels]
            for axis in missing:
                value = self._at.expand(value, axis)
            factors.append(value)
        return Term(labels, self._at("Mul", *factors), tuple(sizes[label] for label in labels))

    def _matrix(self, term: Term, batch: str, rows: str, columns: str, sizes: dict[str, Dim]) -> tuple[Value, bool]:
        """`term` as matrices of `rows` and `columns`, one for each of `batch`; and whether they are turned."""
        if len(rows) == len(columns) == 1 and term.labels == batch + columns + rows:
            return term.value, True
        value = self._ordered(term, batch + rows + columns)
        if len(rows) == len(columns) == 1:
            return value, False
        at = self._at
        known = [self._of(term, label, sizes) for label in batch]
        shape = [*known, at.product([self._of(term, label, sizes) for label in rows])]
        shape.append(at.product([self._of(term, label, sizes) for label in columns]))
        return at.reshape(value, at.packed(shape)), False

    def _reshaped(self, value: Value, labels: str, sizes: dict[str, Dim], left: Term, right: Term) -> Value:
        shape = [self._of(left if label in left.labels else right, label, sizes) for label in labels]
        return self._at.reshape(value, self._at.packed(shape))

    def _of(self, term: Term, label: str, sizes: dict[str, Dim]) -> Value | int:
        """The size of an axis, computed when the model runs if need be."""
        size = sizes[label]
        if size is not None:
            return size
        at = self._at
        return at.gather(at.shape(term.value), at.ints(term.labels.index(label)))


def _without(labels: str, position: int) -> str:
    return labels[:position] + labels[position + 1 :]


RULES: dict[str, Rule] = {"Einsum": einsum}
