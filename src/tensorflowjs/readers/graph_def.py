"""GraphDef and FunctionDef messages as graphs.

TensorFlow leaves out attributes that have their default value; they are put back here, since TF.js has defaults of
its own. Inside functions an input names an output argument (`node:out_arg:k`); it becomes the plain index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from tensorflowjs.catalog.ops import Argument, OpDef, length_of, tensorflow_ops
from tensorflowjs.dtypes import BY_ENUM, name_in_tensorflow
from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.graph import Attr, Func, Graph, Node, Placeholder, Scalar, Shape, Type, Value
from tensorflowjs.readers.custom_ops import CustomOps
from tensorflowjs.readers.lowered_cases import expand_cases
from tensorflowjs.readers.tensor_proto import read_tensor
from tensorflowjs.tensors import Tensor

REFERENCE = 100  # what TensorFlow adds to the number of a dtype for a reference to a variable of it
MOST_OUTPUTS = 100_000  # of a node; a short name can claim any number
MOST_OUTPUTS_OF_ALL = 200_000
_OTHER_TYPES = {20: "resource", 21: "variant", 11: "qint8", 12: "quint8", 13: "qint32", 15: "qint16", 16: "quint16"}


def read_graph(proto: Any, where: str, name: str = "main", definitions: Iterable[Any] = ()) -> Graph:
    """The main graph of a GraphDef. `definitions` are OpDef messages of operations that are not TensorFlow's."""
    graph = Graph(name)
    custom = CustomOps(definitions)
    for node in proto.node:
        _add_node(graph, node, custom, where)
    _Inputs(graph, custom, where).connect(proto.node)
    expand_cases(graph)
    return graph


def read_functions(proto: Any, where: str) -> dict[str, Graph]:
    """The functions of a GraphDef's library."""
    library = Library(proto, where)
    return {name: function for name in library if (function := library.get(name)) is not None}


class Library:
    """The functions of a GraphDef, each read when it is first asked for: a model often uses few of them."""

    def __init__(self, proto: Any, where: str, definitions: Iterable[Any] = ()) -> None:
        self._protos = {function.signature.name: function for function in proto.library.function}
        self._custom = CustomOps(definitions, {name: function.signature for name, function in self._protos.items()})
        self._where = where
        self._read: dict[str, Graph] = {}

    def __iter__(self) -> Iterator[str]:
        return iter(self._protos)

    def get(self, name: str) -> Graph | None:
        if name not in self._read and name in self._protos:
            self._read[name] = _read_function(self._protos[name], self._custom, self._where)
        return self._read.get(name)

    def used_by(self, graph: Graph) -> dict[str, Graph]:
        """The functions that the nodes of `graph` call, and those that these call."""
        found: dict[str, Graph] = {}
        waiting = [graph]
        while waiting:
            for node in waiting.pop().nodes.values():
                for name in (node.op, *_function_names(node.attrs.values())):
                    function = self.get(name)
                    if function is not None and name not in found:
                        found[name] = function
                        waiting.append(function)
        return found


def _function_names(values: Iterable[Attr]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Func):
            yield value.name
            yield from _function_names(attr for _, attr in value.attrs)
        elif isinstance(value, list):
            yield from _function_names(value)


def _read_function(proto: Any, custom: CustomOps, where: str) -> Graph:
    name = proto.signature.name
    graph = Graph(name)
    for argument in proto.signature.input_arg:
        attrs: dict[str, Attr] = {"T": _argument_type(argument)}
        graph.inputs.append(graph.add(Node(argument.name, "Arg", (), attrs)))
    for node in proto.node_def:
        _add_node(graph, node, custom, f"{where}: function {name}")
    inputs = _Inputs(graph, custom, f"{where}: function {name}")
    inputs.connect(proto.node_def)
    for argument in proto.signature.output_arg:
        if argument.name not in proto.ret:
            raise CorruptInputError(f"{where}: the function {name} does not say what it returns as {argument.name}.")
        graph.output_names.append(argument.name)
        graph.outputs.append(inputs.value(proto.ret[argument.name]))
    return graph


def _argument_type(argument: Any) -> Attr:
    return Placeholder(argument.type_attr) if argument.type_attr else read_type(argument.type)


def _add_node(graph: Graph, proto: Any, custom: CustomOps, where: str) -> None:
    if proto.name in graph.nodes:
        raise CorruptInputError(f"{where}: two nodes are named {proto.name}.")
    attrs = {key: read_attr(value, f"{where}: {proto.name}") for key, value in proto.attr.items() if key[:1] != "_"}
    definition = tensorflow_ops().get(proto.op)
    if definition is not None:
        attrs = {**default_attrs(definition), **attrs}
    else:
        defaults = custom.defaults(proto.op)
        attrs = {**{key: read_attr(value, where) for key, value in defaults.items()}, **attrs}
    if proto.op == "Const" and not isinstance(attrs.get("value"), Tensor):
        raise CorruptInputError(f"{where}: the constant {proto.name} has no value.")
    graph.add(Node(proto.name, proto.op, (), attrs))


def default_attrs(definition: OpDef) -> dict[str, Attr]:
    """The attributes of an op that have a default, with it."""
    return {key: _default(definition.attrs[key], value) for key, value in definition.defaults.items()}


def _default(kind: str, value: Any) -> Attr:
    if kind.startswith("list("):
        inner = kind[len("list(") : -1]
        return [_scalar_default(inner, item) for item in value]
    return _scalar_default(kind, value)


def _scalar_default(kind: str, value: Any) -> Scalar:
    if kind == "string":
        return str(value).encode()
    if kind == "type":
        return Type(name_in_tensorflow(str(value)))
    if kind == "float":
        return float(value)
    if kind == "shape":
        return _default_shape(value)
    if kind == "func":
        return Func(str(value))
    plain: Scalar = value
    return plain


def output_index(text: str) -> int | None:
    """The number behind the colon in the name of a value."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(MOST_OUTPUTS)) else None


def _default_shape(value: Any) -> Shape:
    return Shape(None if value == "unknown_rank" else tuple(None if size == -1 else int(size) for size in value))


class _Inputs:
    """Resolves the names by which nodes of one graph refer to each other's outputs."""

    def __init__(self, graph: Graph, custom: CustomOps, where: str) -> None:
        self._graph = graph
        self._custom = custom
        self._where = where
        self._made = 0

    def connect(self, protos: Iterable[Any]) -> None:
        for proto in protos:
            node = self._graph.nodes[proto.name]
            node.set_inputs(self.value(name) for name in proto.input if not name.startswith("^"))
            node.controls = [self._node(name[1:]) for name in proto.input if name.startswith("^")]

    def value(self, name: str) -> Value:
        parts = name.split(":")
        node = self._node(parts[0])
        if len(parts) == 1:
            return node.output
        index = output_index(parts[-1])
        if index is not None and len(parts) == 3:
            index += self._offset(node, parts[1])
        if index is None or not 0 <= index <= MOST_OUTPUTS or len(parts) > 3:
            raise CorruptInputError(f"{self._where}: cannot make out what the input {name!r} refers to.")
        self._made += max(0, index + 1 - len(node.outputs))
        if self._made > MOST_OUTPUTS_OF_ALL:
            raise CorruptInputError(f"{self._where}: its nodes claim an absurd number of outputs.")
        return node.value(index)

    def _node(self, name: str) -> Node:
        found = self._graph.nodes.get(name)
        if found is None:
            raise CorruptInputError(f"{self._where}: a node reads {name!r}, which does not exist.")
        return found

    def _offset(self, node: Node, output: str) -> int:
        """How many values come before the output argument of this name."""
        offset = 0
        for argument in self._outputs(node, output):
            if argument.name == output:
                return offset
            offset += length_of(argument, node)
        raise CorruptInputError(f"{self._where}: {node.op} {node.name} has no output {output!r}.")

    def _outputs(self, node: Node, wanted: str) -> Iterable[Argument]:
        definition = tensorflow_ops().get(node.op)
        return self._custom.outputs(node.op, wanted, node.name) if definition is None else definition.outputs


# ---------------------------------------------------------------------------- attributes


def read_attr(proto: Any, where: str) -> Attr:
    kind = proto.WhichOneof("value")
    if kind == "list":
        return _read_list(proto.list, where)
    if kind is None:
        return []
    return _read_scalar(kind, getattr(proto, kind), where)


def _read_list(proto: Any, where: str) -> list[Scalar]:
    for kind in ("s", "i", "f", "b", "type", "shape", "tensor", "func"):
        items = getattr(proto, kind)
        if items:
            return [_read_scalar(kind, item, where) for item in items]
    return []


def _read_scalar(kind: str, value: Any, where: str) -> Scalar:
    if kind == "type":
        return read_type(value)
    if kind == "shape":
        return read_shape(value)
    if kind == "tensor":
        return read_tensor(value, where)
    if kind == "func":
        return Func(value.name, tuple((key, read_attr(item, where)) for key, item in sorted(value.attr.items())))
    if kind == "placeholder":
        return Placeholder(value)
    plain: Scalar = value
    return plain


def read_type(number: int) -> Type:
    number -= REFERENCE if number > REFERENCE else 0
    row = BY_ENUM.get(number)
    return Type(row.name if row else _OTHER_TYPES.get(number, f"type{number}"))


def read_shape(proto: Any) -> Shape:
    if proto.unknown_rank:
        return Shape(None)
    return Shape(tuple(None if dim.size < 0 else dim.size for dim in proto.dim))
