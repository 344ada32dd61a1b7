"""Branches as version 1 control flow."""

from __future__ import annotations

from tensorflowjs.ir.graph import Graph, Node, Type, Value
from tensorflowjs.passes.conditions import truth
from tensorflowjs.passes.places import Copy, Place, always_there, function_of, is_resource, type_attr


def lower_branch(node: Node, place: Place, functions: dict[str, Graph], places: dict[Node, Place]) -> None:
    """Put both branches of an If into its graph, or the one that is always taken."""
    taken = truth(node.inputs[0])
    results = _both(node, place, functions, places) if taken is None else _one(node, taken, place, functions, places)
    replace(node, results, place)


def _one(node: Node, taken: bool, place: Place, functions: dict[str, Graph], places: dict[Node, Place]) -> list[Value]:
    function, attrs = function_of(node, "then_branch" if taken else "else_branch", functions)
    same = Place(place.graph, place.pivot, None, None, place.within)
    copy = Copy(same, function, node.name, places)
    arguments = node.inputs[1:]
    results = copy.of(arguments, [not always_there(value) for value in arguments], attrs)
    same.within = (*place.within, function.name)
    return results


def _both(node: Node, place: Place, functions: dict[str, Graph], places: dict[Node, Place]) -> list[Value]:
    switches: dict[Value, Node] = {}
    sides = [
        _side(node, port, attr, place, functions, places, switches)
        for port, attr in enumerate(("else_branch", "then_branch"))
    ]
    results = []
    for at, (no, yes) in enumerate(zip(*sides, strict=True)):
        if no is yes and is_resource(no):
            results.append(no)
            continue
        name = place.graph.fresh_name(f"{node.name}/merge_{at}")
        merge = Node(name, "Merge", [no, yes], {**type_attr(no), "N": 2})
        results.append(place.graph.add(merge).output)
    return results


def _side(
    node: Node,
    port: int,
    attr: str,
    place: Place,
    functions: dict[str, Graph],
    places: dict[Node, Place],
    switches: dict[Value, Node],
) -> list[Value]:
    graph, condition = place.graph, node.inputs[0]

    def switched(value: Value) -> Value:
        if value not in switches:
            name = graph.fresh_name(f"{node.name}/{'pred' if value is condition else value.node.name}/switch")
            switch = Node(name, "Switch", [value, condition], type_attr(value))
            switches[value] = graph.add(switch)
        return switches[value].value(port)

    side = attr.removesuffix("_branch")
    pivot = Node(graph.fresh_name(f"{node.name}/{side}"), "Identity", [switched(condition)], {"T": Type("bool")})
    function, attrs = function_of(node, attr, functions)
    inner = Place(graph, graph.add(pivot), switched, None, place.within)
    arguments = node.inputs[1:]
    results = Copy(inner, function, f"{node.name}/{side}", places).of(arguments, [False] * len(arguments), attrs)
    inner.within = (*place.within, function.name)
    return results


def replace(node: Node, results: list[Value], place: Place) -> None:
    """Let `results` stand for the outputs of `node`, and remove it."""
    for value in node.outputs:
        if value.users or place.graph.is_output(value):
            value.replace_by(place.gated(results[value.index]))
    place.graph.remove([node])
