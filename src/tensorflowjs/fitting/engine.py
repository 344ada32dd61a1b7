"""Walks a Keras model call by call and lets one rule per layer class build its TF.js form.

A rule is a function of one `Site` (one call of one layer). It builds layers of TF.js with `put`, or keeps
the layer with `keep`, and returns what the call's outputs have become. What cannot be said in TF.js it
reports with `site.refuse(...)`; every refusal of a model ends up in one error.

A rule runs once for every call of a shared layer: `put` with the same `part` and the same configuration
adds a call to the layer it made the first time, so that shared weights stay shared.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NoReturn

from tensorflowjs.catalog import inference
from tensorflowjs.catalog.inference import Shapes
from tensorflowjs.catalog.schema import Shape
from tensorflowjs.errors import Problem
from tensorflowjs.fitting import keras_masks, mask_terms, tfjs_masks
from tensorflowjs.fitting.mask_terms import ALWAYS, Mask, Term
from tensorflowjs.fitting.nested import needed
from tensorflowjs.fitting.preparation import prepare
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import Call, Config, Layer, Model, Ref
from tensorflowjs.tensors import Tensor

Outputs = Ref | list[Ref]
Rule = Callable[["Site"], Outputs]


class Refused(Exception):
    """Raised by `Site.refuse`: this layer cannot be fitted. The engine has noted why."""


@dataclass(frozen=True)
class Refusal:
    """The rule of a class that TF.js's layers cannot express at all."""

    reason: str
    hint: str | None = "convert to a graph model instead: --output_format=tfjs_graph_model"

    def __call__(self, site: Site) -> Outputs:
        site.refuse(self.reason, self.hint)


class Fitter:
    """What one conversion knows while fitting: its rules, the problems met, the names in use."""

    def __init__(
        self,
        rules: Mapping[str, Rule],
        generation: int,
        taken: set[str],
        *,
        keras_version: str = "",
        masked_rules: Mapping[str, Rule] | None = None,
        has_masks: bool = False,
        hides_masks: bool = False,
    ) -> None:
        self.rules = rules
        self.masked_rules = masked_rules or {}  # for calls that compute with a mask
        self.generation = generation
        self.keras_version = keras_version or f"{generation}.99"
        self.has_masks = has_masks  # anywhere in the model: TF.js may then use one where none was meant
        self.hides_masks = hides_masks  # from all that is not in a nested model
        self.problems: dict[Problem, None] = {}  # in order, each once
        self._taken = taken

    def fit_model(self, model: Model, path: str = "") -> Model:
        """`model` with every layer fitted; problems are collected, not raised."""
        return _ModelFitter(self, model, path).run()

    def fresh_name(self, wanted: str) -> str:
        name, count = wanted, 0
        while name in self._taken:
            count += 1
            name = f"{wanted}_{count}"
        self._taken.add(name)
        return name


class _ModelFitter:
    def __init__(self, fitter: Fitter, model: Model, path: str, repeated: bool = False) -> None:
        self.fitter = fitter
        self.source, self.masks = prepare(
            model, fitter.generation, fitter.keras_version, fitter.fresh_name, fitter.has_masks
        )
        self.repeated = repeated  # run once for every step of a TimeDistributed
        self.path = path
        self.layers: dict[tuple[str, str | None], list[Layer]] = {}
        self.new = Model(model.name, model.kind, implicit_input=model.implicit_input)
        self.now: dict[Ref, Ref] = {}  # what an old value has become
        self.shapes: Shapes = {}  # of new values
        self.carried: dict[Ref, Mask] = {}  # masks of new values in TF.js
        self.made_once: dict[Hashable, Ref] = {}
        self.old_shapes, _ = inference.model_shapes(self.source)

    def run(self) -> Model:
        for layer, number, call in inference.calls_in_order(self.source):
            refs = self._fit_call(layer, number, call)
            for index, ref in enumerate(refs):
                self.now[Ref(layer.name, number, index)] = ref
        new, source = self.new, self.source
        new.inputs = [self.now.get(ref, ref) for ref in source.inputs]
        new.outputs = [self.now.get(ref, ref) for ref in source.outputs]
        new.input_keys, new.output_keys = source.input_keys, source.output_keys
        new.layers = needed(new)
        if new.kind == "Sequential" and not is_chain(new):
            new.kind = "Functional"
        return new

    def _fit_call(self, layer: Layer, number: int, call: Call) -> list[Ref]:
        site = Site(self, layer, number, call)
        if layer.model is not None:
            return site.keep()
        rule = self.fitter.rules.get(layer.class_name)
        if any(mask not in (None, ALWAYS) for mask in site.given_masks):
            rule = self.fitter.masked_rules.get(layer.class_name, rule)
        try:
            if layer.registered_name or rule is None:
                site.refuse(*_unknown(layer))
            with making_sense_of(f"What the model says of {site.where}"):
                outputs = rule(site)
        except Refused:
            return self._stand_in(layer, number)
        return [outputs] if isinstance(outputs, Ref) else list(outputs)

    def _stand_in(self, layer: Layer, number: int) -> list[Ref]:
        """Values of a refused call, so that the layers behind it are still looked at."""
        old = [ref for ref in self.old_shapes if (ref.layer, ref.call) == (layer.name, number)]
        refs = old or [Ref(layer.name, number)]
        self.shapes.update({ref: self.old_shapes.get(ref) for ref in refs})
        return refs


class Site:
    """One call of one layer, as its rule sees it."""

    def __init__(self, owner: _ModelFitter, layer: Layer, number: int, call: Call) -> None:
        self._owner = owner
        self.layer = layer
        self.number = number
        self.call = call
        self.inputs: list[Ref] = [owner.now.get(ref, ref) for ref in call.inputs]

    @property
    def config(self) -> Config:
        return self.layer.config

    @property
    def weights(self) -> dict[str, Tensor]:
        return self.layer.weights

    @property
    def generation(self) -> int:
        return self._owner.fitter.generation

    @property
    def fitter(self) -> Fitter:
        return self._owner.fitter

    @property
    def source(self) -> Model:
        """The Keras model that the site is in."""
        return self._owner.source

    @property
    def is_repeated(self) -> bool:
        """Whether TF.js runs the site once for every step of a TimeDistributed."""
        return self._owner.repeated

    @property
    def shares_arguments(self) -> bool:
        """Whether TF.js runs the site with arguments that it keeps from one layer to the next."""
        return bool(self._owner.path) or self.has_masks

    @property
    def has_masks(self) -> bool:
        """Whether TF.js may use a mask here where none was meant."""
        return self.fitter.has_masks and not self.hides_masks

    @property
    def hides_masks(self) -> bool:
        """Whether nothing here may carry a mask in TF.js."""
        return self.fitter.hides_masks and not self._owner.path

    @property
    def where(self) -> str:
        return f"{self._owner.path}{self.layer.name} ({_shown_class(self.layer)})"

    @property
    def shapes(self) -> list[Shape]:
        """Shapes of the inputs."""
        return [self.shape(ref) for ref in self.inputs]

    @property
    def shapes_of_all_calls(self) -> list[Shape]:
        """Shapes of the first input in every call of the layer."""
        old = self._owner.old_shapes
        return [old.get(call.inputs[0]) for call in self.layer.calls if call.inputs]

    def shape(self, ref: Ref) -> Shape:
        return self._owner.shapes.get(ref)

    def known_shape(self, index: int = 0) -> tuple[int | None, ...]:
        """Shape of input `index`; where it is unknown something before was refused, so the rest is moot."""
        shape = self.shapes[index] if index < len(self.shapes) else None
        if shape is None:
            raise Refused
        return shape

    @property
    def given_masks(self) -> list[Mask]:
        """The mask that Keras gives the layer with each input."""
        given = self._owner.masks.given.get((self.layer.name, self.number), ())
        return [mask_terms.renamed(mask, self._owner.now) for mask in given]

    @property
    def mask(self) -> Mask:
        """The mask that Keras gives the layer with its first input."""
        return next(iter(self.given_masks), None)

    def carried(self, ref: Ref) -> Mask:
        """The mask that a new value carries in TF.js."""
        return self._owner.carried.get(ref)

    def is_ignored_where(self, mask: Term, output: int = 0) -> bool:
        """Whether nothing looks at the steps of an output that `mask`, one of the site's, leaves out."""
        owner = self._owner
        source = next(
            old
            for old in owner.masks.given.get((self.layer.name, self.number), ())
            if mask_terms.renamed(old, owner.now) == mask
        )
        value = Ref(self.layer.name, self.number, output)
        return keras_masks.ignored_at_masked_steps(owner.source, owner.masks, value, source)

    def leave_sequential(self) -> None:
        """Write the model that the site is in as a Functional one: TF.js checks every shape of a Sequential."""
        self._owner.new.kind = "Functional"

    def refuse(self, what: str, hint: str | None = None) -> NoReturn:
        """Report what TF.js cannot do, and give this layer up."""
        self.report(what, hint)
        raise Refused

    def report(self, what: str, hint: str | None = None) -> None:
        """Report what TF.js cannot do, and go on looking for more in this layer."""
        self.fitter.problems[Problem(self.where, what, hint)] = None

    def keep(self, **changes: Any) -> list[Ref]:
        """The layer as it is, with some of its configuration changed; all its outputs."""
        ref = self.put(self.layer.class_name, {**self.config, **changes}, weights=self.weights)
        return self.outputs(ref)

    def outputs(self, ref: Ref) -> list[Ref]:
        """All outputs of the call that `ref` is one of."""
        same_call = [other for other in self._owner.shapes if (other.layer, other.call) == (ref.layer, ref.call)]
        return sorted(same_call, key=lambda other: other.output)

    def put(
        self,
        class_name: str,
        config: Config,
        inputs: list[Ref] | None = None,
        *,
        part: str | None = None,
        weights: dict[str, Tensor] | None = None,
        children: dict[str, Layer] | None = None,
        fixed: bool = False,
        model: Model | None = None,
    ) -> Ref:
        """Call a TF.js layer on `inputs` (the site's own by default) and return its first output.

        The layer that stays the site's own (it gives the output or owns the weights) has no `part`; the others
        are named after the layer and their part. `fixed` weights are never trained. A `model` is called like a
        layer; what is in it must be fitted already.
        """
        refs = self._without_bad_masks(class_name, config, self.inputs if inputs is None else inputs)
        if class_name == "Embedding" and self.hides_masks:
            config = {**config, "mask_zero": False}
        if class_name == "Softmax" and self.has_masks:
            self.refuse("a softmax over several axes, in a model with masks, which TF.js would apply to it")
        layer = self._layer(class_name, config, part, weights or {}, children)
        layer.trainable = layer.trainable and not fixed
        layer.model = layer.model or model
        layer.calls.append(Call(list(refs)))
        number = len(layer.calls) - 1
        shapes = inference.output_shapes(layer, [self.shape(ref) for ref in refs])
        for index, shape in enumerate(shapes):
            self._owner.shapes[Ref(layer.name, number, index)] = shape
            self._owner.carried[Ref(layer.name, number, index)] = self._carried_behind(layer, refs)
        return Ref(layer.name, number)

    def _carried_behind(self, layer: Layer, refs: list[Ref]) -> Mask:
        rank = len(self.shape(refs[0]) or ()) if refs else 0
        return tfjs_masks.carried(layer, refs, [self.carried(ref) for ref in refs], rank)

    def _without_bad_masks(self, class_name: str, config: Config, refs: list[Ref]) -> list[Ref]:
        """`refs`, stripped of masks where TF.js would stumble over them."""
        masks = [self.carried(ref) for ref in refs]
        rank = len(self.shape(refs[0]) or ()) if refs else 0
        if not tfjs_masks.to_be_stripped(class_name, config.get("axis", -1), masks, rank):
            return refs
        return [self.stripped(ref) for ref in refs]

    def fit_inside(self, layer: Layer, shape: Shape) -> Layer:
        """`layer`, which the site's layer wraps, fitted to inputs of `shape`; several layers become one model."""
        entry = Layer(self.fitter.fresh_name(f"{layer.name}_input"), "InputLayer", calls=[Call()])
        entry.config = {"batch_shape": list(shape or ()), "dtype": "float32", "sparse": False}
        inner = replace(layer, calls=[Call([Ref(entry.name)])])
        model = Model(layer.name, "Sequential", [entry, inner], [Ref(entry.name)], [Ref(layer.name)])
        fitted = _ModelFitter(self.fitter, model, f"{self._owner.path}{self.layer.name} > ", repeated=True).run()
        if len(fitted.layers) == 2 and fitted.kind == "Sequential":
            return replace(fitted.layers[1], calls=[])
        return Layer(layer.name, fitted.kind, model=fitted)

    def stripped(self, ref: Ref) -> Ref:
        """`ref`, carrying no mask in TF.js."""
        if self.carried(ref) is None:
            return ref
        dims = list(range(1, len(self.shape(ref) or ())))
        return self.once(("stripped", ref), lambda: self.put("Permute", {"dims": dims}, [ref], part="stripped"))

    def once(self, key: Hashable, make: Callable[[], Ref]) -> Ref:
        """What `make` returned for this key at the first site in the model that asked."""
        made = self._owner.made_once
        if key not in made:
            made[key] = make()
        return made[key]

    def _fit_nested(self, model: Model) -> Model:
        path = f"{self._owner.path}{self.layer.name} > "
        return _ModelFitter(self.fitter, model, path, self._owner.repeated).run()

    def _layer(
        self,
        class_name: str,
        config: Config,
        part: str | None,
        weights: dict[str, Tensor],
        children: dict[str, Layer] | None,
    ) -> Layer:
        """The layer made for this part by an earlier call, if it is the same; else a new one."""
        made = self._owner.layers.setdefault((self.layer.name, part), [])
        for layer in made:
            if layer.class_name == class_name and layer.config == config:
                return layer
        name = self.layer.name if part is None and not made else None
        if name is None:
            name = self.fitter.fresh_name(f"{self.layer.name}_{part}" if part else self.layer.name)
        source = self.layer
        layer = Layer(name, class_name, dict(config), weights=dict(weights), trainable=source.trainable)
        if part is None:
            layer.children = source.children if children is None else children
            if source.model is not None:
                layer.model = self._fit_nested(source.model)
        elif children:
            layer.children = children
        made.append(layer)
        self._owner.new.layers.append(layer)
        return layer


def is_chain(model: Model) -> bool:
    """Whether `model` can be written as a Sequential: one input, then each layer called once on the one before."""
    before: Ref | None = None
    for layer in model.layers:
        expected = [] if before is None else [before]
        if len(layer.calls) != 1 or layer.calls[0].inputs != expected:
            return False
        before = Ref(layer.name)
    return len(model.inputs) == 1 and [before] == model.outputs


def _shown_class(layer: Layer) -> str:
    if layer.class_name == "Operator":
        return f"operator {layer.config.get('op')}"
    return layer.registered_name or layer.class_name


def _unknown(layer: Layer) -> tuple[str, str]:
    if layer.registered_name:
        return "a custom class: TF.js cannot run its Python code", "rebuild it from built-in layers"
    return (
        "a class that TF.js's layers do not have",
        "convert to a graph model instead: --output_format=tfjs_graph_model",
    )
