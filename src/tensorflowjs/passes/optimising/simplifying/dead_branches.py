"""Takes out what is never chosen, now that more is known, and functions that nothing calls any more."""

from __future__ import annotations

from tensorflowjs.ir.graph import Graph, GraphModel
from tensorflowjs.passes.controls import WAITS
from tensorflowjs.passes.optimising.branches import Branches
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.reach import graphs
from tensorflowjs.passes.resolving import resolve_control_flow


def resolve(model: GraphModel) -> int:
    """A branch is taken always or never where folding has made a constant of its condition.

    %p = Const() {value: bool[]{true}}
    %s = Switch(%x, %p)
    %a = Neg(%s)
    %b = Relu(%s:1)                             ->  %b = Relu(%x)
    %y = Merge(%a, %b)                              (for %y)
    """
    before = _nodes(model)
    if not resolve_control_flow(model):
        return 0
    for graph in graphs(model):
        _open_gates(graph)
    prune(model)
    return max(1, before - _nodes(model))


def _nodes(model: GraphModel) -> int:
    return sum(len(graph.nodes) for graph in graphs(model))


def _open_gates(graph: Graph) -> None:
    """A constant waits no longer for a branch that is none any more."""
    branches = Branches(graph)
    for node in graph.nodes.values():
        if WAITS in node.attrs and not any(branches.of(control) for control in node.controls):
            node.controls = []
            del node.attrs[WAITS]


PASS = Pass("dead_branches", "branches that are never taken, functions never called", model=resolve)
