"""Zero padding, cropping and upsampling."""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.catalog.geometry import channels_of, is_channels_first, numbers, pairs, reshaped, space_of
from tensorflowjs.catalog.schema import Dim, LayerClass, OutputRule
from tensorflowjs.ir.layers import Config, Layer

Dims = tuple[Dim, ...]


def _along_space(rank: int, move: Callable[[Config, Dims], Dims]) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        first = is_channels_first(layer.config)
        space = move(layer.config, space_of(inputs[0], rank, first))
        return [reshaped(inputs[0], space, channels_of(inputs[0], rank, first), first)]

    return output


def _padded(rank: int) -> OutputRule:
    def move(config: Config, space: Dims) -> Dims:
        added = [sum(pair) for pair in pairs(config["padding"], rank)]
        return tuple(None if dim is None else dim + more for dim, more in zip(space, added, strict=True))

    return _along_space(rank, move)


def _cropped(rank: int) -> OutputRule:
    def move(config: Config, space: Dims) -> Dims:
        cut = [sum(pair) for pair in pairs(config["cropping"], rank)]
        return tuple(None if dim is None else max(0, dim - less) for dim, less in zip(space, cut, strict=True))

    return _along_space(rank, move)


def _upsampled(rank: int) -> OutputRule:
    def move(config: Config, space: Dims) -> Dims:
        size = numbers(config["size"], rank)
        return tuple(None if dim is None else dim * factor for dim, factor in zip(space, size, strict=True))

    return _along_space(rank, move)


LAYOUT = {"data_format": "channels_last"}


def _zero_padding(rank: int) -> LayerClass:
    tfjs = ("padding", "data_format") if rank == 2 else None
    return LayerClass(f"ZeroPadding{rank}D", _padded(rank), {"padding": 1, **LAYOUT}, tfjs=tfjs)


def _cropping(rank: int) -> LayerClass:
    tfjs = ("cropping", "data_format") if rank == 2 else None
    amount = 0 if rank == 2 else 1
    return LayerClass(f"Cropping{rank}D", _cropped(rank), {"cropping": amount, **LAYOUT}, tfjs=tfjs)


def _upsampling(rank: int) -> LayerClass:
    tfjs = ("size", "data_format", "interpolation") if rank == 2 else None
    how = {"interpolation": "nearest"} if rank == 2 else {}
    return LayerClass(f"UpSampling{rank}D", _upsampled(rank), {"size": 2, **LAYOUT, **how}, tfjs=tfjs)


ROWS = tuple(make(rank) for make in (_zero_padding, _cropping, _upsampling) for rank in (1, 2, 3))
