"""Constants added behind a convolution or matrix product become its one bias, a vector.

%c = Conv2D(%x, %w)                                         %c = Conv2D(%x, %w)
%a = AddV2(%c, %b)      # b: float32[1, 1, 1, 8]    ->      %y = BiasAdd(%c, %bias)
%y = Sub(%a, %d)        # d: float32[8]

Only constants: a residual that is added is no bias, and WebAssembly takes nothing but vectors for one.
"""

from __future__ import annotations

from tensorflowjs.passes.optimising.arithmetic.filters import fold_into_filter
from tensorflowjs.passes.optimising.passes import Pass

PASS = Pass(
    "biases",
    "constants added behind a convolution or matrix product into its bias",
    rules=dict.fromkeys(("Add", "AddV2", "Sub", "BiasAdd"), fold_into_filter),
)
