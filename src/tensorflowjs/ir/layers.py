"""A Keras model with no file format in it: layers, the calls that connect them, and their weights.

    LayersModel     the whole: root model, version of Keras, training configuration
    Model           Sequential or Functional, also nested: layers in order, inputs, outputs
    Layer           class, normalised configuration, own weights, children of wrappers, or a nested Model
    Call            one use of a layer: its arguments, with a Ref wherever a tensor goes in
    Ref             one output tensor of one call

Normal form, whatever generation of Keras wrote the model:

* A Sequential has calls like a Functional model: a chain from an explicit InputLayer.
* Calls of a layer are counted from 0 in `layer.calls`, for nested models too.
* Shapes of inputs stand in `config["batch_shape"]` of InputLayers, batch first.
* `config` holds plain JSON values under the argument names of Keras 2 (LeakyReLU: `alpha`), completed with
  the defaults of the class; activations are names, dtype policies are names ("mixed_float16").
* Operators (`x + y`, `keras.ops.*`, TFOpLambda) are layers of class "Operator" whose config has the operator's
  snake-case name under `op`; all their other arguments stand in the calls, by position or by name.
* Wrappers and RNNs over cells keep what they wrap in `children`: `layer`, `forward_layer`, `backward_layer`,
  `cell`, `cell_0`, `cell_1`, ... A wrapped model is a Layer with `model` set.
* Weights stand at the layer that owns them, under Keras' own short names ("kernel"), in Keras' order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from tensorflowjs.tensors import Tensor

Config = dict[str, Any]
Argument = Any  # a Ref, a JSON value, or lists, tuples and dicts of arguments


@dataclass(frozen=True)
class Ref:
    """Output number `output` of call number `call` of the layer named `layer`."""

    layer: str
    call: int = 0
    output: int = 0


@dataclass
class Call:
    args: list[Argument] = field(default_factory=list)
    kwargs: dict[str, Argument] = field(default_factory=dict)

    @property
    def inputs(self) -> list[Ref]:
        """Every tensor that goes in: by position, then by name in the order written."""
        by_name = [ref for argument in self.kwargs.values() for ref in refs_in(argument)]
        return [*refs_in(self.args), *by_name]


@dataclass
class Layer:
    name: str
    class_name: str
    config: Config = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    weights: dict[str, Tensor] = field(default_factory=dict)
    children: dict[str, Layer] = field(default_factory=dict)
    model: Model | None = None
    registered_name: str | None = None  # set for classes that are not Keras' own
    trainable: bool = True

    def walk(self) -> Iterator[Layer]:
        """This layer and every layer inside it."""
        yield self
        for child in self.children.values():
            yield from child.walk()
        if self.model is not None:
            for layer in self.model.layers:
                yield from layer.walk()


@dataclass
class Model:
    name: str
    kind: Literal["Sequential", "Functional"]
    layers: list[Layer] = field(default_factory=list)
    inputs: list[Ref] = field(default_factory=list)
    outputs: list[Ref] = field(default_factory=list)
    input_keys: list[str] | None = None  # where Keras takes a dict: its keys, in the order of `inputs`
    output_keys: list[str] | None = None
    implicit_input: bool = False  # a Sequential whose shape stood on its first layer, with no InputLayer of its own

    def layer(self, name: str) -> Layer:
        return next(layer for layer in self.layers if layer.name == name)


@dataclass
class LayersModel:
    root: Model
    keras_version: str
    backend: str | None = None
    training: Config | None = None  # compile configuration as Keras wrote it
    metadata: Config = field(default_factory=dict)

    @property
    def generation(self) -> int:
        """2 for Keras 2 and tf_keras, 3 for Keras 3: some names mean different numbers."""
        return 3 if self.keras_version.startswith("3") else 2

    def walk(self) -> Iterator[Layer]:
        for layer in self.root.layers:
            yield from layer.walk()


@dataclass
class WeightGroup:
    """The weights of one layer of a file that holds weights and no topology, as the file names them."""

    layer: str
    weights: list[tuple[str, Tensor]]


@dataclass
class LayersWeights:
    """A weights-only file."""

    groups: list[WeightGroup]
    keras_version: str | None = None
    backend: str | None = None
    metadata: Config = field(default_factory=dict)


def refs_in(argument: Argument) -> Iterator[Ref]:
    """Every Ref inside a (nested) argument, in the order in which Keras flattens: dicts by sorted key."""
    if isinstance(argument, Ref):
        yield argument
    elif isinstance(argument, dict):
        for key in sorted(argument):
            yield from refs_in(argument[key])
    elif isinstance(argument, list | tuple):
        for value in argument:
            yield from refs_in(value)


def replace_refs(argument: Argument, mapping: dict[Ref, Ref]) -> Argument:
    """`argument` with each Ref looked up in `mapping`; those not in it stay."""
    if isinstance(argument, Ref):
        return mapping.get(argument, argument)
    if isinstance(argument, dict):
        return {key: replace_refs(value, mapping) for key, value in argument.items()}
    if isinstance(argument, list | tuple):
        return type(argument)(replace_refs(value, mapping) for value in argument)
    return argument
