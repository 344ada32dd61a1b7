"""Layers around another layer."""

from __future__ import annotations

from tensorflowjs.catalog.schema import Dim, LayerClass
from tensorflowjs.ir.layers import Layer

Dims = tuple[Dim, ...]


def _inner(layer: Layer, shape: Dims) -> list[Dims]:
    """Shapes of what a wrapped layer gives; [] where they are unknown."""
    from tensorflowjs.catalog.inference import output_shapes  # which needs the table that this row stands in

    shapes = output_shapes(layer, [shape])
    known = [shape for shape in shapes if shape is not None]
    return known if len(known) == len(shapes) else []


def _time_distributed(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    batch, time, *rest = inputs[0]
    inner = _inner(layer.children["layer"], (batch, *rest))
    return [(shape[0], time, *shape[1:]) for shape in inner]


def _bidirectional(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    output, *states = _inner(layer.children["forward_layer"], inputs[0]) or [()]
    if not output:
        return []
    mode = layer.config.get("merge_mode", "concat")
    if mode == "concat":
        width = output[-1]  # the last axis, whatever the format of the data
        output = (*output[:-1], None if width is None else 2 * width)
    return [output, *([output] if mode is None else []), *states, *states]


def _wrapped(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    return _inner(layer.children["layer"], inputs[0])


ROWS = (
    LayerClass("TimeDistributed", _time_distributed, tfjs=()),
    LayerClass("Bidirectional", _bidirectional, {"merge_mode": "concat"}, tfjs=("merge_mode",)),
    LayerClass("Wrapper", _wrapped),
)
