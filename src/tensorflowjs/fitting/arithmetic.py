"""Operators that compute: with two tensors, with a tensor and constants, with one tensor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tensorflowjs.fitting import layout
from tensorflowjs.fitting.activations import FUNCTIONS
from tensorflowjs.fitting.axes import along_last
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.formula import Formula
from tensorflowjs.fitting.operands import operands
from tensorflowjs.ir.layers import Ref

GRAPH_MODEL = "convert to a graph model instead: --output_format=tfjs_graph_model"
Constant = float | list[float]
HIGHEST_POWER = 8


def binary(merged: str | None, with_constant: Callable[[Site, Ref, Constant, bool], Ref] | None) -> Rule:
    """The rule of an operator of two operands: `merged` names the layer for two tensors."""

    def rule(site: Site) -> Outputs:
        given = operands(site)
        a, b = given.get("x1"), given.get("x2")
        if isinstance(a, Ref) and isinstance(b, Ref):
            return _of_tensors(site, merged, a, b)
        tensor, value, first = (a, b, True) if isinstance(a, Ref) else (b, a, False)
        if with_constant is None or not isinstance(tensor, Ref):
            site.refuse(f"{site.config['op']} with a constant: TF.js has no layer for it", GRAPH_MODEL)
        return with_constant(site, tensor, constant(site, tensor, value), first)

    return rule


def _of_tensors(site: Site, merged: str | None, a: Ref, b: Ref) -> Ref:
    if merged is None:
        site.refuse(f"{site.config['op']} of two tensors: TF.js has no layer for it", GRAPH_MODEL)
    one, two = layout.shape_of(site, a), layout.shape_of(site, b)
    if len(one) != len(two):
        shown = f"{layout.shown(one)} and {layout.shown(two)}"
        site.refuse(f"tensors of different ranks ({shown}): TF.js aligns their axes in another way", GRAPH_MODEL)
    if merged == "Subtract":
        b = site.put("Rescaling", {"scale": -1.0, "offset": 0.0}, [b], part="negative")
        merged = "Add"
    return site.put(merged, {}, [a, b])


def constant(site: Site, tensor: Ref, value: Any) -> Constant:
    """A constant operand as a number or one number per channel; other shapes are refused."""
    try:
        values = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        site.refuse(f"an operand that is neither a tensor nor numbers: {value!r}"[:200], GRAPH_MODEL)
    shape = layout.shape_of(site, tensor)
    if values.size == 1 and values.ndim <= len(shape):
        return float(values.reshape(-1)[0])
    if values.size == values.shape[-1] == shape[-1] and values.ndim <= len(shape):
        return [float(item) for item in values.reshape(-1)]
    site.refuse(
        f"a constant of shape {list(values.shape)}: TF.js takes one number, or one for each channel", GRAPH_MODEL
    )


def scaled(site: Site, ref: Ref, scale: Constant, offset: Constant, part: str | None = None) -> Ref:
    return site.put("Rescaling", {"scale": scale, "offset": offset}, [ref], part=part)


def _each(function: Callable[[float], float], value: Constant) -> Constant:
    return [function(item) for item in value] if isinstance(value, list) else function(value)


def add(site: Site, x: Ref, value: Constant, first: bool) -> Ref:
    return scaled(site, x, 1.0, value)


def subtract(site: Site, x: Ref, value: Constant, first: bool) -> Ref:
    return scaled(site, x, 1.0, _each(lambda item: -item, value)) if first else scaled(site, x, -1.0, value)


def multiply(site: Site, x: Ref, value: Constant, first: bool) -> Ref:
    return scaled(site, x, value, 0.0)


def divide(site: Site, x: Ref, value: Constant, first: bool) -> Ref:
    if not first:
        site.refuse("a constant divided by a tensor: TF.js has no layer that divides", GRAPH_MODEL)
    if 0.0 in (value if isinstance(value, list) else [value]):
        site.refuse("a division by zero")
    return scaled(site, x, _each(lambda item: 1.0 / item, value), 0.0)


def extreme(merged: str) -> Callable[[Site, Ref, Constant, bool], Ref]:
    """Maximum or minimum with a constant: with 0 * x + constant, which is exact where a shifted ReLU would not be."""

    def with_constant(site: Site, x: Ref, value: Constant, first: bool) -> Ref:
        if merged == "Maximum" and value == 0.0:
            return site.put("ReLU", {"max_value": None}, [x])
        return site.put(merged, {}, [x, scaled(site, x, 0.0, value, "constant")])

    return with_constant


def power(site: Site, x: Ref, value: Constant, first: bool) -> Ref:
    """A whole, small power is a product."""
    if not first or isinstance(value, list) or value not in range(1, HIGHEST_POWER + 1):
        site.refuse(f"a power other than x to a whole number up to {HIGHEST_POWER}", GRAPH_MODEL)
    if value == 1:
        return site.put("Activation", {"activation": "linear"}, [x])
    return site.put("Multiply", {}, [x] * int(value))


def clip(site: Site) -> Outputs:
    """Maximum, then Minimum, with constants."""
    given = operands(site)
    x = given["x"]
    low, high = constant(site, x, given.get("x_min")), constant(site, x, given.get("x_max"))
    raised = site.put("Maximum", {}, [x, scaled(site, x, 0.0, low, "lowest")], part="raised")
    return site.put("Minimum", {}, [raised, scaled(site, x, 0.0, high, "highest")])


def square(site: Site) -> Outputs:
    """Multiplied with itself."""
    x = operands(site)["x"]
    return site.put("Multiply", {}, [x, x])


def absolute(site: Site) -> Outputs:
    """relu(x) + relu(-x)."""
    x = operands(site)["x"]
    minus = scaled(site, x, -1.0, 0.0, "negative")
    sides = [site.put("ReLU", {"max_value": None}, [side], part=f"relu_{n}") for n, side in enumerate((x, minus))]
    return site.put("Add", {}, sides)


def negative(site: Site) -> Outputs:
    """A Rescaling by -1."""
    return scaled(site, operands(site)["x"], -1.0, 0.0)


def unchanged(site: Site) -> Outputs:
    """A linear Activation."""
    return site.put("Activation", {"activation": "linear"}, [operands(site)["x"]])


def cast(site: Site) -> Outputs:
    """To another float, nothing to do; other types are refused."""
    given = operands(site)
    dtype = given.get("dtype")
    if dtype not in ("float16", "bfloat16", "float32", "float64"):
        site.refuse(f"a cast to {dtype}: TF.js layers compute in float32 only", GRAPH_MODEL)
    return site.put("Activation", {"activation": "linear"}, [given["x"]])


def matmul(site: Site) -> Outputs:
    """Of two stacks of matrices, a Dot."""
    given = operands(site)
    a, b = given.get("x1"), given.get("x2")
    if not (isinstance(a, Ref) and isinstance(b, Ref)):
        site.refuse("a product with a constant matrix: TF.js has no layer for it", "use a Dense layer")
    ranks = len(layout.shape_of(site, a)), len(layout.shape_of(site, b))
    if ranks != (3, 3):
        site.refuse("a product of other than matrices, one for each example of the batch", GRAPH_MODEL)
    transposed = {key: bool(given.get(f"{key}")) for key in ("transpose_a", "transpose_b")}
    axes = [1 if transposed["transpose_a"] else 2, 2 if transposed["transpose_b"] else 1]
    return site.put("Dot", {"axes": axes, "normalize": False}, [a, b])


def activation(name: str) -> Rule:
    """The rule of an operator that is one of Keras' activation functions."""

    def rule(site: Site) -> Outputs:
        given = {key: value for key, value in operands(site).items() if value is not None}
        x = given.pop("x")
        formula = Formula()
        FUNCTIONS[name](formula, formula.x, **given)
        return formula.place(site, x)

    rule.__doc__ = f"As the activation {name}."
    return rule


def along_axis(name: str) -> Rule:
    """The rule of softmax and the like, which look along an axis."""

    def rule(site: Site) -> Outputs:
        given = operands(site)
        rank, axis = len(layout.shape_of(site, given["x"])), given.get("axis", -1)
        axis = -1 if axis is None and "tensorflow" in site.config else axis
        if not isinstance(axis, int) or axis % rank == 0:
            site.refuse(f"axis={axis}", GRAPH_MODEL)
        config = {"activation": name}
        return along_last(site, [axis % rank], lambda ref, part: site.put("Activation", config, [ref], part=part))

    rule.__doc__ = f"As the activation {name}, along any axis."
    return rule


OPERATORS: dict[str, Rule] = {
    "add": binary("Add", add),
    "subtract": binary("Subtract", subtract),
    "multiply": binary("Multiply", multiply),
    "divide": binary(None, divide),
    "true_divide": binary(None, divide),
    "maximum": binary("Maximum", extreme("Maximum")),
    "minimum": binary("Minimum", extreme("Minimum")),
    "power": binary(None, power),
    "clip": clip,
    "square": square,
    "absolute": absolute,
    "abs": absolute,
    "negative": negative,
    "identity": unchanged,
    "stop_gradient": unchanged,
    "cast": cast,
    "matmul": matmul,
    **{name: activation(name) for name in FUNCTIONS if name not in ("linear", "softmax", "log_softmax")},
    "softmax": along_axis("softmax"),
    "log_softmax": along_axis("log_softmax"),
}
