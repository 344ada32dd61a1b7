"""Operators on every element: of one, two or three operands."""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

from tensorflowjs.lowering.engine import Outputs, Site
from tensorflowjs.lowering.functions import as_bool, where
from tensorflowjs.lowering.operators.operands import dtype_of, operand, tensor
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, Operand, Traced, binary

Operator = Callable[..., Outputs]
FURTHEST = 3.4028235e38


def of_two(combine: Callable[[Operand, Operand], Traced]) -> Operator:
    def written(site: Site, x1: Any, x2: Any) -> Traced:
        one, two = operand(site, x1), operand(site, x2)
        if not isinstance(one, Traced) and not isinstance(two, Traced):
            one = tensor(site, one)
        return combine(one, two)

    return written


def op_of_two(op: str, dtype: str | None = None) -> Operator:
    return of_two(lambda a, b: binary(op, a, b, dtype))


def of_flags(op: str) -> Operator:
    def written(site: Site, x1: Any, x2: Any) -> Traced:
        return binary(op, as_bool(tensor(site, x1)), as_bool(tensor(site, x2)), BOOL)

    return written


def op_of_floats(op: str) -> Operator:
    return lambda site, x: tensor(site, x).of_floats(op)


def op_of_any(op: str) -> Operator:
    """For integers as well, which stay integers."""
    return lambda site, x: tensor(site, x).each(op)


def of_one(function: Callable[[Traced], Traced]) -> Operator:
    return lambda site, x: function(tensor(site, x).cast(FLOAT))


def divided(a: Operand, b: Operand) -> Traced:
    """True division, whatever the operands are."""
    one = a.cast(FLOAT) if isinstance(a, Traced) else float(a)
    two = b.cast(FLOAT) if isinstance(b, Traced) else float(b)
    return binary("RealDiv", one, two)


def power(site: Site, x1: Any, x2: Any) -> Outputs:
    x, exponent = operand(site, x1), operand(site, x2)
    if isinstance(x, Traced) and not isinstance(exponent, Traced):
        if exponent == 1:
            return x if isinstance(exponent, int) else x.cast(FLOAT)
        if exponent == 2:
            return (x if isinstance(exponent, int) else x.cast(FLOAT)).each("Square")
        if isinstance(exponent, int) and exponent > 2 and x.dtype == INT:
            site.refuse("a power of integers", "cast them to floats first")
    one = x.cast(FLOAT) if isinstance(x, Traced) else float(x)
    two = exponent.cast(FLOAT) if isinstance(exponent, Traced) else float(exponent)
    return binary("Pow", one, two)


def clip(site: Site, x: Any, x_min: Any, x_max: Any) -> Outputs:
    return binary("Minimum", binary("Maximum", tensor(site, x), operand(site, x_min)), operand(site, x_max))


def chosen(site: Site, condition: Any, x1: Any = None, x2: Any = None) -> Outputs:
    if x1 is None or x2 is None:
        site.refuse("the places where a condition holds, whose number is not known")
    return where(as_bool(tensor(site, condition)), operand(site, x1), operand(site, x2))


def cast(site: Site, x: Any, dtype: Any) -> Outputs:
    value, wanted = tensor(site, x), dtype_of(site, dtype)
    return as_bool(value) if wanted == BOOL else value.cast(wanted)


def unchanged(site: Site, x: Any, **options: Any) -> Outputs:
    return tensor(site, x)


def converted(site: Site, x: Any, dtype: Any = None, **options: Any) -> Outputs:
    return tensor(site, x) if dtype is None else cast(site, x, dtype)


def rounded(site: Site, x: Any, decimals: int = 0) -> Outputs:
    value = tensor(site, x)
    if decimals == 0:
        return value.each("Round")
    scale = float(10**decimals)
    return (value.cast(FLOAT) * scale).each("Round") / scale


def no_not_numbers(site: Site, x: Any, nan: float = 0.0, posinf: Any = None, neginf: Any = None) -> Outputs:
    value = tensor(site, x).cast(FLOAT)
    most = FURTHEST if posinf is None else float(posinf)
    least = -FURTHEST if neginf is None else float(neginf)
    value = where(value.each("IsNan", BOOL), float(nan), value)
    infinite = value.each("IsInf", BOOL)
    return where(infinite & (value > 0.0), most, where(infinite & (value < 0.0), least, value))


def logaddexp(a: Operand, b: Operand) -> Traced:
    top = binary("Maximum", a, b)
    return top + (-(binary("Sub", a, b).each("Abs"))).each("Exp").each("Log1p")


def like(number: float) -> Operator:
    def written(site: Site, x: Any, dtype: Any = None) -> Traced:
        value = tensor(site, x)
        kind = value.dtype if dtype is None else dtype_of(site, dtype)
        if kind == value.dtype and number in (0, 1):
            return value.each("OnesLike" if number else "ZerosLike")
        return value.cast(INT if kind == BOOL else kind).each("OnesLike" if number else "ZerosLike").cast(kind)

    return written


OPERATORS: dict[str, Operator] = {
    "add": of_two(lambda a, b: binary("AddV2", a, b)),
    "subtract": of_two(lambda a, b: binary("Sub", a, b)),
    "multiply": of_two(lambda a, b: binary("Mul", a, b)),
    **dict.fromkeys(("divide", "true_divide"), of_two(divided)),
    "divide_no_nan": of_two(lambda a, b: binary("DivNoNan", a, b)),
    "floor_divide": op_of_two("FloorDiv"),
    **dict.fromkeys(("mod", "remainder"), op_of_two("FloorMod")),
    **dict.fromkeys(("maximum", "fmax"), op_of_two("Maximum")),
    **dict.fromkeys(("minimum", "fmin"), op_of_two("Minimum")),
    "power": power,
    "arctan2": op_of_two("Atan2"),
    "hypot": of_two(lambda a, b: (binary("Mul", a, a) + binary("Mul", b, b)).of_floats("Sqrt")),
    "squared_difference": op_of_two("SquaredDifference"),
    "logaddexp": of_two(logaddexp),
    "greater": op_of_two("Greater", BOOL),
    "greater_equal": op_of_two("GreaterEqual", BOOL),
    "less": op_of_two("Less", BOOL),
    "less_equal": op_of_two("LessEqual", BOOL),
    "equal": op_of_two("Equal", BOOL),
    "not_equal": op_of_two("NotEqual", BOOL),
    "logical_and": of_flags("LogicalAnd"),
    "logical_or": of_flags("LogicalOr"),
    "logical_xor": of_flags("NotEqual"),
    "logical_not": lambda site, x: ~as_bool(tensor(site, x)),
    "clip": clip,
    "where": chosen,
    "cast": cast,
    "saturate_cast": cast,
    "convert_to_tensor": converted,
    "round": rounded,
    "nan_to_num": no_not_numbers,
    **dict.fromkeys(("identity", "stop_gradient", "copy", "array", "real", "conjugate", "view"), unchanged),
    **{name: op_of_any(op) for name, op in (("square", "Square"), ("negative", "Neg"), ("sign", "Sign"))},
    **dict.fromkeys(("absolute", "abs", "fabs"), op_of_any("Abs")),
    **{
        name: op_of_floats(op)
        for name, op in (
            ("exp", "Exp"), ("expm1", "Expm1"), ("log", "Log"), ("log1p", "Log1p"), ("sqrt", "Sqrt"),
            ("rsqrt", "Rsqrt"), ("sin", "Sin"), ("cos", "Cos"), ("tan", "Tan"), ("sinh", "Sinh"), ("cosh", "Cosh"),
            ("arcsin", "Asin"), ("arccos", "Acos"), ("arctan", "Atan"), ("arcsinh", "Asinh"), ("arccosh", "Acosh"),
            ("arctanh", "Atanh"), ("floor", "Floor"), ("ceil", "Ceil"), ("reciprocal", "Reciprocal"), ("erf", "Erf"),
        )
    },
    **{
        name: lambda site, x, op=op: tensor(site, x).cast(FLOAT).each(op, BOOL)
        for name, op in (("isnan", "IsNan"), ("isinf", "IsInf"), ("isfinite", "IsFinite"))
    },
    "erfc": of_one(lambda x: 1.0 - x.each("Erf")),
    "log10": of_one(lambda x: x.each("Log") * (1 / log(10))),
    "log2": of_one(lambda x: x.each("Log") * (1 / log(2))),
    "exp2": of_one(lambda x: (x * log(2)).each("Exp")),
    "cbrt": of_one(lambda x: x.each("Sign") * binary("Pow", x.each("Abs"), 1 / 3)),
    "deg2rad": of_one(lambda x: x * (pi / 180)),
    "rad2deg": of_one(lambda x: x * (180 / pi)),
    "trunc": of_one(lambda x: x.each("Sign") * x.each("Abs").each("Floor")),
    "zeros_like": like(0),
    "ones_like": like(1),
}  # fmt: skip
