"""Recurrent layers, their cells, and convolutional LSTMs."""

from __future__ import annotations

from typing import Any

from tensorflowjs.catalog.schema import Dim, LayerClass, OutputRule, Weight
from tensorflowjs.ir.layers import Config, Layer

Dims = tuple[Dim, ...]

# What all cells and layers read in TF.js; initializers are listed because a file may be trained further.
CELL_ARGUMENTS = (
    "units", "activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer",
    "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "kernel_constraint",
    "recurrent_constraint", "bias_constraint", "dropout", "recurrent_dropout",
)  # fmt: skip
GATED_ARGUMENTS = (*CELL_ARGUMENTS, "recurrent_activation", "implementation")
LAYER_ARGUMENTS = ("return_sequences", "return_state", "go_backwards", "stateful", "unroll")
CONVOLUTION_ARGUMENTS = ("filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate")

_CELL: Config = {
    "activation": "tanh", "use_bias": True, "dropout": 0.0, "recurrent_dropout": 0.0,
}  # fmt: skip
_GATED: Config = {**_CELL, "recurrent_activation": "sigmoid", "implementation": 2}
_LAYER: Config = {
    "return_sequences": False, "return_state": False, "go_backwards": False, "stateful": False, "unroll": False,
    "time_major": False, "zero_output_for_mask": False,
}  # fmt: skip

# States of a cell, each as wide as its output.
STATES = {
    "SimpleRNN": 1, "GRU": 1, "LSTM": 2, "SimpleRNNCell": 1, "GRUCell": 1, "LSTMCell": 2, "CuDNNLSTM": 2,
    "CuDNNGRU": 1, "ConvLSTM1D": 2, "ConvLSTM2D": 2, "ConvLSTM3D": 2,
}  # fmt: skip


def state_widths(layer: Layer) -> list[int]:
    """Widths of the states that a recurrent layer or cell keeps, in Keras' order."""
    if "cell" in layer.children:
        return state_widths(layer.children["cell"])
    if layer.class_name == "StackedRNNCells":
        return [width for cell in layer.children.values() for width in state_widths(cell)]
    return [layer.config.get("units", 0)] * STATES.get(layer.class_name, 1)


def output_width(layer: Layer) -> int:
    """Width of what one step of a recurrent layer or cell gives."""
    if "cell" in layer.children:
        return output_width(layer.children["cell"])
    if layer.class_name == "StackedRNNCells" and layer.children:
        return output_width(list(layer.children.values())[-1])
    width: int = layer.config.get("units", 0)
    return width


def _sequence(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    batch, time = inputs[0][0], inputs[0][1] if len(inputs[0]) > 1 else None
    kept = (time,) if layer.config.get("return_sequences") else ()
    outputs: list[Dims] = [(batch, *kept, output_width(layer))]
    if layer.config.get("return_state"):
        outputs += [(batch, width) for width in state_widths(layer)]
    return outputs


def _cell(layer: Layer, inputs: list[Dims]) -> list[Dims]:
    return [(inputs[0][0], output_width(layer)), *((inputs[0][0], width) for width in state_widths(layer))]


def per_axis(value: Any, rank: int) -> list[int]:
    """One number for all spatial axes, or one for each."""
    return list(value) if isinstance(value, list | tuple) else [value] * rank


def _convolved(size: Dim, kernel: int, stride: int, dilation: int, padding: str) -> Dim:
    if size is None:
        return None
    if padding == "valid":
        size -= (kernel - 1) * dilation
    return -(-size // stride)


def _convolution(rank: int) -> OutputRule:
    def output(layer: Layer, inputs: list[Dims]) -> list[Dims]:
        config, (batch, time, *frame) = layer.config, inputs[0]
        first = config.get("data_format") == "channels_first"
        sizes = frame[1:] if first else frame[:-1]
        kernel, strides, dilation = (per_axis(config[key], rank) for key in ("kernel_size", "strides", "dilation_rate"))
        out = tuple(_convolved(*axis, config["padding"]) for axis in zip(sizes, kernel, strides, dilation, strict=True))
        shape: Dims = (config["filters"], *out) if first else (*out, config["filters"])
        kept = (time,) if config.get("return_sequences") else ()
        states: list[Dims] = [(batch, *shape)] * 2 if config.get("return_state") else []
        return [(batch, *kept, *shape), *states]

    return output


def _weights(gates: int) -> tuple[Weight, ...]:
    def bias(config: Config, shape: Dims) -> Dims:
        width = gates * config["units"]
        return (2, width) if config.get("reset_after") else (width,)

    return (
        Weight("kernel", lambda config, shape: (shape[-1], gates * config["units"])),
        Weight("recurrent_kernel", lambda config, shape: (config["units"], gates * config["units"])),
        Weight("bias", bias, when="use_bias"),
    )


def _cudnn_weights(gates: int) -> tuple[Weight, ...]:
    """Kernels as elsewhere by shape, with a bias for the input and one for the state behind each other."""
    kernel, recurrent, _ = _weights(gates)
    return kernel, recurrent, Weight("bias", lambda config, shape: (2 * gates * config["units"],))


def _convolution_weights(rank: int) -> tuple[Weight, ...]:
    def size(config: Config) -> list[int]:
        return per_axis(config["kernel_size"], rank)

    def kernel(config: Config, shape: Dims) -> Dims:
        channels = shape[2] if config.get("data_format") == "channels_first" else shape[-1]
        return (*size(config), channels, 4 * config["filters"])

    return (
        Weight("kernel", kernel),
        Weight("recurrent_kernel", lambda c, shape: (*size(c), c["filters"], 4 * c["filters"])),
        Weight("bias", lambda config, shape: (4 * config["filters"],), when="use_bias"),
    )


def _conv_lstm(rank: int, tfjs: tuple[str, ...] | None = None) -> LayerClass:
    defaults = {
        **_LAYER, **_GATED, "strides": 1, "padding": "valid", "data_format": "channels_last", "dilation_rate": 1,
        "unit_forget_bias": True,
    }  # fmt: skip
    name = f"ConvLSTM{rank}D"
    return LayerClass(name, _convolution(rank), defaults, _convolution_weights(rank), tfjs=tfjs)


_LSTM = {**_GATED, "unit_forget_bias": True}
_GRU = {**_GATED, "reset_after": False}  # a file that does not say is older than the argument

ROWS = (
    LayerClass(
        "SimpleRNN", _sequence, {**_LAYER, **_CELL}, _weights(1), tfjs=(*CELL_ARGUMENTS, *LAYER_ARGUMENTS)
    ),
    LayerClass(
        "LSTM", _sequence, {**_LAYER, **_LSTM}, _weights(4), aliases=("UnifiedLSTM", "LSTMV1", "LSTMV2"),
        tfjs=(*GATED_ARGUMENTS, "unit_forget_bias", *LAYER_ARGUMENTS),
    ),
    LayerClass(
        "GRU", _sequence, {**_LAYER, **_GRU}, _weights(3), aliases=("UnifiedGRU", "GRUV1", "GRUV2"),
        tfjs=(*GATED_ARGUMENTS, "reset_after", *LAYER_ARGUMENTS),
    ),
    LayerClass("SimpleRNNCell", _cell, _CELL, _weights(1), tfjs=CELL_ARGUMENTS),
    LayerClass(
        "LSTMCell", _cell, _LSTM, _weights(4), aliases=("LSTMCellV1", "LSTMCellV2"),
        tfjs=(*GATED_ARGUMENTS, "unit_forget_bias"),
    ),
    LayerClass(
        "GRUCell", _cell, _GRU, _weights(3), aliases=("GRUCellV1", "GRUCellV2"),
        tfjs=(*GATED_ARGUMENTS, "reset_after"),
    ),
    LayerClass("StackedRNNCells", _cell, {"reverse_state_order": False}, tfjs=()),
    LayerClass("RNN", _sequence, _LAYER, tfjs=LAYER_ARGUMENTS),
    LayerClass("CuDNNLSTM", _sequence, {**_LAYER, "unit_forget_bias": True}, _cudnn_weights(4)),
    LayerClass("CuDNNGRU", _sequence, _LAYER, _cudnn_weights(3)),
    _conv_lstm(1),
    _conv_lstm(2, (*(a for a in GATED_ARGUMENTS if a != "units"), *CONVOLUTION_ARGUMENTS, *LAYER_ARGUMENTS)),
    _conv_lstm(3),
)  # fmt: skip
