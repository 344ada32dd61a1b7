"""Numbers the calls of shared layers as TF.js will.

TF.js makes the calls of a model in rounds: in each it goes through the layers, and through the calls of a layer
that are still to be made; one whose inputs are not there yet goes to the end of its layer's queue. Calls are
numbered as they are made, so a call that has to wait changes places with those behind it, and what refers to it
would get the output of another. `settle` puts the calls of every layer in the order in which they will be made.
"""

from __future__ import annotations

from tensorflowjs.ir.layers import Call, Layer, Model, Ref, replace_refs

Key = tuple[str, int]
Order = dict[str, list[int]]


def settle(model: Model) -> None:
    """Order the calls of all layers of `model`, and of the models in it, as TF.js makes them."""
    for layer in model.layers:
        for part in layer.walk():
            if part.model is not None:
                _settle_one(part.model)
    _settle_one(model)


def _settle_one(model: Model) -> None:
    """One change of order may call for another; a chain of calls settles after as many rounds as it is long."""
    for _ in range(1 + sum(len(layer.calls) for layer in model.layers)):
        order = _order_in_tfjs(model)
        if all(numbers == sorted(numbers) for numbers in order.values()):
            return
        _renumber(model, order)


def _order_in_tfjs(model: Model) -> Order:
    """For each layer its calls, in the order in which TF.js makes them."""
    queues = {layer.name: list(enumerate(layer.calls)) for layer in model.layers}
    order: Order = {layer.name: [] for layer in model.layers}
    made: set[Key] = set()
    while any(queues.values()):
        before = len(made)
        for layer in model.layers:
            queues[layer.name] = _make_what_is_ready(layer, queues[layer.name], order, made)
        if len(made) == before:
            raise ValueError("calls wait for each other, or for values that do not exist")
    return order


def _make_what_is_ready(
    layer: Layer, queue: list[tuple[int, Call]], order: Order, made: set[Key]
) -> list[tuple[int, Call]]:
    waiting = []
    for number, call in queue:
        if all((ref.layer, ref.call) in made for ref in call.inputs):
            order[layer.name].append(number)
            made.add((layer.name, number))
        else:
            waiting.append((number, call))
    return waiting


def _renumber(model: Model, order: Order) -> None:
    now = {(name, old): new for name, numbers in order.items() for new, old in enumerate(numbers)}
    refs = {ref for layer in model.layers for call in layer.calls for ref in call.inputs}
    become = {
        ref: Ref(ref.layer, now[ref.layer, ref.call], ref.output) for ref in refs | {*model.inputs, *model.outputs}
    }
    for layer in model.layers:
        calls = [layer.calls[number] for number in order[layer.name]]
        layer.calls = [Call(replace_refs(call.args, become), replace_refs(call.kwargs, become)) for call in calls]
    model.inputs, model.outputs = replace_refs(model.inputs, become), replace_refs(model.outputs, become)
