"""Reads what TF.js stores: the manifest of weights, and the tensors in their shards.

Nothing in a manifest is trusted: its paths stay in its folder, and its weights within the shards.
"""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from tensorflowjs import dtypes
from tensorflowjs.errors import CorruptInputError, MissingInputError
from tensorflowjs.formats import signature
from tensorflowjs.formats.quantisation import AFFINE, QUANTISED, DequantisedTensor
from tensorflowjs.formats.regions import PiecesTensor, between, read_pieces
from tensorflowjs.tensors import ArrayTensor, FileRegion, Shape, Tensor, cast

if TYPE_CHECKING:
    from numpy.typing import NDArray

MODEL_FILE = "model.json"
_KIND = "the model.json of a TF.js model"
_LENGTH = struct.Struct("<I")
_AHEAD = 1024 * 1024


@dataclass(frozen=True)
class StoredWeight:
    """A weight as its values (dequantised when read), and its entry in the manifest."""

    name: str
    tensor: Tensor
    entry: dict[str, Any]


@dataclass(frozen=True)
class StoredModel:
    path: Path
    document: dict[str, Any]
    groups: list[list[StoredWeight]]


def read_model(path: Path | str) -> StoredModel:
    """The model whose model.json, or the folder of it, is `path`."""
    path = Path(path)
    if path.is_dir():
        path = path / MODEL_FILE
    signature.require_file(path, kind=_KIND)
    try:
        document = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise CorruptInputError(f"{path} is not JSON ({error}).") from error
    except OSError as error:
        raise signature.unreadable(path, error) from error
    if not isinstance(document, dict):
        raise CorruptInputError(f"{path} is not {_KIND}: it is not a JSON object.")
    return StoredModel(path, document, _groups(document, path))


def _groups(document: Mapping[str, Any], path: Path) -> list[list[StoredWeight]]:
    """The weights that a manifest lists or, where TF.js's artifacts were saved as they are, in one piece."""
    manifest, specs = document.get("weightsManifest"), document.get("weightSpecs")
    if manifest is None and specs is not None:
        data = _one_piece(document.get("weightData"), path)
        return [read_group({"weights": specs}, data, origin=str(path))]
    return read_manifest(manifest or [], path.parent, origin=str(path))


def _one_piece(data: Any, path: Path) -> GroupBytes:
    """Weights without a manifest: as base64 in the model.json itself, or in the one file beside it."""
    if isinstance(data, str):
        try:
            return MemoryBytes(base64.b64decode(data, validate=True))
        except ValueError as error:
            raise CorruptInputError(f"{path}: its weightData is not base64.") from error
    names = (f"{path.stem}.weights.bin", "weights.bin")
    found = next((name for name in names if (path.parent / name).is_file()), None)
    if found is None:
        raise MissingInputError(
            f"{path}: it does not say where its weights are.", hint=f"Put them beside it, as {' or '.join(names)}."
        )
    return ShardBytes([shard(path.parent, found, str(path))])


def read_manifest(manifest: Any, folder: Path, *, origin: str = "manifest") -> list[list[StoredWeight]]:
    """The weights that a manifest lists, in files of `folder`, in their groups."""
    groups = []
    for group in _checked(manifest, list, f"{origin}: weightsManifest"):
        paths = _checked(_checked(group, dict, f"{origin}: a group").get("paths"), list, f"{origin}: paths")
        shards = ShardBytes([shard(folder, path, origin) for path in paths])
        groups.append(read_group(group, shards, origin=origin))
    return groups


def shard(folder: Path, name: Any, origin: str) -> FileRegion:
    """The whole file that a manifest names; below `folder`, whatever the name says."""
    pure = PurePosixPath(_checked(name, str, f"{origin}: a path"))
    if pure.is_absolute() or ".." in pure.parts or not pure.parts or "\\" in name or ":" in name or "\0" in name:
        raise CorruptInputError(f"{origin}: the shard path {name!r} leads outside the folder of the model.")
    path = folder.joinpath(*pure.parts)
    if not path.is_file():
        raise MissingInputError(
            f"{path}: this shard, which {origin} names, is not there.", hint="Copy all files of the model together."
        )
    return FileRegion(path, 0, path.stat().st_size)


class GroupBytes(Protocol):
    """The bytes of a group's weights one after another."""

    size: int

    def take(self, start: int, size: int) -> bytes: ...

    def tensor(self, start: int, dtype: str, shape: Shape, origin: str) -> Tensor: ...


class ShardBytes:
    """They are cut into files."""

    def __init__(self, shards: Sequence[FileRegion]) -> None:
        self._shards = shards
        self.size = sum(region.size for region in shards)

    def take(self, start: int, size: int) -> bytes:
        return read_pieces(between(self._shards, start, start + size))

    def tensor(self, start: int, dtype: str, shape: Shape, origin: str) -> Tensor:
        stop = start + math.prod(shape) * dtypes.DTYPES[dtype].size
        return PiecesTensor(between(self._shards, start, stop), dtype, shape, origin)


class MemoryBytes:
    """They are in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def take(self, start: int, size: int) -> bytes:
        return bytes(self._data[start : start + size])

    def tensor(self, start: int, dtype: str, shape: Shape, origin: str) -> Tensor:
        row = dtypes.DTYPES[dtype]
        values: NDArray[Any] = np.frombuffer(self._data, row.storage, math.prod(shape), start)
        return ArrayTensor(values.reshape(shape), origin, dtype)


def read_group(group: Mapping[str, Any], data: GroupBytes, *, origin: str) -> list[StoredWeight]:
    """The weights of one group of a manifest."""
    weights = []
    at = 0
    for item in _checked(group.get("weights"), list, f"{origin}: weights"):
        entry = _checked(item, dict, f"{origin}: an entry of weights")
        name = _checked(entry.get("name"), str, f"{origin}: the name of a weight")
        where = f"{origin}: weight '{name}'"
        shape = _shape(entry.get("shape"), where)
        if entry.get("dtype") == "string":
            values, at = _read_strings(data, at, math.prod(shape), where)
            weights.append(StoredWeight(name, ArrayTensor(values.reshape(shape), where, "string"), entry))
            continue
        stored = _stored_dtype(entry, where)
        size = math.prod(shape) * dtypes.DTYPES[stored].size
        if at + size > data.size:
            raise _too_short(where)
        weights.append(StoredWeight(name, _tensor(data, at, stored, shape, entry, where), entry))
        at += size
    return weights


def _tensor(data: GroupBytes, at: int, stored: str, shape: Shape, entry: Mapping[str, Any], where: str) -> Tensor:
    tensor = data.tensor(at, stored, shape, where)
    rule = entry.get("quantization")
    if not rule:
        return tensor
    if stored == "float16":
        return cast(tensor, entry["dtype"])
    scale, minimum = (_number(rule.get(key), f"{where}: {key}") for key in ("scale", "min"))
    return DequantisedTensor(tensor, scale, minimum, entry["dtype"])


def _stored_dtype(entry: Mapping[str, Any], where: str) -> str:
    dtype: str = _checked(entry.get("dtype"), str, f"{where}: dtype")
    if dtype not in dtypes.DTYPES:
        raise CorruptInputError(f"{where}: there is no dtype {dtype!r}.")
    rule = entry.get("quantization")
    if not rule:
        return dtype
    stored = _checked(rule, dict, f"{where}: quantization").get("dtype")
    if stored not in QUANTISED or dtype not in (("float32", "int32") if stored in AFFINE else ("float32",)):
        raise CorruptInputError(f"{where}: {dtype} cannot be quantised to {stored!r}.")
    return str(stored)


def _read_strings(data: GroupBytes, at: int, count: int, where: str) -> tuple[NDArray[Any], int]:
    """`count` strings, each behind its length, and where they end."""
    if count > (data.size - at) // _LENGTH.size:
        raise _too_short(where)
    found: NDArray[Any] = np.empty(count, object)
    window, begin = b"", at
    for index in range(count):
        need = _LENGTH.size
        for part in ("length", "text"):
            if at + need > begin + len(window):
                window, begin = data.take(at, min(max(need, _AHEAD), data.size - at)), at
            text = window[at - begin : at - begin + need]
            if len(text) < need:
                raise _too_short(where)
            at += need
            if part == "length":
                (need,) = _LENGTH.unpack(text)
        found[index] = text
    return found, at


def _shape(value: Any, where: str) -> Shape:
    sizes = _checked(value, list, f"{where}: shape")
    if not all(isinstance(size, int) and not isinstance(size, bool) and size >= 0 for size in sizes):
        raise CorruptInputError(f"{where}: {sizes} is not a shape.")
    return tuple(sizes)


def _number(value: Any, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise CorruptInputError(f"{where} is not a number.")
    return float(value)


_KINDS: dict[type, str] = {list: "a list", dict: "an object", str: "a text"}


def _checked(value: Any, kind: type, where: str) -> Any:
    if not isinstance(value, kind):
        raise CorruptInputError(f"{where} is not {_KINDS[kind]}.")
    return value


def _too_short(where: str) -> CorruptInputError:
    return CorruptInputError(
        f"{where}: the shards end before its data does.", hint="Copy all files of the model together."
    )
