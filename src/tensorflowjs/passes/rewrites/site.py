"""Where a rule works: one node, what is known about its inputs, and a builder of nodes in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorflowjs.ir.graph import Attr, Node, Value
from tensorflowjs.passes.building import Builder, constant
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.passes.types import type_of


class Site(Builder):
    def __init__(self, node: Node, shapes: Callable[[], Shapes]) -> None:
        assert node.graph is not None
        super().__init__(node.graph, node.name)
        self.old = node
        self._shapes = shapes

    @property
    def inputs(self) -> tuple[Value, ...]:
        return self.old.inputs

    @property
    def x(self) -> Value:
        """The first input."""
        return self.old.inputs[0]

    @property
    def shapes(self) -> Shapes:
        return self._shapes()

    @property
    def dtype(self) -> str | None:
        """The dtype of the first output."""
        return type_of(self.old.output)

    @property
    def is_int(self) -> bool:
        return self.dtype == "int32"

    def again(self, *inputs: Value, **changes: Attr) -> Value:
        """The node once more with other inputs or attributes."""
        return self(self.old.op, *inputs, **{**self.old.attrs, **changes})

    def permuted(self, numbers: Value, order: Sequence[int]) -> Value:
        """A list of numbers in another order."""
        values = constant(numbers)
        if values is None:
            return self.gather(numbers, self.ints(list(order)))
        return self.ints([int(values[position]) for position in order])

    def sizes(self, value: Value) -> list[Value | int] | None:
        """Each size of `value`: a number, or a scalar computed when the model runs; None if the rank is not known."""
        dims = self.shapes.of(value)
        if dims is None:
            return None
        shape = self.shape(value) if None in dims else value
        return [self.gather(shape, self.ints(axis)) if dim is None else dim for axis, dim in enumerate(dims)]

    def packed(self, sizes: Sequence[Value | int]) -> Value:
        """Sizes as the shape of a Reshape; a single one that is not known follows from the others."""
        if sum(not isinstance(size, int) for size in sizes) <= 1:
            return self.ints([size if isinstance(size, int) else -1 for size in sizes])
        return self("Pack", *(self.ints(size) if isinstance(size, int) else size for size in sizes), axis=0)

    def listed(self, sizes: Sequence[Value | int]) -> Value:
        """Sizes as a list of numbers, each of them given."""
        known = [size for size in sizes if isinstance(size, int)]
        if len(known) == len(sizes):
            return self.ints(known)
        return self("Pack", *(self.ints(size) if isinstance(size, int) else size for size in sizes), axis=0)

    def product(self, sizes: Sequence[Value | int]) -> Value | int:
        known = 1
        result: Value | None = None
        for size in sizes:
            if isinstance(size, int):
                known *= size
            else:
                result = size if result is None else self("Mul", result, size)
        if result is None:
            return known
        return result if known == 1 else self("Mul", result, self.ints(known))


Rule = Callable[[Site], Value | Sequence[Value] | None]
