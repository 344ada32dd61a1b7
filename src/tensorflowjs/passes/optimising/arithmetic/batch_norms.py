"""Batch normalisation behind a convolution or matrix product goes into its filter and bias."""

from __future__ import annotations

from tensorflowjs.passes.optimising.arithmetic.affine import BATCH_NORMS
from tensorflowjs.passes.optimising.arithmetic.filters import fold_into_filter
from tensorflowjs.passes.optimising.passes import Pass

PASS = Pass(
    "batch_norms",
    "batch normalisation into the filter and bias before it",
    rules=dict.fromkeys(BATCH_NORMS, fold_into_filter),
)
