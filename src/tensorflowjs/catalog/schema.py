"""The shape of a row in the catalog of layer classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tensorflowjs.ir.layers import Config, Layer

Dim = int | None
Shape = tuple[Dim, ...] | None  # None: not even the rank is known

WeightShape = Callable[[Config, tuple[Dim, ...]], tuple[Dim, ...]]
OutputRule = Callable[[Layer, list[tuple[Dim, ...]]], Sequence[Shape]]


@dataclass(frozen=True)
class Weight:
    """One variable of a layer class.

    `shape` takes the configuration and the shape of the first input; `when` names the argument that must be
    true for the variable to exist, or decides from the configuration. `also_named` lists what else some
    generations of Keras call it in their files.
    """

    name: str
    shape: WeightShape
    when: str | Callable[[Config], bool] | None = None
    trainable: bool = True
    also_named: tuple[str, ...] = ()

    def exists(self, config: Config) -> bool:
        if callable(self.when):
            return self.when(config)
        return self.when is None or bool(config.get(self.when, True))


@dataclass(frozen=True)
class LayerClass:
    """What Keras and TF.js know about one class of layers.

    `defaults` lists Keras' arguments in normal form with the values they have when a file does not say;
    `renamed` maps other spellings of arguments to the normal form. `tfjs` lists the arguments that the class of
    the same name reads in TF.js (besides name, trainable and dtype), or is None if TF.js registers no such class.
    `is_opaque` says that its weights are not listed, as nothing is made of them.
    """

    name: str
    output: OutputRule
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    weights: tuple[Weight, ...] = ()
    aliases: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    tfjs: tuple[str, ...] | None = None
    since: str = "3.0.0"  # the first TF.js that registers it
    is_opaque: bool = False

    def present_weights(self, config: Config) -> list[Weight]:
        return [weight for weight in self.weights if weight.exists(config)]


def same(layer: Layer, inputs: list[tuple[Dim, ...]]) -> list[tuple[Dim, ...]]:
    """The output rule of everything elementwise."""
    return [inputs[0]]
