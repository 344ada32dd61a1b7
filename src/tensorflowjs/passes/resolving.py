"""Settles what control flow will do where that is known before anything runs."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Type, Value
from tensorflowjs.passes.cases import CASES, split_cases
from tensorflowjs.passes.conditions import known, truth
from tensorflowjs.passes.inlining import inline
from tensorflowjs.passes.loops import never_runs
from tensorflowjs.passes.places import BRANCHES, LOOPS
from tensorflowjs.passes.reach import graphs, needed
from tensorflowjs.tensors import ArrayTensor

_SWITCHES = ("Switch", "RefSwitch")
_MERGES = ("Merge", "RefMerge")


def resolve_control_flow(model: GraphModel) -> bool:
    """Branches always taken take the place of the choice, loops never entered hand on what they were given.

    %training = PlaceholderWithDefault(%false)
    %s = Switch(%x, %training)
    %no = Relu(%s)                                   %no = Relu(%x)
    %yes = Dropout(%s:1)                          -> output y = %no
    %m = Merge(%no, %yes)
    output y = %m

    Placeholders with a default that are no inputs of the model have it. Choices between several branches that
    are not known become choices between two. Control edges tell what a branch not taken
    holds, so they must still be there.
    """
    changed = False
    while _resolve_once(model):
        changed = True
    if split_cases(model):
        changed = inline(model) or True
    return changed


def _resolve_once(model: GraphModel) -> bool:
    called = changed = False
    for graph in graphs(model):
        for node in list(graph.nodes.values()):
            called |= _becomes_call(node)
            changed |= _takes_default(graph, node) or _is_skipped(graph, node, model.functions)
        changed |= _resolve_switches(graph)
    return (called and inline(model)) or changed


def _takes_default(graph: Graph, node: Node) -> bool:
    if node.op != "PlaceholderWithDefault" or node in graph.inputs:
        return False
    dtype = node.attrs.get("dtype")
    node.op, node.attrs = "Identity", {} if dtype is None else {"T": dtype}
    return True


def _becomes_call(node: Node) -> bool:
    """A choice that is known becomes a call of what it chooses."""
    func = _chosen(node)
    if func is None:
        return False
    node.op = "PartitionedCall"
    node.attrs = {**{key: node.attrs[key] for key in ("Tin", "Tout") if key in node.attrs}, "f": func}
    node.set_inputs(node.inputs[1:])
    return True


def _chosen(node: Node) -> Func | None:
    chosen: Attr | None = None
    if node.op in BRANCHES:
        taken = truth(node.inputs[0])
        chosen = None if taken is None else node.attrs.get("then_branch" if taken else "else_branch")
    elif node.op in CASES:
        number, branches = known(node.inputs[0]), node.attrs.get("branches")
        if number is not None and isinstance(branches, list):
            at = int(number)
            chosen = branches[at if 0 <= at < len(branches) else -1]
    return chosen if isinstance(chosen, Func) else None


def _is_skipped(graph: Graph, node: Node, functions: dict[str, Graph]) -> bool:
    if node.op not in LOOPS or not never_runs(node, functions):
        return False
    for value in node.outputs:
        value.replace_by(node.inputs[value.index])
    for other in graph.nodes.values():
        other.controls = [control for control in other.controls if control is not node]
    graph.remove([node])
    return True


# ---------------------------------------------------------------------------- version 1


def _resolve_switches(graph: Graph) -> bool:
    """Take Switches out whose predicate is known, and with them what they leave without values."""
    dead: set[Value] = set()
    instead: dict[Node, Node] = {}  # for control edges: what runs when a node that has been resolved would have
    changed = False
    for node in [node for node in graph.nodes.values() if node.op in _SWITCHES]:
        taken = truth(node.inputs[1])
        if taken is not None:
            changed |= bool(node.value(int(taken)).users)
            node.value(int(taken)).replace_by(node.inputs[0])
            dead.add(node.value(int(not taken)))
            instead[node] = node.inputs[0].node
    return bool(dead) and (_bury(graph, dead, instead) or changed)


def _bury(graph: Graph, dead: set[Value], instead: dict[Node, Node]) -> bool:
    """Let each Merge hand on what can still arrive, and remove what cannot; returns whether there was any."""
    gone: set[Node] = set()
    changed = False
    for node in graph.in_order():
        if node.op in _MERGES:
            changed |= _resolve_merge(graph, node, dead, gone, instead)
        elif any(_is_dead(value, dead, gone) for value in node.inputs) or any(each in gone for each in node.controls):
            gone.add(node)
    for node in graph.nodes.values():
        node.controls = [_standing(each, instead) for each in node.controls]
    kept = needed([*(value.node for value in graph.outputs), *graph.inputs])
    removed = _unread({node for node in (*gone, *instead) if node not in kept})
    graph.remove(removed)
    return changed or bool(removed)


def _unread(nodes: set[Node]) -> set[Node]:
    """Those of `nodes` that nothing else reads."""
    while True:
        read = {node for node in nodes if any(user not in nodes for value in node.outputs for user in value.users)}
        if not read:
            return nodes
        nodes = nodes - read


def _standing(node: Node, instead: dict[Node, Node]) -> Node:
    while node in instead:
        node = instead[node]
    return node


def _is_dead(value: Value, dead: set[Value], gone: set[Node]) -> bool:
    return value in dead or value.node in gone


def _resolve_merge(graph: Graph, node: Node, dead: set[Value], gone: set[Node], instead: dict[Node, Node]) -> bool:
    alive = [at for at, value in enumerate(node.inputs) if not _is_dead(value, dead, gone)]
    if all(node.inputs[at].node.op == "NextIteration" for at in alive):
        gone.add(node)  # nothing enters the loop, or nothing arrives at all
        return False
    if len(alive) == len(node.inputs):
        return False
    if len(alive) > 1:
        node.set_inputs([node.inputs[at] for at in alive])
        node.attrs["N"] = len(alive)
        return True
    if node.value(1).users or graph.is_output(node.value(1)):
        node.value(1).replace_by(_number(graph, f"{node.name}/value_index", alive[0]))
    node.output.replace_by(node.inputs[alive[0]])
    instead[node] = node.inputs[alive[0]].node
    return True


def _number(graph: Graph, name: str, number: int) -> Value:
    tensor = ArrayTensor(np.array(number, "<i4"))
    return graph.add(Node(graph.fresh_name(name), "Const", (), {"dtype": Type("int32"), "value": tensor})).output
