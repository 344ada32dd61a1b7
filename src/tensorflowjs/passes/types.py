"""What dtype a value has, from the attributes of its node."""

from __future__ import annotations

from tensorflowjs.catalog.ops import Argument, OpDef, length_of, tensorflow_ops
from tensorflowjs.dtypes import DTYPES, name_in_tensorflow
from tensorflowjs.ir.graph import Attr, Node, Type, Value


def type_of(value: Value) -> str | None:
    """The name of the dtype of `value`; None if its node does not tell."""
    node = value.node
    if node.op == "Arg":
        return _name(node.attrs.get("T"))
    definition = tensorflow_ops().get(node.op)
    if definition is None:
        return _name(node.attrs.get("T"))
    at = 0
    for argument in definition.outputs:
        length = length_of(argument, node)
        if at <= value.index < at + length:
            return _argument_type(argument, node, value.index - at, definition)
        at += length
    return None


def _argument_type(argument: Argument, node: Node, index: int, definition: OpDef) -> str | None:
    if argument.type_list_attr is not None:
        types = node.attrs.get(argument.type_list_attr)
        return _name(types[index]) if isinstance(types, list) else None
    if argument.type_attr is not None:
        return _name(node.attrs.get(argument.type_attr)) or _default(definition.defaults.get(argument.type_attr))
    return argument.type


def _default(name: object) -> str | None:
    """What an attribute that is not there stands for, in a dtype of TF.js: only nodes of ours lack it."""
    row = DTYPES.get(name_in_tensorflow(name)) if isinstance(name, str) else None
    return row.tfjs if row is not None else None


def _name(attr: Attr | None) -> str | None:
    return attr.name if isinstance(attr, Type) else None
