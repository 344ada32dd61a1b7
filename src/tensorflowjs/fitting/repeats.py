"""Layers that are given the same tensor twice, as by `x * x`, and models that return one twice.

TF.js counts the layers that still need a tensor, but lets go of it once for each time that a layer takes it, so one
that is used again later is gone by then. A linear Activation in between makes it two tensors.
"""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.ir.layers import Call, Layer, Model, Ref


def separate(model: Model, fresh_name: Callable[[str], str]) -> None:
    """Give every call of `model`, and of models nested in it, inputs that differ."""
    repeats: dict[tuple[Ref, int], Ref] = {}
    made: list[Layer] = []
    for layer in model.layers:
        if layer.model is not None:
            separate(layer.model, fresh_name)
        for call in layer.calls:
            made += _separate_list(call.args, repeats, fresh_name)
    made += _separate_list(model.outputs, repeats, fresh_name)
    model.layers = _in_order(model.layers, made)


def _separate_list(
    refs: list[Ref], repeats: dict[tuple[Ref, int], Ref], fresh_name: Callable[[str], str]
) -> list[Layer]:
    """Replace repeated refs in place; returns the layers that this takes, unless an earlier call made them."""
    seen: dict[Ref, int] = {}
    made = []
    for index, ref in enumerate(refs):
        count = seen.get(ref, 0)
        seen[ref] = count + 1
        if not count:
            continue
        if (ref, count) not in repeats:
            copy = Layer(fresh_name(f"{ref.layer}_again"), "Activation", {"activation": "linear"}, [Call([ref])])
            made.append(copy)
            repeats[ref, count] = Ref(copy.name)
        refs[index] = repeats[ref, count]
    return made


def _in_order(layers: list[Layer], made: list[Layer]) -> list[Layer]:
    """`layers` with each of those made right behind the one whose output it repeats."""
    behind: dict[str, list[Layer]] = {}
    for layer in made:
        behind.setdefault(layer.calls[0].inputs[0].layer, []).append(layer)
    return [item for layer in layers for item in (layer, *behind.get(layer.name, ()))]
