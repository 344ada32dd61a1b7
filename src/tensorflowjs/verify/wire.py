"""Tensors on their way to the Node process and back: a header in JSON, the bytes behind it.

TF.js has five dtypes; everything numpy has is turned into the one that holds it, or refused where
a value would be lost.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.errors import UsageError

Array = NDArray[Any]
Header = dict[str, Any]

_STORAGE: Mapping[str, np.dtype[Any]] = {
    "float32": np.dtype("<f4"),
    "int32": np.dtype("<i4"),
    "bool": np.dtype("|b1"),
    "complex64": np.dtype("<c8"),
}
_BY_KIND = {"f": "float32", "V": "float32", "i": "int32", "u": "int32", "b": "bool", "c": "complex64"}
_BY_KIND |= dict.fromkeys("SUO", "string")
_INT32 = np.iinfo(np.int32)


def encode(name: str, value: object, dtype: str | None = None) -> tuple[Header, bytes]:
    """Header and bytes of `value`, as `dtype` of TF.js or the one nearest to its own."""
    array = np.asarray(value)
    target = dtype or _BY_KIND[array.dtype.kind]
    data = _string_bytes(array) if target == "string" else _number_bytes(name, array, target)
    return {"name": name, "dtype": target, "shape": list(array.shape), "bytes": len(data)}, data


def _number_bytes(name: str, array: Array, target: str) -> bytes:
    if target == "int32" and array.size:
        _refuse_lost_integers(name, array)
    return np.ascontiguousarray(array, dtype=_STORAGE[target]).tobytes()


def _refuse_lost_integers(name: str, array: Array) -> None:
    whole = array.dtype.kind in "iub" or bool(np.all(np.isfinite(array)) and np.all(array == np.floor(array)))
    if not whole:
        raise UsageError(f"'{name}' takes int32, but was given values that are not whole numbers.")
    if array.max() > _INT32.max or array.min() < _INT32.min:
        raise UsageError(f"'{name}' takes int32, but was given values that do not fit into 32 bits.")


def _string_bytes(array: Array) -> bytes:
    parts = (text.encode() if isinstance(text, str) else bytes(text) for text in array.ravel().tolist())
    return b"".join(struct.pack("<I", len(part)) + part for part in parts)


def decode(header: Header, data: bytes) -> Array:
    """The array of a header and its bytes; strings come as an object array of bytes."""
    shape = tuple(header["shape"])
    if header["dtype"] == "string":
        return _strings(data, shape)
    return np.frombuffer(data, dtype=_STORAGE[header["dtype"]]).reshape(shape).copy()


def _strings(data: bytes, shape: tuple[int, ...]) -> Array:
    parts: list[bytes] = []
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("<I", data, at)
        parts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    array = np.empty(len(parts), dtype=object)
    array[:] = parts
    return array.reshape(shape)


def split(headers: Iterable[Header], payload: bytes) -> list[Array]:
    """The arrays of all `headers`, whose bytes stand one after the other in `payload`."""
    arrays = []
    at = 0
    for header in headers:
        arrays.append(decode(header, payload[at : at + header["bytes"]]))
        at += header["bytes"]
    return arrays
