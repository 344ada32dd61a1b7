"""Constant factors behind a convolution or matrix product go into its filter and bias.

%c = Conv2D(%x, %w)
%y = Mul(%c, %s)       ->   %y = Conv2D(%x, %w_times_s)
"""

from __future__ import annotations

from tensorflowjs.passes.optimising.arithmetic.filters import fold_into_filter
from tensorflowjs.passes.optimising.passes import Pass

PASS = Pass(
    "factors",
    "constant factors into the filter and bias before them",
    rules=dict.fromkeys(("Mul", "RealDiv", "Neg"), fold_into_filter),
)
