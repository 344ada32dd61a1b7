"""Constant filters of matrix products are transposed when they are written, not when they are multiplied.

%y = MatMul(%x, %w) {transpose_b: true}     ->     %y = MatMul(%x, %w_transposed)

WebAssembly has its fast kernel for products without transposition only, and adds biases right nowhere else.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import flag
from tensorflowjs.passes.optimising.arithmetic.linear import inflates, linear
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def turn(at: Spot) -> Value | None:
    key = "transpose_b" if at.old.op == "MatMul" else "adj_y"
    old = linear(at, at.old) if flag(at.old, key) else None
    if old is None or inflates(at, old):
        return None
    kernel = old.filter
    shape = (*kernel.shape[:-2], kernel.shape[-1], kernel.shape[-2])
    turned = at.computed(kernel, shape, lambda: np.swapaxes(kernel.read(), -1, -2))
    return at.again(at.x, turned, **{key: False})


PASS = Pass(
    "turned_filters",
    "constant filters that are transposed each time",
    rules=dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2"), turn),
)
