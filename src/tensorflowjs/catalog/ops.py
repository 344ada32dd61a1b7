"""Operations: how TensorFlow defines them, and which of them TF.js executes.

Both tables are JSON files beside this one, one line for each op; a test compares the second with the npm package.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tensorflowjs.dtypes import name_in_tensorflow
from tensorflowjs.ir.graph import Node

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Argument:
    """An input or output of an op: one tensor, or as many as an attribute tells."""

    name: str
    type_attr: str | None = None
    number_attr: str | None = None
    type_list_attr: str | None = None
    type: str | None = None
    ref: bool = False

    @property
    def several(self) -> bool:
        return self.number_attr is not None or self.type_list_attr is not None


@dataclass(frozen=True)
class OpDef:
    """TensorFlow's definition of an op. `attrs` maps names to kinds ("int", "list(type)", ...)."""

    name: str
    inputs: tuple[Argument, ...]
    outputs: tuple[Argument, ...]
    attrs: Mapping[str, str]
    defaults: Mapping[str, Any]
    stateful: bool


@dataclass(frozen=True)
class TfjsOp:
    """An op as TF.js 4.22 executes it. `attrs` are those it reads, `missing` the kernels a backend lacks.

    `inputs` are name, kind, first position and, for a list of tensors, the position of its end (0: to the end).
    """

    name: str
    category: str
    inputs: tuple[tuple[str, str, int, int | None], ...]
    attrs: tuple[str, ...]
    missing: Mapping[str, Any]
    runs: bool


def length_of(argument: Argument, node: Node) -> int:
    """How many values an argument of the op of `node` stands for."""
    if argument.number_attr is not None:
        number = node.attrs.get(argument.number_attr)
        return number if isinstance(number, int) else 1
    if argument.type_list_attr is not None:
        types = node.attrs.get(argument.type_list_attr)
        return len(types) if isinstance(types, list) else 1
    return 1


@cache
def tensorflow_ops() -> Mapping[str, OpDef]:
    """Every op of TensorFlow 2.19 by its name."""
    return _Definitions((_FOLDER / "tensorflow_ops.json").read_text(encoding="utf-8"))


class _Definitions(Mapping[str, OpDef]):
    """Rows of a table, each made sense of when it is first asked for: a model has few of the two thousand ops."""

    def __init__(self, text: str) -> None:
        rows = (line.rstrip(",").partition(": ") for line in text.splitlines()[1:-1])
        self._rows = {name.strip('"'): row for name, _, row in rows}
        self._read: dict[str, OpDef] = {}

    def __getitem__(self, name: str) -> OpDef:
        if name not in self._read:
            self._read[name] = _op_def(name, json.loads(self._rows[name]))
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


@cache
def tfjs_ops() -> dict[str, TfjsOp]:
    return {
        name: TfjsOp(
            name,
            row["category"],
            tuple((each[0], each[1], each[2], each[3]) for each in row["inputs"]),
            tuple(row["attrs"]),
            row["missing"],
            row["runs"],
        )
        for name, row in _table("tfjs_ops.json").items()
    }


def _table(name: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((_FOLDER / name).read_text(encoding="utf-8"))
    return table


def _argument(row: dict[str, Any]) -> Argument:
    fixed = row.get("type")
    return Argument(**{**row, "type": name_in_tensorflow(fixed) if fixed else None})


def _op_def(name: str, row: dict[str, Any]) -> OpDef:
    attrs = row["attrs"]
    return OpDef(
        name,
        tuple(_argument(argument) for argument in row["inputs"]),
        tuple(_argument(argument) for argument in row["outputs"]),
        {key: attr["type"] for key, attr in attrs.items()},
        {key: attr["default"] for key, attr in attrs.items() if "default" in attr},
        bool(row.get("stateful")),
    )
