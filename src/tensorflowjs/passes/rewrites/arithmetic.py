"""Element by element: divisions, remainders, bits, and functions that TF.js lacks."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import constant, number
from tensorflowjs.passes.rewrites.site import Rule, Site
from tensorflowjs.passes.types import type_of


def erfc(at: Site) -> Value:
    """Erfc(x) -> 1 - Erf(x)"""
    return at("Sub", at.like(1, at.x), at("Erf", at.x))


def softsign(at: Site) -> Value:
    """Softsign(x) -> x / (1 + |x|)"""
    return at("RealDiv", at.x, at("AddV2", at.like(1, at.x), at("Abs", at.x)))


def rint(at: Site) -> Value:
    """Both round halves to even."""
    return at("Round", at.x)


def inv(at: Site) -> Value:
    return at("Reciprocal", at.x)


def xdivy(at: Site) -> Value:
    """Xdivy(x, y) -> x / y, but 0 where x is 0"""
    x, y = at.inputs
    return _zero_where_zero(at, x, at("RealDiv", x, y))


def xlogy(at: Site) -> Value:
    x, y = at.inputs
    return _zero_where_zero(at, x, at("Mul", x, at("Log", y)))


def xlog1py(at: Site) -> Value:
    x, y = at.inputs
    return _zero_where_zero(at, x, at("Mul", x, at("Log1p", y)))


def mul_no_nan(at: Site) -> Value:
    """MulNoNan(x, y) -> x * y, but 0 where y is 0, even if x is infinite"""
    x, y = at.inputs
    return _zero_where_zero(at, y, at("Mul", x, y))


def _zero_where_zero(at: Site, tested: Value, value: Value) -> Value:
    zero = at.like(0, tested)
    return at.select(at("Equal", tested, zero), zero, value)


def truncated_division(at: Site) -> Value | None:
    """Integers: TruncateDiv(a, b) -> FloorDiv(|a|, |b|), negative where the signs differ"""
    if not at.is_int:
        return at("RealDiv", *at.inputs) if at.old.op == "TruncateDiv" else None
    a, b = at.inputs
    zero = at.ints(0)
    quotient = at("FloorDiv", at("Abs", a), at("Abs", b))
    differ = at("NotEqual", at("Less", a, zero), at("Less", b, zero))
    return at.select(differ, at("Neg", quotient), quotient)


def truncated_remainder(at: Site) -> Value:
    """Mod(a, b) -> FloorMod(|a|, |b|) with the sign of a"""
    a, b = at.inputs
    rest = at("FloorMod", at("Abs", a), at("Abs", b))
    return at.select(at("Less", a, at.like(0, a)), at("Neg", rest), rest)


def approximate_equal(at: Site) -> Value:
    a, b = at.inputs
    return at("Less", at("Abs", at("Sub", a, b)), at.like(number(at.old, "tolerance", 1e-5), a))


def l2_loss(at: Site) -> Value:
    """L2Loss(x) -> Sum(Square(x)) / 2"""
    squares = at("Square", at.reshape(at.x, [-1]))
    return at("Mul", at.sum(squares, [0]), at.like(0.5, at.x))


def invert(at: Site) -> Value | None:
    """Invert(x) -> -1 - x"""
    return at("Sub", at.ints(-1), at.x) if at.is_int else None


def left_shift(at: Site) -> Value | None:
    """LeftShift(x, k) -> x * 2^k for a constant k"""
    power = _power(at.inputs[1])
    return None if power is None else at("Mul", at.x, at.ints(power))


def right_shift(at: Site) -> Value | None:
    """RightShift(x, k) -> FloorDiv(x, 2^k) for a constant k; both round towards minus infinity"""
    power = _power(at.inputs[1])
    return None if power is None else at("FloorDiv", at.x, at.ints(power))


def _power(shift: Value) -> int | None:
    value = constant(shift)
    return 1 << int(value) if value is not None and value.size == 1 and 0 <= int(value) < 31 else None


def bitwise_and(at: Site) -> Value | None:
    """BitwiseAnd(x, 2^k - 1) -> FloorMod(x, 2^k), for negative x as well"""
    for x, mask in (at.inputs, at.inputs[::-1]):
        values = constant(mask)
        if values is not None and values.size == 1 and at.is_int:
            power = int(values.reshape(-1)[0]) + 1
            if 1 < power < 1 << 31 and power & (power - 1) == 0:
                return at("FloorMod", x, at.ints(power))
    return None


def less(at: Site) -> Value | None:
    """Less(Bitcast(x), 0), by which Keras finds out signs -> x < 0, or 1 / x < 0 where x is 0

    BitwiseAnd with the highest bit in between changes nothing.
    """
    bits, zero = at.inputs
    limit = constant(zero)
    if limit is None or limit.size != 1 or limit.reshape(-1)[0] != 0 or type_of(bits) != "int32":
        return None
    source = _sign_source(bits)
    if source is None or type_of(source) != "float32":
        return None
    none = at.like(0, source)
    return at("Less", at.select(at("Equal", source, none), at("Reciprocal", source), source), none)


def _sign_source(bits: Value) -> Value | None:
    """The floats of which `bits`, an int32, has the sign."""
    node = bits.node
    if node.op == "BitwiseAnd":
        for value, mask in (node.inputs, node.inputs[::-1]):
            values = constant(mask)
            if values is not None and values.size == 1 and int(values.reshape(-1)[0]) == -(1 << 31):
                return _sign_source(value)
        return None
    return node.inputs[0] if node.op == "Bitcast" else None


def floor_division(at: Site) -> Value | None:
    """Floats: FloorDiv(a, b) -> Floor(a / b), of which TF.js would make integers"""
    return at("Floor", at("RealDiv", *at.inputs)) if at.dtype == "float32" else None


def clip(at: Site) -> Value | None:
    """ClipByValue(x, low, high) of integers, or between tensors -> Minimum(Maximum(x, low), high)"""
    x, low, high = at.inputs
    if not at.is_int and at.shapes.rank(low) == at.shapes.rank(high) == 0:
        return None
    return at("Minimum", at("Maximum", x, low), high)


def select(at: Site) -> Value | None:
    """Select that chooses rows -> SelectV2 with a condition of the same rank, since TF.js only broadcasts"""
    condition, yes, no = at.inputs
    ranks = [at.shapes.rank(value) for value in (condition, yes)]
    if ranks[0] == 0 or (ranks[0] is not None and ranks[0] == ranks[1]):
        return at.select(condition, yes, no) if at.dtype == "bool" else None
    return at.select(_by_rows(at, condition, yes, ranks), yes, no)


def _by_rows(at: Site, condition: Value, x: Value, ranks: Sequence[int | None]) -> Value:
    """The condition with an axis of size 1 for each axis that only `x` has."""
    if ranks[0] is not None and ranks[1] is not None:
        return at.reshape(condition, [-1, *[1] * (ranks[1] - ranks[0])])
    more = at.expand(at("Sub", at("Rank", x), at("Rank", condition)), 0)
    return at.reshape(condition, at.concat([at.shape(condition), at("Fill", more, at.ints(1))], 0))


def select_of_bools(at: Site) -> Value | None:
    """Bools: SelectV2(c, a, b) -> c & a | !c & b, since WebAssembly writes them as if they were numbers"""
    if at.dtype != "bool":
        return None
    condition, yes, no = at.inputs
    return at("LogicalOr", at("LogicalAnd", condition, yes), at("LogicalAnd", at("LogicalNot", condition), no))


def shape_n(at: Site) -> list[Value]:
    """ShapeN(a, b) -> Shape(a), Shape(b), since TF.js makes floats of it"""
    return [at.shape(value) for value in at.inputs]


RULES: dict[str, Rule] = {
    "Erfc": erfc,
    "Softsign": softsign,
    "Rint": rint,
    "Inv": inv,
    "Xdivy": xdivy,
    "Xlogy": xlogy,
    "Xlog1py": xlog1py,
    "MulNoNan": mul_no_nan,
    "Div": truncated_division,
    "RealDiv": truncated_division,
    "TruncateDiv": truncated_division,
    "Mod": truncated_remainder,
    "TruncateMod": truncated_remainder,
    "ApproximateEqual": approximate_equal,
    "L2Loss": l2_loss,
    "Invert": invert,
    "LeftShift": left_shift,
    "RightShift": right_shift,
    "BitwiseAnd": bitwise_and,
    "Less": less,
    "FloorDiv": floor_division,
    "ClipByValue": clip,
    "SelectV2": select_of_bools,
    "Select": select,
    "ShapeN": shape_n,
}
