"""Checks that the calls of a model can be followed: TF.js waits forever for what does not exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.damage import quoted
from tensorflowjs.ir.layers import Call, Layer, Model, Ref, refs_in


def check_names(model: Model) -> None:
    counts = Counter(layer.name for layer in model.layers)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise CorruptInputError(f'The model "{model.name}" has several layers named {quoted(twice)}.')


def check_calls(layer: Layer) -> None:
    """ValueError unless every call of `layer` is on as many tensors as it can be."""
    for call in layer.calls:
        if not call.inputs and layer.class_name != "InputLayer":
            raise ValueError("there is no tensor in it")
        if call.inputs and layer.class_name == "InputLayer":
            raise ValueError("an input is not called")
        given = len(list(refs_in(call.args)))
        if layer.model is not None and given == len(call.inputs) != len(layer.model.inputs):
            raise ValueError(f"it is called on {given} tensors and has {len(layer.model.inputs)} inputs")


def check_graph(model: Model) -> None:
    """Every reference leads somewhere, none in a circle, and all that the outputs need is an input."""
    _check_references(model)
    _check_no_cycle(model)
    _check_inputs(model)


def all_calls(model: Model) -> Iterator[tuple[Layer, int, Call]]:
    for layer in model.layers:
        for number, call in enumerate(layer.calls):
            yield layer, number, call


def all_refs(model: Model) -> list[Ref]:
    inside = [ref for _, _, call in all_calls(model) for ref in call.inputs]
    return [*inside, *model.inputs, *model.outputs]


def _check_references(model: Model) -> None:
    calls = {layer.name: len(layer.calls) for layer in model.layers}
    dangling = sorted({ref.layer for ref in all_refs(model) if not 0 <= ref.call < calls.get(ref.layer, 0)})
    if dangling:
        raise CorruptInputError(
            f'In the model "{model.name}" layers take their input from calls that do not exist: of {quoted(dangling)}.'
        )


def _check_no_cycle(model: Model) -> None:
    """Run through all calls as soon as their inputs are there; in a circle, they never are."""
    missing = {(layer.name, number): len(call.inputs) for layer, number, call in all_calls(model)}
    waiting: dict[tuple[str, int], list[tuple[str, int]]] = {key: [] for key in missing}
    for layer, number, call in all_calls(model):
        for ref in call.inputs:
            waiting[ref.layer, ref.call].append((layer.name, number))
    ready = [key for key, count in missing.items() if count == 0]
    while ready:
        for key in waiting[ready.pop()]:
            missing[key] -= 1
            if missing[key] == 0:
                ready.append(key)
    stuck = sorted({name for (name, _), count in missing.items() if count})
    if stuck:
        raise CorruptInputError(f'In the model "{model.name}" layers wait for each other: {quoted(stuck)}.')


def _check_inputs(model: Model) -> None:
    """The inputs are InputLayers, and all of those that the outputs depend on."""
    by_name = {layer.name: layer for layer in model.layers}
    strange = [ref.layer for ref in model.inputs if by_name[ref.layer].class_name != "InputLayer" or ref.output]
    if strange:
        raise CorruptInputError(f'The model "{model.name}" has inputs that are no InputLayers: {quoted(strange)}.')
    reached = _needed(model, by_name)
    missing = {name for name in reached if by_name[name].class_name == "InputLayer"} - {
        ref.layer for ref in model.inputs
    }
    if missing:
        raise CorruptInputError(f'The model "{model.name}" does not list {quoted(sorted(missing))} among its inputs.')


def _needed(model: Model, by_name: dict[str, Layer]) -> set[str]:
    """The layers that the outputs depend on."""
    reached: set[str] = set()
    waiting = [ref.layer for ref in model.outputs]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += [ref.layer for call in by_name[name].calls for ref in call.inputs]
    return reached
