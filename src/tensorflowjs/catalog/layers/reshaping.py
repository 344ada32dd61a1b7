"""Layers that only move values."""

from __future__ import annotations

import math

from tensorflowjs.catalog.schema import Dim, LayerClass
from tensorflowjs.ir.layers import Layer

Dims = tuple[Dim, ...]


def _size(dims: Dims) -> Dim:
    return None if None in dims else math.prod(dim for dim in dims if dim is not None)


def _flat(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    return [(inputs[0][0], _size(inputs[0][1:]))]


def _reshaped(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    """The target shape with its one unknown size worked out where that is possible."""
    target = [None if dim is None or dim < 0 else dim for dim in layer.config["target_shape"]]
    total, known = _size(inputs[0][1:]), math.prod(dim for dim in target if dim is not None)
    if target.count(None) == 1 and total is not None and known:
        target[target.index(None)] = total // known
    if None not in (total, *target) and total != _size(tuple(target)):
        raise ValueError(f"{total} values cannot take the shape {target}")
    return [(inputs[0][0], *target)]


def _permuted(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    return [(inputs[0][0], *(inputs[0][axis] for axis in layer.config["dims"]))]


def _repeated(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    return [(inputs[0][0], layer.config["n"], *inputs[0][1:])]


ROWS = (
    LayerClass("Flatten", _flat, {"data_format": "channels_last"}, tfjs=("data_format",)),
    LayerClass("Reshape", _reshaped, tfjs=("target_shape",)),
    LayerClass("Permute", _permuted, tfjs=("dims",)),
    LayerClass("RepeatVector", _repeated, tfjs=("n",)),
)
