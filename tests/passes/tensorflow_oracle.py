"""Functions of TensorFlow as graphs of ours, and graphs of ours run by TensorFlow, node by node."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from tensorflowjs.catalog.ops import Argument, length_of, tensorflow_ops
from tensorflowjs.formats import protobuf
from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Port, Shape, Type, Value
from tensorflowjs.passes.controls import drop_controls
from tensorflowjs.passes.debugging import remove_debugging
from tensorflowjs.passes.dtypes import narrow_dtypes
from tensorflowjs.passes.inlining import inline
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.rewriting import rewrite
from tensorflowjs.readers.graph_def import read_functions, read_graph
from tensorflowjs.tensors import Tensor


def traced(function: Callable[..., Any], specs: Sequence[tf.TensorSpec]) -> tuple[Any, GraphModel]:
    """A function of TensorFlow, and the model of its graph with inputs x0, x1, ... and outputs y0, y1, ..."""
    concrete = tf.function(function, autograph=False).get_concrete_function(*specs)
    proto = protobuf.parse("graph", "GraphDef", concrete.graph.as_graph_def().SerializeToString(), "test")
    model = GraphModel(read_graph(proto, "test"), read_functions(proto, "test"))
    model.graph.inputs = [model.graph.nodes[value.op.name] for value in concrete.inputs]
    for index, (node, value) in enumerate(zip(model.graph.inputs, concrete.inputs, strict=True)):
        shape = Shape(None if value.shape.rank is None else tuple(value.shape.as_list()))
        node.attrs["shape"] = shape
        model.signature.inputs.append(Port(f"x{index}", Type(value.dtype.name), shape))
    for index, value in enumerate(concrete.outputs):
        node = model.graph.nodes[value.op.name]
        made = model.graph.add(Node(model.graph.fresh_name(f"y{index}"), "Identity", [node.value(value.value_index)]))
        made.attrs["T"] = Type(value.dtype.name)
        model.graph.outputs.append(made.output)
        model.signature.outputs.append(Port(f"y{index}", Type(value.dtype.name), Shape(None)))
    return concrete, model


def prepared(model: GraphModel) -> GraphModel:
    """The model after the passes that a conversion takes it through."""
    inline(model)
    remove_debugging(model)
    narrow_dtypes(model)
    prune(model)
    rewrite(model)
    drop_controls(model)
    prune(model)
    return model


def run(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a graph without control flow, each node by the op of TensorFlow."""
    values = run_all(graph, inputs)
    return [values[value].numpy() for value in graph.outputs]


def run_all(graph: Graph, inputs: Sequence[Any]) -> dict[Value, Any]:
    """Every value of a graph."""
    values: dict[Value, Any] = {}
    for node, given in zip(graph.inputs, inputs, strict=True):
        values[node.output] = tf.constant(given)
    for node in graph.in_order():
        if node.output in values or node.op == "NoOp":
            continue
        results = _run_node(node, [values[value] for value in node.inputs])
        for index, result in enumerate(results):
            values[node.value(index)] = result
    return values


def _run_node(node: Node, inputs: list[Any]) -> list[Any]:
    if node.op == "Const":
        return [tf.constant(node.tensor.read())]
    definition = tensorflow_ops()[node.op]
    function = getattr(tf.raw_ops, node.op)
    taken = inspect.signature(function).parameters
    arguments: dict[str, Any] = {
        _renamed(key, taken): _plain(value)
        for key, value in node.attrs.items()
        if key in definition.attrs and _renamed(key, taken) in taken
    }
    waiting = list(inputs)
    for argument in definition.inputs:
        arguments[_renamed(argument.name, taken)] = _take(argument, node, waiting)
    assert not waiting, node
    result = function(**arguments)
    if isinstance(result, tf.Tensor):
        return [result]
    flat: list[Any] = []
    for each in result or []:
        flat += each if isinstance(each, list) else [each]
    return flat


_PYTHON_NAMES = {
    **dict.fromkeys(("reduction_indices", "squeeze_dims", "split_dim", "dim", "dimension"), "axis"),
    "t": "x",
    "e": "y",
}


def _renamed(name: str, taken: Any) -> str:
    """Some arguments have another name in Python."""
    return name if name in taken else _PYTHON_NAMES.get(name, name)


def _take(argument: Argument, node: Node, waiting: list[Any]) -> Any:
    if not argument.several:
        return waiting.pop(0)
    return [waiting.pop(0) for _ in range(length_of(argument, node))]


def _plain(attr: Attr) -> Any:
    if isinstance(attr, list):
        return [_plain(item) for item in attr]
    if isinstance(attr, Type):
        return tf.as_dtype(attr.name)
    if isinstance(attr, Shape):
        return tf.TensorShape(attr.dims)
    if isinstance(attr, Tensor):
        return tf.constant(attr.read())
    return attr


def narrow(array: Any) -> Any:
    """What TF.js is given in place of `array`."""
    array = np.asarray(array)
    kinds = {"f": "<f4", "i": "<i4", "u": "<i4", "c": "<c8"}
    return array.astype(kinds[array.dtype.kind]) if array.dtype.kind in kinds else array
