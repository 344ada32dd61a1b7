"""Constant factors are taken out of products, if what reads these can take them into its filter.

%b = Mul(%q, %c)                %n = Mul(%p, %q)
%a = Mul(%p, %b)                %a = Mul(%n, %c)
%y = Conv2D(%a, %w)       ->    %y = Conv2D(%a, %w)

as in hard swish and GELU; the pass `leading` does the rest.
"""

from __future__ import annotations

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.arithmetic.affine import Affine, affine
from tensorflowjs.passes.optimising.arithmetic.between import RESHAPES, adds_zeros, read_by, repeats
from tensorflowjs.passes.optimising.arithmetic.leading import all_may_take
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def take_out(at: Spot) -> Value | None:
    if at.dtype != "float32" or any(at.tensor_of(value) is not None for value in at.inputs):
        return None
    for first, second in both_ways(at.old):
        found = affine(at, second.node) if at.only_here(second) and first is not second else None
        if found is None or found.scale is None or found.shift is not None or not _goes_on(at, found):
            continue
        if not found.folds_exactly(at):
            continue
        product = at("Mul", first, found.source)
        return at("Mul", product, at.const(found.scale, "float32"))
    return None


def _goes_on(at: Spot, found: Affine) -> bool:
    """Whether the product keeps the channels of the factor, and goes into filters and nowhere else."""
    result = at.old.output
    if found.channels != 1 and at.shapes.dim(result, -1) != found.channels:
        return False
    reader = result.users[0] if len(result.users) == 1 else None
    while reader is not None and read_by(result, reader) and (reader.op in RESHAPES or adds_zeros(reader)):
        if reader.op in RESHAPES and repeats(at, reader) is None:
            return False
        result = reader.output
        reader = result.users[0] if len(result.users) == 1 else None
    return bool(result.users) and all_may_take(at, result, shifts=False)


PASS = Pass("hidden_factors", "constant factors within products in front of filters", rules={"Mul": take_out})
