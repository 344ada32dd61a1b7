"""A GraphModel as the `model.json` topology and weights that tf.loadGraphModel reads.

The topology is a GraphDef in protobuf's JSON, reduced to what TF.js reads. Constants stand there without their values:
those are weights of the same name. Names of weights are one space for the main graph, the functions and the
initialiser, so constants of the latter carry the name of their graph in front.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from typing import Any

from tensorflowjs.catalog.ops import tfjs_ops
from tensorflowjs.dtypes import DTYPES
from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Port, Scalar, Shape, Signature, Type, Value
from tensorflowjs.tensors import Tensor

Json = dict[str, Any]
PRODUCER = 1087  # graph version that TF.js asks for without looking at it

_ENUM_NAMES = {
    "float32": "DT_FLOAT",
    "float64": "DT_DOUBLE",
    "float16": "DT_HALF",
    "resource": "DT_RESOURCE",
    "variant": "DT_VARIANT",
}
# Written whether TF.js's table lists them or not.
_ALWAYS = {"Placeholder": ("dtype", "shape"), "Const": ("dtype",), "Squeeze": ("squeeze_dims",)}


def topology(model: GraphModel) -> Json:
    """The `modelTopology` of model.json."""
    return {
        "node": [_node(node, "") for node in model.graph.in_order()],
        "library": {"function": [_function(function) for function in model.functions.values()]},
        "versions": {"producer": PRODUCER},
    }


def initializer(model: GraphModel) -> Json | None:
    """The `modelInitializer`: the graph that fills the tables."""
    if model.initializer is None:
        return None
    nodes = [_node(node, _prefix(model.initializer)) for node in model.initializer.in_order()]
    return {"node": nodes, "versions": {"producer": PRODUCER}}


def weights(model: GraphModel) -> list[tuple[str, Tensor]]:
    """Every constant of every graph, by the name of its weight."""
    graphs = [model.graph, *model.functions.values(), *([model.initializer] if model.initializer else [])]
    return [
        (_name(node, "" if graph is model.graph else _prefix(graph)), node.tensor)
        for graph in graphs
        for node in graph.nodes.values()
        if node.op == "Const"
    ]


def signature(ports: Signature, graph: Graph) -> Json:
    """A SignatureDef; keys in the order in which TF.js takes inputs and gives outputs."""
    inputs = (node.name for node in graph.inputs)
    outputs = (_reference(value, "") for value in graph.outputs)
    return {
        "inputs": {port.key: _port(port, name) for port, name in zip(ports.inputs, inputs, strict=True)},
        "outputs": {port.key: _port(port, name) for port, name in zip(ports.outputs, outputs, strict=True)},
        "methodName": ports.method,
    }


def _port(port: Port, name: str) -> Json:
    full = name if ":" in name else f"{name}:0"
    found: Json = {"name": full, "dtype": _enum_name(port.type), "tensorShape": _shape(port.shape)}
    if port.resource is not None:
        found["resourceId"] = port.resource
    return found


# ---------------------------------------------------------------------------- nodes


def _prefix(graph: Graph) -> str:
    return f"{graph.name}/"


def _name(node: Node, prefix: str) -> str:
    return prefix + node.name if node.op == "Const" else node.name


def _node(node: Node, prefix: str) -> Json:
    found: Json = {"name": _name(node, prefix), "op": node.op}
    inputs = [_reference(value, prefix) for value in node.inputs]
    inputs += [f"^{_name(control, prefix)}" for control in node.controls]
    if inputs:
        found["input"] = inputs
    attrs = {key: _attr(value, node, key) for key, value in _written(node)}
    if attrs:
        found["attr"] = attrs
    return found


def _written(node: Node) -> Iterator[tuple[str, Attr]]:
    """The attributes that TF.js reads."""
    row = tfjs_ops().get(node.op)
    read = None if row is None else {*row.attrs, *_ALWAYS.get(node.op, ())}
    for key in sorted(node.attrs):
        if read is None or key in read:
            yield key, node.attrs[key]


def _reference(value: Value, prefix: str) -> str:
    name = _name(value.node, prefix)
    return f"{name}:{value.index}" if value.index else name


def _function(graph: Graph) -> Json:
    prefix = _prefix(graph)
    results = zip(graph.output_names, graph.outputs, strict=True)
    return {
        "signature": {
            "name": graph.name,
            "inputArg": [{"name": node.name, **_argument_type(node)} for node in graph.inputs],
            "outputArg": [{"name": name} for name in graph.output_names],
        },
        "nodeDef": [_node(node, prefix) for node in graph.in_order() if node.op != "Arg"],
        "ret": {name: _reference(value, prefix) for name, value in results},
    }


def _argument_type(node: Node) -> Json:
    kind = node.attrs.get("T")
    return {"type": _enum_name(kind)} if isinstance(kind, Type) else {}


# ---------------------------------------------------------------------------- attributes


def _attr(value: Attr, node: Node, key: str) -> Json:
    if not isinstance(value, list):
        return _scalar(value, node, key)
    if not value:
        return {"list": {}}
    items = [_scalar(item, node, key) for item in value]
    (kind,) = items[0]
    return {"list": {kind: [item[kind] for item in items]}}


def _scalar(value: Scalar, node: Node, key: str) -> Json:
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        if not math.isfinite(value):
            where = f"{node.name} ({node.op})"
            raise UnsupportedError("This cannot be written.", [Problem(where, f"its attribute {key} is {value}")])
        return {"f": value}
    if isinstance(value, bytes):
        return {"s": base64.b64encode(value).decode("ascii")}
    if isinstance(value, Type):
        return {"type": _enum_name(value)}
    if isinstance(value, Shape):
        return {"shape": _shape(value)}
    if isinstance(value, Func):
        return {"func": {"name": value.name}}
    if isinstance(value, Tensor):
        dims = [{"size": str(size)} for size in value.shape]
        return {"tensor": {"dtype": _enum_name(Type(value.dtype)), "tensorShape": {"dim": dims}}}
    return {"placeholder": value.name}


def _shape(shape: Shape) -> Json:
    if shape.dims is None:
        return {"unknownRank": True}
    return {"dim": [{"size": "-1" if dim is None else str(dim)} for dim in shape.dims]}


def _enum_name(kind: Type) -> str:
    if kind.name in _ENUM_NAMES:
        return _ENUM_NAMES[kind.name]
    return f"DT_{kind.name.upper()}" if kind.name in DTYPES else "DT_INVALID"
