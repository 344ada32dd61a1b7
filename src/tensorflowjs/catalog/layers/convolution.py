"""Convolutions: plain, transposed, depthwise, separable, locally connected."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflowjs.catalog.geometry import Window, channels_of, is_channels_first, reshaped, space_of
from tensorflowjs.catalog.schema import Dim, LayerClass, OutputRule, Weight
from tensorflowjs.ir.layers import Config, Layer

Dims = tuple[Dim, ...]

WINDOW_ARGUMENTS = ("kernel_size", "strides", "padding", "data_format", "activation", "use_bias")
BIAS_ARGUMENTS = ("bias_initializer", "bias_regularizer", "bias_constraint")
KERNEL_ARGUMENTS = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
DEPTHWISE_ARGUMENTS = (
    "depth_multiplier", "depthwise_initializer", "depthwise_regularizer", "depthwise_constraint",
)  # fmt: skip
POINTWISE_ARGUMENTS = ("pointwise_initializer", "pointwise_regularizer", "pointwise_constraint")

CONVOLUTION_ARGUMENTS = (
    "filters", *WINDOW_ARGUMENTS, "dilation_rate", *KERNEL_ARGUMENTS, *BIAS_ARGUMENTS,
)  # fmt: skip
TRANSPOSED_ARGUMENTS = ("filters", *WINDOW_ARGUMENTS, *KERNEL_ARGUMENTS, *BIAS_ARGUMENTS)
DEPTHWISE_CONVOLUTION_ARGUMENTS = (*WINDOW_ARGUMENTS, *DEPTHWISE_ARGUMENTS, *BIAS_ARGUMENTS)
# Without those of `kernel_...`: TF.js throws when it finds one of them on a separable convolution.
SEPARABLE_ARGUMENTS = (
    "filters", *WINDOW_ARGUMENTS, "dilation_rate", *DEPTHWISE_ARGUMENTS, *POINTWISE_ARGUMENTS, *BIAS_ARGUMENTS,
)  # fmt: skip


def _defaults(rank: int, **more: Any) -> Config:
    return {
        "strides": [1] * rank,
        "padding": "valid",
        "data_format": "channels_last",
        "dilation_rate": [1] * rank,
        "activation": "linear",
        "use_bias": True,
        **more,
    }


def _channels(config: Config, shape: Dims, rank: int) -> Dim:
    return channels_of(shape, rank, is_channels_first(config))


def _times(dim: Dim, factor: int) -> Dim:
    return None if dim is None else dim * factor


# ---------------------------------------------------------------------------- output shapes


def _with_filters(rank: int, move: Callable[[Config, Dims], Dims]) -> OutputRule:
    """The output rule of a class with `filters` channels; `move` tells what becomes of the spatial dimensions."""

    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        first = is_channels_first(layer.config)
        space = move(layer.config, space_of(inputs[0], rank, first))
        return [reshaped(inputs[0], space, layer.config["filters"], first)]

    return output


def _forward(rank: int) -> OutputRule:
    return _with_filters(rank, lambda config, space: Window.of_kernel(config, rank).output(space))


def _upward(rank: int) -> OutputRule:
    def move(config: Config, space: Dims) -> Dims:
        return Window.of_kernel(config, rank).upward_output(space, config.get("output_padding"))

    return _with_filters(rank, move)


def _depthwise(rank: int) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        config, first = layer.config, is_channels_first(layer.config)
        space = Window.of_kernel(config, rank).output(space_of(inputs[0], rank, first))
        channels = _times(_channels(config, inputs[0], rank), config.get("depth_multiplier", 1))
        return [reshaped(inputs[0], space, channels, first)]

    return output


# ---------------------------------------------------------------------------- weights


def _kernel(rank: int) -> Weight:
    def shape(config: Config, inputs: Dims) -> Dims:
        channels, groups = _channels(config, inputs, rank), config.get("groups") or 1
        per_group = None if channels is None else channels // groups
        return (*Window.of_kernel(config, rank).size, per_group, config["filters"])

    return Weight("kernel", shape)


def _transposed_kernel(rank: int) -> Weight:
    def shape(config: Config, inputs: Dims) -> Dims:
        return (*Window.of_kernel(config, rank).size, config["filters"], _channels(config, inputs, rank))

    return Weight("kernel", shape)


def _depthwise_kernel(rank: int) -> Weight:
    def shape(config: Config, inputs: Dims) -> Dims:
        size = Window.of_kernel(config, rank).size
        return (*size, _channels(config, inputs, rank), config.get("depth_multiplier", 1))

    return Weight("depthwise_kernel", shape, also_named=("kernel",))  # as Keras 3 calls it


def _pointwise_kernel(rank: int) -> Weight:
    def shape(config: Config, inputs: Dims) -> Dims:
        channels = _times(_channels(config, inputs, rank), config.get("depth_multiplier", 1))
        return (*(1,) * rank, channels, config["filters"])

    return Weight("pointwise_kernel", shape)


def _depthwise_bias(rank: int) -> Weight:
    def shape(config: Config, inputs: Dims) -> Dims:
        return (_times(_channels(config, inputs, rank), config.get("depth_multiplier", 1)),)

    return Weight("bias", shape, when="use_bias")


BIAS = Weight("bias", lambda config, shape: (config["filters"],), when="use_bias")


# ---------------------------------------------------------------------------- rows


def _convolution(rank: int) -> LayerClass:
    return LayerClass(
        f"Conv{rank}D",
        _forward(rank),
        _defaults(rank, groups=1),
        weights=(_kernel(rank), BIAS),
        aliases=(f"Convolution{rank}D",),
        tfjs=CONVOLUTION_ARGUMENTS,
    )


def _transposed(rank: int, tfjs: tuple[str, ...] | None, since: str = "3.0.0") -> LayerClass:
    return LayerClass(
        f"Conv{rank}DTranspose",
        _upward(rank),
        _defaults(rank, output_padding=None),
        weights=(_transposed_kernel(rank), BIAS),
        aliases=(f"Convolution{rank}DTranspose", f"Deconvolution{rank}D", f"Deconv{rank}D"),
        tfjs=tfjs,
        since=since,
    )


def _depthwise_convolution(rank: int, tfjs: tuple[str, ...] | None) -> LayerClass:
    return LayerClass(
        f"DepthwiseConv{rank}D",
        _depthwise(rank),
        _defaults(rank, depth_multiplier=1),
        weights=(_depthwise_kernel(rank), _depthwise_bias(rank)),
        aliases=(f"DepthwiseConvolution{rank}D",),
        tfjs=tfjs,
    )


def _separable(rank: int, tfjs: tuple[str, ...] | None) -> LayerClass:
    return LayerClass(
        f"SeparableConv{rank}D",
        _forward(rank),
        _defaults(rank, depth_multiplier=1),
        weights=(_depthwise_kernel(rank), _pointwise_kernel(rank), BIAS),
        aliases=(f"SeparableConvolution{rank}D",),
        tfjs=tfjs,
    )


ROWS = (
    *(_convolution(rank) for rank in (1, 2, 3)),
    _transposed(1, None),
    _transposed(2, TRANSPOSED_ARGUMENTS),
    _transposed(3, TRANSPOSED_ARGUMENTS, since="3.4.0"),
    _depthwise_convolution(1, None),
    _depthwise_convolution(2, DEPTHWISE_CONVOLUTION_ARGUMENTS),
    _separable(1, None),
    _separable(2, SEPARABLE_ARGUMENTS),
)
