"""Runs a graph of ours in TensorFlow itself, as an oracle that needs no TF.js."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.dtypes import DTYPES
from tensorflowjs.ir.graph import Attr, Func, Graph, GraphModel, Node, Placeholder, Shape, Type
from tensorflowjs.passes.inlining import inline
from tensorflowjs.passes.pruning import prune
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

VARIABLES = ("VarHandleOp", "VariableV2")
_OTHER_ENUMS = {"resource": 20, "variant": 21}


def run(model: GraphModel, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """What TensorFlow computes for `inputs` (by signature key) with the model inlined and pruned."""
    import tensorflow as tf

    inline(model)
    prune(model)
    nodes = {node.name: port.key for node, port in zip(model.graph.inputs, model.signature.inputs, strict=True)}
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(_graph_def(model.graph, model.functions), name="")
        if model.initializer is not None:
            tf.import_graph_def(_graph_def(model.initializer, model.functions), name="initializer")
        assignments = [_assignment(graph, node) for node in model.graph.nodes.values() if node.op in VARIABLES]
        with tf.compat.v1.Session(graph=graph) as session:
            session.run(assignments)
            if model.initializer is not None:
                session.run([f"initializer/{value.node.name}" for value in model.initializer.outputs])
            fetched = [f"{value.node.name}:{value.index}" for value in model.graph.outputs]
            results = session.run(fetched, {f"{name}:0": inputs[key] for name, key in nodes.items() if key in inputs})
    return dict(zip([port.key for port in model.signature.outputs], results, strict=True))


def _assignment(graph: Any, node: Node) -> Any:
    """Gives a variable the value that the reader found for it."""
    import tensorflow as tf
    from tensorflow.core.framework import tensor_pb2

    proto = tensor_pb2.TensorProto()
    value = node.attrs["value"]
    assert isinstance(value, Tensor)
    _tensor(proto, value)
    array = tf.make_ndarray(proto)
    handle = graph.get_tensor_by_name(f"{node.name}:0")
    if node.op == "VarHandleOp":
        return tf.raw_ops.AssignVariableOp(resource=handle, value=array)
    return tf.compat.v1.assign(handle, array, validate_shape=False).op


def _graph_def(graph: Graph, functions: Mapping[str, Graph]) -> Any:
    from tensorflow.core.framework import graph_pb2

    proto = graph_pb2.GraphDef()
    proto.versions.producer = 1087
    for node in graph.nodes.values():
        _node(proto.node.add(), node)
    for function in functions.values():
        _function(proto.library.function.add(), function)
    return proto


def _node(proto: Any, node: Node, within: Graph | None = None) -> None:
    proto.name, proto.op = node.name, node.op
    proto.input.extend(_reference(value.node, value.index, within) for value in node.inputs)
    proto.input.extend(f"^{control.name}" for control in node.controls)
    for key, value in node.attrs.items():
        if not (key == "value" and node.op in VARIABLES):
            _attr(proto.attr[key], value)
    if node.op == "HashTableV2":
        proto.attr["shared_name"].s = node.name.encode()  # as TF.js: one table of a name


def _reference(node: Node, index: int, within: Graph | None) -> str:
    """In functions an output goes by the name of its argument in the definition of the op."""
    if within is None:
        return f"{node.name}:{index}"
    if node.op == "Arg":
        return node.name
    from tensorflow.python.framework import op_def_registry

    for argument in op_def_registry.get(node.op).output_arg:
        count = 1
        if argument.number_attr:
            count = node.attrs[argument.number_attr]
        elif argument.type_list_attr:
            count = len(node.attrs[argument.type_list_attr])
        if index < count:
            return f"{node.name}:{argument.name}:{index}"
        index -= count
    raise AssertionError(node)


def _function(proto: Any, graph: Graph) -> None:
    proto.signature.name = graph.name
    for node in graph.inputs:
        proto.signature.input_arg.add(name=node.name, type=_enum(node.attrs["T"]))
    for node in graph.nodes.values():
        if node.op != "Arg":
            _node(proto.node_def.add(), node, graph)
    for name, value in zip(graph.output_names, graph.outputs, strict=True):
        dtype = value.node.attrs.get("T", value.node.attrs.get("dtype", Type("float32")))
        proto.signature.output_arg.add(name=name, type=_enum(dtype))
        proto.ret[name] = _reference(value.node, value.index, graph)


def _enum(dtype: Attr) -> int:
    assert isinstance(dtype, Type)
    return DTYPES[dtype.name].enum if dtype.name in DTYPES else _OTHER_ENUMS[dtype.name]


def _attr(proto: Any, value: Attr) -> None:
    if isinstance(value, list):
        proto.list.SetInParent()
        for item in value:
            _list_item(proto.list, item)
    elif isinstance(value, bool):
        proto.b = value
    elif isinstance(value, int):
        proto.i = value
    elif isinstance(value, float):
        proto.f = value
    elif isinstance(value, bytes):
        proto.s = value
    elif isinstance(value, Type):
        proto.type = _enum(value)
    elif isinstance(value, Shape):
        _shape(proto.shape, value)
    elif isinstance(value, Func):
        proto.func.name = value.name
    elif isinstance(value, Placeholder):
        proto.placeholder = value.name
    elif isinstance(value, Tensor):
        _tensor(proto.tensor, value)


def _list_item(proto: Any, item: Attr) -> None:
    if isinstance(item, Type):
        proto.type.append(_enum(item))
    elif isinstance(item, Shape):
        _shape(proto.shape.add(), item)
    elif isinstance(item, Func):
        proto.func.add(name=item.name)
    else:
        kinds = {bool: proto.b, int: proto.i, float: proto.f, bytes: proto.s}
        kinds[type(item)].append(item)


def _shape(proto: Any, shape: Shape) -> None:
    proto.SetInParent()
    if shape.dims is None:
        proto.unknown_rank = True
    for dim in shape.dims or ():
        proto.dim.add(size=-1 if dim is None else dim)


def _tensor(proto: Any, tensor: Tensor) -> None:
    proto.dtype = DTYPES[tensor.dtype].enum
    proto.tensor_shape.SetInParent()
    for size in tensor.shape:
        proto.tensor_shape.dim.add(size=size)
    if tensor.dtype == "string":
        proto.string_val.extend(
            item if isinstance(item, bytes) else item.encode() for item in tensor.read().reshape(-1).tolist()
        )
    else:
        proto.tensor_content = np.ascontiguousarray(tensor.read()).tobytes()
