"""Takes nested models apart, their layers becoming layers of the model around them, and drops what nothing needs.

Exact for any nested model, shared or not: a layer is called once for each call of the model it was in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from tensorflowjs.ir.layers import Call, Layer, Model, Ref, replace_refs


def inline(model: Model, names: Iterable[str], fresh_name: Callable[[str], str]) -> Model:
    """`model` with the nested models called `names` taken apart."""
    for name in names:
        model = _inline_one(model, model.layer(name), fresh_name)
    return model


def _inline_one(model: Model, nested: Layer, fresh_name: Callable[[str], str]) -> Model:
    inner = nested.model
    assert inner is not None
    taken = {layer.name for layer in model.layers}
    names = {
        layer.name: fresh_name(f"{nested.name}_{layer.name}") if layer.name in taken else layer.name
        for layer in inner.layers
    }
    moved = {
        layer.name: replace(layer, name=names[layer.name], calls=[])
        for layer in inner.layers
        if layer.class_name != "InputLayer"
    }
    become: dict[Ref, Ref] = {}
    for number, call in enumerate(nested.calls):
        inside = _copy_calls(inner, call, number, moved, names)
        outputs = {Ref(nested.name, number, index): inside(ref) for index, ref in enumerate(inner.outputs)}
        become.update({old: become.get(new, new) for old, new in outputs.items()})
    layers = []
    for layer in model.layers:
        layers += [*moved.values()] if layer is nested else [layer]
    return _with_refs(replace(model, layers=layers), become)


def _copy_calls(
    inner: Model, outer: Call, number: int, moved: dict[str, Layer], names: dict[str, str]
) -> Callable[[Ref], Ref]:
    """Repeat all calls of `inner` for one call of it; returns what its values are called outside."""
    given = dict(zip(inner.inputs, outer.inputs, strict=False))
    counts = {layer.name: len(layer.calls) for layer in inner.layers}

    def inside(ref: Ref) -> Ref:
        if ref in given:
            return given[ref]
        return Ref(names[ref.layer], number * counts[ref.layer] + ref.call, ref.output)

    for layer in inner.layers:
        if layer.name in moved:
            refs = {ref: inside(ref) for call in layer.calls for ref in call.inputs}
            moved[layer.name].calls += [_with_refs_of_call(call, refs) for call in layer.calls]
    return inside


def _with_refs_of_call(call: Call, become: dict[Ref, Ref]) -> Call:
    return Call(replace_refs(call.args, become), replace_refs(call.kwargs, become))


def _with_refs(model: Model, become: dict[Ref, Ref]) -> Model:
    """`model` with every reference in `become` replaced, following chains of replacements."""
    final = {old: _end(new, become) for old, new in become.items()}
    layers = [replace(layer, calls=[_with_refs_of_call(call, final) for call in layer.calls]) for layer in model.layers]
    return replace(
        model,
        layers=layers,
        inputs=replace_refs(model.inputs, final),
        outputs=replace_refs(model.outputs, final),
    )


def _end(ref: Ref, become: dict[Ref, Ref]) -> Ref:
    while ref in become:
        ref = become[ref]
    return ref


def needed(model: Model) -> list[Layer]:
    """The layers that the outputs of `model` depend on, and its inputs: TF.js does not know of any others."""
    by_name = {layer.name: layer for layer in model.layers}
    names: set[str] = {ref.layer for ref in model.inputs}
    waiting = [ref.layer for ref in model.outputs]
    while waiting:
        name = waiting.pop()
        if name not in names and name in by_name:
            names.add(name)
            waiting += [ref.layer for call in by_name[name].calls for ref in call.inputs]
    return [layer for layer in model.layers if layer.name in names]
