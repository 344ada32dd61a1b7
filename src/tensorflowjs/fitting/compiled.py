"""What Keras saved of the losses and metrics of a compiled model: which output each is for, and what it is.

Keras keeps them as the user gave them: names, functions and objects; alone, in lists, or in dicts by output.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tensorflowjs.catalog import training as catalog
from tensorflowjs.catalog.schema import Shape
from tensorflowjs.ir.layers import Config

_KERAS_MODULES = frozenset({"keras", "tf_keras", "tensorflow", "builtins"})


class Inexpressible(Exception):
    """TF.js cannot be told this; the message says what."""


@dataclass(frozen=True)
class Outputs:
    """The outputs of the model, as TF.js and as Keras know them."""

    names: Sequence[str]
    keys: Sequence[str]
    shapes: Sequence[Shape]
    generation: int

    def __len__(self) -> int:
        return len(self.names)

    def index(self, key: str) -> int:
        for known in (self.keys, self.names):
            if key in known:
                return list(known).index(key)
        raise Inexpressible(f'it names an output "{key}" that the model does not have')

    def width(self, index: int) -> int | None:
        """Size of the last axis of an output, if it is known."""
        shape = self.shapes[index] if index < len(self.shapes) else None
        return shape[-1] if shape else None


@dataclass(frozen=True)
class Named:
    """A loss or metric by name, with the arguments it was made with."""

    name: str
    options: Config
    label: str | None = None

    def unequal_options(self) -> list[str]:
        """Those arguments that give other numbers than TF.js has."""
        neutral = catalog.NEUTRAL_OPTIONS
        return [
            f"{key}={value}"
            for key, value in self.options.items()
            if key not in catalog.IDLE_OPTIONS and value not in neutral.get(key, (None,))
        ]


def per_output(saved: Any, outputs: Outputs, what: str) -> list[list[Any]]:
    """The losses or metrics of each output, from whatever structure Keras accepts."""
    if len(outputs) == 1:
        return [list(flat(saved))]
    if isinstance(saved, dict) and not _is_object(saved):
        found: list[list[Any]] = [[] for _ in outputs.names]
        for key, value in saved.items():
            found[outputs.index(key)].extend(flat(value))
        return found
    if isinstance(saved, list) and _is_per_output(saved, outputs, what):
        if len(saved) != len(outputs):
            raise Inexpressible(f"it does not have one {what} for each output")
        return [list(flat(value)) for value in saved]
    return [list(flat(saved)) for _ in outputs.names]


def _is_per_output(saved: list[Any], outputs: Outputs, what: str) -> bool:
    """Whether a list speaks of one output after the other; a flat one may mean all metrics for all outputs."""
    if what == "loss" or any(value is None or isinstance(value, list) for value in saved):
        return True
    return outputs.generation == 3 and len(saved) == len(outputs)


def flat(saved: Any) -> Iterator[Any]:
    if isinstance(saved, list):
        for value in saved:
            yield from flat(value)
    elif isinstance(saved, dict) and not _is_object(saved):
        yield from flat(list(saved.values()))
    elif saved is not None:
        yield saved


def _is_object(saved: Mapping[str, Any]) -> bool:
    return isinstance(saved.get("class_name"), str) and "config" in saved


def identify(what: str, saved: Any) -> Named:
    """Name and arguments of a loss or metric: a string, a function or an object."""
    if isinstance(saved, str):
        return Named(saved, {})
    if not isinstance(saved, dict) or not _is_object(saved):
        raise Inexpressible(f"a {what} is given in a form that Keras does not write")
    refuse_custom(what, saved)
    config = saved["config"]
    if isinstance(config, str):  # a function
        return Named(config, {})
    options = config if isinstance(config, dict) else {}
    if saved["class_name"] in ("MeanMetricWrapper", "LossFunctionWrapper") and "fn" in options:
        return Named(identify(what, options["fn"]).name, options, options.get("name"))
    return Named(saved["class_name"], options)


def refuse_custom(what: str, saved: Mapping[str, Any]) -> None:
    """Classes that only share a name with Keras' own. Files before Keras 2.12 and HDF5 do not say which they are."""
    module = saved.get("module", "keras")
    if not isinstance(module, str) or module.split(".")[0] not in _KERAS_MODULES:
        name = saved.get("registered_name") or saved["class_name"]
        raise Inexpressible(f"the {what} {name} is a custom class")
