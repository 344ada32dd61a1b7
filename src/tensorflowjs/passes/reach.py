"""Which functions a graph uses, and which nodes its outputs need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node


def graphs(model: GraphModel) -> Iterator[Graph]:
    """Every graph of the model: the main one, the functions, the initialiser."""
    yield model.graph
    yield from model.functions.values()
    if model.initializer is not None:
        yield model.initializer


def functions_of(node: Node) -> Iterator[Func]:
    """The functions that a node's attributes name."""
    for value in node.attrs.values():
        yield from _functions_in(value)


def _functions_in(value: Attr) -> Iterator[Func]:
    if isinstance(value, Func):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _functions_in(item)


def needed(starts: Iterable[Node]) -> set[Node]:
    """The nodes that have to run for `starts` to run, these included."""
    found: set[Node] = set()
    waiting = list(starts)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += [value.node for value in node.inputs]
            waiting += node.controls
    return found
