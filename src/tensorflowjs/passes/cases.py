"""A choice between several branches becomes choices between two."""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Type, Value
from tensorflowjs.passes.places import type_attr
from tensorflowjs.passes.reach import graphs
from tensorflowjs.tensors import ArrayTensor

CASES = ("Case", "StatelessCase")


def split_cases(model: GraphModel) -> bool:
    """Case becomes If within If; a number that no branch has means the last one, as in TensorFlow.

    %y = Case(%n, %x) {branches: [@F, @G, @H]}
    ->
    %y/is_0 = Equal(%n, %y/0)
    %y/is_1 = Equal(%n, %y/1)
    %y = StatelessIf(%y/is_0, %y/is_1, %x) {then_branch: @y/then_0, else_branch: @y/else_0}

    Both branches of an If get the same arguments, so the conditions still to come go along, and the branches are
    called from functions that leave them out. The calls are there to be inlined.
    """
    changed = False
    waiting = list(graphs(model))
    for graph in waiting:
        for node in [node for node in graph.nodes.values() if node.op in CASES]:
            _split(model, graph, node)
            changed = True
    return changed


def _split(model: GraphModel, graph: Graph, node: Node) -> None:
    branches = [func for func in _branches(node) if isinstance(func, Func)]
    index, arguments = node.inputs[0], list(node.inputs[1:])
    if len(branches) == 1:
        node.op, node.attrs = "PartitionedCall", {**_types(node, arguments), "f": branches[0]}
        node.set_inputs(arguments)
        return
    conditions = [_is(graph, node, index, number) for number in range(len(branches) - 1)]
    types = [Type("bool")] * len(conditions), _argument_types(node, arguments)
    names = [_fresh(model, f"{graph.name}/{node.name}") for _ in range(2 * len(conditions))]
    for level in reversed(range(len(conditions))):
        left = len(conditions) - level - 1
        inner = [Type("bool")] * left, types[1]
        then, other = names[2 * level : 2 * level + 2]
        model.functions[then] = _calling(then, node, branches[level], *inner)
        last = level == len(conditions) - 1
        model.functions[other] = (
            _calling(other, node, branches[-1], *inner)
            if last
            else _choosing(other, node, names[2 * level + 2 : 2 * level + 4], *inner)
        )
    node.op, node.attrs = "StatelessIf", _if_attrs(node, names[0], names[1])
    node.set_inputs([*conditions, *arguments])


def _branches(node: Node) -> list[Attr]:
    found = node.attrs.get("branches")
    return list(found) if isinstance(found, list) else []


def _is(graph: Graph, node: Node, index: Value, number: int) -> Value:
    tensor = ArrayTensor(np.array(number, "<i4"))
    attrs: dict[str, Attr] = {"dtype": Type("int32"), "value": tensor}
    constant = graph.add(Node(graph.fresh_name(f"{node.name}/{number}"), "Const", (), attrs))
    name = graph.fresh_name(f"{node.name}/is_{number}")
    return graph.add(Node(name, "Equal", [index, constant.output], {"T": Type("int32")})).output


def _argument_types(node: Node, arguments: list[Value]) -> list[Attr]:
    types = node.attrs.get("Tin")
    if isinstance(types, list) and len(types) == len(arguments):
        return list(types)
    return [type_attr(value).get("T", Type("float32")) for value in arguments]


def _types(node: Node, arguments: list[Value]) -> dict[str, Attr]:
    return {key: node.attrs[key] for key in ("Tin", "Tout") if key in node.attrs}


def _if_attrs(node: Node, then: str, other: str) -> dict[str, Attr]:
    attrs: dict[str, Attr] = {"Tcond": Type("bool"), "then_branch": Func(then), "else_branch": Func(other)}
    for key in ("Tin", "Tout"):
        if key in node.attrs:
            attrs[key] = node.attrs[key]
    return attrs


def _fresh(model: GraphModel, wanted: str) -> str:
    base = wanted.replace("/", "_")
    name, count = base, 0
    while name in model.functions:
        count += 1
        name = f"{base}_{count}"
    model.functions[name] = Graph(name)  # taken, from now on
    return name


def _arguments(function: Graph, conditions: list[Type], types: list[Attr]) -> list[Value]:
    for at, kind in enumerate([*conditions, *types]):
        function.inputs.append(function.add(Node(f"argument_{at}", "Arg", (), {"T": kind})))
    return [argument.output for argument in function.inputs]


def _results(function: Graph, node: Node, made: Node) -> Graph:
    types = node.attrs.get("Tout")
    count = len(types) if isinstance(types, list) else max((value.index + 1 for value in node.outputs), default=0)
    function.outputs = [made.value(at) for at in range(count)]
    function.output_names = [f"result_{at}" for at in range(count)]
    return function


def _calling(name: str, node: Node, branch: Func, conditions: list[Type], types: list[Attr]) -> Graph:
    """A function that leaves out the conditions and calls a branch."""
    function = Graph(name)
    given = _arguments(function, conditions, types)[len(conditions) :]
    call = Node("call", "PartitionedCall", given, {**_types(node, given), "f": branch})
    return _results(function, node, function.add(call))


def _choosing(name: str, node: Node, inner: list[str], conditions: list[Type], types: list[Attr]) -> Graph:
    """A function that asks the next condition."""
    function = Graph(name)
    given = _arguments(function, conditions, types)
    choice = Node("choice", "StatelessIf", given, _if_attrs(node, inner[0], inner[1]))
    return _results(function, node, function.add(choice))
