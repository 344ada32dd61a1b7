"""Constant factors are taken out of products and averages, if what reads these can take them into its filter.

%b = Mul(%q, %c)                %n = Mul(%p, %q)
%a = Mul(%p, %b)                %a = Mul(%n, %c)
%y = Conv2D(%a, %w)       ->    %y = Conv2D(%a, %w)

as in hard swish and GELU; the pass `leading` does the rest. Each step is exact by itself; whether it pays is seen from
where the result goes in the end, to several filters perhaps, as in squeeze and excitation:

%a = Mul(%x, %c)                    %m = AvgPool(%x)
%m = AvgPool(%a)                    %s = Mul(%m, %c)
%f = Conv2D(%m, %u)                 %f = Conv2D(%s, %u)
%g = Mul(%a, %gate)                 %n = Mul(%x, %gate)
%y = Conv2D(%g, %w)                 %g = Mul(%n, %c)
                              ->    %y = Conv2D(%g, %w)
"""

from __future__ import annotations

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.arithmetic.affine import Affine, affine
from tensorflowjs.passes.optimising.arithmetic.between import RESHAPES, adds_zeros, averages, repeats
from tensorflowjs.passes.optimising.arithmetic.leading import may_take
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

_DEEPEST = 5  # nodes between a factor and the filters that it can go into


def out_of_product(at: Spot) -> Value | None:
    """p * (q * c) -> (p * q) * c"""
    if at.dtype != "float32" or any(at.tensor_of(value) is not None for value in at.inputs):
        return None
    for other, second in both_ways(at.old):
        found = _factor(at, second) if other is not second else None
        if found is not None:
            return _multiplied(at, at("Mul", other, found.source), found)
    return None


def out_of_average(at: Spot) -> Value | None:
    """The average of x * c -> the average of x, times c"""
    found = _factor(at, at.x) if averages(at, at.old) else None
    return None if found is None else _multiplied(at, at.again(found.source, *at.inputs[1:]), found)


def _multiplied(at: Spot, value: Value, found: Affine) -> Value:
    assert found.scale is not None
    return at("Mul", value, at.const(found.scale, "float32"))


def _factor(at: Spot, value: Value) -> Affine | None:
    """What multiplies by constants, and will be gone once all that reads it has taken them over."""
    found = affine(at, value.node)
    if found is None or found.scale is None or found.shift is not None:
        return None
    if found.channels != 1 and at.shapes.dim(at.old.output, -1) != found.channels:
        return None
    only_here = at.only_here(value)
    if not _absorbed(at, at.old.output if only_here else value, _DEEPEST) or not found.folds_exactly(at):
        return None
    return found


def _absorbed(at: Spot, value: Value, depth: int) -> bool:
    """Whether everything that reads `value` is a filter, or hands its factors on to filters."""
    graph = at.old.graph
    if not depth or not value.node.output.users or graph is None or graph.is_output(value):
        return False
    return all(may_take(at, user, value, False) or _absorbed_by(at, user, value, depth) for user in value.users)


def _absorbed_by(at: Spot, user: Node, value: Value, depth: int) -> bool:
    if user.controls or user.inputs.count(value) != 1:
        return False
    if user.op == "Mul":
        hands_on = all(at.tensor_of(each) is None for each in user.inputs)
    elif user.op in RESHAPES:
        hands_on = user.inputs[0] is value and repeats(at, user) is not None
    else:
        hands_on = user.inputs[0] is value and (adds_zeros(user) or averages(at, user))
    return hands_on and _absorbed(at, user.output, depth - 1)


PASS = Pass(
    "hidden_factors",
    "constant factors within products and averages in front of filters",
    rules={"Mul": out_of_product, "AvgPool": out_of_average, "Mean": out_of_average},
)
