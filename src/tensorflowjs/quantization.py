"""Quantisation of arrays, under the names that this package always had for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.errors import UsageError
from tensorflowjs.formats import quantisation

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

QUANTIZATION_DTYPE_FLOAT16 = "float16"
QUANTIZATION_DTYPE_UINT8 = "uint8"
QUANTIZATION_DTYPE_UINT16 = "uint16"

QUANTIZATION_BYTES_TO_DTYPES = {1: QUANTIZATION_DTYPE_UINT8, 2: QUANTIZATION_DTYPE_UINT16}
QUANTIZATION_OPTION_TO_DTYPES: dict[str, type[np.generic]] = {
    QUANTIZATION_DTYPE_UINT8: np.uint8,
    QUANTIZATION_DTYPE_UINT16: np.uint16,
    QUANTIZATION_DTYPE_FLOAT16: np.float16,
}


def map_layers_to_quantization_dtype(
    names: Iterable[str], quantization_dtype_map: Mapping[str, bool | str | Iterable[str]] | None
) -> dict[str, type[np.generic]]:
    """The numpy type each name is to be quantised to, for those that are.

    `quantization_dtype_map` gives for `float16`, `uint8` or `uint16` a pattern, a list of patterns (with *, ?, [...])
    or True, which stands for all names that no pattern matches. ValueError if that is ambiguous.
    """
    try:
        rules = quantisation.rules_for(names, quantization_dtype_map)
    except UsageError as error:
        raise ValueError(str(error)) from error
    return {name: QUANTIZATION_OPTION_TO_DTYPES[dtype] for name, dtype in rules.items()}


def quantize_weights(data: NDArray[Any], quantization_dtype: DTypeLike) -> tuple[NDArray[Any], dict[str, float]]:
    """`data` (float32 or int32) quantised, and `{"min": ..., "scale": ...}`, which is empty for float16."""
    dtype = np.dtype(quantization_dtype).name
    if dtype == QUANTIZATION_DTYPE_FLOAT16:
        _require_float32(data.dtype)
        return data.astype(np.float16), {}
    if dtype not in quantisation.AFFINE:
        raise ValueError(f"Invalid `quantization_dtype`: {quantization_dtype!r}")
    affine = quantisation.affine_range(float(data.min()), float(data.max()), dtype)
    return quantisation.quantize(data, affine), {"min": affine.minimum, "scale": affine.scale}


def dequantize_weights(
    data: NDArray[Any], metadata: Mapping[str, Any], original_dtype: DTypeLike = np.float32
) -> NDArray[Any]:
    """The values that quantised `data` stands for, as `original_dtype`."""
    if data.dtype == np.float16:
        _require_float32(np.dtype(original_dtype))
        return data.astype(np.float32)
    if data.dtype.name not in quantisation.AFFINE:
        raise ValueError(
            f"Invalid dtype {data.dtype.name} for dequantization\nSupported dtypes are uint8, uint16, float16"
        )
    if "scale" not in metadata or "min" not in metadata:
        raise ValueError(f"Missing metadata min or scale for dtype {data.dtype.name}")
    return quantisation.dequantize(data, metadata["scale"], metadata["min"], np.dtype(original_dtype).name)


def _require_float32(dtype: np.dtype[Any]) -> None:
    if dtype != np.float32:
        raise ValueError(f"Invalid data dtype {dtype!r}\nfloat16 quantization only supports float32 dtype")
