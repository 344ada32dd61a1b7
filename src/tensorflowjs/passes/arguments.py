"""Tells functions the shapes of their arguments."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.ir.graph import Func, Graph, GraphModel, Node, Shape
from tensorflowjs.passes.dims import Dims, common
from tensorflowjs.passes.shapes import Shapes

_LOOPS = ("While", "StatelessWhile")
_BRANCHES = ("If", "StatelessIf")
_FUNCTIONS = ("cond", "body", "then_branch", "else_branch")


def declare_arguments(model: GraphModel) -> bool:
    """Arguments get the shapes that loops declare for their variables, and branches are handed; outermost first.

    %y = While(%x) {body: @b, output_shapes: [shape[?, 4]]}      ->     function b
                                                                          %a = Arg() {shape: shape[?, 4]}

    A function that is called more than once gets what all calls agree on.
    """
    found: dict[str, list[list[Dims]]] = {}
    changed = False
    waiting = [model.graph, *([] if model.initializer is None else [model.initializer])]
    while waiting:
        graph = waiting.pop(0)
        for function, shapes in _calls(graph, model):
            seen = found.setdefault(function.name, [])
            seen.append(shapes)
            declared = _declare(function, seen)
            changed |= declared
            if declared or len(seen) == 1:
                waiting.append(function)
    return changed


def _calls(graph: Graph, model: GraphModel) -> Iterator[tuple[Graph, list[Dims]]]:
    """The functions that a graph calls, with the shapes of what they get."""
    callers = [node for node in graph.nodes.values() if node.op in (*_LOOPS, *_BRANCHES)]
    shapes = Shapes(graph) if callers else None
    for node in callers:
        assert shapes is not None
        given = _declared(node) if node.op in _LOOPS else [shapes.of(value) for value in node.inputs[1:]]
        for key in _FUNCTIONS:
            called = node.attrs.get(key)
            if isinstance(called, Func) and called.name in model.functions:
                yield model.functions[called.name], given


def _declared(node: Node) -> list[Dims]:
    """The shapes that every round of a loop keeps to."""
    shapes = node.attrs.get("output_shapes")
    if not isinstance(shapes, list) or len(shapes) != len(node.inputs):
        return [None] * len(node.inputs)
    return [shape.dims if isinstance(shape, Shape) else None for shape in shapes]


def _declare(function: Graph, seen: list[list[Dims]]) -> bool:
    changed = False
    for argument, shapes in zip(function.inputs, zip(*seen, strict=True), strict=False):
        before = argument.attrs.get("shape")
        now = common(shapes)
        if now is not None:
            argument.attrs["shape"] = Shape(now)
        else:
            argument.attrs.pop("shape", None)
        changed |= argument.attrs.get("shape") != before
    return changed
