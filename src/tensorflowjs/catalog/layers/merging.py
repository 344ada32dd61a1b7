"""Layers that take several tensors and give one."""

from __future__ import annotations

from itertools import zip_longest

from tensorflowjs.catalog.schema import Dim, LayerClass
from tensorflowjs.ir.layers import Layer

Dims = tuple[Dim, ...]


def broadcast(a: Dim, b: Dim) -> Dim:
    """The size of one axis after broadcasting; unknown against 1 stays unknown, against more it is that."""
    if a == 1:
        return b
    if b == 1 or b is None:
        return a
    return b


def _elementwise(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    """Keras gives tensors of lower rank new axes behind the batch, which is to align them at the end."""
    rest: Dims = ()
    for shape in inputs:
        backwards = zip_longest(reversed(rest), reversed(shape[1:]), fillvalue=1)
        rest = tuple(broadcast(a, b) for a, b in backwards)[::-1]
    batch = next((shape[0] for shape in inputs if shape[0] is not None), None)
    return [(batch, *rest)]


def _concatenated(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    rank = len(inputs[0])
    axis = layer.config["axis"] % rank
    sizes = [shape[axis] for shape in inputs]
    total = None if None in sizes else sum(size for size in sizes if size is not None)
    known = [next((shape[index] for shape in inputs if shape[index] is not None), None) for index in range(rank)]
    return [(*known[:axis], total, *known[axis + 1 :])]


def dot_axes(axes: int | list[int], ranks: tuple[int, int]) -> tuple[int, int]:
    """The axis of each input that a Dot sums over, from the front."""
    first, second = (axes, axes) if isinstance(axes, int) else axes
    return first % ranks[0], second % ranks[1]


def _dot(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    one, two = inputs
    first, second = dot_axes(layer.config["axes"], (len(one), len(two)))
    rest = (*one[1:first], *one[first + 1 :], *two[1:second], *two[second + 1 :])
    return [(one[0], *(rest or (1,)))]


ROWS = (
    LayerClass("Add", _elementwise, tfjs=()),
    LayerClass("Subtract", _elementwise),
    LayerClass("Multiply", _elementwise, tfjs=()),
    LayerClass("Average", _elementwise, tfjs=()),
    LayerClass("Maximum", _elementwise, tfjs=()),
    LayerClass("Minimum", _elementwise, tfjs=()),
    LayerClass("Concatenate", _concatenated, {"axis": -1}, tfjs=("axis",)),
    LayerClass("Dot", _dot, {"axes": -1, "normalize": False}, tfjs=("axes", "normalize")),
)
