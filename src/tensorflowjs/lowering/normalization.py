"""Layers that shift and scale their input, by statistics learned, told, or of the input itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.catalog.layers.normalization import batch_axes, listed, positive
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import inverse, product_of, sizes_of
from tensorflowjs.lowering.values import FLOAT, Traced
from tensorflowjs.tensors import cast

LENGTH_ALONE = 1e-12  # below which the square of a vector's length does not get, in Keras 2


def batch_normalization(site: Site) -> Outputs:
    """FusedBatchNormV3 on the last axis, of images; elsewhere what it does, written out."""
    x = site.floats
    axes = batch_axes(site.config, x.rank)
    if not axes or 0 in axes:
        site.refuse(f"axis={site.config['axis']}, which is none of its input beside the batch")
    if len(axes) == 1 and x.rank in (2, 3, 4, 5):
        order = [at for at in range(x.rank) if at != axes[0]] + axes
        return _fused(site, x.transpose(order)).transpose(inverse(order))
    return _written_out(site, x, axes)


def _fused(site: Site, x: Traced) -> Traced:
    """Values of other ranks than images become images for a while."""
    channels = _count(site)
    gamma = site.weight("gamma") if site.has("gamma") else site.constant("ones", (channels,), lambda: np.ones(channels))
    beta = site.weight("beta") if site.has("beta") else site.constant("zeros", (channels,), lambda: np.zeros(channels))
    weights = [gamma, beta, site.weight("moving_mean"), site.weight("moving_variance")]
    weights = [_vector(weight) for weight in weights]
    sizes = sizes_of(x)
    image = x if x.rank == 4 else x.reshape(_as_image(sizes))
    epsilon = float(site.config["epsilon"])
    attrs = {"epsilon": epsilon, "data_format": b"NHWC", "is_training": False, "exponential_avg_factor": 1.0}
    y = site.builder.put("FusedBatchNormV3", [image, *weights], FLOAT, image.dims, **attrs)
    return y if x.rank == 4 else y.reshape(sizes)


def _as_image(sizes: Sequence[Any]) -> list[Any]:
    if len(sizes) == 5:
        return [sizes[0], product_of(sizes[1:3]), *sizes[3:]]
    return [sizes[0], *[1] * (4 - len(sizes)), *sizes[1:]]


def _vector(weight: Traced) -> Traced:
    return weight if weight.rank == 1 else weight.reshape([-1])


def _count(site: Site) -> int:
    return site.tensor("moving_mean").count


def _written_out(site: Site, x: Traced, axes: list[int]) -> Traced:
    def spread(name: str) -> Traced:
        return site.weight(name).reshape([x.dims[axis] or -1 if axis in axes else 1 for axis in range(x.rank)])

    factor = (spread("moving_variance") + float(site.config["epsilon"])).each("Rsqrt")
    factor = factor * spread("gamma") if site.has("gamma") else factor
    y = (x - spread("moving_mean")) * factor
    return y + spread("beta") if site.has("beta") else y


# ---------------------------------------------------------------------------- by the input's own statistics


def layer_normalization(site: Site) -> Outputs:
    x = site.floats
    axes = _own_axes(site, x)
    epsilon = float(site.config["epsilon"])
    if site.config.get("rms_scaling"):
        return _of_rms_scaling(site, x, axes, epsilon)
    y = _standardized(x, axes, epsilon)
    y = y * _spread(site, "gamma", x, axes) if site.has("gamma") else y
    return y + _spread(site, "beta", x, axes) if site.has("beta") else y


def _own_axes(site: Site, x: Traced) -> list[int]:
    axes = sorted(positive(listed(site.config["axis"]), x.rank))
    if not axes or 0 in axes:
        site.refuse(f"axis={site.config['axis']}: it mixes the examples of a batch, or nothing")
    return axes


def _standardized(x: Traced, axes: Sequence[int], epsilon: float) -> Traced:
    centred = x - x.mean(axes, keep=True)
    variance = centred.each("Square").mean(axes, keep=True)
    return centred * (variance + epsilon).each("Rsqrt")


def _of_rms_scaling(site: Site, x: Traced, axes: list[int], epsilon: float) -> Traced:
    """Divided by the standard deviation, though nothing is subtracted."""
    centred = x - x.mean(axes, keep=True)
    variance = centred.each("Square").mean(axes, keep=True)
    y = x * (variance + epsilon).each("Rsqrt")
    return y * _spread(site, "gamma", x, axes) if site.has("gamma") else y


def _spread(site: Site, name: str, x: Traced, axes: Sequence[int]) -> Traced:
    """A weight that holds numbers for some axes of the input, with axes of size 1 for the others behind these."""
    weight, start = site.weight(name), axes[0]
    if list(axes) == list(range(start, x.rank)) and weight.rank == len(axes):
        return weight
    sizes = [x.dims[axis] if axis in axes else 1 for axis in range(start, x.rank)]
    return weight.reshape([size or -1 for size in sizes])


def group_normalization(site: Site) -> Outputs:
    x = site.floats
    axis = positive([site.config["axis"]], x.rank)[0]
    (channels,) = site.known((x.dims[axis],), "the axis of its channels")
    groups = channels if site.config["groups"] == -1 else int(site.config["groups"])
    sizes = sizes_of(x)
    parted = x.reshape([*sizes[:axis], groups, channels // groups, *sizes[axis + 1 :]])
    others = [at for at in range(1, parted.rank) if at != axis]
    y = _standardized(parted, others, float(site.config["epsilon"])).reshape(sizes)
    y = y * _spread(site, "gamma", x, [axis]) if site.has("gamma") else y
    return y + _spread(site, "beta", x, [axis]) if site.has("beta") else y


def rms_normalization(site: Site) -> Outputs:
    x = site.floats
    axes = _own_axes(site, x)
    squares = x.each("Square").mean(axes, keep=True)
    y = x * (squares + float(site.config["epsilon"])).each("Rsqrt")
    return y * site.weight("scale")


def unit_normalization(site: Site) -> Outputs:
    """To length 1."""
    x = site.floats
    squares = x.each("Square").sum(_own_axes(site, x), keep=True)
    if site.generation == 2:
        return x * squares.maximum(LENGTH_ALONE).each("Rsqrt")
    return x * squares.each("Rsqrt").minimum(1e12)


# ---------------------------------------------------------------------------- by what was told


def normalization(site: Site) -> Outputs:
    x = site.floats
    axes = sorted(positive(listed(site.config["axis"]), x.rank))
    if 0 in axes:
        site.refuse("axis 0: it keeps a mean for every example of a batch")
    mean, variance = (_statistic(site, name, x, axes) for name in ("mean", "variance"))
    deviation = np.maximum(np.sqrt(variance), np.float32(1e-7))
    told, by = site.builder.const(mean), site.builder.const(deviation)
    return x * by + told if site.config.get("invert") else (x - told) / by


def _statistic(site: Site, name: str, x: Traced, axes: list[int]) -> NDArray[np.float32]:
    """Mean or variance, shaped so that it broadcasts over the input."""
    told = site.config.get(name)
    values = cast(site.tensor(name), FLOAT).read() if told is None else np.asarray(told)
    sizes = [x.dims[axis] for axis in axes]
    whole = np.broadcast_to(values.astype(np.float32), [size or 1 for size in sizes])
    start = axes[0] if axes else x.rank
    return whole.reshape([x.dims[axis] or 1 if axis in axes else 1 for axis in range(start, x.rank)])


def rescaling(site: Site) -> Outputs:
    x = site.floats
    scale, offset = (_argument(site, name) for name in ("scale", "offset"))
    y = x if scale is None else x * scale
    return y if offset is None else y + offset


def _argument(site: Site, name: str) -> Traced | float | None:
    """A number, or one for each channel; None where it changes nothing."""
    value = site.config.get(name)
    if isinstance(value, list):
        return site.builder.const(np.asarray(value, np.float32))
    number, neutral = float(value or 0), 1.0 if name == "scale" else 0.0
    return None if number == neutral else number


def spectral_normalization(site: Site) -> Outputs:
    """The wrapped layer: its weights are normalised in training only."""
    inner = replace(site.layer.children["layer"])
    return site.apply(inner, site.inputs, site.given_masks)[0]


LAYERS: dict[str, Write] = {
    "BatchNormalization": batch_normalization,
    "LayerNormalization": layer_normalization,
    "GroupNormalization": group_normalization,
    "RMSNormalization": rms_normalization,
    "UnitNormalization": unit_normalization,
    "Normalization": normalization,
    "Rescaling": rescaling,
    "SpectralNormalization": spectral_normalization,
}
