"""Graphs of floats in text form, short: with random constants, and without saying of each node that it is of floats.

    %x = Placeholder() {shape: shape[?, 6, 6, 4]}
    %w = float32[3, 3, 4, 8]
    %c = Conv2D(%x, %w) {padding: "VALID", strides: [1, 1, 1, 1]}

`%w = float32[3, 3, 4, 8]` is a constant of random numbers, `%w = positive[8]` one of random numbers above zero, and
`%w = float32[2]{1.0, 2.0}` is the constant that it looks like. The last line is the output, or those that begin with
`output` are.
"""

from __future__ import annotations

import re
from textwrap import dedent

import numpy as np

from tensorflowjs.ir.graph import GraphModel, Node, Type
from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.tensors import ArrayTensor

_RANDOM = re.compile(r"^(%\S+) = (float32|positive)\[([\d, ]*)\]\s*$")
_GIVEN = re.compile(r"^(%\S+) = ((float32|int32|bool)\[[\d, ]*\]\{.*\})\s*$")
_CONVOLUTIONS = {"Conv2D": 4, "DepthwiseConv2dNative": 4, "Conv2DBackpropInput": 4, "Conv3D": 5}
_BATCH_NORMS = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_NOT_TYPED = ("Const", "Placeholder", "Cast")


def model_of(text: str, seed: int = 0) -> GraphModel:
    """The graph that a text describes, its nodes as complete as TF.js needs them."""
    random = np.random.default_rng(seed)
    drawn: dict[str, np.ndarray] = {}
    lines = [_line(line.strip(), random, drawn) for line in dedent(text).strip().splitlines() if line.strip()]
    if not any(line.startswith("output ") for line in lines):
        name = lines[-1].split(" = ")[0]
        lines.insert(0, f"output {name[1:]} = {name}")
    model = parse("\n".join(("graph main", *lines)))
    for name, values in drawn.items():
        model.graph.nodes[name].attrs["value"] = ArrayTensor(values)
    for node in model.graph.nodes.values():
        _complete(node)
    model.graph.inputs = [node for node in model.graph.nodes.values() if node.op == "Placeholder"]
    return model


def _line(line: str, random: np.random.Generator, drawn: dict[str, np.ndarray]) -> str:
    found = _RANDOM.match(line)
    if found:
        shape = tuple(int(size) for size in found[3].split(",") if size.strip())
        values = random.uniform(0.5, 1.5, shape)
        drawn[found[1][1:]] = (values * (1 if found[2] == "positive" else random.choice([-1, 1], shape))).astype("f4")
        return f"{found[1]} = Const() {{dtype: float32}}"
    return _GIVEN.sub(
        lambda given: f"{given[1]} = Const() {{dtype: {given[2].split('[')[0]}, value: {given[2]}}}", line
    )


def _complete(node: Node) -> None:
    if node.op == "Placeholder":
        node.attrs.setdefault("dtype", Type("float32"))
    elif node.op not in _NOT_TYPED:
        node.attrs.setdefault("T", Type("float32"))
    if node.op in _CONVOLUTIONS:
        node.attrs.setdefault("strides", [1] * _CONVOLUTIONS[node.op])
        node.attrs.setdefault("dilations", [1] * _CONVOLUTIONS[node.op])
        node.attrs.setdefault("padding", b"VALID")
    if node.op in _BATCH_NORMS:
        node.attrs.setdefault("is_training", False)


def shown(model: GraphModel) -> str:
    """The graph, without what goes without saying."""
    for node in model.graph.nodes.values():
        for key in ("T", "dtype", "U", "TArgs", "num_host_args"):
            node.attrs.pop(key, None)
        for key in ("strides", "dilations", "explicit_paddings"):
            if set(node.attrs.get(key, [0])) <= {1}:  # type: ignore[arg-type]
                del node.attrs[key]
    model.graph.inputs = []
    return "\n".join(sorted(show(model).splitlines()))


def model_after(text: str, *passes: Pass) -> GraphModel:
    """What the passes make of a graph."""
    model = model_of(text)
    optimise(model, [passes], Journal())
    return model


def optimised(text: str, *passes: Pass) -> str:
    """The same, as `same` shows it."""
    return shown(model_after(text, *passes))


def same(text: str) -> str:
    return shown(model_of(text))


def ops(text: str, *passes: Pass) -> list[str]:
    """The ops that the passes leave, in the order of the graph, without inputs and constants."""
    model = model_after(text, *passes)
    return [node.op for node in model.graph.in_order() if node.op not in ("Const", "Placeholder")]


def reasons(text: str, *passes: Pass) -> set[str]:
    """Why passes have left nodes alone."""
    journal = Journal()
    optimise(model_of(text), [passes], journal)
    return set(journal.missed.values())
