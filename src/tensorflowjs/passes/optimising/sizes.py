"""Which sizes are equal that are not known before the model runs: the batch above all."""

from __future__ import annotations

from tensorflowjs.ir.graph import Graph, Value
from tensorflowjs.passes.optimising.size_rules import ENTRIES, SIZES
from tensorflowjs.passes.optimising.terms import Product, Symbol, Term, Terms
from tensorflowjs.passes.shapes import Shapes


class Sizes:
    """Like Shapes, but with a name for each size and number that is not known.

    A value gets the names of the values it is computed from where a rule knows them to be equal, and else its own. It
    always gets its own where it enters or leaves a branch or loop, so that names never lead across such borders.
    """

    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self.shapes = shapes
        self._sizes: dict[Value, Terms | None] = {}
        self._entries: dict[Value, Terms | None] = {}
        self._symbols: dict[tuple[Value, int, bool], Product] = {}
        for node in graph.in_order():
            self.of(node.output)
            self.entries(node.output)

    def of(self, value: Value) -> Terms | None:
        """The size of each axis; None where not even the rank is known."""
        if value not in self._sizes:
            self._sizes[value] = None  # ends the search in loops
            self._sizes[value] = self._infer(value)
        return self._sizes[value]

    def entries(self, value: Value) -> Terms | None:
        """What an integer value of rank 0 or 1 holds."""
        if value not in self._entries:
            self._entries[value] = None
            self._entries[value] = self._infer_entries(value)
        return self._entries[value]

    def take_over(self, old: Value, new: Value) -> None:
        """`new`, which may not have been asked for yet, is what `old` was."""
        if old in self._sizes:
            self._sizes.setdefault(new, self._sizes[old])
        if old in self._entries:
            self._entries.setdefault(new, self._entries[old])

    def symbol(self, value: Value, at: int, is_size: bool) -> Product:
        key = (value, at, is_size)
        if key not in self._symbols:
            self._symbols[key] = Product(1, (Symbol(value, at, is_size, len(self._symbols)),))
        return self._symbols[key]

    def _infer(self, value: Value) -> Terms | None:
        dims = self.shapes.of(value)
        if dims is None:
            return None
        known = tuple(dim for dim in dims if dim is not None)
        if len(known) == len(dims):
            return known
        rule = SIZES.get(value.node.op)
        found = rule(self, value) if rule is not None else None
        if found is None or len(found) != len(dims):
            found = [None] * len(dims)
        return tuple(
            dim if dim is not None else term if term is not None else self.symbol(value, axis, True)
            for axis, (dim, term) in enumerate(zip(dims, found, strict=True))
        )

    def _infer_entries(self, value: Value) -> Terms | None:
        numbers = self.shapes.numbers(value)
        if numbers is None:
            return None
        known = tuple(number for number in numbers if number is not None)
        if len(known) == len(numbers):
            return known
        rule = ENTRIES.get(value.node.op)
        found = rule(self, value) if rule is not None else None
        if found is None or len(found) != len(numbers):
            found = [None] * len(numbers)
        return tuple(self._entry(value, at, *pair) for at, pair in enumerate(zip(numbers, found, strict=True)))

    def _entry(self, value: Value, at: int, number: int | None, term: Term | None) -> Term:
        if number is not None:
            return number
        return term if term is not None else self.symbol(value, at, False)
