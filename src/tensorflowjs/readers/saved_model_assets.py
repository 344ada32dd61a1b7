"""Asset files of a SavedModel, and the tables that text files among them hold."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from tensorflowjs.errors import CorruptInputError, MissingInputError
from tensorflowjs.formats.protobuf import parse
from tensorflowjs.formats.signature import unreadable
from tensorflowjs.ir.graph import Attr, Type
from tensorflowjs.tensors import ArrayTensor, Tensor

_COLLECTION = "saved_model_assets"
_WHOLE_LINE, _LINE_NUMBER = -2, -1
_PARSE: dict[str, Callable[[bytes], Any]] = {
    "int32": int,
    "int64": int,
    "float32": float,
    "float64": float,
    "string": bytes,
}


def asset_files(meta_graph: Any, folder: Path) -> dict[str, Path]:
    """Name of the node that stands for the path of an asset -> its file."""
    found = {}
    for row in [*meta_graph.asset_file_def, *_in_collection(meta_graph, str(folder))]:
        name = PurePosixPath(row.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or not name.parts:
            raise CorruptInputError(f"{folder}: the asset {row.filename!r} would lie outside of the SavedModel.")
        found[row.tensor_info.name.split(":")[0]] = folder / "assets" / name
    return found


def _in_collection(meta_graph: Any, where: str) -> list[Any]:
    """Where TensorFlow 1 lists the assets."""
    collections = meta_graph.collection_def
    if _COLLECTION not in collections:
        return []
    rows = collections[_COLLECTION].any_list.value
    return [parse("saved_model", "AssetFileDef", row.value, f"{where}: its list of assets") for row in rows]


def read_table(path: Path, attrs: dict[str, Attr], types: tuple[str, str]) -> tuple[Tensor, Tensor]:
    """Keys and values in a text file, as InitializeTableFromTextFile would take them from it."""
    lines = _lines(path, _number(attrs, "vocab_size", -1))
    delimiter = attrs.get("delimiter", b"\t")
    assert isinstance(delimiter, bytes)
    columns: list[Tensor] = []
    for key, dtype in zip(("key_index", "value_index"), types, strict=True):
        index = _number(attrs, key, _WHOLE_LINE)
        if index == _LINE_NUMBER:
            start = _number(attrs, "offset", 0)
            columns.append(ArrayTensor(np.arange(start, start + len(lines)).astype(_storage(dtype)), str(path)))
        else:
            columns.append(_column(lines, index, delimiter, dtype, path))
    return columns[0], columns[1]


def table_types(attrs: dict[str, Attr]) -> tuple[str, str]:
    """The dtypes of the keys and values of a table."""
    key, value = (attrs.get(name) for name in ("key_dtype", "value_dtype"))
    return (key.name if isinstance(key, Type) else "string", value.name if isinstance(value, Type) else "int64")


def _number(attrs: dict[str, Attr], key: str, default: int) -> int:
    value = attrs.get(key)
    return value if isinstance(value, int) else default


def _storage(dtype: str) -> str:
    from tensorflowjs.dtypes import DTYPES

    return DTYPES[dtype].storage or "O"


def _lines(path: Path, count: int) -> list[bytes]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise MissingInputError(
            f"{path}: this asset of the SavedModel is missing.", hint="Copy the whole folder."
        ) from None
    except OSError as error:
        raise unreadable(path, error) from None
    lines = data.replace(b"\r", b"").split(b"\n")
    if not lines[-1]:
        lines.pop()
    if count > len(lines):
        raise CorruptInputError(f"{path}: the table needs {count} lines, the file has {len(lines)}.")
    return lines[:count] if count >= 0 else lines


def _column(lines: list[bytes], index: int, delimiter: bytes, dtype: str, path: Path) -> Tensor:
    parse = _PARSE.get(dtype)
    try:
        if parse is None:
            raise ValueError
        items = [parse(line if index == _WHOLE_LINE else line.split(delimiter)[index]) for line in lines]
    except (ValueError, IndexError):
        what = "line" if index == _WHOLE_LINE else f"column {index}"
        raise CorruptInputError(f"{path}: not every {what} holds a value of {dtype}.") from None
    array: np.ndarray[Any, Any] = np.empty(len(items), _storage(dtype))
    array[:] = items
    return ArrayTensor(array, str(path), dtype)
