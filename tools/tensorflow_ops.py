"""Writes `src/tensorflowjs/catalog/tensorflow_ops.json`: every operation as the TensorFlow that runs this defines it.

    .venv/bin/python tools/tensorflow_ops.py

A converter needs of an operation what files leave out: the defaults of attributes, and which outputs it has.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parent.parent / "src" / "tensorflowjs" / "catalog" / "tensorflow_ops.json"
_PLAIN = {"int": "i", "float": "f", "bool": "b"}


def definitions() -> dict[str, dict[str, Any]]:
    """Name of each operation -> its row in the table."""
    from tensorflow.core.framework import op_def_pb2
    from tensorflow.python.client import pywrap_tf_session

    ops = op_def_pb2.OpList()
    ops.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    return {op.name: row(op) for op in sorted(ops.op, key=lambda op: op.name)}


def row(op: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "attrs": {attr.name: _attribute(attr) for attr in sorted(op.attr, key=lambda attr: attr.name)},
        "inputs": [_argument(argument) for argument in op.input_arg],
        "outputs": [_argument(argument) for argument in op.output_arg],
    }
    return found | ({"stateful": True} if op.is_stateful else {})


def _argument(argument: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"name": argument.name}
    for key in ("number_attr", "type_attr", "type_list_attr"):
        if getattr(argument, key):
            found[key] = getattr(argument, key)
    if argument.is_ref:
        found["ref"] = True
    if argument.type:
        found["type"] = _type(argument.type)
    return found


def _attribute(attr: Any) -> dict[str, Any]:
    found = {"type": attr.type}
    if not attr.HasField("default_value") or "tensor" in attr.type:  # some operations of tests have such defaults
        return found
    return found | {"default": _value(attr.type, attr.default_value)}


def _value(kind: str, value: Any) -> Any:
    if kind.startswith("list("):
        inner = kind[len("list(") : -1]
        field = {"string": "s", "type": "type", "shape": "shape", "func": "func", **_PLAIN}[inner]
        return [_scalar(inner, item) for item in getattr(value.list, field)]
    return _scalar(kind, getattr(value, {"string": "s", **_PLAIN}.get(kind, kind)))


def _scalar(kind: str, item: Any) -> Any:
    if kind == "string":
        return item.decode()
    if kind == "type":
        return _type(item)
    if kind == "shape":
        return "unknown_rank" if item.unknown_rank else [dim.size for dim in item.dim]
    return item.name if kind == "func" else item


def _type(number: int) -> str:
    from tensorflow.core.framework import types_pb2

    return str(types_pb2.DataType.Name(number))


def text(rows: dict[str, dict[str, Any]]) -> str:
    lines = (f'"{name}": {json.dumps(row, sort_keys=True, separators=(",", ":"))}' for name, row in rows.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"


if __name__ == "__main__":
    TARGET.write_text(text(definitions()), encoding="utf-8")
