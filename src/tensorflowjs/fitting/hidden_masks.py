"""Masks that nothing carries.

A model in which initial states and masks would get in each other's way (see `states`) hides its masks: what makes
one in Keras makes none in TF.js, and a recurrent layer that is to have one gets it in a nested model of its own:

    value ───────────────────────────── Concatenate ── Dense (drops the added feature) ── recurrent layer
    features that tell the mask ── Masking ──┘

A nested model leaves nothing behind, as long as no mask is in force where it is called.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tensorflowjs.catalog.inference import output_shapes
from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting import masks, states
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.mask_terms import ALWAYS, All, Differs, Term
from tensorflowjs.ir.layers import Call, Config, Layer, Model, Ref
from tensorflowjs.tensors import ArrayTensor

Dims = tuple[Dim, ...]


def run(site: Site, layer: Layer, inputs: list[Ref], part: str | None = None) -> list[Ref]:
    """All outputs of a fitted recurrent layer, called on what `masks.sequence` gave and perhaps states."""
    mask = site.mask
    if site.hides_masks and mask is not None and mask != ALWAYS:
        return _run_inside(site, layer, inputs, mask, part)
    ref = site.put(
        layer.class_name, layer.config, inputs,
        part=part, weights=layer.weights, children=layer.children, fixed=not layer.trainable,
    )  # fmt: skip
    return site.outputs(ref)


def _run_inside(site: Site, layer: Layer, inputs: list[Ref], mask: Term, part: str | None) -> list[Ref]:
    """`layer` with its mask in a nested model, or in one for each output: TF.js runs a layer once for each of them."""
    found = [masks.features(site, each) for each in (masks.in_order(mask) if isinstance(mask, All) else [mask])]
    shapes = [site.shape(ref) or () for ref in (*inputs, *found)]
    count = len(output_shapes(layer, [*shapes[: len(inputs)]]))
    apart = len(inputs) > 1 and len(states.used_outputs(site.source, site.layer.name, site.number)) > 1
    outputs: list[Ref] = []
    for shown in [[index] for index in range(count)] if apart else [[*range(count)]]:
        model = _Inside(site, layer, part).model(shapes, len(inputs), shown)
        name = "_".join([part or "with", "mask", *map(str, shown[:apart])])
        ref = site.put("Functional", {"inputs": len(shapes)}, [*inputs, *found], part=name, model=model)
        outputs += site.outputs(ref)
    return outputs


class _Inside:
    """Builds the model around one recurrent layer."""

    def __init__(self, site: Site, layer: Layer, part: str | None) -> None:
        self.site = site
        self.name = layer.name if part is None else f"{layer.name}_{part}"
        self.layer = layer
        self.made: list[Layer] = []

    def model(self, shapes: list[Dims], count: int, shown: list[int]) -> Model:
        """With inputs of `shapes`, the first `count` of them for the layer and the others to tell its mask."""
        given = [self._add("input", "InputLayer", {"batch_shape": [*dims], "dtype": "float32"}) for dims in shapes]
        told = [self._add("mask", "Masking", {"mask_value": 0.0}, features) for features in given[count:]]
        joined = self._add("masked", "Concatenate", {"axis": -1}, given[0], *told)
        sequence = self._first_features(joined, shapes[0][-1] or 0, sum(dims[-1] or 0 for dims in shapes[count:]))
        calls = [Call([sequence, *given[1:count]])]
        self.made.append(replace(self.layer, name=self.name, calls=calls))
        return Model(self.name, "Functional", self.made, given, [Ref(self.name, 0, index) for index in shown])

    def _first_features(self, value: Ref, width: int, others: int) -> Ref:
        ref = self._add("kept", "Dense", {"units": width, "activation": "linear", "use_bias": False}, value)
        self.made[-1].weights = {"kernel": ArrayTensor(np.eye(width + others, width, dtype="float32"))}
        self.made[-1].trainable = False
        return ref

    def _add(self, part: str, class_name: str, config: Config, *inputs: Ref) -> Ref:
        name = self.site.fitter.fresh_name(f"{self.name}_{part}")
        self.made.append(Layer(name, class_name, config, [Call([*inputs])]))
        return Ref(name)


def masking(site: Site) -> Outputs:
    """As it is; where masks are hidden, values times the mask."""
    if not site.hides_masks:
        return site.keep()
    made = Differs(site.inputs[0], float(site.config.get("mask_value") or 0))
    return site.put("Multiply", {}, [site.inputs[0], masks.as_numbers(site, made)])


RULES: dict[str, Rule] = {"Masking": masking}
