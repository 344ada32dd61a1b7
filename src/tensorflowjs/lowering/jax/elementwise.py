"""Primitives that work element by element."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.lowering.functions import where
from tensorflowjs.lowering.jax.numerals import BITS
from tensorflowjs.lowering.jax.walking import Refusal, Site, Write
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Traced, binary

if TYPE_CHECKING:
    from numpy.typing import NDArray


SMALL_DIVISOR = 2**23  # up to which floats count what is left over


def unary(op: str) -> Write:
    return lambda site: site.x.each(op)


def of_two(op: str) -> Write:
    return lambda site: both(op, site)


def both(op: str, site: Site) -> Traced:
    a, b = site.together
    return binary(op, a, b)


def compared(op: str) -> Write:
    """Booleans compare as numbers, which all backends of TF.js do right."""

    def write(site: Site) -> Traced:
        a, b = map(as_number, site.together)
        return binary(op, a, b, BOOL)

    return write


def as_number(x: Traced) -> Traced:
    return x.cast(INT) if x.dtype == BOOL else x


def logical(op: str, of_integers: Write) -> Write:
    return lambda site: both(op, site) if site.dtype == BOOL else of_integers(site)


def _no_bits(site: Site) -> Traced:
    site.refuse("TF.js does not work on the bits of integers")


def exclusive(site: Site) -> Traced:
    if site.dtype != BOOL:
        _no_bits(site)
    a, b = (x.cast(INT) for x in site.inputs)
    return a.differs(b)


def negative(site: Site) -> Traced:
    """TF.js negates integers as floats."""
    x = site.x
    return -x if x.dtype == FLOAT else 0 - x


def absolute(site: Site) -> Traced:
    x = site.x
    return x.each("Abs") if x.dtype == FLOAT else x.maximum(0 - x)


def inverted(site: Site) -> Traced:
    return ~site.x if site.dtype == BOOL else -1 - site.x


def larger(op: str, of_bools: str, beats: str) -> Write:
    """What is not a number stays that, which WebAssembly forgets. With a limit that is a number it is a clip."""

    def write(site: Site) -> Traced:
        a, b = site.together
        if site.dtype != FLOAT or site.number(0) is not None or site.number(1) is not None:
            return binary(of_bools if site.dtype == BOOL else op, a, b)
        return chosen(beats, a, b)

    return write


def chosen(beats: str, a: Traced, b: Traced) -> Traced:
    """The larger or the smaller of two values, whichever `beats` the other, or what is not a number."""
    if a.dtype != FLOAT:
        return binary("Maximum" if beats == "Greater" else "Minimum", a, b)
    return where(binary(beats, a, b, BOOL) | is_nan(a), a, b)


# ---------------------------------------------------------------------------- signs and rounding


def sign(site: Site) -> Traced:
    return sign_of(site.x)


def sign_of(x: Traced) -> Traced:
    """Of floats as well where they are tiny or not numbers, of which TF.js makes 0."""
    if x.dtype != FLOAT:
        return x.each("Sign")
    return where(x > 0.0, 1.0, where(x < 0.0, -1.0, x))


def is_nan(x: Traced) -> Traced:
    return x.each("IsNan", BOOL)


def rounded(site: Site) -> Traced:
    """To even, or away from 0."""
    x = site.x
    if int(site.params["rounding_method"]) == 1:
        return x.each("Round")
    size = x.each("Abs")
    floor = size.each("Floor")
    return sign_of(x) * where(size - floor >= 0.5, floor + 1.0, floor)


def reduced_precision(site: Site) -> Traced:
    if site.params["exponent_bits"] >= 8 and site.params["mantissa_bits"] >= 23:
        return site.x
    site.refuse("TF.js computes in float32 and cannot round to fewer bits")


# ---------------------------------------------------------------------------- division


def divided(site: Site) -> Traced:
    a, b = site.together
    return binary("RealDiv", a, b) if site.dtype == FLOAT else quotient(a, b, site.number(1))


def quotient(a: Traced, b: Traced, divisor: NDArray[Any] | None) -> Traced:
    """Of integers, towards 0; -1 of a division by 0."""
    floor = floor_quotient(a, b, divisor)
    inexact = (a - floor * b).differs(0)
    towards_zero = floor + (inexact & apart(a, b)).cast(INT)
    return towards_zero if divisor is not None and divisor.all() else where(b.equals(0), -1, towards_zero)


def apart(a: Traced, b: Traced) -> Traced:
    """Whether one of two numbers is negative and the other is not."""
    return (a < 0).cast(INT).differs((b < 0).cast(INT))


def floor_quotient(a: Traced, b: Traced, divisor: NDArray[Any] | None) -> Traced:
    """Of integers, downwards. WebAssembly divides them as floats: what that leaves over is divided again."""
    first = binary("FloorDiv", a, b)
    second = first + binary("FloorDiv", a - first * b, b)
    if divisor is not None and ((divisor > 0) & (divisor < SMALL_DIVISOR)).all():
        return second
    rest = (a - second * b) * where(b < 0, -1, 1)
    largest = where(b < 0, -1 - b, b - 1)
    return second + (rest > largest).cast(INT) - (rest < 0).cast(INT)


def remainder(site: Site) -> Traced:
    """With the sign of the dividend."""
    a, b = site.inputs
    if site.dtype == FLOAT:
        rest = binary("FloorMod", a.each("Abs"), b.each("Abs"))
        return where(a < 0.0, -rest, rest)
    return where(b.equals(0), a, a - quotient(a, b, np.ones(1, int) if site.number(1) is None else site.number(1)) * b)


# ---------------------------------------------------------------------------- powers and roots


def power(site: Site) -> Traced:
    """1 to any power is 1, and -1 to an infinite one, of which JavaScript makes what is not a number."""
    x, exponent = site.x, site.input(1).cast(FLOAT)
    found = binary("Pow", x, exponent)
    base, by = site.number(0), site.number(1)
    if (by is not None and np.isfinite(by).all()) or (base is not None and (abs(base) != 1).all()):
        return found
    return where(x.equals(1.0) | (x.equals(-1.0) & exponent.each("IsInf", BOOL)), 1.0, found)


def integer_power(site: Site) -> Traced:
    exponent = int(site.params["y"])
    x = site.x
    if exponent == 0:
        return x.each("OnesLike")
    if exponent < 0 and x.dtype != FLOAT:
        site.refuse("an integer to a negative power")
    result = _multiplied(x, abs(exponent))
    return result.each("Reciprocal") if exponent < 0 else result


def _multiplied(x: Traced, times: int) -> Traced:
    """By squaring, as few products as that takes."""
    factors = []
    square = x
    while times:
        if times % 2:
            factors.append(square)
        times //= 2
        square = square.each("Square") if times else square
    return reduce(lambda a, b: a * b, factors)


def cube_root(site: Site) -> Traced:
    x = site.x
    return sign_of(x) * binary("Pow", x.each("Abs"), 1 / 3)


def power_of_two(site: Site) -> Traced:
    return binary("Pow", 2.0, site.x)


def squared(site: Site) -> Traced:
    return site.x.each("Square")


def shifted_left(site: Site) -> Traced:
    return site.x * (1 << _shift(site))


def shifted_right(site: Site) -> Traced:
    power = 1 << _shift(site)
    return floor_quotient(site.x, site.builder.const(power, INT), np.array(power))


def _shift(site: Site) -> int:
    shift = site.number(1)
    if shift is None or len(set(shift.reshape(-1).tolist())) != 1 or not 0 <= int(shift.reshape(-1)[0]) < 31:
        site.refuse("TF.js shifts integers by a fixed number of bits below 31 only")
    return int(shift.reshape(-1)[0])


# ---------------------------------------------------------------------------- choices


def clamped(site: Site) -> Traced:
    low, x, high = site.inputs
    return x.maximum(low).minimum(high)


def selected(site: Site) -> Traced:
    """The first case where the condition is false or 0."""
    which, *cases = site.together
    if which.dtype == BOOL:
        return where(which, cases[1], cases[0]) if len(cases) == 2 else cases[0]
    result = cases[-1]
    for number, case in reversed(list(enumerate(cases[:-1]))):
        result = where(which <= number, case, result)
    return result


# ---------------------------------------------------------------------------- dtypes


def converted(site: Site) -> Traced:
    """As XLA does it: floats towards 0 and into the range of the integers, what is not a number as 0."""
    x, target = site.x, str(site.result.dtype)
    if site.dtype == BOOL:
        return x if x.dtype == BOOL else x.differs(0.0 if x.dtype == FLOAT else 0)
    if x.dtype != FLOAT or site.dtype == FLOAT:
        return x.cast(site.dtype)
    if target in BITS:
        site.refuse(f"TF.js does not convert floats to {target}", "convert to int32 first")
    inside = where(x < 2.0**31, x.maximum(-(2.0**31)), 0.0).cast(INT)
    return where(x >= 2.0**31, 2**31 - 1, inside)


def unchanged(site: Site) -> list[Traced]:
    return site.inputs


PRIMITIVES: dict[str, Write] = {
    **{
        name: unary(op)
        for name, op in {
            "exp": "Exp", "log": "Log", "log1p": "Log1p", "expm1": "Expm1", "tanh": "Tanh",
            "sin": "Sin", "cos": "Cos", "tan": "Tan", "asin": "Asin", "acos": "Acos", "atan": "Atan", "sinh": "Sinh",
            "cosh": "Cosh", "asinh": "Asinh", "acosh": "Acosh", "atanh": "Atanh", "sqrt": "Sqrt", "rsqrt": "Rsqrt",
            "logistic": "Sigmoid", "erf": "Erf", "erfc": "Erfc", "floor": "Floor", "ceil": "Ceil", "square": "Square",
        }.items()
    },
    **{
        name: of_two(op)
        for name, op in {"add": "AddV2", "add_any": "AddV2", "sub": "Sub", "mul": "Mul", "atan2": "Atan2"}.items()
    },
    **{
        name: compared(op)
        for name, op in {
            "eq": "Equal", "ne": "NotEqual", "lt": "Less", "le": "LessEqual", "gt": "Greater", "ge": "GreaterEqual",
        }.items()
    },
    "max": larger("Maximum", "LogicalOr", "Greater"),
    "min": larger("Minimum", "LogicalAnd", "Less"),
    "neg": negative,
    "abs": absolute,
    "and": logical("LogicalAnd", _no_bits),
    "or": logical("LogicalOr", _no_bits),
    "xor": exclusive,
    "not": inverted,
    "is_finite": lambda site: site.x.each("IsFinite", BOOL),
    "sign": sign,
    "round": rounded,
    "reduce_precision": reduced_precision,
    "div": divided,
    "rem": remainder,
    "pow": power,
    "integer_pow": integer_power,
    "cbrt": cube_root,
    "exp2": power_of_two,
    "shift_left": shifted_left,
    "shift_right_arithmetic": shifted_right,
    "clamp": clamped,
    "select_n": selected,
    "convert_element_type": converted,
    **dict.fromkeys(
        ("copy", "copy_p", "optimization_barrier", "stop_gradient", "name", "sharding_constraint", "reshard",
         "mesh_cast", "pvary", "pcast", "device_put", "layout_constraint"),
        unchanged,
    ),
    **dict.fromkeys(
        ("shift_right_logical", "population_count", "clz", "bitcast_convert_type"),
        Refusal("TF.js does not work on the bits of numbers"),
    ),
    "nextafter": Refusal("TF.js cannot step from one float to the next"),
    **dict.fromkeys(("eq_to", "le_to", "lt_to"), Refusal("TF.js has no order in which -0 comes before 0")),
}  # fmt: skip
