"""Smaller weights: which ones are stored as float16, uint8 or uint16, and how.

uint8 and uint16 are affine: value = q * scale + min, with 0 exact wherever it lies within the range. All of it is
computed in float64, so that results do not depend on the version of numpy.

    rules_for(names, {"uint8": ["conv*"], "float16": True})     name -> dtype
    quantised(tensor, "uint8", "conv/kernel")                   -> the tensor to write, what to say in the manifest
    quantize(values, affine), dequantize(values, ...)           arrays
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs import dtypes, events
from tensorflowjs.errors import UsageError
from tensorflowjs.formats.regions import BLOCK_BYTES, blocks
from tensorflowjs.tensors import CastTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

AFFINE = {"uint8": 255, "uint16": 65535}
QUANTISED = ("float16", *AFFINE)
_TOO_LARGE_FOR_HALF = 65520.0  # rounds to infinity
_BLOCK_VALUES = 32 * 1024  # 256 KiB of float64: the work stays in the cache

# dtype -> True for all that no pattern matches, or the patterns (with *, ?, [...]) of weight names
QuantizationMap = Mapping[str, "bool | str | Iterable[str]"]


def rules_for(names: Iterable[str], quantization: QuantizationMap | None) -> dict[str, str]:
    """The dtype of each weight that is to be quantised, by its name."""
    names = list(names)
    fallthrough = None
    rules: dict[str, str] = {}
    for dtype, patterns in (quantization or {}).items():
        if dtype not in QUANTISED:
            raise UsageError(f"Weights cannot be quantised to {dtype!r}.", hint=f"Choose from {', '.join(QUANTISED)}.")
        if patterns is True:
            if fallthrough is not None:
                raise UsageError(
                    f"Both {fallthrough} and {dtype} are asked for without saying for which weights.",
                    hint="One of them can be for all remaining weights; the other needs patterns of weight names.",
                )
            fallthrough = dtype
            continue
        for pattern in _patterns(patterns):
            _assign(rules, dtype, pattern, names)
    if fallthrough is not None:
        rules = {name: rules.get(name, fallthrough) for name in names}
    return rules


def _patterns(patterns: bool | str | Iterable[str]) -> list[str]:
    if isinstance(patterns, str):
        return [patterns]
    return list(patterns) if not isinstance(patterns, bool) else []


def _assign(rules: dict[str, str], dtype: str, pattern: str, names: list[str]) -> None:
    matching = [name for name in names if fnmatch.fnmatchcase(name, pattern)]
    clash = next((name for name in matching if rules.get(name, dtype) != dtype), None)
    if clash is not None:
        raise UsageError(
            f"Both {rules[clash]} and {dtype} are asked for '{clash}'.",
            hint="Make the patterns so that each weight matches those of one type at most.",
        )
    if not matching:
        events.note(f"No weight has a name like '{pattern}', so nothing is quantised to {dtype} by it.")
    rules.update(dict.fromkeys(matching, dtype))


@dataclass(frozen=True)
class Affine:
    """value = q * scale + minimum, with q of `dtype`."""

    dtype: str
    scale: float
    minimum: float

    @property
    def largest(self) -> int:
        return AFFINE[self.dtype]


def affine_range(low: float, high: float, dtype: str) -> Affine:
    """The scale for values from `low` to `high`, moved by less than a step so that 0, if between, is exact."""
    if low == high:
        return Affine(dtype, 1.0, low)
    scale = (high - low) / AFFINE[dtype]
    if low <= 0 <= high:
        low = -float(np.rint((0 - low) / scale)) * scale
    return Affine(dtype, scale, low)


class Quantizer:
    """Quantises arrays through buffers that it keeps."""

    def __init__(self, affine: Affine) -> None:
        self._affine = affine
        self._work: NDArray[np.float64] = np.empty(_BLOCK_VALUES)

    def __call__(self, values: NDArray[Any], out: NDArray[Any]) -> None:
        """Quantise flat `values` into `out`."""
        for start in range(0, values.size, _BLOCK_VALUES):
            block = values[start : start + _BLOCK_VALUES]
            self._block(block, out[start : start + block.size])

    def _block(self, values: NDArray[Any], out: NDArray[Any]) -> None:
        work = self._work[: values.size]
        np.copyto(work, values)
        work -= self._affine.minimum
        work /= self._affine.scale
        np.rint(work, out=work)
        np.clip(work, 0, self._affine.largest, out=work)
        np.copyto(out, work, casting="unsafe")


def quantize(values: NDArray[Any], affine: Affine) -> NDArray[Any]:
    """All `values` quantised, in an array of their shape."""
    out: NDArray[Any] = np.empty(values.size, dtypes.DTYPES[affine.dtype].storage)
    Quantizer(affine)(np.ascontiguousarray(values).reshape(-1), out)
    return out.reshape(values.shape)


def dequantize(values: NDArray[Any], scale: float, minimum: float, dtype: str = "float32") -> NDArray[Any]:
    """What TF.js makes of quantised `values`: computed in double, integers rounded."""
    exact = values * np.float64(scale) + np.float64(minimum)
    if dtype == "int32":
        exact = np.rint(exact)
    return exact.astype(dtypes.DTYPES[dtype].storage)


class QuantisedTensor(Tensor):
    """`source` quantised while it is read."""

    def __init__(self, source: Tensor, affine: Affine) -> None:
        super().__init__(affine.dtype, source.shape, source.origin)
        self._source = source
        self._affine = affine

    def read(self) -> NDArray[Any]:
        return quantize(self._source.read(), self._affine)

    def chunks(self) -> Iterator[NDArray[Any]]:
        """A chunk is good until the next is asked for."""
        run = Quantizer(self._affine)
        out: NDArray[Any] = np.empty(BLOCK_BYTES, dtypes.DTYPES[self.dtype].storage)
        for block in blocks(self._source):
            run(block, out[: block.size])
            yield out[: block.size]


class HalfTensor(CastTensor):
    """float32 `source` as float16."""

    def __init__(self, source: Tensor) -> None:
        super().__init__(source, "float16")

    def chunks(self) -> Iterator[NDArray[Any]]:
        """A chunk is good until the next is asked for."""
        out: NDArray[Any] = np.empty(BLOCK_BYTES, dtypes.DTYPES[self.dtype].storage)
        for block in blocks(self._source):
            np.copyto(out[: block.size], block, casting="same_kind")
            yield out[: block.size]


class DequantisedTensor(Tensor):
    """Quantised `source` as the values it stands for."""

    def __init__(self, source: Tensor, scale: float, minimum: float, dtype: str) -> None:
        super().__init__(dtype, source.shape, source.origin)
        self._source = source
        self._terms = (scale, minimum, dtype)

    def read(self) -> NDArray[Any]:
        return dequantize(self._source.read(), *self._terms)

    def chunks(self) -> Iterator[NDArray[Any]]:
        for chunk in self._source.chunks():
            yield dequantize(chunk, *self._terms)


def value_range(tensor: Tensor) -> tuple[float, float]:
    """Smallest and largest value; NaN if there is one among them. The tensor must not be empty."""
    low, high = math.inf, -math.inf
    for block in blocks(tensor):
        least, most = float(block.min()), float(block.max())
        if math.isnan(least):
            return least, most
        low, high = min(low, least), max(high, most)
    return low, high


def quantised(tensor: Tensor, dtype: str, name: str) -> tuple[Tensor, dict[str, Any] | None]:
    """`tensor` as it is to be stored, and the manifest's `quantization` entry; None when it stays as it is.

    Only float32 is quantised, and only what can be: not nothing, not NaN or infinity.
    """
    if tensor.dtype != "float32":
        return tensor, None
    reason, low, high = _obstacle(tensor, dtype)
    if reason is not None:
        events.note(f"It is not quantised to {dtype}, because {reason}.", name)
        return tensor, None
    if dtype == "float16":
        return HalfTensor(tensor), {"dtype": dtype, "original_dtype": "float32"}
    affine = affine_range(low, high, dtype)
    fields = {"dtype": dtype, "min": affine.minimum, "scale": affine.scale, "original_dtype": "float32"}
    return QuantisedTensor(tensor, affine), fields


def _obstacle(tensor: Tensor, dtype: str) -> tuple[str | None, float, float]:
    if not tensor.count:
        return "it is empty", 0.0, 0.0
    low, high = value_range(tensor)
    if not (math.isfinite(low) and math.isfinite(high)):
        return "it holds NaN or infinite values", low, high
    largest = max(-low, high)
    if dtype == "float16" and largest >= _TOO_LARGE_FOR_HALF:
        return f"it holds values up to {largest:g}, and float16 ends at 65504", low, high
    return None, low, high
