"""Branches and loops that are functions become nodes of the graph."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.ir.graph import Graph, GraphModel, Node
from tensorflowjs.passes.branches import lower_branch
from tensorflowjs.passes.controls import WAITS
from tensorflowjs.passes.loops import lower_loop
from tensorflowjs.passes.places import BRANCHES, FUNCTIONAL, Place
from tensorflowjs.passes.reach import needed


def lower_control_flow(model: GraphModel, *, which: Callable[[Node], bool] | None = None) -> bool:
    """If and While become Switch, Merge, Enter, Exit, NextIteration and LoopCond, as TF.js runs them.

    output y = %if                                             output y = %if/merge_0
    %if = If(%p, %x) {then_branch: @F, else_branch: @G}        %if/x/switch = Switch(%x, %p)
                                                               %if/then/r = Relu(%if/x/switch:1)
    function F                                              -> %if/else/r = Neg(%if/x/switch)
      input a = %a                                             %if/merge_0 = Merge(%if/else/r, %if/then/r)
      output r = %r
      %a = Arg()
      %r = Relu(%a)

    With `which` only those nodes of the graph it says yes to, with all that is in them. Control edges
    of the nodes that come in are dropped: they should be gone, or matter to nothing but order.
    """
    changed = False
    for graph in (model.graph, model.initializer):
        if graph is not None:
            changed |= _lower_graph(graph, model.functions, which or _any)
    return changed


def _any(node: Node) -> bool:
    return True


def _lower_graph(graph: Graph, functions: dict[str, Graph], which: Callable[[Node], bool]) -> bool:
    chosen = [node for node in graph.in_order() if node.op in FUNCTIONAL and which(node)]
    if not chosen:
        return False
    _uncontrolled(graph, set(chosen))
    outside = Place(graph)
    places = dict.fromkeys(chosen, outside)
    frames = {
        frame.decode("utf-8", "replace").lower()
        for node in graph.nodes.values()
        if isinstance(frame := node.attrs.get("frame_name"), bytes)
    }
    while places:
        node = next(iter(places))
        place = places.pop(node)
        if node.op in BRANCHES:
            lower_branch(node, place, functions, places)
        else:
            lower_loop(node, place, functions, places, frames)
    _wait_for_used_only(graph)
    return True


def _wait_for_used_only(graph: Graph) -> None:
    """What came into a loop, but turned out not to be used in it, is not waited for."""
    entered = {node: [one for one in node.controls if one.op == "Enter"] for node in graph.nodes.values()}
    gates = {node: enters for node, enters in entered.items() if enters and WAITS in node.attrs}
    for gate in gates:
        gate.controls = [control for control in gate.controls if control.op != "Enter"]
    kept = needed([value.node for value in graph.outputs])
    for gate, enters in gates.items():
        gate.controls += [enter for enter in enters if enter in kept]


def _uncontrolled(graph: Graph, gone: set[Node]) -> None:
    for node in graph.nodes.values():
        node.controls = [control for control in node.controls if control not in gone]
