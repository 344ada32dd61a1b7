"""A function of one tensor, written down as TF.js layers before there is a model to put them in.

    f = Formula()
    f.multiply(f.x, f.clipped(f.scaled(f.x, 1 / 6, 0.5), 1.0))     # x * min(max(x / 6 + 0.5, 0), 1)

`place` puts its layers behind a layer of the model being fitted; `as_model` makes them a model of their own, which
TF.js takes wherever it takes an activation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tensorflowjs.fitting.engine import Site
from tensorflowjs.ir.layers import Config, Ref

Value = int  # 0 is the tensor that goes in, n what step n gives


@dataclass(frozen=True)
class Step:
    part: str
    class_name: str
    config: Config
    inputs: tuple[Value, ...]


class Formula:
    """Steps in the order of their execution; the last one gives the result."""

    def __init__(self) -> None:
        self.steps: list[Step] = []

    @property
    def x(self) -> Value:
        return 0

    def layer(self, part: str, class_name: str, config: Config, *inputs: Value) -> Value:
        count = sum(step.class_name == class_name for step in self.steps)
        name = f"{part}_{count}" if count else part
        self.steps.append(Step(name, class_name, config, inputs))
        return len(self.steps)

    def activation(self, x: Value, name: str) -> Value:
        return self.layer(name, "Activation", {"activation": name}, x)

    def scaled(self, x: Value, scale: float, offset: float = 0.0) -> Value:
        """x * scale + offset."""
        return self.layer("scale", "Rescaling", {"scale": scale, "offset": offset}, x)

    def clipped(self, x: Value, maximum: float | None = None) -> Value:
        """x between 0 and `maximum`."""
        return self.layer("relu", "ReLU", {"max_value": maximum}, x)

    def leaky(self, x: Value, slope: float) -> Value:
        """x, times `slope` below 0."""
        return self.layer("leaky_relu", "LeakyReLU", {"alpha": slope}, x)

    def above(self, x: Value, threshold: float) -> Value:
        """x where it is greater than `threshold`, else 0."""
        return self.layer("above", "ThresholdedReLU", {"theta": threshold}, x)

    def add(self, *values: Value) -> Value:
        return self.layer("add", "Add", {}, *values)

    def subtract(self, a: Value, b: Value) -> Value:
        return self.add(a, self.scaled(b, -1.0))

    def multiply(self, a: Value, b: Value) -> Value:
        return self.layer("multiply", "Multiply", {}, a, b)

    def place(self, site: Site, ref: Ref, prefix: str | None = None) -> Ref:
        """Apply the formula to `ref`; without a prefix for the names its last layer is the site's own."""
        values = [ref]
        for number, step in enumerate(self.steps, start=1):
            own = prefix is None and number == len(self.steps)
            part = None if own else f"{prefix}_{step.part}" if prefix else step.part
            inputs = [values[index] for index in step.inputs]
            values.append(site.put(step.class_name, dict(step.config), inputs, part=part))
        return values[-1]

    def as_model(self, name: str) -> Config:
        """The formula as a serialised functional model that takes a tensor of any shape."""
        names = ["x", *(step.part for step in self.steps)]
        shape = {"name": "x", "batch_input_shape": [None, None], "dtype": "float32"}
        layers: list[Config] = [{"class_name": "InputLayer", "name": "x", "config": shape, "inbound_nodes": []}]
        for step in self.steps:
            calls: list[list[list[Any]]] = [[[names[index], 0, 0, {}] for index in step.inputs]]
            config = {"name": step.part, **step.config}
            entry = {"class_name": step.class_name, "name": step.part, "config": config, "inbound_nodes": calls}
            layers.append(entry)
        ends = {"input_layers": [["x", 0, 0]], "output_layers": [[names[-1], 0, 0]]}
        return {"class_name": "Model", "config": {"name": name, "layers": layers, **ends}}
