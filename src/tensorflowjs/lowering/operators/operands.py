"""Operands: values of the model, numbers, or arrays that stand in its configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tensorflowjs.lowering.engine import Site
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Operand, Traced

DTYPES = {
    "bool": BOOL,
    "int32": INT, "int64": INT, "uint32": INT,
    "float16": FLOAT, "bfloat16": FLOAT, "float32": FLOAT, "float64": FLOAT,
}  # fmt: skip


def operand(site: Site, item: Any) -> Operand:
    """A value, or a number as it is; arrays become constants."""
    if isinstance(item, Traced | bool | int | float):
        return item
    return tensor(site, item)


def tensor(site: Site, item: Any) -> Traced:
    """Anything as a value."""
    if isinstance(item, Traced):
        return item
    try:
        array = np.asarray(item)
        dtype = {"b": BOOL, "i": INT, "u": INT, "f": FLOAT}[array.dtype.kind]
    except (TypeError, ValueError, KeyError):
        site.refuse(f"an operand that is neither a tensor nor numbers: {item!r}"[:200])
    return site.builder.const(array, dtype)


def axes_of(site: Site, axis: Any, rank: int) -> list[int]:
    """Axes from the front; all of them for None."""
    if axis is None:
        return list(range(rank))
    return [each % rank for each in ([axis] if isinstance(axis, int) else axis)]


def integers(site: Site, item: Any, what: str) -> list[int]:
    """Whole numbers that must stand in the configuration."""
    listed = [item] if isinstance(item, int) else item
    if not isinstance(listed, Sequence) or not all(isinstance(each, int) for each in listed):
        site.refuse(f"{what} that is not fixed: {item!r}"[:200])
    return list(listed)


def dtype_of(site: Site, dtype: Any) -> str:
    found = DTYPES.get(str(dtype))
    if found is None:
        site.refuse(f"values of dtype {dtype}, which TF.js does not have")
    return found
