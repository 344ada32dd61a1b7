"""Initial states of recurrent layers, which Keras passes as further arguments or as `initial_state`.

TF.js keeps the states of a call for every later recurrent layer that runs with the same arguments: all layers do
so in a nested model and wherever there are masks, and the next one then fails. Nested models are taken apart
for that reason (see `preparation`), and masks are hidden (see `hidden_masks`).
"""

from __future__ import annotations

from typing import Any

from tensorflowjs.catalog.inference import calls_in_order
from tensorflowjs.catalog.layers.recurrent import state_widths
from tensorflowjs.catalog.masks import RECURRENT
from tensorflowjs.fitting.engine import Site
from tensorflowjs.ir.layers import Argument, Layer, Model, Ref

HINT = "convert to a graph model instead: --output_format=tfjs_graph_model"


def given(site: Site) -> list[Ref]:
    """The initial states of the site's call, in Keras' order."""
    refs = site.inputs[1:]
    if _is_partly_constant(site.call.kwargs.get("initial_state")) or any(
        _is_partly_constant(argument) for argument in site.call.args
    ):
        site.refuse("an initial state that is not a value of the model", "compute it in the model")
    if not refs:
        return []
    wanted = len(_states(site.layer))
    if len(refs) != wanted:
        site.refuse(f"{len(refs)} further inputs where it has {wanted} states", HINT)
    if site.is_repeated:
        site.refuse("an initial state inside a TimeDistributed layer: TF.js would fail at the second step", HINT)
    if site.shares_arguments and _clashes(site.source, site.layer.name, site.number):
        site.refuse("an initial state, with other recurrent layers to run after it: TF.js would fail there", HINT)
    return refs


def clash(model: Model) -> bool:
    """Whether a recurrent layer starts from given states and is not the last to run."""
    return any(
        len(call.inputs) > 1 and _clashes(model, layer.name, number)
        for layer in model.layers
        if layer.class_name in RECURRENT
        for number, call in enumerate(layer.calls)
    )


def _clashes(model: Model, name: str, number: int) -> bool:
    """Whether any recurrent call may run after this one; TF.js repeats this one for each of its outputs."""
    before = _needed_before(model, Ref(name, number))
    others = [key for key in _recurrent_calls(model) if key not in before and key != (name, number)]
    return bool(others) or len(used_outputs(model, name, number)) > 1


def used_outputs(model: Model, name: str, number: int) -> set[int]:
    """Which outputs of a call the model uses: TF.js runs the call once for each of them."""
    refs = [ref for layer in model.layers for call in layer.calls for ref in call.inputs]
    return {ref.output for ref in [*refs, *model.outputs] if (ref.layer, ref.call) == (name, number)}


def _states(layer: Layer) -> list[int]:
    sides = [layer.children[key] for key in ("forward_layer", "backward_layer") if key in layer.children]
    return [width for side in sides or [layer] for width in state_widths(side)]


def _is_partly_constant(argument: Argument) -> bool:
    """Whether there is a number or an array where a tensor is to be; None is no state."""
    if isinstance(argument, list | tuple):
        return any(_is_partly_constant(value) or value is None for value in argument)
    return argument is not None and not isinstance(argument, Ref)


def _recurrent_calls(model: Model) -> list[tuple[str, int]]:
    return [
        (layer.name, number)
        for layer in model.layers
        for number in range(len(layer.calls))
        if any(part.class_name in RECURRENT for part in layer.walk())
    ]


def _needed_before(model: Model, value: Ref) -> set[tuple[str, int]]:
    calls: dict[tuple[str, int], Any] = {(layer.name, number): call for layer, number, call in calls_in_order(model)}
    needed: set[tuple[str, int]] = set()
    waiting = [(value.layer, value.call)]
    while waiting:
        for ref in calls[waiting.pop()].inputs:
            key = (ref.layer, ref.call)
            if key not in needed:
                needed.add(key)
                waiting.append(key)
    return needed
