"""GraphDef messages in the JSON of protobuf, as TF.js keeps them, as the messages themselves."""

from __future__ import annotations

import base64
from typing import Any

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.formats.protobuf import dtype_number, from_json

_TYPES = ("type", "dtype")


def graph_def(value: Any, where: str) -> Any:
    """The GraphDef that a `modelTopology` or `modelInitializer` is."""
    return from_json("graph", "GraphDef", _plain(value, "", where), where)


def tensor_info(value: Any, where: str) -> tuple[Any, int | None]:
    """The TensorInfo of an entry of a signature, and the number of the table that goes in or comes out there."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        raise CorruptInputError(f"{where}: this entry of the signature names no tensor.")
    resource = value.get("resourceId")
    known = {key: item for key, item in value.items() if key in ("name", "dtype", "tensorShape")}
    proto = from_json("saved_model", "TensorInfo", _plain(known, "", where), where)
    return proto, resource if isinstance(resource, int) else None


def _plain(value: Any, key: str, where: str) -> Any:
    """JSON in the one form that protobuf takes: numbers of types instead of names, base64 instead of bytes."""
    if isinstance(value, dict):
        return {name: _plain(item, name, where) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        codes = key == "s" and value and all(isinstance(item, int) for item in value)
        if codes:  # a text as numbers of its letters, which TF.js reads too
            return base64.b64encode(bytes(value)).decode("ascii")
        return [_plain(item, key, where) for item in value]
    if key in _TYPES and isinstance(value, str):
        return _number(value, where)
    return value


def _number(name: str, where: str) -> int:
    number = dtype_number(name)
    if number is None:
        raise CorruptInputError(f"{where}: there is no dtype {name!r}.")
    return number
