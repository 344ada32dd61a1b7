"""Takes what is the same in every round of a lowered loop out of it."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Graph, Node, Type, Value
from tensorflowjs.passes.types import type_of

_FLOW = frozenset({"Const", "Enter", "Exit", "Merge", "Switch", "NextIteration", "LoopCond", "NoOp", "Placeholder"})


def hoist_invariants(graph: Graph) -> bool:
    """What reads nothing but constants and what has been brought into a loop is computed before it.

    %e = Enter(%w) {is_constant: true}          %h = Transpose(%w, %order)
    %h = Transpose(%e, %order)             ->   %h/enter = Enter(%h) {is_constant: true}
    %y = MatMul(%x, %h)                         %y = MatMul(%x, %h/enter)

    TF.js would compute it in the first round only, and wait for it in the second for ever. Lowering leaves no such
    nodes, but rewriting may.
    """
    if not any(node.op == "Enter" for node in graph.nodes.values()):
        return False
    waiting = [node for node in graph.in_order() if _is_invariant(node)]
    changed = bool(waiting)
    while waiting:
        node = waiting.pop(0)
        if _is_invariant(node):
            entered = _hoist(graph, node)
            waiting += [user for value in entered for user in value.users] + [node]
    return changed


def _is_invariant(node: Node) -> bool:
    if node.op in _FLOW or node.controls:
        return False
    frames = {value.node.attrs.get("frame_name") for value in node.inputs if _is_brought(value)}
    return len(frames) == 1 and all(_is_brought(value) or value.node.op == "Const" for value in node.inputs)


def _is_brought(value: Value) -> bool:
    return value.node.op == "Enter" and value.node.attrs.get("is_constant") is True


def _hoist(graph: Graph, node: Node) -> Sequence[Value]:
    """Compute `node` before the loop; returns what stands for its outputs inside."""
    enters = [value.node for value in node.inputs if _is_brought(value)]
    node.set_inputs([value.node.inputs[0] if _is_brought(value) else value for value in node.inputs])
    results = []
    for value in node.outputs:
        if not value.users:
            continue
        attrs = {**enters[0].attrs, "T": Type(type_of(value) or "float32")}
        enter = graph.add(Node(graph.fresh_name(f"{node.name}/enter"), "Enter", (), attrs))
        value.replace_by(enter.output)
        enter.set_inputs([value])
        _let_wait(graph, enters, enter)
        results.append(enter.output)
    return results


def _let_wait(graph: Graph, enters: Sequence[Node], enter: Node) -> None:
    """What holds the first round back for what comes in waits for this as well."""
    for node in graph.nodes.values():
        if enters[0] in node.controls:
            node.controls.append(enter)
