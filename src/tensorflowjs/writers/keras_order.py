"""The order in which Keras lists the layers of a model, whatever the order in its configuration is.

Keras finds the weights in a file by counting layers in this order, so a file has to be written in it. It is the same
in all of Keras 2 and 3: by distance from the outputs, and where that is equal, as a walk from the outputs meets them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from tensorflowjs.ir.layers import Layer, Model, Ref

Node = tuple[str, int]  # layer, number of the call
# What Keras 3 computes masks from, and in how many steps, for each call that it gives one.
Detours = Mapping[Node, Iterable[tuple[Ref, int]]]


def ordered(model: Model, detours: Detours = MappingProxyType({})) -> list[Layer]:
    """The layers of `model` that its outputs depend on, and its inputs, in Keras' order.

    Keras 3 makes a graph of the masks too; its `detours` can take some layers farther from the outputs.
    """
    if model.kind == "Sequential":
        return list(model.layers)
    by_name = {layer.name: layer for layer in model.layers}
    nodes, first_met = _walk(model, by_name)
    depths = _depths(nodes, by_name, detours)
    for ref in model.inputs:
        if ref.layer not in depths:
            depths[ref.layer], first_met[ref.layer] = 0, -1
    names = sorted(depths, key=lambda name: (-depths[name], first_met[name]))
    return [by_name[name] for name in names]


def _walk(model: Model, by_name: dict[str, Layer]) -> tuple[list[Node], dict[str, int]]:
    """All calls that the outputs need, each after those it needs itself; and when each layer is met first."""
    finished: dict[Node, None] = {}
    first_met: dict[str, int] = {}
    for output in model.outputs:
        stack: list[tuple[Node, Iterator[Ref]]] = []
        _enter((output.layer, output.call), stack, finished, first_met, by_name)
        while stack:
            node, rest = stack[-1]
            ref = next(rest, None)
            if ref is not None:
                _enter((ref.layer, ref.call), stack, finished, first_met, by_name)
                continue
            stack.pop()
            finished[node] = None
    return list(finished), first_met


def _enter(
    node: Node,
    stack: list[tuple[Node, Iterator[Ref]]],
    finished: dict[Node, None],
    first_met: dict[str, int],
    by_name: dict[str, Layer],
) -> None:
    if node in finished:
        return
    first_met.setdefault(node[0], len(first_met))
    stack.append((node, iter(by_name[node[0]].calls[node[1]].inputs)))


def _depths(nodes: list[Node], by_name: dict[str, Layer], detours: Detours) -> dict[str, int]:
    """How far each layer is from the outputs, at most."""
    of_calls: dict[Node, int] = defaultdict(int)
    of_layers: dict[str, int] = {}
    for node in reversed(nodes):
        depth = max(of_calls[node], of_layers.get(node[0], 0))
        of_calls[node] = of_layers[node[0]] = depth
        steps = [(ref, 0) for ref in by_name[node[0]].calls[node[1]].inputs]
        for ref, more in [*steps, *detours.get(node, ())]:
            before = (ref.layer, ref.call)
            of_calls[before] = max(depth + 1 + more, of_calls[before])
    return of_layers
