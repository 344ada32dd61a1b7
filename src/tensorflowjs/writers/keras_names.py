"""Names of layers that every Keras accepts: Keras 3 refuses slashes, which Keras 2 and TF.js allow."""

from __future__ import annotations

from dataclasses import replace

from tensorflowjs import events
from tensorflowjs.ir.layers import Call, Layer, Model, Ref, refs_in, replace_refs


def without_slashes(model: Model) -> Model:
    """`model` with an underscore for every slash in a name, and as many more as make it unique."""
    taken = {layer.name for layer in model.layers}
    become: dict[str, str] = {}
    for layer in model.layers:
        name = layer.name.replace("/", "_")
        while name != layer.name and name in taken:
            name += "_"
        taken.add(name)
        become[layer.name] = name
        if name != layer.name:
            events.note(f'renamed to "{name}": Keras 3 takes no slashes in names', layer.name)
    layers = [_renamed(layer, become) for layer in model.layers]
    return replace(
        model,
        name=model.name.replace("/", "_"),
        layers=layers,
        inputs=[_ref(ref, become) for ref in model.inputs],
        outputs=[_ref(ref, become) for ref in model.outputs],
    )


def _renamed(layer: Layer, become: dict[str, str]) -> Layer:
    name = become.get(layer.name, layer.name.replace("/", "_"))
    inner = without_slashes(layer.model) if layer.model else None
    return replace(
        layer,
        name=name,
        calls=[_call(call, become) for call in layer.calls],
        children={key: _renamed(child, {}) for key, child in layer.children.items()},
        model=replace(inner, name=name) if inner else None,
    )


def _call(call: Call, become: dict[str, str]) -> Call:
    refs = {ref: _ref(ref, become) for ref in refs_in([call.args, call.kwargs])}
    return Call(replace_refs(call.args, refs), replace_refs(call.kwargs, refs))


def _ref(ref: Ref, become: dict[str, str]) -> Ref:
    return Ref(become.get(ref.layer, ref.layer), ref.call, ref.output)
