"""The order in which a functional model of Keras 3 runs its calls.

It matters where a layer changes what another one sees: MultiHeadAttention takes the masks off its inputs.
"""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.catalog.inference import calls_in_order
from tensorflowjs.ir.layers import Call, Layer, Model, Ref, refs_in

Place = tuple[str, int]  # the name of a layer, and which of its calls


def run_order(model: Model) -> list[tuple[Layer, int, Call]]:
    """By distance from the outputs, the farthest first; calls that no output needs come last."""
    calls = {(layer.name, number): (layer, number, call) for layer, number, call in calls_in_order(model)}
    depths: dict[Place, int] = {}  # also remembers who was met first
    of_layers: dict[str, int] = {}
    for place in reversed(_from_inputs(model, calls)):
        # All calls of a layer are as far away as the farthest one seen so far.
        depth = max(depths.setdefault(place, 0), of_layers.get(place[0], 0))
        of_layers[place[0]] = depths[place] = depth
        for before in _before(calls[place][2]):
            depths[before] = max(depths.get(before, 0), depth + 1)
    needed = sorted(depths, key=lambda place: -depths[place])
    return [calls[place] for place in (*needed, *(place for place in calls if place not in depths))]


def _from_inputs(model: Model, calls: dict[Place, tuple[Layer, int, Call]]) -> list[Place]:
    """The calls that the outputs need, each behind those before it, in the order of a search from the outputs."""
    found: dict[Place, None] = {}
    begun: set[Place] = set()
    for output in model.outputs:
        path: list[tuple[Place, Iterator[Place]]] = []
        _enter(_place(output), calls, begun, path)
        while path:
            place, rest = path[-1]
            following = next(rest, None)
            if following is None:
                found[place] = None
                path.pop()
            else:
                _enter(following, calls, begun, path)
    return list(found)


def _enter(
    place: Place,
    calls: dict[Place, tuple[Layer, int, Call]],
    begun: set[Place],
    path: list[tuple[Place, Iterator[Place]]],
) -> None:
    if place not in begun:
        begun.add(place)
        path.append((place, _before(calls[place][2])))


def _before(call: Call) -> Iterator[Place]:
    """The calls that `call` gets something from, in the order in which Keras flattens its arguments."""
    return iter([_place(ref) for ref in (*refs_in(call.args), *refs_in(call.kwargs))])


def _place(ref: Ref) -> Place:
    return ref.layer, ref.call
