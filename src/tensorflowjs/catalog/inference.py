"""Static shapes of every value of a Keras model, from the shapes of its inputs."""

from __future__ import annotations

from dataclasses import replace

from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.schema import Shape
from tensorflowjs.ir.layers import Call, Layer, Model, Ref

Shapes = dict[Ref, Shape]


def output_shapes(layer: Layer, inputs: list[Shape]) -> list[Shape]:
    """Shapes of what one call of `layer` returns; unknown (None) where the class or an input is unknown."""
    if layer.model is not None:
        return model_shapes(layer.model, inputs)[1]
    row = find(layer.class_name)
    known = [shape for shape in inputs if shape is not None]
    if row is None or layer.registered_name or len(known) != len(inputs):
        return [None]
    if not known and layer.class_name != "InputLayer":
        return [None]
    return list(row.output(layer, known))


def model_shapes(model: Model, inputs: list[Shape] | None = None) -> tuple[Shapes, list[Shape]]:
    """All shapes inside `model`, and those of its outputs; `inputs` replace the shapes of its InputLayers."""
    shapes: Shapes = {}
    if inputs is not None:
        shapes.update(zip(model.inputs, inputs, strict=False))
    for layer, number, call in calls_in_order(model):
        if Ref(layer.name, number) in shapes:
            continue
        outputs = output_shapes(replace(layer, calls=[call]), [shapes.get(ref) for ref in call.inputs])
        shapes.update({Ref(layer.name, number, index): shape for index, shape in enumerate(outputs)})
    return shapes, [shapes.get(ref) for ref in model.outputs]


def calls_in_order(model: Model) -> list[tuple[Layer, int, Call]]:
    """Every call after the calls it takes its inputs from, otherwise in the order of the layers.

    As if all calls were gone through in rounds, and each made in the first round in which its inputs are there.
    Calls in a circle or on nothing are left out: the reader has checked, so only after a rule went wrong.
    """
    calls = [(layer, number, call) for layer in model.layers for number, call in enumerate(layer.calls)]
    places = {(layer.name, number): place for place, (layer, number, _) in enumerate(calls)}
    needs = [[places.get((ref.layer, ref.call)) for ref in call.inputs] for _, _, call in calls]
    users: list[list[int]] = [[] for _ in calls]
    for place, needed in enumerate(needs):
        for source in needed:
            if source is not None:
                users[source].append(place)
    missing = [len(needed) for needed in needs]
    rounds = [0] * len(calls)
    ready = [place for place, count in enumerate(missing) if not count]
    for place in ready:
        for user in users[place]:
            rounds[user] = max(rounds[user], rounds[place] + (place > user))
            missing[user] -= 1
            if not missing[user]:
                ready.append(user)
    return [calls[place] for place in sorted(ready, key=lambda place: (rounds[place], place))]
