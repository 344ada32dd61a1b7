"""Activation functions as TF.js layers, for those that TF.js has under no name.

`FUNCTIONS` writes each of Keras' activations as a formula of layers, with the arguments that Keras' function has.
`split_off` wraps the rule of a layer class with an `activation` argument: an activation that TF.js lacks moves into
layers of its own behind it. Where nothing can follow (inside the cell of an RNN), `within` gives a model that TF.js
accepts in the place of a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from math import pi, sqrt
from typing import Any

from tensorflowjs.catalog.activations import FOREIGN, tfjs_activation
from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.layers.activation import shared_axes
from tensorflowjs.catalog.layers.normalization import listed, positive
from tensorflowjs.fitting.axes import along_last
from tensorflowjs.fitting.configs import number
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.formula import Formula, Value
from tensorflowjs.fitting.layout import shown
from tensorflowjs.ir.layers import Config, Ref

Function = Callable[..., Value]


def named(name: str) -> Function:
    """An activation that TF.js knows by name."""

    def function(f: Formula, x: Value) -> Value:
        return f.activation(x, name)

    return function


def relu(
    f: Formula, x: Value, max_value: float | None = None, negative_slope: float = 0.0, threshold: float = 0.0
) -> Value:
    """Keras' ReLU with all its options: max_value caps, below the threshold it is slope * (x - threshold)."""
    if negative_slope and max_value is None and not threshold:
        return f.leaky(x, negative_slope)
    kept = f.above(x, threshold) if threshold else f.clipped(x, max_value)
    if threshold and max_value is not None:
        kept = f.clipped(kept, max_value)
    if not negative_slope:
        return kept
    below = f.clipped(f.scaled(x, -1.0, threshold))
    return f.add(kept, f.scaled(below, -negative_slope))


def leaky_relu(f: Formula, x: Value, negative_slope: float = 0.2) -> Value:
    return f.leaky(x, negative_slope)


def thresholded_relu(f: Formula, x: Value, theta: float = 1.0) -> Value:
    return f.above(x, theta)


def elu(f: Formula, x: Value, alpha: float = 1.0) -> Value:
    """alpha * elu(x) + (1 - alpha) * relu(x): the linear halves add up to x."""
    unit = f.activation(x, "elu")
    if alpha == 1.0:
        return unit
    return f.add(f.scaled(unit, alpha), f.scaled(f.clipped(x), 1.0 - alpha))


def celu(f: Formula, x: Value, alpha: float = 1.0) -> Value:
    if alpha == 1.0:
        return f.activation(x, "elu")
    return f.scaled(f.activation(f.scaled(x, 1.0 / alpha), "elu"), alpha)


def hard_sigmoid(f: Formula, x: Value) -> Value:
    return f.clipped(f.scaled(x, 1 / 6, 0.5), 1.0)


def hard_silu(f: Formula, x: Value) -> Value:
    return f.multiply(x, hard_sigmoid(f, x))


def hard_tanh(f: Formula, x: Value) -> Value:
    return f.subtract(f.clipped(x, 1.0), f.clipped(f.scaled(x, -1.0), 1.0))


def hard_shrink(f: Formula, x: Value, threshold: float = 0.5) -> Value:
    return f.subtract(f.above(x, threshold), f.above(f.scaled(x, -1.0), threshold))


def soft_shrink(f: Formula, x: Value, threshold: float = 0.5) -> Value:
    return f.subtract(f.clipped(f.scaled(x, 1.0, -threshold)), f.clipped(f.scaled(x, -1.0, -threshold)))


def tanh_shrink(f: Formula, x: Value) -> Value:
    return f.subtract(x, f.activation(x, "tanh"))


def log_sigmoid(f: Formula, x: Value) -> Value:
    return f.scaled(f.activation(f.scaled(x, -1.0), "softplus"), -1.0)


def sparse_sigmoid(f: Formula, x: Value) -> Value:
    return f.clipped(f.scaled(x, 0.5, 0.5), 1.0)


def sparse_plus(f: Formula, x: Value) -> Value:
    """(x + 1)^2 / 4 between -1 and 1, which the line x - 1 continues."""
    root = f.clipped(f.scaled(x, 0.5, 0.5), 1.0)
    return f.add(f.multiply(root, f.activation(root, "linear")), f.clipped(f.scaled(x, 1.0, -1.0)))


def gelu(f: Formula, x: Value, approximate: bool = False) -> Value:
    if not approximate:
        return f.activation(x, "gelu")
    cubic = f.multiply(x, f.scaled(f.multiply(x, f.scaled(x, 0.044715)), 1.0, 1.0))
    curve = f.activation(f.scaled(cubic, sqrt(2 / pi)), "tanh")
    return f.multiply(x, f.scaled(curve, 0.5, 0.5))


# Keras' activation functions, with Keras' names of their arguments.
FUNCTIONS: dict[str, Function] = {
    **{name: named(name) for name in ("linear", "log_softmax", "mish", "relu6", "selu", "sigmoid", "softmax")},
    **{name: named(name) for name in ("softplus", "softsign", "tanh")},
    "celu": celu,
    "elu": elu,
    "gelu": gelu,
    "hard_shrink": hard_shrink,
    "hard_sigmoid": hard_sigmoid,
    "hard_silu": hard_silu,
    "hard_swish": hard_silu,
    "hard_tanh": hard_tanh,
    "leaky_relu": leaky_relu,
    "log_sigmoid": log_sigmoid,
    "relu": relu,
    "silu": named("swish"),
    "soft_shrink": soft_shrink,
    "sparse_plus": sparse_plus,
    "sparse_sigmoid": sparse_sigmoid,
    "swish": named("swish"),
    "tanh_shrink": tanh_shrink,
}

# Layers that stand where an activation is asked for, by the function that does the same with the same arguments.
OBJECTS: dict[str, Function] = {
    "ReLU": relu,
    "LeakyReLU": lambda f, x, alpha: f.leaky(x, alpha),
    "ELU": elu,
    "ThresholdedReLU": thresholded_relu,
    "Identity": named("linear"),
}

# Why an activation of Keras cannot be had.
LACKING = {
    "exponential": "no TF.js layer grows exponentially",
    "glu": "it halves the channels, which no activation of TF.js does",
    "sparsemax": "it sorts, which no TF.js layer does",
    "squareplus": "TF.js has no layer that takes square roots",
    "threshold": "TF.js has no layer that puts a constant in the place of values",
}
GRAPH_MODEL = "convert to a graph model instead: --output_format=tfjs_graph_model"


class Inexpressible(Exception):
    """Says why an activation cannot be written as TF.js layers."""


def formula_of(value: Any) -> Formula:
    """The layers that compute the activation `value`, the name of a function or a serialised layer."""
    formula = Formula()
    _apply(formula, value)
    return formula


def _apply(formula: Formula, value: Any) -> None:
    if isinstance(value, dict):
        _apply_object(formula, value)
    elif isinstance(value, str) and value in FUNCTIONS:
        FUNCTIONS[value](formula, formula.x)
    elif isinstance(value, str) and ">" in value:
        shown = value.removeprefix(FOREIGN)
        raise Inexpressible(f"activation {shown}, a custom function: TF.js cannot run its Python code")
    else:
        reason = LACKING.get(str(value), "which TF.js does not have")
        raise Inexpressible(f"activation {value}: {reason}" if value in LACKING else f"activation {value}, {reason}")


def _apply_object(formula: Formula, value: Config) -> None:
    class_name = str(value.get("class_name"))
    row = find(class_name)
    if class_name == "Activation":
        return _apply(formula, (value.get("config") or {}).get("activation"))
    if row is None or (row.name not in OBJECTS and row.name != "Softmax"):
        raise Inexpressible(f"activation {class_name}, a layer in the place of a function")
    given = {row.renamed.get(key, key): number(item) for key, item in (value.get("config") or {}).items()}
    arguments = {key: given.get(key, default) for key, default in row.defaults.items()}
    if row.name == "Softmax":
        if arguments["axis"] not in (-1, [-1]):
            raise Inexpressible(f"activation Softmax(axis={arguments['axis']})")
        formula.activation(formula.x, "softmax")
        return
    OBJECTS[row.name](formula, formula.x, **arguments)


def within(value: Any, generation: int) -> str | Config | None:
    """An activation where no layer can follow, as in the cell of an RNN: TF.js's name or a model in its place.

    None if it cannot be expressed. A model that holds such an activation runs and trains in TF.js, but cannot be
    saved from there.
    """
    known = tfjs_activation(value, generation)
    if known is not None:
        return known
    try:
        return formula_of(value).as_model("activation")
    except Inexpressible:
        return None


# Classes that apply their activation inside a loop over time.
_INSIDE = frozenset({"SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})


def follows(class_name: str) -> bool:
    """Whether a class has an activation that is the last thing it does."""
    row = find(class_name)
    return row is not None and "activation" in row.defaults and class_name not in (*_INSIDE, "Activation")


def split_off(rule: Rule) -> Rule:
    """`rule`, for a class with an `activation`: one that TF.js lacks is applied by layers of its own behind it."""

    @wraps(rule)
    def fitted(site: Site) -> Outputs:
        value = site.config.get("activation")
        known = tfjs_activation(value, site.generation)
        formula = None if known else _formula_at(site, value)
        site.layer = replace(site.layer, config={**site.config, "activation": known or "linear"})
        outputs = rule(site)
        if formula is None:
            return outputs
        return formula.place(site, outputs if isinstance(outputs, Ref) else outputs[0], "activation")

    return fitted


def _formula_at(site: Site, value: Any) -> Formula:
    try:
        return formula_of(value)
    except Inexpressible as reason:
        hint = "put it behind the layer as a layer of its own" if isinstance(value, dict) else GRAPH_MODEL
        site.refuse(str(reason), hint)


# ---------------------------------------------------------------------------- activations that are layers


def activation(site: Site) -> Outputs:
    """As it is; activations that TF.js lacks are built from other layers."""
    known = tfjs_activation(site.config["activation"], site.generation)
    if known is not None:
        return site.keep(activation=known)
    return _formula_at(site, site.config["activation"]).place(site, site.inputs[0])


def relu_layer(site: Site) -> Outputs:
    """As it is; a slope by LeakyReLU, a threshold by ThresholdedReLU, both by adding up the two parts."""
    return _place(site, relu)


def leaky_relu_layer(site: Site) -> Outputs:
    """As it is, its slope under the name `alpha`."""
    return _place(site, OBJECTS["LeakyReLU"])


def elu_layer(site: Site) -> Outputs:
    """As an activation; alpha other than 1 as alpha * elu(x) + (1 - alpha) * relu(x)."""
    return _place(site, elu)


def thresholded_relu_layer(site: Site) -> Outputs:
    """As it is."""
    return _place(site, thresholded_relu)


def _place(site: Site, function: Function) -> Outputs:
    row = find(site.layer.class_name)
    assert row is not None
    formula = Formula()
    function(formula, formula.x, **{name: number(site.config[name]) for name in row.defaults})
    return formula.place(site, site.inputs[0])


def prelu(site: Site) -> Outputs:
    """As it is; all its axes but the shared ones must be of known size."""
    shape = site.known_shape()
    shared = shared_axes(site.config, len(shape))
    if any(shape[axis] is None for axis in range(1, len(shape)) if axis not in shared):
        site.refuse(f"input of shape {shown(shape)}: sizes of axes that are not shared must be known")
    return site.keep(shared_axes=shared or None)


def softmax(site: Site) -> Outputs:
    """As an activation, which no mask disturbs; axes other than the last one are moved there and back."""
    shape = site.known_shape()
    if len(site.inputs) > 1:
        site.refuse("called with a mask, which TF.js would misread", GRAPH_MODEL)
    if site.config["axis"] is None or 0 in positive(listed(site.config["axis"]), len(shape)):
        site.refuse(f"axis={site.config['axis']}: it mixes the examples of a batch", GRAPH_MODEL)
    axes = positive(listed(site.config["axis"]), len(shape))
    if len(axes) > 1 and shape[1:].count(None) > 1:  # not to be merged and parted again
        return site.put("Softmax", {"axis": axes})
    return along_last(site, axes, lambda ref, part: site.put("Activation", {"activation": "softmax"}, [ref], part=part))


RULES: dict[str, Rule] = {
    "Activation": activation,
    "ReLU": relu_layer,
    "LeakyReLU": leaky_relu_layer,
    "PReLU": prelu,
    "ELU": elu_layer,
    "ThresholdedReLU": thresholded_relu_layer,
    "Softmax": softmax,
}
