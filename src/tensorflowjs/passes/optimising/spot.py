"""Where a rule of the optimiser looks: one node, what leads to it, and a builder of what may take its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tensorflowjs.ir.graph import Graph, Node, Type, Value
from tensorflowjs.passes.optimising.sizes import Sizes
from tensorflowjs.passes.rewrites.site import Site
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.tensors import ComputedTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Known:
    """What is known of the values of a graph; it stays true whatever becomes of the graph around them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._shapes: Shapes | None = None
        self._sizes: Sizes | None = None

    def shapes(self) -> Shapes:
        if self._shapes is None:
            self._shapes = Shapes(self._graph)
        return self._shapes

    def sizes(self) -> Sizes:
        if self._sizes is None:
            self._sizes = Sizes(self._graph, self.shapes())
        return self._sizes

    def take_over(self, old: Value, new: Value) -> None:
        """`new` is what `old` was: no chain of new nodes grows on which everything would have to be inferred."""
        if self._shapes is not None:
            self._shapes.take_over(old, new)
        if self._sizes is not None:
            self._sizes.take_over(old, new)


class Spot(Site):
    """A Site that also knows who else reads a value, and takes constants of any size as promises."""

    def __init__(self, node: Node, known: Known, leave: Callable[[str], None]) -> None:
        super().__init__(node, known.shapes)
        self._known = known
        self._leave = leave

    @property
    def terms(self) -> Sizes:
        """Which sizes are equal that are not known."""
        return self._known.sizes()

    def missed(self, why: str) -> None:
        """Say why this pass has to leave the node alone although it nearly fits."""
        self._leave(why)

    def only_here(self, value: Value) -> bool:
        """Whether nothing but this node reads `value`, so that what computes it may go."""
        graph = self.old.graph
        assert graph is not None
        return value.only_user is self.old and not graph.is_output(value)

    def own(self, value: Value, *ops: str) -> Node | None:
        """The node that computes `value` for this node alone, if its op is one of `ops`."""
        node = value.node
        return node if node.op in ops and value.index == 0 and self.only_here(value) else None

    @staticmethod
    def tensor_of(value: Value) -> Tensor | None:
        """The promise of a constant's values, none of which have been read."""
        node = value.node
        return node.tensor if node.op == "Const" and isinstance(node.attrs.get("value"), Tensor) else None

    def computed(self, like: Tensor, shape: tuple[int, ...], compute: Callable[[], NDArray[Any]]) -> Value:
        """A constant of the dtype of `like` that is computed when it is written, one at a time."""
        tensor = ComputedTensor(like.dtype, shape, compute, like.origin)
        return self("Const", dtype=Type(like.dtype), value=tensor)
