"""Arithmetic that begins at nodes of a kind and is read as a whole by one node only."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.elementwise_ops import BINARY, UNARY
from tensorflowjs.passes.optimising.spot import Spot

MOST_NODES = 16
Change = Callable[[Value], Value | None]
ELEMENTWISE = UNARY | BINARY | {"BiasAdd"}


@dataclass(frozen=True)
class Cone:
    """All that leads from `leaves` to the node at hand: nothing else reads any of it."""

    leaves: list[Node]
    inner: list[Node]  # each behind those it reads, the node at hand last

    def rebuilt(
        self, at: Spot, leaf: Callable[[Node], Value], constant: Callable[[Value], Value | None]
    ) -> Value | None:
        """The same arithmetic with something else for each leaf and constant; None if there is none for a constant."""
        made = {node.output: leaf(node) for node in self.leaves}
        for node in self.inner:
            inputs: list[Value] = []
            for value in node.inputs:
                other = made.get(value) or constant(value)
                if other is None:
                    return None
                inputs.append(other)
            made[node.output] = at(node.op, *inputs, **node.attrs)
        return made[at.old.output]


def cone(at: Spot, ops: Collection[str]) -> Cone | None:
    """The cone over nodes of `ops`, if it is one."""
    leaves: dict[Node, None] = {}
    inner: dict[Node, None] = {}
    waiting = [at.old]
    while waiting:
        node = waiting.pop()
        inner[node] = None
        for value in node.inputs:
            before = value.node
            if before in leaves or before.op == "Const":
                continue
            if before.op in ops and value.index == 0:
                leaves[before] = None
            elif before.op in ELEMENTWISE and before not in inner and len(inner) < MOST_NODES:
                waiting.append(before)
            elif before not in inner:
                return None
    if not leaves or not _is_closed(at, [*leaves, *inner], inner):
        return None
    return Cone(list(leaves), _in_order(at.old, inner))


def _is_closed(at: Spot, nodes: list[Node], inner: Collection[Node]) -> bool:
    graph = at.old.graph
    assert graph is not None
    return all(
        node is at.old
        or not (node.controls or graph.is_output(node.output) or any(u not in inner for u in node.output.users))
        for node in nodes
    )


def _in_order(root: Node, inner: Collection[Node]) -> list[Node]:
    ordered: dict[Node, None] = {}

    def visit(node: Node) -> None:
        for value in node.inputs:
            if value.node in inner and value.node not in ordered:
                visit(value.node)
        ordered[node] = None

    visit(root)
    return list(ordered)
