"""Walks a Keras model call by call and lets one function per layer class write its nodes.

Such a function gets the Site of one call and returns what comes out. What TF.js cannot run it reports with
`site.refuse(...)`; every refusal of a model ends up in one error. Masks go along beside the values, as Keras sends
them (see `masking`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.inference import calls_in_order, output_shapes
from tensorflowjs.catalog.run_order import run_order
from tensorflowjs.dtypes import FLOATS
from tensorflowjs.errors import Problem
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import Argument, Call, Config, Layer, LayersModel, Model, Ref
from tensorflowjs.lowering.building import Builder
from tensorflowjs.lowering.masking import given, handed_on
from tensorflowjs.lowering.values import FLOAT, Dims, Mask, Traced
from tensorflowjs.tensors import ComputedTensor, Tensor, cast

Outputs = Traced | list[Traced]
Write = Callable[["Site"], Outputs]


class Refused(Exception):
    """Raised by `Site.refuse`: this call cannot be lowered. Its reason has been noted."""


@dataclass(frozen=True)
class Refusal:
    """Stands in the table for a class that TF.js cannot run at all."""

    reason: str
    hint: str | None = None

    def __call__(self, site: Site) -> Outputs:
        site.refuse(self.reason, self.hint)


class Lowering:
    """What one conversion knows while it writes: functions by class, the version of Keras, the problems met."""

    def __init__(self, model: LayersModel, builder: Builder, functions: Mapping[str, Write]) -> None:
        self.version = model.keras_version
        self.generation = model.generation
        self.builder = builder
        self.functions = functions
        self.problems: dict[Problem, None] = {}  # in order, each once

    def run(self, model: Model, inputs: Sequence[Traced], masks: Sequence[Mask], path: str) -> Results:
        """Every call of `model`; what its outputs have become, or None where that is not known after a refusal."""
        run = _Run(self, model, path)
        run.values.update(zip(model.inputs, inputs, strict=False))
        run.masks.update(zip(model.inputs, masks, strict=False))
        for layer, number, call in run.calls():
            if Ref(layer.name, number) not in run.values:
                run.call(layer, number, call)
        return [(run.values.get(ref), run.masks.get(ref)) for ref in model.outputs]

    def note(self, problem: Problem) -> None:
        self.problems[problem] = None


Results = list[tuple[Traced | None, Mask]]


class _Run:
    """One way through one model."""

    def __init__(self, lowering: Lowering, model: Model, path: str) -> None:
        self.lowering = lowering
        self.model = model
        self.path = path
        self.values: dict[Ref, Traced | None] = {}
        self.masks: dict[Ref, Mask] = {}
        self.taken_off: set[Ref] = set()  # values that have lost their mask to a layer that used it

    def calls(self) -> list[tuple[Layer, int, Call]]:
        """In the order in which Keras runs them, where that makes a difference."""
        attends = any(layer.class_name == "MultiHeadAttention" for layer in self.model.layers)
        if attends and self.model.kind == "Functional" and table.heads_take_masks_off(self.lowering.version):
            return run_order(self.model)
        return calls_in_order(self.model)

    def call(self, layer: Layer, number: int, call: Call) -> None:
        if layer.class_name == "InputLayer":
            return
        given = [self.values.get(ref) for ref in call.inputs]
        path = f"{self.path}/{layer.name}" if self.path else layer.name
        if any(value is None for value in given):
            self._skip(layer, path)
            return
        found = {ref: value for ref, value in zip(call.inputs, given, strict=True) if value is not None}
        carried = {ref: None if ref in self.taken_off else self.masks.get(ref) for ref in call.inputs}
        site = Site(self.lowering, layer, path, call, found, carried)
        outputs, masks = site.write()
        for index, value in enumerate(outputs):
            self.values[Ref(layer.name, number, index)] = value
            self.masks[Ref(layer.name, number, index)] = masks[index] if index < len(masks) else None
        if layer.class_name == "MultiHeadAttention" and table.heads_take_masks_off(self.lowering.version):
            self.taken_off.update(site.roles)

    def _skip(self, layer: Layer, path: str) -> None:
        """What it gets is not known, after a refusal; but whether it is known itself is."""
        for part in layer.walk():
            if part.model is None and part.class_name != "InputLayer":
                Site(self.lowering, part, path if part is layer else f"{path}/{part.name}", Call(), {}, {}).check()


@dataclass
class Site:
    """One call of one layer: what it gets, and what it is written with."""

    lowering: Lowering
    layer: Layer
    path: str
    call: Call
    values: Mapping[Ref, Traced]
    carried: Mapping[Ref, Mask]
    masks_out: list[Mask] | None = None  # set by functions that make masks of their own
    roles: list[Ref] = field(default_factory=list)  # of attention: query, value and key

    @property
    def builder(self) -> Builder:
        return self.lowering.builder

    @property
    def config(self) -> Config:
        return self.layer.config

    @property
    def generation(self) -> int:
        return self.lowering.generation

    @property
    def version(self) -> str:
        return self.lowering.version

    @property
    def where(self) -> str:
        return f"{self.path} ({self.layer.registered_name or self.layer.class_name})"

    # ------------------------------------------------------------------------ what it gets

    @property
    def args(self) -> list[Any]:
        return [self.valued(argument) for argument in self.call.args]

    @property
    def kwargs(self) -> dict[str, Any]:
        return {key: self.valued(argument) for key, argument in self.call.kwargs.items()}

    def valued(self, argument: Argument) -> Any:
        """`argument` with the values that stand for its tensors."""
        if isinstance(argument, Ref):
            return self.values[argument]
        if isinstance(argument, dict):
            return {key: self.valued(item) for key, item in argument.items()}
        return [self.valued(item) for item in argument] if isinstance(argument, list | tuple) else argument

    @property
    def inputs(self) -> list[Traced]:
        """All tensors among the arguments by position."""
        return list(traced_in(self.args))

    @property
    def x(self) -> Traced:
        """The first input, where there is one that counts."""
        return self.inputs[0]

    @property
    def floats(self) -> Traced:
        return self.x.cast(FLOAT)

    @property
    def given_masks(self) -> tuple[Mask, ...]:
        """A mask for each input, from the arguments of the call or else from the value itself."""
        return given(self)

    @property
    def mask(self) -> Mask:
        masks = self.given_masks
        return masks[0] if masks else None

    # ------------------------------------------------------------------------ weights

    def has(self, name: str) -> bool:
        return name in self.layer.weights

    def weight(self, name: str) -> Traced:
        tensor = self.layer.weights[name]
        return self.builder.weight((self.path, name), cast(tensor, FLOAT) if tensor.dtype in FLOATS else tensor)

    def optional(self, name: str) -> Traced | None:
        return self.weight(name) if self.has(name) else None

    def derived(
        self, name: str, label: str, shape: Sequence[int], compute: Callable[[NDArray[Any]], NDArray[Any]]
    ) -> Traced:
        """What `compute` makes of a weight, when it is written."""
        source = self.layer.weights[name]
        return self.constant(f"{name}_{label}", shape, lambda: compute(cast(source, FLOAT).read()), source.origin)

    def constant(
        self, label: str, shape: Sequence[int], compute: Callable[[], NDArray[Any]], origin: str = ""
    ) -> Traced:
        def values() -> NDArray[Any]:
            return np.asarray(compute(), dtype=np.float32).reshape(shape)

        return self.builder.weight((self.path, label), ComputedTensor(FLOAT, tuple(shape), values, origin))

    def tensor(self, name: str) -> Tensor:
        return self.layer.weights[name]

    # ------------------------------------------------------------------------ writing

    def check(self) -> Write | None:
        """The function of the layer's class; None, with a problem noted, if it has none."""
        layer = self.layer
        function = None if layer.registered_name else self.lowering.functions.get(layer.class_name)
        if function is None:
            self.lowering.note(self._unknown())
            return None
        if isinstance(function, Refusal):
            self.lowering.note(Problem(self.where, function.reason, function.hint))
            return None
        return function

    def _unknown(self) -> Problem:
        if self.layer.registered_name:
            what, hint = "a custom class, whose code is not in the file", "rebuild it from layers of Keras"
        else:
            what, hint = "a class of layers that this converter does not know", None
        return Problem(self.where, what, hint)

    def write(self) -> tuple[list[Traced | None], list[Mask]]:
        """Outputs and their masks; stand-ins, or None, after a refusal."""
        if self.layer.model is not None:
            return self._write_model(self.layer.model)
        function = self.check()
        with self.builder.under(self.layer.name):
            try:
                if function is None:
                    raise Refused
                with making_sense_of(f'What the model says of the layer "{self.path}" ({self.layer.class_name})'):
                    outputs = function(self)
                    made = [outputs] if isinstance(outputs, Traced) else list(outputs)
                    masks = handed_on(self) if self.masks_out is None else self.masks_out
            except Refused:
                return self._stand_ins(), []
        return [*made], masks

    def _write_model(self, model: Model) -> tuple[list[Traced | None], list[Mask]]:
        inputs = list(traced_in([self.args, self.kwargs])) if len(self.inputs) != len(model.inputs) else self.inputs
        masks = [*self.given_masks, *[None] * len(inputs)][: len(inputs)]
        with self.builder.under(self.layer.name):
            results = self.lowering.run(model, inputs, masks, self.path)
        return [value for value, _ in results], [mask for _, mask in results]

    def _stand_ins(self) -> list[Traced | None]:
        """Values of the right shapes, so that what comes behind a refusal can be looked at as well."""
        shapes = output_shapes(self.layer, [value.dims for value in self.values.values()])
        with self.builder.under("refused"):
            return [None if dims is None else self.builder.put("Refused", [], FLOAT, tuple(dims)) for dims in shapes]

    def apply(
        self, layer: Layer, inputs: Sequence[Traced], masks: Sequence[Mask] = (), **arguments: Argument
    ) -> tuple[list[Traced], list[Mask]]:
        """Call a layer inside this one."""
        refs = [Ref(f"input {index}") for index in range(len(inputs))]
        carried = dict(zip(refs, [*masks, *[None] * len(refs)], strict=False))
        call = Call(list(refs), arguments)
        inner = Site(
            self.lowering, layer, f"{self.path}/{layer.name}", call, dict(zip(refs, inputs, strict=True)), carried
        )
        outputs, made = inner.write()
        found = [value for value in outputs if value is not None]
        if len(found) < len(outputs):
            raise Refused
        return found, [*made, *[None] * len(found)][: len(found)]

    def refuse(self, reason: str, hint: str | None = None) -> NoReturn:
        self.lowering.note(Problem(self.where, reason, hint))
        raise Refused

    def known(self, dims: Dims, what: str = "its input") -> list[int]:
        """Sizes that must be known before the model runs."""
        found = [dim for dim in dims if dim is not None]
        if len(found) < len(dims):
            shown = ", ".join("?" if dim is None else str(dim) for dim in dims)
            self.refuse(f"{what} has sizes that are not fixed: [{shown}]", "give the model's input a fixed size")
        return found


def traced_in(argument: Any) -> Iterator[Traced]:
    """Every value inside a (nested) argument, in the order in which Keras flattens."""
    if isinstance(argument, Traced):
        yield argument
    elif isinstance(argument, dict):
        for key in sorted(argument):
            yield from traced_in(argument[key])
    elif isinstance(argument, list | tuple):
        for item in argument:
            yield from traced_in(item)
