"""Removes what no output needs."""

from __future__ import annotations

from tensorflowjs.ir.graph import Graph, GraphModel
from tensorflowjs.passes.reach import functions_of, graphs, needed


def prune(model: GraphModel) -> bool:
    """Nodes that no output needs go, and functions that no node uses; inputs stay.

    output y = %y                output y = %y
    %x = Placeholder()           %x = Placeholder()
    %y = Relu(%x)           ->   %y = Relu(%x)
    %loss = Sum(%y, %axes)
    """
    changed = False
    for graph in graphs(model):
        changed |= prune_graph(graph)
    return _prune_functions(model) or changed


def prune_graph(graph: Graph) -> bool:
    """Remove the nodes of one graph that neither its outputs need nor are its inputs."""
    kept = needed([*(value.node for value in graph.outputs), *graph.inputs])
    gone = [node for node in graph.nodes.values() if node not in kept]
    graph.remove(gone)
    return bool(gone)


def _prune_functions(model: GraphModel) -> bool:
    used: set[str] = set()
    waiting = [model.graph, *([model.initializer] if model.initializer is not None else [])]
    while waiting:
        graph = waiting.pop()
        for node in graph.nodes.values():
            for func in functions_of(node):
                if func.name not in used and func.name in model.functions:
                    used.add(func.name)
                    waiting.append(model.functions[func.name])
    unused = set(model.functions) - used
    for name in unused:
        del model.functions[name]
    return bool(unused)
