"""What is known about the shapes of values before the model runs."""

from __future__ import annotations

from tensorflowjs.ir.graph import Graph, Value
from tensorflowjs.passes.dims import Dim, Dims, all_known, broadcast
from tensorflowjs.passes.number_rules import NUMBERS
from tensorflowjs.passes.shape_rules import BROADCAST, SAME, SHAPES


class Shapes:
    """Shapes, and the values of small integer tensors, as far as they follow from inputs and constants."""

    def __init__(self, graph: Graph) -> None:
        self._shapes: dict[Value, Dims] = {}
        self._numbers: dict[Value, tuple[Dim, ...] | None] = {}
        for node in graph.in_order():
            self.of(node.output)
            self.numbers(node.output)

    def of(self, value: Value) -> Dims:
        if value not in self._shapes:
            self._shapes[value] = None  # ends the search in loops
            self._shapes[value] = self._infer(value)
        return self._shapes[value]

    def take_over(self, old: Value, new: Value) -> None:
        """`new`, which may not have been asked for yet, is what `old` was."""
        if old in self._shapes:
            self._shapes.setdefault(new, self._shapes[old])
        if old in self._numbers:
            self._numbers.setdefault(new, self._numbers[old])

    def rank(self, value: Value) -> int | None:
        dims = self.of(value)
        return None if dims is None else len(dims)

    def known(self, value: Value) -> tuple[int, ...] | None:
        """The shape, if every axis is known."""
        return all_known(self.of(value))

    def dim(self, value: Value, axis: int) -> Dim:
        dims = self.of(value)
        return dims[axis] if dims is not None and -len(dims) <= axis < len(dims) else None

    def numbers(self, value: Value) -> tuple[Dim, ...] | None:
        """The values of an integer tensor of rank 0 or 1, None for those not known."""
        if value not in self._numbers:
            self._numbers[value] = None
            rule = NUMBERS.get(value.node.op)
            self._numbers[value] = rule(self, value) if rule is not None else None
        return self._numbers[value]

    def axes(self, value: Value, rank: int) -> list[int] | None:
        """The axes a reduction names, counted from the front."""
        numbers = all_known(self.numbers(value))
        return None if numbers is None else [number % rank for number in numbers]

    def _infer(self, value: Value) -> Dims:
        node = value.node
        rule = SHAPES.get(node.op)
        if rule is not None:
            return rule(self, value)
        if node.op in SAME and node.inputs:
            return self.of(node.inputs[0])
        if node.op in BROADCAST:
            return broadcast([self.of(each) for each in node.inputs])
        return None
