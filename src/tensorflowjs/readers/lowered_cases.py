"""`_SwitchN`, which TensorFlow makes of `Case` when it freezes a graph, as the `Switch`es that TF.js knows."""

from __future__ import annotations

import numpy as np

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import Attr, Graph, Node, Type, Value
from tensorflowjs.tensors import ArrayTensor

_OP = "_SwitchN"
_MOST_BRANCHES = 1000


def expand_cases(graph: Graph) -> None:
    """Each output of a `_SwitchN` becomes one of a chain of `Switch`es.

    %s = _SwitchN(%x, %i) {num_outs: 3}    %a = Switch(%x, %i == 0)
    %s:0, %s:1, %s:2                  ->   %b = Switch(%a:0, %i == 1)
                                           %a:1, %b:1, %b:0

    As there, an index outside of the branches means the last of them.
    """
    instead: dict[Node, Node] = {}
    for node in [node for node in graph.nodes.values() if node.op == _OP]:
        count = node.attrs.get("num_outs")
        if len(node.inputs) != 2 or not isinstance(count, int) or not 0 < count <= _MOST_BRANCHES:
            raise CorruptInputError(f"{node.name} ({_OP}): it makes no sense of its inputs and outputs.")
        rest, index = node.inputs
        branches = []
        for number in range(count - 1):
            name = graph.fresh_name(f"{node.name}/{number}")
            switch = graph.add(Node(name, "Switch", [rest, _equal(graph, name, index, number)], _type(node)))
            branches.append(switch.value(1))
            rest = switch.value(0)
        _replace(node, [*branches, rest])
        instead[node] = rest.node
    for node in graph.nodes.values() if instead else ():
        node.controls = [instead.get(control, control) for control in node.controls]
    graph.remove(instead)


def _equal(graph: Graph, name: str, index: Value, number: int) -> Value:
    attrs: dict[str, Attr] = {"dtype": Type("int32"), "value": ArrayTensor(np.array(number, "<i4"))}
    constant = graph.add(Node(graph.fresh_name(f"{name}/number"), "Const", (), attrs))
    attrs = {"T": Type("int32"), "incompatible_shape_error": True}
    return graph.add(Node(graph.fresh_name(f"{name}/chosen"), "Equal", [index, constant.output], attrs)).output


def _type(node: Node) -> dict[str, Attr]:
    return {"T": node.attrs["T"]} if "T" in node.attrs else {}


def _replace(node: Node, branches: list[Value]) -> None:
    for value in node.outputs:
        if value.index >= len(branches):
            raise CorruptInputError(f"{node.name} ({_OP}) has no output {value.index}.")
        value.replace_by(branches[value.index])
