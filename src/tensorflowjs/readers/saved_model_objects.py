"""The functions of a SavedModel's objects: what Python calls, with or without a signature.

A function takes plain tensors, then whatever it has captured: variables, constants, tables. The object graph says which
objects those are; the values of variables lie in the checkpoint under the names of its own object graph, which has the
same paths.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from tensorflowjs.errors import CorruptInputError, Problem, UnsupportedError
from tensorflowjs.formats.tensor_bundle import StoredTensor
from tensorflowjs.ir.graph import Attr, Func, Graph, Node, Value
from tensorflowjs.readers.call_flow import CALLS
from tensorflowjs.readers.graph_def import Library, read_shape, read_type
from tensorflowjs.readers.saved_model_variables import Checkpoint
from tensorflowjs.tensors import Tensor

_SEVERAL = frozenset({"list_value", "tuple_value", "dict_value", "named_tuple_value"})
_NO_TENSOR = frozenset({"none_value", "float64_value", "int64_value", "string_value", "bool_value"})
PREDICT = "tensorflow/serving/predict"
_VALUE = "VARIABLE_VALUE"


def root_functions(meta_graph: Any) -> dict[str, list[str]]:
    """The functions of the object that was saved, each with the concrete ones it consists of."""
    nodes = meta_graph.object_graph_def.nodes
    found = {}
    for child in nodes[0].children if nodes else ():
        function = nodes[child.node_id].function if 0 <= child.node_id < len(nodes) else None
        if function is not None and function.concrete_functions:
            found[child.local_name] = list(function.concrete_functions)
    return found


def choose_concrete(meta_graph: Any, names: list[str]) -> str | None:
    """The only way to call a function with plain tensors, flags like `training` being off; None if there are more."""
    concrete = meta_graph.object_graph_def.concrete_functions
    signatures = {name: concrete[name].canonicalized_input_signature for name in names if name in concrete}
    plain = [name for name, proto in signatures.items() if flat(proto) is not None]
    quiet = [name for name in plain if not _has_flag(signatures[name])] or plain
    kinds = {_kinds(flat(signatures[name]) or []): name for name in reversed(quiet)}
    return next(iter(kinds.values())) if len(kinds) == 1 else None


def _kinds(specs: list[Any]) -> tuple[tuple[int, str], ...]:
    return tuple((spec.dtype, str(spec.shape)) for spec in specs)


def flat(proto: Any) -> list[Any] | None:
    """The TensorSpecs in a structure in TensorFlow's order (dicts by their keys); None if it holds other things."""
    kind = proto.WhichOneof("kind")
    if kind == "tensor_spec_value":
        return [proto.tensor_spec_value]
    if kind is None or kind in _NO_TENSOR:
        return None if kind is None else []
    parts = [flat(part) for part in _parts(proto, kind)]
    if kind not in _SEVERAL or any(part is None for part in parts):
        return None
    return [spec for part in parts for spec in part or ()]


def _parts(proto: Any, kind: str | None) -> list[Any]:
    if kind == "dict_value":
        fields = proto.dict_value.fields
        return [fields[name] for name in sorted(fields)]
    if kind == "named_tuple_value":
        return [pair.value for pair in proto.named_tuple_value.values]
    return list(getattr(proto, kind).values) if kind in _SEVERAL else []


def _has_flag(proto: Any) -> bool:
    kind = proto.WhichOneof("kind")
    return bool(proto.bool_value) if kind == "bool_value" else any(_has_flag(part) for part in _parts(proto, kind))


def _output_keys(proto: Any, count: int) -> list[str]:
    """The keys of a dict of tensors; what is returned in another way is numbered, as TensorFlow does."""
    fields = proto.dict_value.fields if proto.WhichOneof("kind") == "dict_value" else {}
    if fields and all(part.WhichOneof("kind") == "tensor_spec_value" for part in fields.values()):
        return sorted(fields)
    return [f"output_{number}" for number in range(count)]


class Caller:
    """Puts a call of a concrete function into `graph`, with what it has captured."""

    def __init__(self, meta_graph: Any, graph: Graph, library: Library, checkpoint: Checkpoint, where: str) -> None:
        self._objects = meta_graph.object_graph_def
        self._assets = meta_graph.asset_file_def
        self._graph = graph
        self._library = library
        self._checkpoint = checkpoint
        self._where = where

    def call(self, name: str, target: Any) -> None:
        """Add a call of the concrete function `name`; its inputs and outputs go into `target`, a SignatureDef."""
        concrete = self._objects.concrete_functions[name]
        function = self._library.get(name)
        if function is None:
            raise CorruptInputError(f"{self._where}: the function {name} is not in the file.")
        given, results = flat(concrete.canonicalized_input_signature), flat(concrete.output_signature)
        arguments, captured = function.inputs, concrete.bound_inputs
        sizes = len(arguments) - len(captured), len(function.outputs)
        if given is None or results is None or sizes != (len(given), len(results)):
            raise CorruptInputError(f"{self._where}: the function {name} is not what the model's objects say of it.")
        inputs = [self._input(argument, spec, target) for argument, spec in zip(arguments, given, strict=False)]
        inputs += [self._captured(number, name) for number in captured]
        attrs: dict[str, Attr] = {"f": Func(name), "Tout": [read_type(spec.dtype) for spec in results]}
        target.method_name = PREDICT
        call = self._graph.add(Node(self._graph.fresh_name("call"), "StatefulPartitionedCall", inputs, attrs))
        for number, key in enumerate(_output_keys(concrete.output_signature, len(results))):
            _describe(target.outputs[key], f"{call.name}:{number}", results[number])

    def _input(self, argument: Node, spec: Any, target: Any) -> Value:
        attrs: dict[str, Attr] = {"dtype": read_type(spec.dtype), "shape": read_shape(spec.shape)}
        node = self._graph.add(Node(self._graph.fresh_name(argument.name), "Placeholder", (), attrs))
        _describe(target.inputs[argument.name], f"{node.name}:0", spec)
        return node.output

    def _captured(self, number: int, function: str) -> Value:
        nodes = self._objects.nodes
        kind = nodes[number].WhichOneof("kind") if 0 <= number < len(nodes) else None
        if kind == "variable":
            return self._variable(number)
        if kind == "constant":
            return self._node(nodes[number].constant.operation)
        if kind == "asset" and 0 <= nodes[number].asset.asset_file_def_index < len(self._assets):
            return self._node(self._assets[nodes[number].asset.asset_file_def_index].tensor_info.name)
        if number in self._at_calls:
            return self._at_calls[number]
        raise UnsupportedError(
            f"{self._where}: this function cannot be called from outside of Python.",
            [Problem(function, f"it uses object {number} of the model, which is {kind or 'nothing'} that TF.js knows")],
            hint="Save the model with signatures.",
        )

    def _node(self, name: str) -> Value:
        node = self._graph.nodes.get(name.split(":")[0])
        if node is None:
            raise CorruptInputError(f"{self._where}: the graph has nothing named {name!r}.")
        return node.output

    @cached_property
    def _at_calls(self) -> dict[int, Value]:
        """What stands in the main graph for an object: calls there, as of initialisers, hand it over."""
        found: dict[int, Value] = {}
        for node in self._graph.nodes.values():
            called = node.attrs.get("f") if node.op in CALLS else None
            name = getattr(called, "name", "")
            if name in self._objects.concrete_functions:
                bound = self._objects.concrete_functions[name].bound_inputs
                found |= dict(zip(reversed(bound), reversed(node.inputs), strict=False))
        return found

    def _variable(self, number: int) -> Value:
        variable = self._objects.nodes[number].variable
        value = self._value(number, variable.name)
        if isinstance(value, StoredTensor):
            value.check()
        name = self._graph.fresh_name(f"{variable.name or 'variable'}/value")
        attrs: dict[str, Attr] = {"dtype": read_type(variable.dtype), "shape": read_shape(variable.shape)}
        attrs |= {"shared_name": name.encode(), "value": value}
        return self._graph.add(Node(name, "VarHandleOp", (), attrs)).output

    def _value(self, number: int, name: str) -> Tensor:
        stored = self._stored.get(number)
        keys = [each.checkpoint_key for each in stored.attributes if each.name == _VALUE] if stored is not None else []
        if not keys:
            raise CorruptInputError(f"{self._where}: the checkpoint holds no value of the variable {name!r}.")
        return self._checkpoint.bundle.tensor(keys[0])

    @cached_property
    def _stored(self) -> dict[int, Any]:
        """Number of an object -> the same in the checkpoint, found by going the same ways from the root."""
        nodes, stored = self._objects.nodes, self._checkpoint.objects.nodes
        found: dict[int, Any] = {}
        waiting = [(0, 0)] if nodes and stored else []
        while waiting:
            number, there = waiting.pop()
            if number in found or not (0 <= number < len(nodes) and 0 <= there < len(stored)):
                continue
            found[number] = stored[there]
            ways = {child.local_name: child.node_id for child in stored[there].children}
            children = [(child.node_id, child.local_name) for child in nodes[number].children]
            waiting += [(child, ways[name]) for child, name in children if name in ways]
        return found


def _describe(info: Any, name: str, spec: Any) -> None:
    info.name, info.dtype = name, spec.dtype
    info.tensor_shape.CopyFrom(spec.shape)
