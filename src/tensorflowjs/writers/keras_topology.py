"""A LayersModel as the configuration of a Keras model.

Keras 2 and 3 count the calls of nested models differently. In an HDF5 file, which both shall read, a nested
Functional model is therefore called twice on the same values each time, so that the number of either leads to one of
the two calls; what is not needed of them both Keras drop when they load the file. A nested Sequential is written
without its input, which makes both count its calls from 0.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.inference import Shapes, model_shapes
from tensorflowjs.catalog.variables import unprefixed
from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.ir.layers import Argument, Call, Layer, Model, Ref, refs_in
from tensorflowjs.writers.keras_layers import KERAS_3, entry, input_entry
from tensorflowjs.writers.keras_order import ordered

Json = dict[str, Any]

_MERGES = ("Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract")
_FUNCTIONAL: Json = {
    "module": "keras.src.models.functional",
    "class_name": "Functional",
    "registered_name": "Functional",
}
_SEQUENTIAL: Json = {"module": "keras", "class_name": "Sequential", "registered_name": None}
_WRAPPED_FUNCTIONAL: Json = {"module": "keras", "class_name": "Model", "registered_name": None}  # in words of any Keras


def in_keras_order(model: Model) -> Model:
    """`model` with its layers, and those of all models in it, in the order in which Keras will list them."""
    return replace(model, layers=[_in_order(layer) for layer in ordered(model)])


def _in_order(layer: Layer) -> Layer:
    children = {key: _in_order(child) for key, child in layer.children.items()}
    return replace(layer, children=children, model=in_keras_order(layer.model) if layer.model else None)


def topology(model: Model, reader: int, *, is_called: bool = False, is_wrapped: bool = False) -> Json:
    """The {class_name, config} of a model; whether it is a layer of another one, or wrapped in a layer."""
    if model.kind == "Sequential" and not (is_called and _begins_with_model(model)):
        described = _sequential(model, reader, is_called)
        head = _SEQUENTIAL
    else:
        described = _functional(model, reader)
        head = _WRAPPED_FUNCTIONAL if is_wrapped else _FUNCTIONAL
    named = head if reader == KERAS_3 or is_wrapped else {"class_name": head["class_name"]}
    return {**named, "config": described}


def _begins_with_model(model: Model) -> bool:
    """Keras takes the shape from that model, and so knows the input of the Sequential however it is written."""
    return len(model.layers) > 1 and model.layers[1].model is not None


def _sequential(model: Model, reader: int, is_called: bool) -> Json:
    layers = model.layers[1:] if is_called and reader != KERAS_3 else model.layers
    return {"name": model.name, "layers": [_entry(layer, reader) for layer in layers]}


def _functional(model: Model, reader: int) -> Json:
    shapes = model_shapes(model)[0]
    nested = {layer.name: _counts_itself(layer) for layer in model.layers if layer.model is not None}
    inbound = {layer.name: _inbound(layer, nested, shapes, reader) for layer in model.layers}
    entries = [
        {**_entry(layer, reader), "name": layer.name, "inbound_nodes": inbound[layer.name]} for layer in model.layers
    ]
    end = _end_of_keras_3 if reader == KERAS_3 else _end
    return {
        "name": model.name,
        "trainable": True,
        "layers": entries,
        "input_layers": [end(ref, nested) for ref in model.inputs],
        "output_layers": [end(ref, nested) for ref in model.outputs],
    }


def _inbound(layer: Layer, nested: dict[str, bool], shapes: Shapes, reader: int) -> list[Any]:
    """The calls of a layer."""
    if layer.class_name == "InputLayer":
        return []
    if reader == KERAS_3:
        return [_arguments(layer, call, shapes) for call in layer.calls]
    _note_states(layer)
    twice = 2 if nested.get(layer.name) else 1
    return [_references(call, nested) for call in layer.calls for _ in range(twice)]


def _counts_itself(layer: Layer) -> bool:
    """Whether a nested model has a graph of its own before it is called, which Keras 2 counts as call 0."""
    return layer.model is not None and (layer.model.kind == "Functional" or _begins_with_model(layer.model))


def _entry(layer: Layer, reader: int, *, is_wrapped: bool = False) -> Json:
    if layer.model is not None:
        return topology(layer.model, reader, is_called=bool(layer.calls), is_wrapped=is_wrapped)
    if layer.class_name == "InputLayer":
        return input_entry(layer, reader)
    found = entry(layer, reader, is_wrapped=is_wrapped)
    found["config"] |= _children(layer, reader)
    return found


def _children(layer: Layer, reader: int) -> Json:
    """What a wrapper or RNN wraps, under the key where Keras looks for it."""
    children = layer.children
    if "forward_layer" in children:
        inner = _entry(children["forward_layer"], reader, is_wrapped=True)
        inner["config"]["name"] = unprefixed(children["forward_layer"])
        return {"layer": inner}
    cells = [_entry(child, reader, is_wrapped=True) for key, child in children.items() if key.startswith("cell_")]
    single = {
        key: _entry(child, reader, is_wrapped=True) for key, child in children.items() if not key.startswith("cell_")
    }
    return {**single, "cells": cells} if cells else single


# ---------------------------------------------------------------------------- calls


def _end(ref: Ref, nested: dict[str, bool]) -> list[Any]:
    """As Keras 2 counts; calls of a nested model are there twice."""
    return [ref.layer, 2 * ref.call + 1 if nested.get(ref.layer) else ref.call, ref.output]


def _end_of_keras_3(ref: Ref, nested: dict[str, bool]) -> list[Any]:
    """Here, and nowhere else, Keras 3 counts the graph of a nested Functional model too."""
    return [ref.layer, ref.call + bool(nested.get(ref.layer)), ref.output]


def _references(call: Call, nested: dict[str, bool]) -> list[Any]:
    return [[*_end(ref, nested), {}] for ref in call.inputs]


def _arguments(layer: Layer, call: Call, shapes: Shapes) -> Json:
    """A call for Keras 3: initial states by name, what is merged or goes into a nested model as one list."""
    refs = call.inputs
    if _takes_states(layer, call):
        first, *states = refs
        return {"args": [_tensor(first, shapes)], "kwargs": {"initial_state": [_tensor(ref, shapes) for ref in states]}}
    if len(refs) == 1 and layer.class_name not in _MERGES:
        return {"args": [_tensor(refs[0], shapes)], "kwargs": {}}
    return {"args": [[_tensor(ref, shapes) for ref in refs]], "kwargs": {}}


def _takes_states(layer: Layer, call: Call) -> bool:
    return layer.class_name not in _MERGES and layer.model is None and len(call.inputs) > 1


def _note_states(layer: Layer) -> None:
    if any(_takes_states(layer, call) for call in layer.calls):
        events.note(
            "Keras 3 reads no initial states from HDF5 files, and will refuse this one: for Keras 3, use "
            "--output_format=keras_keras",
            layer.name,
        )


def _tensor(ref: Ref, shapes: Shapes) -> Json:
    shape = shapes.get(ref)
    history = [ref.layer, ref.call, ref.output]
    config = {"shape": list(shape) if shape is not None else [], "dtype": "float32", "keras_history": history}
    return {"class_name": "__keras_tensor__", "config": config}


# ---------------------------------------------------------------------------- what no Keras file can say


def check(model: Model) -> None:
    """Refuse what layers are called with, or are, if no entry of a configuration written here could say it."""
    problems = [
        Problem(f"{layer.name} ({layer.class_name})", what)
        for top in model.layers
        for layer in top.walk()
        if (what := _obstacle(layer)) is not None
    ]
    if problems:
        raise UnsupportedError(f'The model "{model.name}" cannot be written for Keras:', problems)


def _obstacle(layer: Layer) -> str | None:
    if layer.class_name == "Operator":
        return "an operator of Keras 3, which no TF.js can load"
    if layer.registered_name is not None:
        return "a class of its own, which is Python or JavaScript code"
    if any(_is_more_than_tensors(call) for call in layer.calls):
        return "it is called with more than tensors"
    return None


def _is_more_than_tensors(call: Call) -> bool:
    def plain(argument: Argument) -> bool:
        return argument is None or any(True for _ in refs_in(argument))

    named = {key: value for key, value in call.kwargs.items() if key not in ("training", "mask")}
    return not all(plain(argument) for argument in (*call.args, *named.values()))
