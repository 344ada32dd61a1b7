"""Normalisation: statistics of training applied at inference, and statistics of the input itself."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from tensorflowjs.catalog.layers.normalization import batch_axes, listed, positive
from tensorflowjs.fitting import axes, layout
from tensorflowjs.fitting.configs import number
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.kernels import computed, in_shape
from tensorflowjs.ir.layers import Config, Ref
from tensorflowjs.tensors import ComputedTensor, Tensor, cast

# TF.js normalises tensors of up to this rank.
HIGHEST_RANK = 4
# Keeps the length of a zero vector from being divided by; too small to change any other.
TINY = 1e-30


def batch_normalization(site: Site) -> Outputs:
    """As it is on the last axis up to rank 4; other axes are moved there and back, more axes merged."""
    kept = batch_axes(site.config, len(site.known_shape()))
    _refuse_batch(site, kept)
    used = ("gamma", "beta", "moving_mean", "moving_variance")
    weights = {name: _flat(tensor) for name, tensor in site.weights.items() if name in used}
    return _on_last_axis(site, kept, weights)


def layer_normalization(site: Site) -> Outputs:
    """As it is up to rank 4; of higher ranks the other axes are merged."""
    shape = site.known_shape()
    if site.config.get("rms_scaling"):
        site.refuse(
            "rms_scaling=True: TF.js always subtracts the mean",
            "use RMSNormalization instead, which Keras recommends in its place",
        )
    kept = sorted(positive(listed(site.config["axis"]), len(shape)))
    _refuse_batch(site, kept)
    if len(shape) > HIGHEST_RANK:
        return _on_last_axis(site, kept, {name: _flat(tensor) for name, tensor in site.weights.items()})
    sizes = [shape[axis] for axis in kept]
    weights = {name: _sized(tensor, sizes) for name, tensor in site.weights.items()}
    return site.put("LayerNormalization", {**site.config, "axis": kept}, weights=weights)


def _on_last_axis(site: Site, kept: list[int], weights: dict[str, Tensor]) -> Ref:
    """The site's layer on `kept`, merged into the last axis; the others are merged too where the rank is too high.

    Where their sizes are unknown, so that they could not be parted again, TimeDistributed takes one off.
    """
    shape = site.known_shape()
    others = [size for axis, size in enumerate(shape) if axis and axis not in kept]
    high = len(others) + 2 > HIGHEST_RANK
    stepwise = len(others) + 2 == HIGHEST_RANK + 1 and others.count(None) > 1
    layer = site.layer

    def normalized(ref: Ref, part: str | None) -> Ref:
        last = len(layout.shape_of(site, ref)) - 1
        if not stepwise:
            return site.put(layer.class_name, {**layer.config, "axis": last}, [ref], part=part, weights=weights)
        inner = replace(layer, config={**layer.config, "axis": last - 1}, weights=weights, calls=[])
        return site.put("TimeDistributed", {}, [ref], part=part, children={"layer": inner})

    return axes.along_last(site, kept, normalized, axes.flat if high and not stepwise else axes.kept, owner=True)


def _flat(tensor: Tensor) -> Tensor:
    return tensor if len(tensor.shape) == 1 else in_shape(tensor, (tensor.count,))


def _sized(tensor: Tensor, sizes: list[int | None]) -> Tensor:
    """Keras reads a weight along the axes in ascending order, whatever order it was made in."""
    shape = tuple(size for size in sizes if size is not None)
    return tensor if tensor.shape == shape else in_shape(tensor, shape)


def _refuse_batch(site: Site, kept: list[int]) -> None:
    if 0 in kept:
        site.refuse("axis 0: TF.js does not normalise across the examples of a batch")
    if not kept:
        site.refuse("no axis to normalise along")


# ---------------------------------------------------------------------------- by the length of vectors


def rms_normalization(site: Site) -> Outputs:
    """LayerNormalization of each vector beside its negative, so that the mean is 0."""
    rank, scale = len(site.known_shape()), site.weights["scale"]
    config = {"epsilon": float(number(site.config["epsilon"])), "center": False}
    kept = _vector_axes(site)
    if kept == list(range(rank - len(kept), rank)):
        both = computed(_flat(scale), (2, scale.count), lambda values: np.stack([values, values]))
        return _beside_negative(site, {**config, "scale": True}, {"gamma": both})
    # Along other axes Keras applies the scale to the last ones all the same.
    ref = _beside_negative(site, {**config, "scale": False}, {})
    factors = _argument(cast(scale, "float32").read())
    return site.put("Rescaling", {"scale": factors, "offset": 0.0}, [ref], part="scale")


def unit_normalization(site: Site) -> Outputs:
    """LayerNormalization of each vector beside its negative, so that the mean is 0, scaled to length 1."""
    shape = site.known_shape()
    size = axes.product([shape[axis] for axis in _vector_axes(site)])
    if size is None:
        site.refuse(f"input of shape {layout.shown(shape)}: the length of its vectors must be known")
    return _beside_negative(site, {"epsilon": TINY, "center": False, "scale": False}, {}, 1 / math.sqrt(size))


def _vector_axes(site: Site) -> list[int]:
    kept = sorted(positive(listed(site.config["axis"]), len(site.known_shape())))
    _refuse_batch(site, kept)
    return kept


def _beside_negative(site: Site, config: Config, weights: dict[str, Tensor], factor: float = 1.0) -> Ref:
    """What LayerNormalization makes of each vector when its negative stands beside it, times `factor`."""
    shape, kept = site.known_shape(), _vector_axes(site)
    others = [size for axis, size in enumerate(shape) if axis and axis not in kept]
    in_place = others.count(None) > 1 and len(others) + 2 <= HIGHEST_RANK

    def normalized(ref: Ref, part: str | None) -> Ref:
        last = len(layout.shape_of(site, ref)) - 1
        where = [last] if in_place else [last - 1, last]
        negative = site.put("Rescaling", {"scale": -1.0, "offset": 0.0}, [ref], part="negative")
        both = site.put("Concatenate", {"axis": where[0]}, [ref, negative], part="with_negative")
        given = {name: _flat(tensor) if in_place else tensor for name, tensor in weights.items()}
        ref = site.put("LayerNormalization", {**config, "axis": where}, [both], part=part, weights=given)
        return _first_half(site, ref, factor) if in_place else _first_row(site, ref, factor)

    return axes.along_last(site, kept, normalized, axes.kept if in_place else axes.rows, owner=True)


def _first_row(site: Site, ref: Ref, factor: float) -> Ref:
    ref = site.put("Cropping2D", {"cropping": [[0, 0], [0, 1]], "data_format": "channels_last"}, [ref], part="positive")
    if factor == 1.0:
        return ref
    return site.put("Rescaling", {"scale": factor, "offset": 0.0}, [ref], part="unit")


def _first_half(site: Site, ref: Ref, factor: float) -> Ref:
    """The first half of the channels, by a kernel that takes each to itself; TF.js can crop no channels."""
    channels = layout.shape_of(site, ref)[-1]
    assert channels is not None
    half = channels // 2
    kernel = ComputedTensor("float32", (channels, half), lambda: factor * np.eye(channels, half))
    config = {"units": half, "use_bias": False, "activation": "linear"}
    return site.put("Dense", config, [ref], part="positive", weights={"kernel": kernel}, fixed=True)


def group_normalization(site: Site) -> Outputs:
    """LayerNormalization of every group of channels, then a 1 x 1 depthwise convolution with gamma and beta."""
    shape = site.known_shape()
    axis = positive([site.config["axis"]], len(shape))[0]
    _refuse_batch(site, [axis])
    affine = bool(site.config["scale"] or site.config["center"])

    def normalized(ref: Ref, part: str | None) -> Ref:
        ref = _grouped(site, ref, "normalized" if affine else part)
        return scaled_channels(site, ref, part) if affine else ref

    return axes.along_last(site, [axis], normalized, owner=True)


def _grouped(site: Site, ref: Ref, part: str | None) -> Ref:
    """Normalised groups of channels; where a group is one channel, or all of them, without parting them."""
    before = layout.shape_of(site, ref)
    _, *space, channels = before
    assert channels is not None
    groups = channels if site.config["groups"] == -1 else site.config["groups"]
    config = {"epsilon": site.config["epsilon"], "center": False, "scale": False}
    whole = {1: list(range(1, len(before))), channels: list(range(1, len(before) - 1))}.get(groups)
    if whole and len(before) <= HIGHEST_RANK:
        return site.put("LayerNormalization", {**config, "axis": whole}, [ref], part=part)
    sizes = [axes.product(space), groups, channels // groups]
    ref = layout.reshaped(site, ref, sizes, "groups")
    ref = site.put("LayerNormalization", {**config, "axis": [1, 3]}, [ref], part=part)
    return layout.reshaped(site, ref, before[1:], "ungrouped")


def scaled_channels(site: Site, ref: Ref, part: str | None) -> Ref:
    """gamma * x + beta on the last axis, in a form that can be trained."""
    before = layout.shape_of(site, ref)
    channels = before[-1]
    assert channels is not None
    shape = (1, 1, channels, 1)
    gamma, beta = site.weights.get("gamma"), site.weights.get("beta")
    weights = {"depthwise_kernel": in_shape(gamma, shape) if gamma is not None else _ones(site, shape)}
    weights |= {} if beta is None else {"bias": beta}
    config: Config = {"kernel_size": [1, 1], "depth_multiplier": 1, "padding": "valid", "strides": [1, 1]}
    config |= {"use_bias": beta is not None, "activation": "linear", "data_format": "channels_last"}
    if len(before) == 4:
        return site.put("DepthwiseConv2D", config, [ref], part=part, weights=weights)
    ref = layout.reshaped(site, ref, [axes.product(before[1:-1]), 1, channels], "as_image")
    ref = site.put("DepthwiseConv2D", config, [ref], part=part, weights=weights)
    return layout.reshaped(site, ref, before[1:], "as_before")


def _ones(site: Site, shape: tuple[int, ...]) -> Tensor:
    beta = site.weights["beta"]
    return computed(beta, shape, lambda values: np.ones(shape, np.float32))


# ---------------------------------------------------------------------------- by constants


def normalization(site: Site) -> Outputs:
    """Rescaling by the mean, then by the standard deviation."""
    shape = site.known_shape()
    kept = sorted(positive(listed(site.config["axis"]), len(shape)))
    if 0 in kept:
        site.refuse("axis 0: it keeps a mean for every example of a batch")
    mean, variance = (_statistic(site, name, shape, kept) for name in ("mean", "variance"))
    deviation = np.maximum(np.sqrt(variance), np.float32(1e-7))
    if site.config.get("invert"):
        return site.put("Rescaling", {"scale": _argument(deviation), "offset": _argument(mean)})
    centered = site.put("Rescaling", {"scale": 1.0, "offset": _argument(-mean)}, part="centered")
    return site.put("Rescaling", {"scale": _argument(1.0 / deviation.astype("f8")), "offset": 0.0}, [centered])


def _statistic(site: Site, name: str, shape: tuple[int | None, ...], kept: list[int]) -> np.ndarray[Any, Any]:
    """Mean or variance, shaped so that it broadcasts over the input; leading axes of size 1 left out."""
    given = site.config.get(name)
    values = cast(site.weights[name], "float32").read() if given is None else np.asarray(number(given))
    sizes = [shape[axis] for axis in kept]
    whole = np.broadcast_to(values.astype(np.float32), [size or 1 for size in sizes])
    spread = [shape[axis] if axis in kept else 1 for axis in range(kept[0] if kept else len(shape), len(shape))]
    return whole.reshape([size or 1 for size in spread])


def _argument(values: np.ndarray[Any, Any]) -> Any:
    """A number, or a nested list, each number as short as float32 needs it."""
    return np.asarray(values, np.float32).tolist()


def rescaling(site: Site) -> Outputs:
    """As it is."""
    return site.keep(scale=number(site.config["scale"]), offset=number(site.config["offset"]))


# ---------------------------------------------------------------------------- of weights


def spectral_normalization(site: Site) -> Outputs:
    """The wrapped layer: its weights are normalised in training only."""
    outer, inner = site.layer, site.layer.children["layer"]
    rule = site.fitter.rules.get(inner.class_name)
    if inner.registered_name or rule is None:
        site.refuse(f"it wraps a {inner.registered_name or inner.class_name}, which TF.js does not have")
    trainable = outer.trainable and inner.trainable
    site.layer = replace(inner, name=outer.name, calls=outer.calls, trainable=trainable)
    return rule(site)


RULES: dict[str, Rule] = {
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "UnitNormalization": unit_normalization,
    "RMSNormalization": rms_normalization,
    "SpectralNormalization": spectral_normalization,
    "Normalization": normalization,
    "Rescaling": rescaling,
}
