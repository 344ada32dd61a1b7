"""Convolutional LSTMs: TF.js has the one over images, with channels last.

Over sequences, a row of an image stands for the sequence; channels in front are moved to the end and back.
"""

from __future__ import annotations

from tensorflowjs.catalog.layers.recurrent import per_axis
from tensorflowjs.fitting import layout, masks
from tensorflowjs.fitting.engine import Outputs, Refusal, Rule, Site
from tensorflowjs.fitting.recurrent import fit_cell
from tensorflowjs.ir.layers import Layer, Ref
from tensorflowjs.tensors import ComputedTensor, Tensor


def conv_lstm2d(site: Site) -> Outputs:
    """As it is; channels in front are moved to the end and back."""
    return _run(site, fit_cell(site, site.layer), 2)


def conv_lstm1d(site: Site) -> Outputs:
    """ConvLSTM2D over images of one row."""
    fitted = fit_cell(site, site.layer)
    fitted.config |= {key: [1, *per_axis(fitted.config[key], 1)] for key in ("kernel_size", "strides", "dilation_rate")}
    fitted.weights = {name: tensor if name == "bias" else _one_row(tensor) for name, tensor in fitted.weights.items()}
    return _run(site, fitted, 1)


def _one_row(kernel: Tensor) -> Tensor:
    shape = (1, *kernel.shape)
    return ComputedTensor(kernel.dtype, shape, lambda: kernel.read().reshape(shape), kernel.origin)


def _run(site: Site, fitted: Layer, rank: int) -> Outputs:
    if site.has_masks or site.mask is not None:
        site.refuse("in a model with masks, which TF.js would apply to it and fail", masks.HINT)
    if len(site.inputs) > 1:
        site.refuse("an initial state, with which TF.js cannot run it", masks.HINT)
    first = site.config.get("data_format") == "channels_first"
    config = {**fitted.config, "data_format": "channels_last", "unroll": False}
    part = "frames" if rank == 1 or first else None
    ref = site.put("ConvLSTM2D", config, [_entry(site, rank, first)], part=part, weights=fitted.weights)
    output, *states = site.outputs(ref)
    if part is None:
        return [output, *states]
    whole = bool(config["return_sequences"])
    return [_exit(site, output, rank, first, whole), *(_exit(site, state, rank, first, False) for state in states)]


def _entry(site: Site, rank: int, first: bool) -> Ref:
    """The sequence as images with their channels last."""
    value = site.inputs[0]
    if first:
        value = layout.permuted(site, value, [1, *range(3, rank + 3), 2], "channels_last")
    if rank == 1:
        _, time, width, channels = layout.shape_of(site, value)
        value = layout.reshaped(site, value, [time, 1, width, channels], "rows")
    return value


def _exit(site: Site, value: Ref, rank: int, first: bool, whole: bool) -> Ref:
    """Back to what Keras' layer gives: images, or a `whole` sequence of them."""
    time = [1] if whole else []
    if rank == 1:
        _, *before, _, width, channels = layout.shape_of(site, value)
        value = layout.reshaped(site, value, [*before, width, channels], f"lines{len(time)}")
    if first:
        start = len(time) + 1
        order = [*time, start + rank, *range(start, start + rank)]
        value = layout.permuted(site, value, order, f"channels_first{len(time)}")
    return value


RULES: dict[str, Rule] = {
    "ConvLSTM1D": conv_lstm1d,
    "ConvLSTM2D": conv_lstm2d,
    "ConvLSTM3D": Refusal("a class that TF.js's layers do not have"),
}
