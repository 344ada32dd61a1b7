"""Whether layers compute with the same masks in Keras as in TF.js, where masks stay in force once they were used.

Converters build on how TF.js hands masks on; and what TF.js itself trained, it trained with such masks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.inference import Shapes, calls_in_order, model_shapes
from tensorflowjs.fitting import keras_masks, tfjs_masks
from tensorflowjs.fitting.mask_terms import ALWAYS, Differs, Mask
from tensorflowjs.ir.layers import Call, Layer, Model, Ref
from tensorflowjs.writers.keras_order import ordered

VERSIONS = {2: "2.15.0", 3: "3.15.0"}
_USE_IN_TFJS = table.RECURRENT | {"Softmax"}


def differing(model: Model, generation: int) -> list[Layer]:
    """The layers that Keras of this generation gives another mask than TF.js does."""
    if not keras_masks.makes_masks(model):
        return []
    nothing: list[Mask] = [None] * len(model.inputs)
    return list({id(layer): layer for layer in _Walk(generation).through(model, nothing, nothing)}.values())


@dataclass
class _Walk:
    generation: int
    in_force: Mask = None  # what TF.js last gave a layer

    def through(self, model: Model, in_keras: Sequence[Mask], in_tfjs: Sequence[Mask]) -> Iterator[Layer]:
        """Layers of `model` whose mask differs, given those of its inputs in either."""
        masks = keras_masks.flow(model, self.generation, VERSIONS[self.generation], in_keras)
        carried: dict[Ref, Mask] = dict(zip(model.inputs, in_tfjs, strict=False))
        shapes = model_shapes(model)[0]
        for layer, number, call in calls_in_order(model):
            own = [carried.get(ref) for ref in call.inputs]
            if own and own[0] is not None:
                self.in_force = own[0]
            given = masks.given.get((layer.name, number), ())
            if layer.model is not None:
                yield from self.through(layer.model, given, own)
            elif self._differs(layer, given):
                yield layer
            mask = tfjs_masks.carried(layer, call.inputs, own, _rank(call, shapes))
            outputs = [ref for ref in shapes if (ref.layer, ref.call) == (layer.name, number)]
            carried.update(dict.fromkeys([*outputs, Ref(layer.name, number)], mask))

    def _differs(self, layer: Layer, given: Sequence[Mask]) -> bool:
        kinds = {part.class_name for part in layer.walk()}
        uses = kinds & (table.RECURRENT | table.USE)
        merges = self.generation == 3 and layer.class_name in table.USE_FROM_3_4
        if not uses and not (merges and any(map(_meant, given))):
            return False
        in_tfjs = self.in_force if kinds & _USE_IN_TFJS else None
        return _meant(given[0] if given else None) != _meant(in_tfjs)


def _rank(call: Call, shapes: Shapes) -> int:
    return len(shapes.get(call.inputs[0]) or ()) if call.inputs else 0


def _meant(mask: Mask) -> Mask:
    """A mask that leaves nothing out is as good as none."""
    nothing_out = mask == ALWAYS or (isinstance(mask, Differs) and abs(mask.value) >= abs(tfjs_masks.LOWEST) * 0.999)
    return None if nothing_out else mask


# ---------------------------------------------------------------------------- how masks change the order of layers

_LENGTHS = (0, 1, 2, 3, 5, 8, 13)  # of the computation of a mask, to be tried
_TAKING_MASKS = table.RECURRENT | table.USE | table.USE_FROM_3_4 | {"BatchNormalization", "TimeDistributed"}


def unsure_order(model: Model, *, by_class: bool) -> bool:
    """Whether the masks of Keras 3 could change the order in which it looks for weights, here or in a nested model.

    Keras 3 computes masks by operations of their own, which count when it measures how far layers are from the
    outputs. `by_class`: only the order among layers of a class matters.
    """
    if not keras_masks.makes_masks(model):
        return False
    inner = [part.model for layer in model.layers for part in layer.walk() if part.model is not None]
    if any(unsure_order(nested, by_class=by_class) for nested in inner):
        return True
    sources = _sources(model)
    kinds = {layer.class_name for layer in model.layers} if by_class else {None}
    return any(len({_names(model, sources, length, kind) for length in _LENGTHS}) > 1 for kind in kinds)


def _sources(model: Model) -> dict[tuple[str, int], list[Ref]]:
    """For each call that takes a mask, the values that it may be computed from: what goes into makers of masks."""
    calls = {(layer.name, number): (layer, call) for layer, number, call in calls_in_order(model)}
    masks = keras_masks.flow(model, 3, VERSIONS[3], [None] * len(model.inputs))
    takes = {layer.name for layer in model.layers if layer.model or layer.class_name in _TAKING_MASKS}
    masked = [key for key, given in masks.given.items() if key[0] in takes and any(one is not None for one in given)]
    return {key: _into_makers(key, calls) for key in masked}


def _into_makers(key: tuple[str, int], calls: dict[tuple[str, int], tuple[Layer, Call]]) -> list[Ref]:
    seen = {key}
    waiting = [key]
    found: list[Ref] = []
    while waiting:
        layer, call = calls[waiting.pop()]
        found += call.inputs if keras_masks.makes_mask(layer) else []
        before = {(ref.layer, ref.call) for ref in call.inputs} - seen
        seen |= before
        waiting += before
    return found


def _names(model: Model, sources: dict[tuple[str, int], list[Ref]], length: int, kind: str | None) -> tuple[str, ...]:
    """The layers with weights, of one class or of all, in the order that masks of this length would give."""
    detours = {call: [(ref, length) for ref in refs] for call, refs in sources.items()}
    found = ordered(model, detours)
    return tuple(
        layer.name for layer in found if any(part.weights for part in layer.walk()) and kind in (None, layer.class_name)
    )
