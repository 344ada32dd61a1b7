"""Locally connected layers of Keras 2: convolutions with a kernel of its own at every position."""

from __future__ import annotations

from math import prod

from tensorflowjs.catalog.geometry import Window, channels_of, is_channels_first, reshaped, space_of
from tensorflowjs.catalog.schema import Dim, LayerClass, OutputRule, Weight
from tensorflowjs.ir.layers import Config, Layer

Dims = tuple[Dim, ...]


def _output(rank: int) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        first = is_channels_first(layer.config)
        space = Window.of_kernel(layer.config, rank).output(space_of(inputs[0], rank, first))
        return [reshaped(inputs[0], space, layer.config["filters"], first)]

    return output


def _kernel(rank: int) -> Weight:
    """Its shape depends on which of three implementations was chosen for the layer."""

    def shape(config: Config, inputs: Dims) -> Dims:
        first, filters = is_channels_first(config), config["filters"]
        window, channels = Window.of_kernel(config, rank), channels_of(inputs, rank, first) or 0
        known = tuple(dim or 0 for dim in space_of(inputs, rank, first))
        space = tuple(dim or 0 for dim in window.output(known))
        match config.get("implementation", 1):
            case 1:
                return (prod(space), prod(window.size) * channels, filters)
            case 2:
                both = ((channels, *known), (filters, *space)) if first else ((*known, channels), (*space, filters))
                return (*both[0], *both[1])
            case _:
                seen = [sum(map(len, spans)) for spans in window.spans(known)]
                return (prod(seen) * channels * filters,)

    return Weight("kernel", shape)


def _bias(rank: int) -> Weight:
    def shape(config: Config, inputs: Dims) -> Dims:
        space = space_of(inputs, rank, is_channels_first(config))
        return (*Window.of_kernel(config, rank).output(space), config["filters"])

    return Weight("bias", shape, when="use_bias")


def _locally_connected(rank: int) -> LayerClass:
    return LayerClass(
        f"LocallyConnected{rank}D",
        _output(rank),
        {
            "strides": [1] * rank,
            "padding": "valid",
            "data_format": "channels_last",
            "activation": "linear",
            "use_bias": True,
            "implementation": 1,
        },
        weights=(_kernel(rank), _bias(rank)),
    )


ROWS = (_locally_connected(1), _locally_connected(2))
