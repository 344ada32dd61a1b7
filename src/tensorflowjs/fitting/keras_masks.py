"""Which mask every value of a Keras model carries, and which mask every call computes with.

Works on the model as Keras describes it. Masks given as arguments (`mask=...`) count before those that values
carry; they are read by `mask_operators`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.inference import Shapes, calls_in_order, model_shapes
from tensorflowjs.catalog.layers import attention
from tensorflowjs.catalog.run_order import run_order
from tensorflowjs.fitting.mask_operators import Formulas
from tensorflowjs.fitting.mask_terms import ALWAYS, Differs, Joined, Mask, NonZero, Term, Unclear, every, some
from tensorflowjs.ir.layers import Call, Layer, Model, Ref, refs_in

MADE_INSIDE = Unclear("it is made inside a TimeDistributed layer")


@dataclass
class Masks:
    """What `flow` found: masks of values, and for each call (layer, number) the masks of its inputs."""

    carried: dict[Ref, Mask] = field(default_factory=dict)
    given: dict[tuple[str, int], tuple[Mask, ...]] = field(default_factory=dict)
    outputs: list[Mask] = field(default_factory=list)

    def of_call(self, layer: Layer, number: int) -> Mask:
        """The mask that a call of one sequence computes with."""
        given = self.given.get((layer.name, number), ())
        return given[0] if given else None


def makes_masks(model: Model) -> bool:
    """Whether anything in `model` makes a mask, at any depth."""
    parts = [part for layer in model.layers for part in layer.walk()]
    given = (call.kwargs.get(name) for part in parts for call in part.calls for name in table.ARGUMENTS)
    return any(any(refs_in(mask)) for mask in given) or any(makes_mask(part) for part in parts)


def makes_mask(layer: Layer) -> bool:
    return layer.class_name == "Masking" or bool(layer.class_name == "Embedding" and layer.config.get("mask_zero"))


def uses_masks(layer: Layer) -> bool:
    """Whether `layer`, or anything in it, computes with a mask that it is given."""
    return any(part.class_name in table.RECURRENT | table.USE for part in layer.walk())


def flow(model: Model, generation: int, version: str, inputs: Sequence[Mask] = ()) -> Masks:
    """Follow masks through `model`, whose inputs carry `inputs`."""
    return _Flow(model, generation, version, inputs).run()


class _Flow:
    def __init__(self, model: Model, generation: int, version: str, inputs: Sequence[Mask]) -> None:
        self.model = model
        self.generation = generation
        self.version = version
        self.masks = Masks()
        self.masks.carried.update(zip(model.inputs, inputs, strict=False))
        self.formulas = Formulas()
        self.taken_off: set[Ref] = set()  # values that have lost their mask to a layer that used it
        self.shapes: Shapes = model_shapes(model)[0]

    def run(self) -> Masks:
        for layer, number, call in self._calls():
            if layer.class_name == "Operator":
                self.formulas.show(layer, number, call)
            elif layer.class_name != "InputLayer":
                self._follow(layer, number, call)
        self.masks.outputs = [self.masks.carried.get(ref) for ref in self.model.outputs]
        return self.masks

    def _calls(self) -> list[tuple[Layer, int, Call]]:
        """In the order in which Keras runs them, where that makes a difference."""
        attends = any(layer.class_name == "MultiHeadAttention" for layer in self.model.layers)
        if attends and self.model.kind == "Functional" and table.heads_take_masks_off(self.version):
            return run_order(self.model)
        return calls_in_order(self.model)

    def _follow(self, layer: Layer, number: int, call: Call) -> None:
        given = self._given_to_attention(layer, call) if layer.class_name in table.ATTENTION else self._given(call)
        self.masks.given[layer.name, number] = given if self._is_told(layer, call) else ()
        for output, mask in enumerate(self._handed_on(layer, call, given)):
            self.masks.carried[Ref(layer.name, number, output)] = mask
        if layer.class_name == "MultiHeadAttention" and table.heads_take_masks_off(self.version):
            self.taken_off.update(attention.roles(layer, call))

    def _carried(self, ref: Ref) -> Mask:
        return None if ref in self.taken_off else self.masks.carried.get(ref)

    def _given(self, call: Call) -> tuple[Mask, ...]:
        """A mask for each input, from the arguments of the call or else from the value itself."""
        masks = [self._carried(ref) for ref in refs_in(call.args)]
        explicit = call.kwargs.get("mask")
        if isinstance(explicit, list):
            for index, value in enumerate(explicit[: len(masks)]):
                masks[index] = self.formulas.mask(value) if isinstance(value, Ref) else masks[index]
        elif isinstance(explicit, Ref):
            masks[:1] = [self.formulas.mask(explicit)]
        return tuple(masks)

    def _given_to_attention(self, layer: Layer, call: Call) -> tuple[Mask, ...]:
        """Masks of query, value and key."""
        carried = [self._carried(ref) for ref in attention.roles(layer, call)]
        if layer.class_name in ("Attention", "AdditiveAttention"):
            explicit = attention.list_arguments(call).get("mask")
            if not isinstance(explicit, list):
                return tuple(carried)
            return tuple(self.formulas.mask(mask) if isinstance(mask, Ref) else None for mask in explicit)
        if layer.class_name == "MultiHeadAttention" and not table.reaches_heads(self.version):
            return ()
        given = attention.multi_head_arguments(call)
        named = [given.get(f"{role}_mask") for role in ("query", "value", "key")]
        pairs = zip(carried, named, strict=True)
        return tuple(self.formulas.mask(mask) if isinstance(mask, Ref) else own for own, mask in pairs)

    def _is_told(self, layer: Layer, call: Call) -> bool:
        """Whether the layer gets to know masks: Keras 3 forgets them in calls with an initial state."""
        if self.generation == 2 or layer.class_name not in table.RECURRENT or isinstance(call.kwargs.get("mask"), Ref):
            return True
        return len(list(refs_in(call.args))) + len(list(refs_in(call.kwargs.get("initial_state")))) == 1

    def _handed_on(self, layer: Layer, call: Call, given: tuple[Mask, ...]) -> list[Mask]:
        """Masks of the outputs of one call."""
        first = given[0] if given else None
        if layer.model is not None:
            return flow(layer.model, self.generation, self.version, given).outputs
        if call.args and isinstance(call.args[0], list) and not table.lists_keep_masks(self.version):
            return [None]
        if layer.class_name in table.RECURRENT:
            return _of_recurrent(layer, first)
        if layer.class_name in table.MERGES:
            return [self._merged(given)]
        if layer.class_name in _OF_CLASS:
            return [_OF_CLASS[layer.class_name](self, layer, call, given)]
        return [first if table.keeps(layer.class_name, self.generation) else None]

    def _merged(self, given: tuple[Mask, ...]) -> Mask:
        present = [mask for mask in given if mask is not None]
        if table.merges_any(self.version):
            return some(present) if present and len(present) == len(given) else None
        return every(present) if present else None

    def of_concatenate(self, layer: Layer, call: Call, given: tuple[Mask, ...]) -> Mask:
        if all(mask is None for mask in given):
            return None
        rank = len(self.shapes.get(next(refs_in(call.args))) or ())
        axis = layer.config.get("axis", -1)
        if axis % rank == rank - 1 if rank else axis == -1:
            combine: Callable[[list[Term]], Term] = some if table.merges_any(self.version) else every
            return combine([ALWAYS if mask is None else mask for mask in given])
        return Joined(tuple(ALWAYS if mask is None else mask for mask in given))

    def of_embedding(self, layer: Layer, call: Call, given: tuple[Mask, ...]) -> Mask:
        return NonZero(next(refs_in(call.args))) if layer.config.get("mask_zero") else None

    def of_masking(self, layer: Layer, call: Call, given: tuple[Mask, ...]) -> Mask:
        return Differs(next(refs_in(call.args)), float(layer.config.get("mask_value") or 0))

    def of_time_distributed(self, layer: Layer, call: Call, given: tuple[Mask, ...]) -> Mask:
        """That of its input; in Keras 2 also one that the layer inside makes of each step."""
        inner = layer.children.get("layer")
        if self.generation == 2 and inner is not None:
            made = makes_mask(inner)
            if inner.model is not None:
                nothing: list[Mask] = [None] * len(inner.model.inputs)
                made = any(flow(inner.model, 2, self.version, nothing).outputs)
            if made:
                return MADE_INSIDE
        return given[0] if given else None

    def of_attention(self, layer: Layer, call: Call, given: tuple[Mask, ...]) -> Mask:
        return given[0] if given else None


_OF_CLASS = {
    "Concatenate": _Flow.of_concatenate,
    "Embedding": _Flow.of_embedding,
    "Masking": _Flow.of_masking,
    "TimeDistributed": _Flow.of_time_distributed,
    "Attention": _Flow.of_attention,
    "AdditiveAttention": _Flow.of_attention,
    "MultiHeadAttention": _Flow.of_attention,
    "GroupedQueryAttention": _Flow.of_attention,
}


def _of_recurrent(layer: Layer, mask: Mask) -> list[Mask]:
    """Whole sequences keep the mask, last outputs and states have none."""
    inner = layer.children.get("forward_layer", layer)
    kept = mask if inner.config.get("return_sequences") else None
    both = layer.class_name == "Bidirectional" and layer.config.get("merge_mode", "concat") is None
    return [kept, kept] if both else [kept]


def ignored_at_masked_steps(model: Model, masks: Masks, value: Ref, mask: Mask) -> bool:
    """Whether nothing looks at the steps of `value` that `mask` leaves out."""
    if value in model.outputs:
        return False
    uses = [
        (layer, number, call)
        for layer in model.layers
        for number, call in enumerate(layer.calls)
        if value in call.inputs
    ]
    return all(_ignores(model, masks, layer, number, call, value, mask) for layer, number, call in uses)


def _ignores(model: Model, masks: Masks, layer: Layer, number: int, call: Call, value: Ref, mask: Mask) -> bool:
    if layer.class_name in table.RECURRENT:
        sequence, *states = call.inputs
        return sequence == value and value not in states and masks.of_call(layer, number) == mask
    if layer.class_name not in _STEP_BY_STEP or not _is_step_by_step(layer):
        return False
    return ignored_at_masked_steps(model, masks, Ref(layer.name, number), mask)


_STEP_BY_STEP = frozenset({
    "Activation", "ActivityRegularization", "AlphaDropout", "Dense", "Dropout", "ELU", "GaussianDropout",
    "GaussianNoise", "LeakyReLU", "ReLU", "SpatialDropout1D", "ThresholdedReLU",
})  # fmt: skip


def _is_step_by_step(layer: Layer) -> bool:
    return layer.model is None and layer.registered_name is None


def users_of_masks(model: Model, masks: Masks) -> list[tuple[Layer, int]]:
    """Calls that compute with a mask."""
    return [
        (layer, number)
        for layer in model.layers
        for number in range(len(layer.calls))
        if uses_masks(layer) and masks.of_call(layer, number) is not None
    ]
