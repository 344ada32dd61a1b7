"""Activation functions of Keras by name, and the layers that are nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi, sqrt
from typing import Any

import numpy as np

from tensorflowjs.catalog.activations import FOREIGN, OF_TENSORFLOW
from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.layers.activation import shared_axes
from tensorflowjs.ir.layers import Layer
from tensorflowjs.lowering.attending import masked_softmax
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import softmax, split, where
from tensorflowjs.lowering.values import FLOAT, Traced

Function = Callable[..., Traced]


def node(op: str) -> Function:
    return lambda x: x.of_floats(op)


def relu(x: Traced, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0) -> Traced:
    """With all options: max_value caps, below the threshold it is slope * (x - threshold)."""
    if threshold:
        kept = where(x > threshold, x, 0.0)
    elif max_value == 6 and not negative_slope:
        return x.each("Relu6")
    elif negative_slope and max_value is None:
        return leaky_relu(x, negative_slope)
    else:
        kept = x.each("Relu")
    if max_value is not None:
        kept = kept.minimum(max_value)
    if not negative_slope:
        return kept
    below = (threshold - x).each("Relu")
    return kept - below * negative_slope


def leaky_relu(x: Traced, negative_slope: float = 0.2) -> Traced:
    return x.of_floats("LeakyRelu", alpha=float(negative_slope))


def elu(x: Traced, alpha: float = 1.0) -> Traced:
    curve = x.of_floats("Elu")
    return curve if alpha == 1.0 else where(x > 0.0, curve, curve * alpha)


def celu(x: Traced, alpha: float = 1.0) -> Traced:
    return elu(x) if alpha == 1.0 else (x / alpha).each("Elu") * alpha


def gelu(x: Traced, approximate: bool = False) -> Traced:
    if approximate:
        cubic = x + x * x * x * 0.044715
        return x * 0.5 * ((cubic * sqrt(2 / pi)).each("Tanh") + 1.0)
    return x * 0.5 * ((x * sqrt(0.5)).each("Erf") + 1.0)


def hard_sigmoid_of_keras_2(x: Traced) -> Traced:
    return _between_0_and_1(x * 0.2 + 0.5)


def hard_sigmoid(x: Traced) -> Traced:
    return (x + 3.0).each("Relu6") * (1 / 6)


def _between_0_and_1(x: Traced) -> Traced:
    return x.maximum(0.0).minimum(1.0)


def silu(x: Traced) -> Traced:
    return x * x.of_floats("Sigmoid")


def mish(x: Traced) -> Traced:
    return x * x.of_floats("Softplus").each("Tanh")


def log_sigmoid(x: Traced) -> Traced:
    return -(-x).of_floats("Softplus")


def soft_shrink(x: Traced, threshold: float = 0.5) -> Traced:
    return (x - threshold).each("Relu") - (-threshold - x).each("Relu")


def hard_shrink(x: Traced, threshold: float = 0.5) -> Traced:
    return where(x.each("Abs") > threshold, x, 0.0)


def sparse_plus(x: Traced) -> Traced:
    inner = (x + 1.0).each("Square") * 0.25
    return where(x <= -1.0, 0.0, where(x < 1.0, inner, x))


def squareplus(x: Traced, b: float = 4) -> Traced:
    return (x + (x.each("Square") + float(b)).each("Sqrt")) * 0.5


def glu(x: Traced, axis: int = -1) -> Traced:
    half = (x.dims[axis] or 0) // 2
    one, two = split(x, [half, half], axis)
    return one * two.each("Sigmoid")


def threshold(x: Traced, threshold: float, default_value: float) -> Traced:
    return where(x > float(threshold), x, float(default_value))


def sparsemax(x: Traced, axis: int = -1) -> Traced:
    """As Keras computes it, along an axis of known size."""
    last, size = x.rank - 1, x.dims[axis]
    assert size is not None
    order = [at for at in range(x.rank) if at != axis % x.rank] + [axis % x.rank]
    logits, builder = x.transpose(order), x.builder
    ordered = builder.put("TopKV2", [logits, builder.ints(size)], FLOAT, logits.dims, sorted=True)
    sums = builder.put("Cumsum", [ordered, builder.ints(last)], FLOAT, ordered.dims, exclusive=False, reverse=False)
    ranks = builder.const(np.arange(1, size + 1))
    support = ordered > (sums - 1.0) / ranks
    count = support.cast(FLOAT).sum([last], keep=True)
    tau = (where(support, sums, 0.0).sum([last], keep=True) - 1.0) / count
    return (logits - tau).each("Relu").transpose([order.index(at) for at in range(x.rank)])


def linear(x: Traced) -> Traced:
    return x


# Keras' activation functions, with Keras' names of their arguments.
FUNCTIONS: dict[str, Function] = {
    "celu": celu,
    "elu": elu,
    "exponential": node("Exp"),
    "gelu": gelu,
    "glu": glu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": lambda x: x * hard_sigmoid(x),
    "hard_swish": lambda x: x * hard_sigmoid(x),
    "hard_tanh": lambda x: x.maximum(-1.0).minimum(1.0),
    "leaky_relu": leaky_relu,
    "linear": linear,
    "log_sigmoid": log_sigmoid,
    "log_softmax": lambda x, axis=-1: softmax(x, axis, log=True),
    "mish": mish,
    "relu": relu,
    "relu6": lambda x: x.each("Relu6"),
    "selu": node("Selu"),
    "sigmoid": node("Sigmoid"),
    "silu": silu,
    "soft_shrink": soft_shrink,
    "softmax": softmax,
    "softplus": node("Softplus"),
    "softsign": lambda x: x / (x.each("Abs") + 1.0),
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": lambda x: _between_0_and_1(x * 0.5 + 0.5),
    "sparsemax": sparsemax,
    "squareplus": squareplus,
    "swish": silu,
    "tanh": node("Tanh"),
    "tanh_shrink": lambda x: x - x.each("Tanh"),
    "threshold": threshold,
}
OF_KERAS_2: dict[str, Function] = {"hard_sigmoid": hard_sigmoid_of_keras_2}


def activation_of(site: Site, value: Any) -> Function:
    """The function that an argument names, of floats; a layer may stand in its place."""
    if value is None:
        return linear
    if isinstance(value, dict):
        return _of_object(site, value)
    name = str(value)
    if name.startswith(FOREIGN):
        name = OF_TENSORFLOW.get(name.removeprefix(FOREIGN), name)
    function = (OF_KERAS_2.get(name) if site.generation == 2 else None) or FUNCTIONS.get(name)
    if function is None:
        site.refuse(
            f"the activation {name.removeprefix(FOREIGN)}: its code is not in the file, and Keras has none of that name"
        )
    return function


def _of_object(site: Site, value: dict[str, Any]) -> Function:
    row = find(str(value.get("class_name")))
    if row is None or row.weights:
        site.refuse(f"the activation {value.get('class_name')}, which is not a function of Keras")
    given = {row.renamed.get(key, key): item for key, item in (value.get("config") or {}).items()}
    layer = Layer("activation", row.name, {**row.defaults, **given})
    return lambda x: site.apply(layer, [x])[0][0]


def activated(site: Site, x: Traced) -> Traced:
    """`x` through the activation of the site's layer."""
    return activation_of(site, site.config.get("activation"))(x)


# ---------------------------------------------------------------------------- layers


def activation_layer(site: Site) -> Outputs:
    function = activation_of(site, site.config.get("activation"))
    return site.x if function is linear else function(site.floats)


def relu_layer(site: Site) -> Outputs:
    config = site.config
    cap = config.get("max_value")
    slope, level = float(config.get("negative_slope") or 0), float(config.get("threshold") or 0)
    return relu(site.floats, None if cap is None else float(cap), slope, level)


def prelu(site: Site) -> Outputs:
    """The slopes of TF.js's own op stand along the last axes."""
    x, alpha = site.floats, site.weight("alpha")
    if len(shared_axes(site.config, x.rank)) < x.rank - 1 and x.rank <= 4:
        return x.builder.put("Prelu", [x, alpha], FLOAT, x.dims)
    return x.each("Relu") - (-x).each("Relu") * alpha


def thresholded_relu(site: Site) -> Outputs:
    x = site.floats
    return where(x > float(site.config["theta"]), x, 0.0)


def softmax_layer(site: Site) -> Outputs:
    axis = site.config["axis"]
    axes = [axis] if isinstance(axis, int) else list(axis)
    mask = site.mask if len(site.inputs) == 1 else site.inputs[1]
    if mask is None:
        return softmax(site.floats, axes)
    if mask.rank > site.x.rank or not _broadcasts(mask.dims, site.x.dims):
        site.refuse("a mask that does not fit its input")
    return masked_softmax(site, site.floats, mask, axes)


def _broadcasts(mask: Sequence[int | None], dims: Sequence[int | None]) -> bool:
    pairs = zip(reversed(mask), reversed(dims), strict=False)
    return all(a == b or a == 1 for a, b in pairs)


def with_argument(function: Function, name: str) -> Write:
    return lambda site: function(site.floats, float(site.config[name]))


LAYERS: dict[str, Write] = {
    "Activation": activation_layer,
    "ReLU": relu_layer,
    "LeakyReLU": with_argument(leaky_relu, "alpha"),
    "PReLU": prelu,
    "ELU": with_argument(elu, "alpha"),
    "ThresholdedReLU": thresholded_relu,
    "Softmax": softmax_layer,
}
