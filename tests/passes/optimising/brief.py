"""Graphs for tests of passes, brief: dtypes follow from inputs, small constants stand where they are read.

    %x = Placeholder() {shape: shape[?, 7, 16]}
    %y = Reshape(%x, [-1, 16])

`brief` shows the outputs of a graph as expressions in the same way: `y = Reshape(x, [-1, 16])`. A constant is written
`[1, 2]` (int32), `[1.0]` (float32), `7` or `0.5` (scalars), `true`, `float32[3, 4]` (random numbers).
"""

from __future__ import annotations

import ast
import re
from textwrap import dedent

import numpy as np

from tensorflowjs.catalog.ops import tensorflow_ops
from tensorflowjs.ir.graph import Graph, GraphModel, Node, Shape, Type, Value
from tensorflowjs.ir.text import parse
from tensorflowjs.passes.building import _types_and_numbers
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.tensors import ArrayTensor

_CONSTANT = re.compile(
    r"(?<=[(, ])(\[(?:[^][]|\[(?:[^][]|\[[^][]*\])*\])*\]"  # lists in lists in lists
    r"|(?:float32|positive)\[[\d, ]*\]|true|false|[-+]?(?:inf|\d+(?:\.\d+)?(?:e-?\d+)?))(?=[,)])"
)
_OUTPUT_TYPES = {"Shape": "out_type", "Size": "out_type", "ArgMax": "output_type"}


def model_of(text: str) -> GraphModel:
    rng = np.random.default_rng(5)
    constants: dict[str, np.ndarray] = {}
    lines = [_without_constants(line.strip(), constants, rng) for line in dedent(text).strip().splitlines()]
    if not any(line.startswith("output ") for line in lines):
        name = lines[-1].split(" = ")[0]
        lines.insert(0, f"output {name[1:]} = {name}")
    lines += [f"%{name} = Const()" for name in constants]
    model = parse("\n".join(("graph main", *lines)))
    for name, values in constants.items():
        tensor = ArrayTensor(values)
        model.graph.nodes[name].attrs = {"dtype": Type(tensor.dtype), "value": tensor}
    for node in model.graph.in_order():
        _complete(node)
    model.graph.inputs = [node for node in model.graph.nodes.values() if node.op == "Placeholder"]
    return model


def _without_constants(line: str, constants: dict[str, np.ndarray], rng: np.random.Generator) -> str:
    head, brace, tail = line.partition("{")
    if "= Placeholder" in line or line.startswith("output "):
        return line

    def named(found: re.Match[str]) -> str:
        name = f"c{len(constants)}"
        constants[name] = _array(found[1], rng)
        return f"%{name}"

    return _CONSTANT.sub(named, head) + brace + tail


def _array(text: str, rng: np.random.Generator) -> np.ndarray:
    if text.startswith(("float32", "positive")):
        shape = [int(size) for size in text[text.index("[") + 1 : -1].split(",") if size.strip()]
        values = rng.uniform(0.5, 1.5, shape) * (1 if text[0] == "p" else rng.choice([-1, 1], shape))
        return values.astype("<f4")
    if "true" in text or "false" in text:
        return np.array(ast.literal_eval(text.replace("true", "True").replace("false", "False")))
    array = np.array(ast.literal_eval(text.replace("inf", "1e999")))
    return array.astype("<f4" if "." in text or "inf" in text else "<i4")


def _complete(node: Node) -> None:
    if node.op in ("Placeholder", "Const"):
        node.attrs.setdefault("dtype", Type("float32"))
        return
    definition = tensorflow_ops().get(node.op)
    known = _types_and_numbers(definition, node.inputs) if definition is not None else {}
    node.attrs = {**known, **node.attrs}
    if node.op in _OUTPUT_TYPES:
        node.attrs.setdefault(_OUTPUT_TYPES[node.op], Type("int32"))


def optimised(text: str, *passes: Pass) -> str:
    """The outputs after the passes."""
    return brief(optimised_model(text, *passes).graph)


def optimised_model(text: str, *passes: Pass) -> GraphModel:
    model = model_of(text)
    optimise(model, [passes], Journal())
    return model


def stays(text: str, *passes: Pass) -> bool:
    """Whether the passes leave the graph as it is."""
    return optimised(text, *passes) == brief(model_of(text).graph)


def reasons(text: str, *passes: Pass) -> set[str]:
    """Why passes have left nodes alone."""
    journal = Journal()
    optimise(model_of(text), [passes], journal)
    return set(journal.missed.values())


def brief(graph: Graph) -> str:
    return "\n".join(f"{value.node.name} = {_expression(value, at_output=True)}" for value in graph.outputs)


def _expression(value: Value, at_output: bool = False) -> str:
    node = value.node
    if node.op in ("Placeholder", "Arg") or (node.graph is not None and not at_output and value in node.graph.outputs):
        return node.name
    if node.op == "Const":
        return _constant(node)
    shown = ", ".join(map(_expression, node.inputs))
    attrs = "".join(f" {key}={text}" for key in sorted(node.attrs) if (text := _attr(node, key)))
    return f"{node.op}{attrs}({shown})" + (f":{value.index}" if value.index else "")


def _attr(node: Node, key: str) -> str:
    """Attributes that are not what they are by default, nor told by the inputs."""
    value = node.attrs[key]
    if key in ("N", "num", "_waits") or (isinstance(value, Type | Shape) and key != "DstT"):
        return ""
    if not isinstance(value, list) and not value and key != "axis":
        return ""
    return value.name if isinstance(value, Type) else str(value).replace(" ", "")


def _constant(node: Node) -> str:
    tensor = node.tensor
    if tensor.count > 6 or (tensor.dtype == "float32" and tensor.count > 3):
        return f"{tensor.dtype}{list(tensor.shape)}"
    return str(tensor.read().tolist()).replace("True", "true").replace("False", "false")
