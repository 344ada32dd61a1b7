"""Names that TF.js accepts and can tell apart.

TF.js names a weight after the innermost layer alone and makes a tensor named after every layer, so layer names must
be unique across all nested models, and begin with a letter or digit and hold only letters, digits and `-._/`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tensorflowjs import events
from tensorflowjs.ir.layers import Layer, Model, Ref, replace_refs

_BAD = re.compile(r"[^-A-Za-z0-9._/]")


def rename(root: Model) -> None:
    """Give every layer below `root` a valid name that no other layer has; says which had to change.

    A name that can stay does: at the outermost layer of those that have it.
    """
    models = list(_models(root))
    names = _Names({layer.name for model in models for layer in model.layers})
    for model in models:
        _rename_layers(model, names)


class _Names:
    """Hands out each name once, and none that another layer may keep."""

    def __init__(self, wanted: set[str]) -> None:
        self._kept = {name for name in wanted if valid(name) == name}
        self._taken: set[str] = set()

    def claim(self, name: str) -> str:
        """`name` itself for the first layer that has it, if TF.js accepts it; else one like it."""
        chosen = name if name in self._kept and name not in self._taken else self._fresh(valid(name))
        self._taken.add(chosen)
        return chosen

    def _fresh(self, name: str) -> str:
        fresh, count = name, 0
        while fresh in self._taken or fresh in self._kept:
            count += 1
            fresh = f"{name}_{count}"
        return fresh


def _models(model: Model) -> Iterator[Model]:
    """Outer models first, level by level, so that the names that users see stay as they are."""
    level = [model]
    while level:
        yield from level
        level = [inner for outer in level for layer in outer.layers for inner in _models_in(layer)]


def _models_in(layer: Layer) -> Iterator[Model]:
    if layer.model is not None:
        yield layer.model
    for child in layer.children.values():
        yield from _models_in(child)


def _rename_layers(model: Model, names: _Names) -> None:
    changed: dict[str, str] = {}
    for layer in model.layers:
        name = names.claim(layer.name)
        if name != layer.name:
            changed[layer.name] = name
            events.note(f'renamed to "{name}": TF.js needs plain names that differ in all nested models', layer.name)
    if changed:
        _apply(model, changed)
    for layer in model.layers:
        _name_inside(layer)


def _apply(model: Model, changed: dict[str, str]) -> None:
    refs = {ref: Ref(changed.get(ref.layer, ref.layer), ref.call, ref.output) for ref in _refs(model)}
    for layer in model.layers:
        layer.name = changed.get(layer.name, layer.name)
        for call in layer.calls:
            call.args, call.kwargs = replace_refs(call.args, refs), replace_refs(call.kwargs, refs)
    model.inputs, model.outputs = replace_refs(model.inputs, refs), replace_refs(model.outputs, refs)


def _name_inside(layer: Layer) -> None:
    """A nested model is known by the name of its layer; wrapped layers only need a valid name."""
    if layer.model is not None:
        layer.model.name = layer.name
    for child in layer.children.values():
        child.name = valid(child.name)
        _name_inside(child)


def _refs(model: Model) -> set[Ref]:
    inside = {ref for layer in model.layers for call in layer.calls for ref in call.inputs}
    return inside | set(model.inputs) | set(model.outputs)


def valid(name: str) -> str:
    """`name` as TF.js accepts it in a tensor name."""
    plain = _BAD.sub("_", name)
    return plain if re.match("[A-Za-z0-9]", plain) else f"layer{plain}"
