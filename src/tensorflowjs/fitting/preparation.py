"""What has to happen to a Keras model before its layers are fitted one by one.

* Nested models are taken apart where a mask crosses their border: in TF.js none comes out of a nested model.
* A Pipeline is taken apart: its layers come one behind the other.
* So are those that give a recurrent layer its initial state before another one runs: inside a nested model,
  TF.js would go on giving that state to the next.
* Masks given to layers as arguments are noted and taken away, with the operators that compute nothing else:
  TF.js makes masks by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tensorflowjs.catalog import masks as table
from tensorflowjs.fitting import keras_masks
from tensorflowjs.fitting.keras_masks import Masks
from tensorflowjs.fitting.nested import inline, needed
from tensorflowjs.ir.layers import Call, Layer, Model


def prepare(
    model: Model, generation: int, version: str, fresh_name: Callable[[str], str], has_masks: bool
) -> tuple[Model, Masks]:
    """`model` without mask arguments and without nested models that TF.js would run wrongly, and its masks."""
    if not any(layer.model is not None for layer in model.layers) and not keras_masks.makes_masks(model):
        return model, Masks()
    while True:
        masks = keras_masks.flow(model, generation, version)
        nested = [layer for layer in model.layers if layer.model is not None]
        crossed = [layer.name for layer in nested if _must_go(layer, masks, has_masks)]
        if not crossed:
            return _without_mask_arguments(model), masks
        model = inline(model, crossed, fresh_name)


def _must_go(layer: Layer, masks: Masks, has_masks: bool) -> bool:
    assert layer.model is not None
    return layer.class_name == "Pipeline" or _is_crossed(layer, masks) or _passes_states_on(layer.model, has_masks)


def _is_crossed(layer: Layer, masks: Masks) -> bool:
    """Whether a mask goes into a nested model, or comes out."""
    calls = range(len(layer.calls))
    given = [mask for number in calls for mask in masks.given.get((layer.name, number), ())]
    out = [mask for ref, mask in masks.carried.items() if ref.layer == layer.name]
    return any(mask is not None for mask in [*given, *out])


def _passes_states_on(model: Model, has_masks: bool) -> bool:
    """Whether a recurrent layer in `model` starts from given states and another may run after it."""
    recurrent = [part for layer in model.layers for part in layer.walk() if part.class_name in table.RECURRENT]
    calls = [call for part in recurrent for call in part.calls]
    return (len(calls) > 1 or has_masks) and any(len(call.inputs) > 1 for call in calls)


def _without_mask_arguments(model: Model) -> Model:
    for_masks = frozenset(table.ARGUMENTS)
    layers = [
        replace(layer, calls=[_without(call, for_masks) for call in layer.calls])
        if layer.class_name != "Operator"
        else layer
        for layer in model.layers
    ]
    return replace(model, layers=needed(replace(model, layers=layers)))


def _without(call: Call, names: frozenset[str]) -> Call:
    return Call(call.args, {key: value for key, value in call.kwargs.items() if key not in names})
