"""Protobuf messages from our own `.proto` files, through the official runtime.

    GraphDef = message("graph", "GraphDef")

The `.proto` files are read when the first message is asked for; there is no generated code that would tie us to a
version of protobuf. All live under our own package name in a pool of their own, so that TensorFlow's messages of
the same names can be loaded in the same process.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from tensorflowjs.errors import CorruptInputError

PROTOS = Path(__file__).with_name("protos")
_TOKEN = re.compile(r'//[^\n]*|"[^"]*"|[\w.]+|[{}=;<>,]')
_Field = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "double": _Field.TYPE_DOUBLE,
    "float": _Field.TYPE_FLOAT,
    "int64": _Field.TYPE_INT64,
    "uint64": _Field.TYPE_UINT64,
    "int32": _Field.TYPE_INT32,
    "uint32": _Field.TYPE_UINT32,
    "sint64": _Field.TYPE_SINT64,
    "fixed32": _Field.TYPE_FIXED32,
    "bool": _Field.TYPE_BOOL,
    "string": _Field.TYPE_STRING,
    "bytes": _Field.TYPE_BYTES,
}


def message(file: str, name: str) -> Any:
    """The class of the message `name` in `protos/<file>.proto`."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"tensorflowjs.{file}.{name}"))


def parse(file: str, name: str, data: bytes | memoryview, where: str) -> Any:
    """The message in `data`; CorruptInputError, naming `where`, if it is not one."""
    result = message(file, name)()
    try:
        result.ParseFromString(bytes(data))
    except (DecodeError, RuntimeError) as error:
        raise CorruptInputError(
            f"{where}: it is damaged or cut off ({name} expected).", hint="Save, copy or download it again."
        ) from error
    return result


def parse_text(file: str, name: str, data: bytes, where: str) -> Any:
    """The message that `data` holds in the text form of protobuf."""
    from google.protobuf import text_format

    result = message(file, name)()
    try:
        text = _ENUM.sub(_enum_number, data.decode("utf-8"))
        text_format.Parse(text, result, allow_unknown_extension=True, allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptInputError(f"{where}: it is no {name} in text form ({error}).") from None
    return result


def from_json(file: str, name: str, value: Any, where: str) -> Any:
    """The message that `value` is in the JSON of protobuf, unknown fields skipped; CorruptInputError if it is none."""
    from google.protobuf import json_format

    result = message(file, name)()
    try:
        json_format.ParseDict(value, result, ignore_unknown_fields=True)
    except (json_format.ParseError, RecursionError, ValueError, TypeError, AttributeError) as error:
        raise CorruptInputError(f"{where}: it is no {name} in JSON ({error}).") from None
    return result


def dtype_number(name: str) -> int | None:
    """TensorFlow's number of the dtype `DT_FLOAT`."""
    return _DTYPE_NUMBERS.get(name)


# Our messages have dtypes as numbers, texts have them as names. What stands in quotes is left alone.
_ENUM = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\bDT_[A-Z0-9_]+\b")


def _enum_number(found: re.Match[str]) -> str:
    return str(_DTYPE_NUMBERS.get(found[0], found[0]))


_DTYPE_NAMES = (
    "FLOAT DOUBLE INT32 UINT8 INT16 INT8 STRING COMPLEX64 INT64 BOOL QINT8 QUINT8 QINT32 BFLOAT16 QINT16 QUINT16 "
    "UINT16 COMPLEX128 HALF RESOURCE VARIANT UINT32 UINT64 FLOAT8_E5M2 FLOAT8_E4M3FN"
)
_DTYPE_NUMBERS = {"DT_INVALID": 0, **{f"DT_{name}": number for number, name in enumerate(_DTYPE_NAMES.split(), 1)}}
_DTYPE_NUMBERS |= {f"{name}_REF": number + 100 for name, number in _DTYPE_NUMBERS.items() if number}


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for name in ("graph", "saved_model", "checkpoint"):
        pool.Add(read_proto(f"{name}.proto", (PROTOS / f"{name}.proto").read_text(encoding="utf-8")))
    return pool


def read_proto(name: str, text: str) -> descriptor_pb2.FileDescriptorProto:
    """A `.proto` file of the small part of the language that ours are written in."""
    file = descriptor_pb2.FileDescriptorProto(name=name)
    tokens = iter(token for token in _TOKEN.findall(text) if not token.startswith("//"))
    for token in tokens:
        if token == "syntax":
            file.syntax = [next(tokens), next(tokens), next(tokens)][1].strip('"')
        elif token == "package":
            file.package = [next(tokens), next(tokens)][0]
        elif token == "import":
            file.dependency.append([next(tokens), next(tokens)][0].strip('"'))
        elif token == "message":
            _read_message(file.message_type.add(name=next(tokens)), tokens)
        else:
            raise AssertionError(f"{name}: unexpected {token}")
    return file


def _read_message(target: descriptor_pb2.DescriptorProto, tokens: Iterator[str]) -> None:
    assert next(tokens) == "{"
    oneof: int | None = None
    for token in tokens:
        if token == "}" and oneof is None:
            return
        if token == "}":
            oneof = None
        elif token == "message":
            _read_message(target.nested_type.add(name=next(tokens)), tokens)
        elif token == "oneof":
            oneof = len(target.oneof_decl)
            target.oneof_decl.add(name=next(tokens))
            assert next(tokens) == "{"
        else:
            _read_field(target, token, tokens, oneof)


def _read_field(target: descriptor_pb2.DescriptorProto, token: str, tokens: Iterator[str], oneof: int | None) -> None:
    label = _Field.LABEL_OPTIONAL
    if token in ("repeated", "map"):
        label = _Field.LABEL_REPEATED
    kind = next(tokens) if token == "repeated" else token
    entry = _map_types(tokens) if kind == "map" else None
    name, _, number, _ = (next(tokens) for _ in range(4))
    field = target.field.add(name=name, number=int(number), label=label)
    if oneof is not None:
        field.oneof_index = oneof
    if entry is not None:
        kind = _map_entry(target, name, entry)
    _set_type(field, kind)


def _map_types(tokens: Iterator[str]) -> tuple[str, str]:
    _, key, _, value, _ = (next(tokens) for _ in range(5))
    return key, value


def _map_entry(target: descriptor_pb2.DescriptorProto, name: str, types: tuple[str, str]) -> str:
    """A map is a repeated message of key and value, marked as one."""
    entry_name = "".join(part.capitalize() for part in name.split("_")) + "Entry"
    entry = target.nested_type.add(name=entry_name)
    entry.options.map_entry = True
    for number, (part, kind) in enumerate(zip(("key", "value"), types, strict=True), start=1):
        field = entry.field.add(name=part, number=number, label=_Field.LABEL_OPTIONAL)
        _set_type(field, kind)
    return entry_name


def _set_type(field: descriptor_pb2.FieldDescriptorProto, kind: str) -> None:
    if kind in _SCALARS:
        field.type = _SCALARS[kind]
    else:
        field.type = _Field.TYPE_MESSAGE
        field.type_name = kind
