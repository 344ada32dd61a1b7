"""Products of stacks of matrices that are products of two matrices."""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import flag
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.known_sizes import fixed
from tensorflowjs.passes.optimising.spot import Spot


def flatten(at: Spot) -> Value | None:
    """A stack of matrices, each multiplied by the same one, is one high matrix.

    %y = BatchMatMulV2(%x, %w)                      %a = Reshape(%x, %rows) (-1 x 16)
    (? x 7 x 16 and 16 x 8)                     ->  %b = MatMul(%a, %w)
                                                    %y = Reshape(%b, %back) (-1 x 7 x 8)

    MatMul takes biases and activations in, which BatchMatMulV2 does not.
    """
    left, right = (at.terms.of(value) for value in at.inputs)
    if left is None or right is None or at.dtype != "float32":
        return None
    turned, other = flag(at.old, "adj_x"), flag(at.old, "adj_y")
    if len(left) == len(right) == 2:
        return at("MatMul", *at.inputs, transpose_a=turned, transpose_b=other)
    if len(right) != 2:
        return None
    if turned or not isinstance(left[-1], int):
        at.missed("the stack on its left is transposed, or as wide as is not known")
        return None
    shape = fixed(at.terms.of(at.old.output))
    if shape is None or not left[-1]:
        at.missed("more than one size of its result is not known")
        return None
    rows = at.reshape(at.x, [-1, left[-1]])
    return at.reshape(at("MatMul", rows, at.inputs[1], transpose_a=False, transpose_b=other), shape)


PASS = Pass(
    "matrices",
    "stacks of matrices that are one matrix",
    rules=dict.fromkeys(("BatchMatMul", "BatchMatMulV2"), flatten),
)
