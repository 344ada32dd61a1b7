"""How the layers of a Keras model are connected: every form of `inbound_nodes`, inputs and outputs.

Keras 2 writes a call as a list of `[layer, node, tensor, kwargs]`, Keras 3 as `{args, kwargs}` with an object for
each tensor. A call of a nested model is counted from 1 in Keras 2 (the model's own graph is node 0) and from 0 in
Keras 3; here always from 0. Every reference is checked: TF.js waits forever for one that does not exist.
"""

from __future__ import annotations

from typing import Any

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import Argument, Call, Config, Layer, Model, Ref, refs_in, replace_refs
from tensorflowjs.readers import keras_operators
from tensorflowjs.readers.keras_graph import all_refs, check_calls, check_graph, check_names
from tensorflowjs.readers.keras_values import plain


def chain(model: Model) -> None:
    """Connect a Sequential: each layer called once on the one before."""
    before: Ref | None = None
    for layer in model.layers:
        layer.calls = [Call([] if before is None else [before])]
        before = Ref(layer.name)
    model.inputs = [Ref(model.layers[0].name)]
    model.outputs = [Ref(model.layers[-1].name)]
    check_names(model)


def connect(model: Model, config: Config) -> None:
    """Read the calls, inputs and outputs of a Functional model."""
    check_names(model)
    names = {layer.name for layer in model.layers}
    for layer, entry in zip(model.layers, config["layers"], strict=True):
        with making_sense_of(f'What the layer "{layer.name}" is called with'):
            layer.calls = _calls(layer, entry.get("inbound_nodes") or [], names)
            check_calls(layer)
    model.input_keys, model.inputs = _ends(config.get("input_layers"), "input_layers", names)
    model.output_keys, model.outputs = _ends(config.get("output_layers"), "output_layers", names)
    _count_nested_from_zero(model, config)
    check_graph(model)


def _calls(layer: Layer, nodes: Any, names: set[str]) -> list[Call]:
    if not nodes:
        return [Call()] if layer.class_name == "InputLayer" else []
    if not isinstance(nodes, list):
        raise CorruptInputError(f'The layer "{layer.name}" has inbound_nodes that are not a list.')
    if is_of_keras_3(nodes[0]):
        return [_call_with_arguments(node) for node in nodes]
    if _is_reference(nodes[0]):  # one level less: TFOpLambda with a single tensor
        nodes = [[item] for item in nodes]
    return [_call_of_references(layer, node, names) for node in nodes]


def is_of_keras_3(node: Any) -> bool:
    """Keras 2 writes an object for a call too, where a model takes a dict of tensors."""
    return isinstance(node, dict) and bool({"args", "kwargs"} & set(node))


def _call_with_arguments(node: Config) -> Call:
    args, kwargs = node.get("args") or [], node.get("kwargs") or {}
    return Call([_argument(item) for item in args], {key: _argument(item) for key, item in kwargs.items()})


def _argument(value: Any) -> Argument:
    """An argument of a Keras 3 call, with a Ref for every tensor object in it."""
    if isinstance(value, list | tuple):
        return [_argument(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "__keras_tensor__":
        return _reference(value["config"].get("keras_history"))
    if value.get("class_name") == "__tuple__":
        return _argument(value["config"].get("value"))
    if isinstance(value.get("class_name"), str):
        return plain(value)
    return {key: _argument(item) for key, item in value.items()}


def _call_of_references(layer: Layer, node: Any, names: set[str]) -> Call:
    """A Keras 2 call: references, the last of which carries the other arguments."""
    if isinstance(node, dict):  # dict inputs of a layer: {"key": reference}
        return Call([{key: _reference(item) for key, item in node.items()}])
    references: list[Argument] = []
    kwargs: Config = {}
    for item in node:
        references.append(_references(item))
        kwargs = item[3] if len(item) > 3 and isinstance(item[3], dict) else kwargs
    args: list[Argument] = references
    if layer.class_name == "Operator":
        args, kwargs = keras_operators.keras_2_arguments(layer, references, kwargs)
    return Call(args, {key: _keras_2_argument(item, names) for key, item in kwargs.items()})


def _references(item: Any) -> Argument:
    """One reference, a constant in its place, or a list of them: states of stacked cells come in groups."""
    if isinstance(item, list) and item and isinstance(item[0], list):
        return [_references(part) for part in item]
    constant = isinstance(item, list) and item and item[0] == "_CONSTANT_VALUE"
    return item[2] if constant else _reference(item)


def _keras_2_argument(value: Any, names: set[str]) -> Argument:
    """A keyword of a Keras 2 call: `[name, node, tensor]` is a tensor if a layer has that name."""
    if _is_reference(value) and len(value) == 3 and value[0] in names:
        return _reference(value)
    if isinstance(value, list):
        return [_keras_2_argument(item, names) for item in value]
    if isinstance(value, dict) and not isinstance(value.get("class_name"), str):
        return {key: _keras_2_argument(item, names) for key, item in value.items()}
    return plain(value)


def _is_reference(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and all(isinstance(number, int) for number in value[1:2])
    )


def _reference(value: Any) -> Ref:
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        raise CorruptInputError(f"The model configuration refers to a tensor as {value!r}, which names no layer.")
    node, tensor = value[1], value[2]
    if not isinstance(node, int) or not isinstance(tensor, int) or min(node, tensor) < 0:
        raise CorruptInputError(f"The model configuration refers to a tensor as {value!r}: not a node and an output.")
    return Ref(value[0], node, tensor)


def _ends(value: Any, key: str, names: set[str]) -> tuple[list[str] | None, list[Ref]]:
    """Inputs or outputs: a triple, a list of triples (perhaps nested), or a dict in the order Keras flattens."""
    if isinstance(value, dict) and value:
        keys = sorted(value)
        pairs = [(name, ref) for name in keys for ref in _ends(value[name], key, names)[1]]
        return [name for name, _ in pairs], [ref for _, ref in pairs]
    if isinstance(value, list | tuple) and value:
        items = list(value)
        if len(items) == 3 and isinstance(items[0], str) and isinstance(items[1], int):
            return None, [_reference(items)]
        return None, [ref for item in items for ref in _ends(item, key, names)[1]]
    raise CorruptInputError(f'The model configuration has no usable "{key}": found {value!r}.')


def _count_nested_from_zero(model: Model, config: Config) -> None:
    """Move references to nested models that count their own graph as call 0.

    Keras 2 counts so everywhere, except for models built late. Keras 3 does it in the model's outputs only, and not
    for a Sequential.
    """
    inner = {layer.name: layer.model.kind for layer in model.layers if layer.model is not None}
    nodes = [node for entry in config["layers"] for node in entry.get("inbound_nodes") or []]
    if any(is_of_keras_3(node) for node in nodes):
        shifted = {name for name, kind in inner.items() if kind == "Functional"}
    else:
        from_zero = {ref.layer for ref in all_refs(model) if ref.call == 0}
        shifted = set(inner) - from_zero
        for layer in model.layers:
            for call in layer.calls:
                call.args, call.kwargs = _one_less(call.args, shifted), _one_less(call.kwargs, shifted)
    model.inputs, model.outputs = _one_less(model.inputs, shifted), _one_less(model.outputs, shifted)


def _one_less(argument: Argument, layers: set[str]) -> Argument:
    moved = {ref: Ref(ref.layer, ref.call - 1, ref.output) for ref in refs_in(argument) if ref.layer in layers}
    return replace_refs(argument, moved)
