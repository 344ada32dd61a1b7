"""One table of data types: what we call them, how numpy stores them, what TF.js makes of them.

`tfjs` is the dtype a weight has to be written as so that TF.js reads the same values; for types that
TF.js lacks it is the next wider one it has. `enum` is TensorFlow's number in `types.proto`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class DType:
    name: str
    storage: str  # numpy dtype string of the bytes, little endian; "" for strings
    size: int  # bytes per element; 0 for strings
    tfjs: str | None  # what TF.js can hold it as; None: not at all
    enum: int


DTYPES: dict[str, DType] = {
    row.name: row
    for row in (
        DType("float32", "<f4", 4, "float32", 1),
        DType("float64", "<f8", 8, "float32", 2),
        DType("int32", "<i4", 4, "int32", 3),
        DType("uint8", "|u1", 1, "int32", 4),
        DType("int16", "<i2", 2, "int32", 5),
        DType("int8", "|i1", 1, "int32", 6),
        DType("string", "", 0, "string", 7),
        DType("complex64", "<c8", 8, "complex64", 8),
        DType("int64", "<i8", 8, "int32", 9),
        DType("bool", "|b1", 1, "bool", 10),
        DType("bfloat16", "<u2", 2, "float32", 14),  # numpy has no bfloat16: raw upper halves
        DType("uint16", "<u2", 2, "int32", 17),
        DType("complex128", "<c16", 16, "complex64", 18),
        DType("float16", "<f2", 2, "float32", 19),
        DType("uint32", "<u4", 4, "int32", 22),
        DType("uint64", "<u8", 8, "int32", 23),
    )
}

_FROM_TENSORFLOW = {"DT_FLOAT": "float32", "DT_DOUBLE": "float64", "DT_HALF": "float16"}


def name_in_tensorflow(name: str) -> str:
    """Our name of what TensorFlow calls `DT_FLOAT`; those outside the table ("resource") in lower case."""
    return _FROM_TENSORFLOW.get(name, name.removeprefix("DT_").lower())


BY_ENUM: dict[int, DType] = {row.enum: row for row in DTYPES.values()}
FLOATS = frozenset({"float16", "bfloat16", "float32", "float64"})
_BY_STORAGE = {np.dtype(row.storage): row.name for row in DTYPES.values() if row.storage and row.name != "bfloat16"}


def name_of(dtype: np.dtype[np.generic]) -> str:
    """Our name of a numpy dtype of either byte order; KeyError for those outside the table."""
    if dtype.kind in "SUO":
        return "string"
    return _BY_STORAGE[dtype.newbyteorder("<")]


def cast(array: NDArray[np.generic], source: str, target: str) -> NDArray[np.generic]:
    """`array`, stored as `source`, as the numpy dtype of `target`; bfloat16 widens exactly."""
    if source == "bfloat16":
        array = (array.astype("<u4") << np.uint32(16)).view("<f4")
    if target == "bfloat16":
        raise ValueError("nothing is ever narrowed to bfloat16")
    return array.astype(DTYPES[target].storage, copy=False)
