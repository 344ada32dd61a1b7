"""What quantisation does to the values of a weight: measured block by block, before anything is written."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.formats.quantisation import Affine, dequantize, quantised, quantize
from tensorflowjs.formats.regions import blocks
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Precision:
    """How far the stored values are from the true ones, and how many bytes they take."""

    dtype: str  # as which the values are stored
    nbytes: int
    max_abs: float = 0.0
    snr_db: float = math.inf  # signal to noise


def precision(tensor: Tensor, dtype: str, name: str) -> Precision:
    """The precision of `tensor` stored as `dtype`; one that cannot be quantised stays as it is."""
    stored, fields = quantised(tensor, dtype, name)
    if fields is None:
        return Precision(tensor.dtype, tensor.nbytes)
    signal = noise = worst = 0.0
    for block in blocks(tensor):
        true = block.astype(np.float64)
        error = true - _there_and_back(block, fields)
        signal += float(np.dot(true, true))
        noise += float(np.dot(error, error))
        worst = max(worst, float(np.abs(error).max(initial=0.0)))
    return Precision(dtype, stored.nbytes, worst, _decibels(signal, noise))


def _there_and_back(values: NDArray[Any], fields: Mapping[str, Any]) -> NDArray[Any]:
    """Values as TF.js will have them."""
    if fields["dtype"] == "float16":
        return values.astype(np.float16).astype(np.float32)
    affine = Affine(fields["dtype"], fields["scale"], fields["min"])
    return dequantize(quantize(values, affine), affine.scale, affine.minimum)


def _decibels(signal: float, noise: float) -> float:
    if not noise:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf
