"""GRUs that reset the state after multiplying it, which TF.js lacks, as SimpleRNNs with a model for activation.

A SimpleRNN computes `state = activation(x · kernel + state · recurrent_kernel + bias)`. Given five times the units,
what goes into the activation can hold all that one step of the GRU needs, side by side:

    z, r          what goes into the two gates
    x_h, h_h      the new state's share of the input, and of the old state
    h             the old state

and a model, which TF.js takes for an activation, makes `z * h + (1 - z) * tanh(x_h + r * h_h)` of it. It gives the new
state and four times as many zeros; layers behind the SimpleRNN take them off. Most of its weights are zeros and must
remain so: they are frozen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs import events
from tensorflowjs.catalog.activations import tfjs_activation
from tensorflowjs.fitting import layout, masks
from tensorflowjs.fitting.activations import Inexpressible, formula_of
from tensorflowjs.fitting.engine import Site
from tensorflowjs.fitting.formula import Formula, Value
from tensorflowjs.ir.layers import Layer, Ref
from tensorflowjs.tensors import ComputedTensor, Tensor, cast

PARTS = 5
NOTE = (
    "reset_after=True takes a SimpleRNN that TF.js cannot train or save, and about 8 times the weights; "
    "train with reset_after=False, or convert to a graph model, to avoid that"
)
IMAGE = {"data_format": "channels_last"}
STEEPER = 5 / 6  # hard_sigmoid of Keras 3 at x is that of Keras 2 and of TF.js at 5/6 x


def is_wide(layer: Layer) -> bool:
    """Whether `layer` is a SimpleRNN or its cell that stands for a GRU."""
    return "features" in layer.config


def as_simple_rnn(site: Site, layer: Layer) -> Layer:
    """The SimpleRNN, or the cell of one, that computes what a GRU with reset_after=True does."""
    units = int(layer.config["units"])
    if site.number == 0:
        events.note(NOTE, site.where)
    scales = {name: _scale(site, layer.config[name]) for name in ("activation", "recurrent_activation")}
    config = {
        **layer.config, "units": PARTS * units, "features": units, "recurrent_dropout": 0.0,
        "activation": _step(site, layer, units),
    }  # fmt: skip
    weights = _weights(layer.weights, units, scales["activation"], scales["recurrent_activation"])
    class_name = layer.class_name.replace("GRU", "SimpleRNN")
    return Layer(layer.name, class_name, config, weights=weights, trainable=False)


def _scale(site: Site, activation: Any) -> float:
    return STEEPER if activation == "hard_sigmoid" and site.generation == 3 else 1.0


def _step(site: Site, layer: Layer, units: int) -> Any:
    """One step of the GRU as the model that takes the place of the activation."""
    step = Formula()
    rows = step.layer("rows", "Reshape", {"target_shape": [PARTS, 1, units]}, step.x)
    z, r, x_h, h_h, h = (
        step.layer("row", "Cropping2D", {"cropping": [[row, PARTS - 1 - row], [0, 0]], **IMAGE}, rows)
        for row in range(PARTS)
    )
    z, r = (_activated(site, step, layer, "recurrent_activation", value) for value in (z, r))
    new = _activated(site, step, layer, "activation", step.add(x_h, step.multiply(r, h_h)))
    state = step.add(step.multiply(z, h), step.multiply(step.scaled(z, -1.0, 1.0), new))
    padded = step.layer("padded", "ZeroPadding2D", {"padding": [[0, PARTS - 1], [0, 0]], **IMAGE}, state)
    step.layer("state", "Reshape", {"target_shape": [PARTS * units]}, padded)
    return step.as_model("step")


def _activated(site: Site, step: Formula, layer: Layer, argument: str, x: Value) -> Value:
    value = layer.config[argument]
    known = "hard_sigmoid" if value == "hard_sigmoid" else tfjs_activation(value, site.generation)
    if known is not None:
        return x if known == "linear" else step.activation(x, known)
    try:
        inner = formula_of(value)
    except Inexpressible as reason:
        site.refuse(f"{argument}: {reason}")
    values = [x]
    for each in inner.steps:
        values.append(step.layer(each.part, each.class_name, each.config, *(values[index] for index in each.inputs)))
    return values[-1]


# ---------------------------------------------------------------------------- weights


def _weights(weights: dict[str, Tensor], units: int, scale: float, gate_scale: float) -> dict[str, Tensor]:
    scales = np.repeat(np.asarray([gate_scale, gate_scale, scale], "float32"), units)

    def read(name: str) -> list[NDArray[Any]]:
        return np.split(cast(weights[name], "float32").read() * scales, 3, axis=-1)

    def kernel() -> NDArray[Any]:
        z, r, h = read("kernel")
        nothing = np.zeros_like(h)
        return np.concatenate([z, r, h, nothing, nothing], axis=-1)

    def recurrent_kernel() -> NDArray[Any]:
        z, r, h = read("recurrent_kernel")
        used = np.concatenate([z, r, np.zeros_like(h), h, np.eye(units, dtype="float32")], axis=-1)
        return np.concatenate([used, np.zeros(((PARTS - 1) * units, PARTS * units), "float32")])

    def bias() -> NDArray[Any]:
        (z, z_state), (r, r_state), (h, h_state) = read("bias")
        return np.concatenate([z + z_state, r + r_state, h, h_state, np.zeros_like(h)])

    width = PARTS * units
    found = {
        "kernel": _computed(weights["kernel"], (weights["kernel"].shape[0], width), kernel),
        "recurrent_kernel": _computed(weights["recurrent_kernel"], (width, width), recurrent_kernel),
    }
    return {**found, "bias": _computed(weights["bias"], (width,), bias)} if "bias" in weights else found


def _computed(source: Tensor, shape: tuple[int, ...], compute: Callable[[], NDArray[Any]]) -> Tensor:
    return ComputedTensor("float32", shape, compute, source.origin)


# ---------------------------------------------------------------------------- values


def with_more_rows(kernel: Tensor) -> Tensor:
    """A kernel for what such a SimpleRNN gives: the added features count for nothing."""
    rows, *columns = kernel.shape

    def compute() -> NDArray[Any]:
        return np.concatenate([cast(kernel, "float32").read(), np.zeros(((PARTS - 1) * rows, *columns), "float32")])

    return _computed(kernel, (PARTS * rows, *columns), compute)


def narrowed(site: Site, value: Ref, cell: Layer, part: str) -> Ref:
    """The output or a state of `cell` without the zeros behind it: a sequence, or one for all of it."""
    if not is_wide(cell):
        return value
    units = int(cell.config["features"])
    if site.carried(value) is not None:  # nothing but a Dense layer hands the mask on
        return masks.dense(site, value, np.eye(PARTS * units, units), f"{part}_features")
    _, *time, _ = layout.shape_of(site, value)
    image = layout.reshaped(site, value, [*(time or [1]), PARTS, units], f"{part}_rows")
    crop = {"cropping": [[0, 0], [0, PARTS - 1]], **IMAGE}
    first = site.put("Cropping2D", crop, [image], part=f"{part}_row")
    return layout.reshaped(site, first, [*time, units], f"{part}_features")


def widened(site: Site, state: Ref, cell: Layer, part: str) -> Ref:
    """An initial state of `cell` with zeros behind it."""
    if not is_wide(cell):
        return state
    units = int(cell.config["features"])
    image = layout.reshaped(site, state, [1, 1, units], f"{part}_row")
    padded = site.put("ZeroPadding2D", {"padding": [[0, PARTS - 1], [0, 0]], **IMAGE}, [image], part=f"{part}_rows")
    return layout.reshaped(site, padded, [PARTS * units], f"{part}_wide")
