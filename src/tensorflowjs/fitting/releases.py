"""Which releases of TF.js can load a fitted model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.activations import SINCE
from tensorflowjs.catalog.layers import find
from tensorflowjs.ir.layers import Layer, Model

OLDEST = "3.0.0"


def note_release(root: Model) -> None:
    """Say from which release on TF.js can load `root`, and what for, unless any will do."""
    needed = {what: version for what, version in _needs(root) if version != OLDEST}
    if needed:
        newest = max(needed.values(), key=_numbers)
        reasons = sorted(what for what, version in needed.items() if version == newest)
        events.note(f"needs TensorFlow.js {newest} or newer, for {', '.join(reasons)}")


def _needs(root: Model) -> Iterator[tuple[str, str]]:
    for top in root.layers:
        for layer in top.walk():
            yield from _of_class(layer.class_name)
            yield from _of_arguments(layer)
            for key, value in layer.config.items():
                if key.endswith("activation"):
                    yield from _of_activation(value)


def _of_class(class_name: str) -> Iterator[tuple[str, str]]:
    row = find(class_name)
    if row is not None:
        yield class_name, row.since


def _of_arguments(layer: Layer) -> Iterator[tuple[str, str]]:
    config = layer.config
    if layer.class_name == "LayerNormalization" and not (config.get("center", True) and config.get("scale", True)):
        yield "LayerNormalization without center or scale", "3.17.0"


def _of_activation(value: Any) -> Iterator[tuple[str, str]]:
    """A name, or a model in the place of one."""
    if isinstance(value, str) and value in SINCE:
        yield f"the activation {value}", SINCE[value]
    if isinstance(value, dict):
        for entry in value["config"].get("layers", ()):
            yield from _of_class(entry["class_name"])
            yield from _of_activation(entry["config"].get("activation"))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
