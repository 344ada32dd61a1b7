"""Follows values and control through the calls of a graph, without changing it.

A node inside a function means something else at every call of it; a `Place` is a node together with the calls that
lead to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import Func, Graph, Node, Value

CALLS = ("PartitionedCall", "StatefulPartitionedCall")
PASSES = ("Identity", "RefIdentity", "StopGradient")  # hand on their first input
_MOST_PLACES = 100_000  # models with ten thousand variables have less than half of it
_DEEPEST = 100


@dataclass(frozen=True, eq=False)
class Frame:
    """One call on the way from the main graph; there is only one for each."""

    call: Node
    function: Graph
    outer: Frame | None
    depth: int

    @cached_property
    def arguments(self) -> dict[Node, int]:
        """Where each stands in the call; there is one for every variable, so thousands."""
        return {node: index for index, node in enumerate(self.function.inputs)}


@dataclass(frozen=True)
class Place:
    node: Node
    frame: Frame | None = None


class CallFlow:
    def __init__(self, functions: Callable[[str], Graph | None]) -> None:
        self._functions = functions
        self._frames: dict[Place, Frame] = {}

    def reached(self, starts: Iterable[Node]) -> Iterator[Place]:
        """Everything that runs when `starts` run: what they need, and all that is in the functions called."""
        waiting = [Place(node) for node in starts]
        found = set(waiting)
        while waiting:
            place = waiting.pop()
            yield place
            for other in self._next(place):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
            if len(found) > _MOST_PLACES:
                raise CorruptInputError(f"{place.node.name}: its functions within functions never come to an end.")

    def _next(self, place: Place) -> Iterator[Place]:
        yield from (Place(value.node, place.frame) for value in place.node.inputs)
        yield from (Place(node, place.frame) for node in place.node.controls)
        frame = self._inside(place)
        if frame is not None:
            yield from (Place(node, frame) for node in frame.function.nodes.values())

    def _inside(self, place: Place) -> Frame | None:
        """The frame of the function that a place calls, if it calls one."""
        known = self._frames.get(place)
        if known is not None:
            return known
        called = place.node.attrs.get("f") if place.node.op in CALLS else Func(place.node.op)
        function = self._functions(called.name) if isinstance(called, Func) else None
        if function is None:
            return None
        frame = Frame(place.node, function, place.frame, 1 + (place.frame.depth if place.frame else 0))
        if frame.depth > _DEEPEST:
            raise CorruptInputError(f"{place.node.name}: the function {function.name} calls itself, without end.")
        return self._frames.setdefault(place, frame)

    def source(self, value: Value, frame: Frame | None) -> tuple[Value, Frame | None]:
        """Where `value` comes from, behind calls, arguments and nodes that hand it on."""
        while True:
            node = value.node
            inside = self._inside(Place(node, frame))
            if node.op == "Arg" and frame is not None:
                value, frame = self._argument(node, frame), frame.outer
            elif inside is not None and value.index < len(inside.function.outputs):
                value, frame = inside.function.outputs[value.index], inside
            elif node.op in PASSES and node.inputs:
                value = node.inputs[0]
            else:
                return value, frame

    def _argument(self, node: Node, frame: Frame) -> Value:
        index = frame.arguments.get(node)
        if index is None or index >= len(frame.call.inputs):
            raise CorruptInputError(f"{frame.call.name} does not give {frame.function.name} its argument {node.name}.")
        return frame.call.inputs[index]
