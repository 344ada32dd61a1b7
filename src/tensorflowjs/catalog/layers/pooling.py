"""Pooling: over windows, over everything, and to a given size."""

from __future__ import annotations

from tensorflowjs.catalog.geometry import (
    Window,
    channels_of,
    is_channels_first,
    numbers,
    reshaped,
    space_of,
)
from tensorflowjs.catalog.schema import Dim, LayerClass, OutputRule
from tensorflowjs.ir.layers import Layer

Dims = tuple[Dim, ...]
SHORT = {"Max": "Max", "Average": "Avg"}


def _pooled(rank: int) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        first = is_channels_first(layer.config)
        space = Window.of_pool(layer.config, rank).output(space_of(inputs[0], rank, first))
        return [reshaped(inputs[0], space, channels_of(inputs[0], rank, first), first)]

    return output


def _globally(rank: int) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        shape, first = inputs[0], is_channels_first(layer.config)
        channels = channels_of(shape, rank, first)
        kept = reshaped(shape, (1,) * rank, channels, first)
        return [kept if layer.config.get("keepdims") else (shape[0], channels)]

    return output


def _adaptively(rank: int) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        first = is_channels_first(layer.config)
        space = numbers(layer.config["output_size"], rank)
        return [reshaped(inputs[0], space, channels_of(inputs[0], rank, first), first)]

    return output


def _pooling(kind: str, rank: int) -> LayerClass:
    layout = () if rank == 1 else ("data_format",)  # TF.js's pools of sequences know one layout only
    return LayerClass(
        f"{kind}Pooling{rank}D",
        _pooled(rank),
        {"pool_size": [2] * rank, "strides": None, "padding": "valid", "data_format": "channels_last"},
        aliases=(f"{SHORT[kind]}Pool{rank}D",),
        tfjs=("pool_size", "strides", "padding", *layout),
    )


def _global_pooling(kind: str, rank: int) -> LayerClass:
    arguments: dict[int, tuple[str, ...]] = {1: (), 2: ("data_format",)}
    return LayerClass(
        f"Global{kind}Pooling{rank}D",
        _globally(rank),
        {"data_format": "channels_last", "keepdims": False},
        aliases=(f"Global{SHORT[kind]}Pool{rank}D",),
        tfjs=arguments.get(rank),
    )


def _adaptive_pooling(kind: str, rank: int) -> LayerClass:
    return LayerClass(
        f"Adaptive{kind}Pooling{rank}D", _adaptively(rank), {"output_size": 1, "data_format": "channels_last"}
    )


ROWS = tuple(
    make(kind, rank)
    for make in (_pooling, _global_pooling, _adaptive_pooling)
    for kind in ("Max", "Average")
    for rank in (1, 2, 3)
)
