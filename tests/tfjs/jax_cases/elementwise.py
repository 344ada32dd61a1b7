"""Element by element: everywhere, at the edges of floats, and on integers and booleans."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.tfjs.jax_cases.case import bools, case, floats, ints

_ANY = {
    "neg": lax.neg, "abs": lax.abs, "exp": lax.exp, "expm1": lax.expm1, "tanh": lax.tanh, "sin": lax.sin,
    "cos": lax.cos, "atan": lax.atan, "sinh": lax.sinh, "cosh": lax.cosh, "asinh": lax.asinh,
    "logistic": lax.logistic, "erf": lax.erf, "erfc": lax.erfc, "floor": lax.floor, "ceil": lax.ceil,
    "square": lax.square, "sign": lax.sign, "is_finite": lax.is_finite, "cbrt": lax.cbrt, "exp2": lax.exp2,
    "round to even": lambda x: lax.round(x, lax.RoundingMethod.TO_NEAREST_EVEN),
    "round away": lambda x: lax.round(x, lax.RoundingMethod.AWAY_FROM_ZERO),
    "reduce_precision": lambda x: lax.reduce_precision(x, 8, 23),
    "integer_pow": lambda x: (x**3, x**5, x**-2, x**0, x**7),
    "max and min": lambda x: (lax.max(x, 0.5), lax.min(x, -x)),
    "clamp": lambda x: lax.clamp(-1.0, x, 0.5),
    "float to int": lambda x: (10 * x).astype(jnp.int32),
    "float to bool": lambda x: jnp.floor(x).astype(bool),
    "optimization_barrier": lambda x: lax.optimization_barrier(x),
    "activations": lambda x: (
        jax.nn.relu(x), jax.nn.relu6(x), jax.nn.gelu(x), jax.nn.gelu(x, approximate=False), jax.nn.silu(x),
        jax.nn.softplus(x), jax.nn.elu(x), jax.nn.selu(x), jax.nn.celu(x, 0.7), jax.nn.leaky_relu(x, 0.3),
        jax.nn.hard_tanh(x), jax.nn.hard_swish(x), jax.nn.log_sigmoid(x), jax.nn.softmax(x), jax.nn.log_softmax(x, 0),
        jax.nn.mish(x), jax.nn.squareplus(x), jax.nn.glu(x), jax.nn.logsumexp(x, axis=1), jax.nn.standardize(x),
    ),
}  # fmt: skip
_POSITIVE = {"log": lax.log, "log1p": lax.log1p, "sqrt": lax.sqrt, "rsqrt": lax.rsqrt}
_SMALL = {"asin": lax.asin, "acos": lax.acos, "atanh": lax.atanh, "tan": lax.tan}
_TWO = {
    "add": lax.add, "sub": lax.sub, "mul": lax.mul, "div": lax.div, "rem": lax.rem, "atan2": lax.atan2,
    "max": lax.max, "min": lax.min, "eq": lax.eq, "ne": lax.ne, "lt": lax.lt, "le": lax.le, "gt": lax.gt, "ge": lax.ge,
    "remainder": jnp.remainder, "floor_divide": jnp.floor_divide, "fmod": jnp.fmod, "hypot": jnp.hypot,
    "logaddexp": jnp.logaddexp, "where": lambda a, b: jnp.where(a > b, a, 2.0),
}  # fmt: skip

ELEMENTWISE = [
    *(case(name, function, floats(3, 4)) for name, function in _ANY.items()),
    *(case(name, function, floats(3, 4, low=0.1)) for name, function in _POSITIVE.items()),
    *(case(name, function, floats(3, 4, low=-0.9, high=0.9)) for name, function in _SMALL.items()),
    case("acosh", lax.acosh, floats(5, low=1.1, high=3)),
    *(case(f"{name} of two", function, floats(3, 4), floats(3, 4)) for name, function in _TWO.items()),
    case("pow", lax.pow, floats(3, 4, low=0.1), floats(3, 4)),
    case("pow of an integer", lambda x, n: lax.pow(x, n), floats(6), ints(6, low=-3, high=4)),
    case("broadcast", lambda a, b: a[:, None] * b + a[0], floats(3), floats(4)),
    case("select_n", lambda w, a, b, c: lax.select_n(w, a, b, c), ints(5, low=0, high=3), *(floats(5) for _ in "abc")),
    case("select by a scalar", lambda w, a, b: lax.select_n(w > 0, a, b), ints(), floats(2, 3), floats(2, 3)),
    case("clamp by tensors", lambda a, x, b: lax.clamp(a, x, b), floats(6, high=0), floats(6), floats(6, low=0)),
    case("stop_gradient", lambda x: lax.stop_gradient(x) + x, floats(3)),
    case("half", lambda x: (x.astype(jnp.bfloat16) * 2).astype(jnp.float32), np.float32([1.5, -2.25, 0.5])),
    case("remat and custom gradients", lambda x: jax.checkpoint(_with_gradient)(x), floats(3)),
    case("isnan and nan_to_num", lambda x: (jnp.isnan(x), jnp.nan_to_num(x)), np.float32([1, np.nan, np.inf, -3])),
]


@jax.custom_vjp
def _with_gradient(x: jax.Array) -> jax.Array:
    return jnp.sin(x) * 2


_with_gradient.defvjp(lambda x: (_with_gradient(x), x), lambda x, g: (g * x,))

_EDGES = np.float32(
    [0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.49999997, 1e-30, 1e30, -1e30, 3e9, -3e9, np.inf, -np.inf, np.nan, 1, -1]
)
_OF_EDGES = {
    **{
        name: function
        for name, function in _ANY.items()
        if name not in ("activations", "integer_pow", "sinh", "cosh", "sin", "cos")
    },
    "tanh": lax.tanh, "relu": jax.nn.relu, "relu6": jax.nn.relu6, "reduce_max": jnp.max, "reduce_min": jnp.min,
    "reduce_sum": jnp.sum, "argmax": jnp.argmax, "argmin": jnp.argmin, "sort": jnp.sort, "argsort": jnp.argsort,
    "top_k": lambda x: lax.top_k(x, 7), "descending": lambda x: jnp.sort(x, descending=True),
    "sqrt": lax.sqrt, "rsqrt": lax.rsqrt, "log": lax.log, "log1p": lax.log1p,
    "two": lambda x: (lax.max(x, x[::-1]), lax.min(x[::-1], x), lax.eq(x, x), lax.ne(x, x), lax.lt(x, x[::-1])),
    "cumulative": lambda x: (lax.cummax(x), lax.cummin(x, reverse=True)),
}  # fmt: skip
EDGES = [case(f"edges of {name}", function, _EDGES) for name, function in _OF_EDGES.items()]
_BASES = np.float32([1, 1, -1, -1, 0, 0, 2, np.nan, -8, 0, np.inf])
_EXPONENTS = np.float32([np.nan, np.inf, np.inf, -np.inf, 0, -1, np.nan, 0, 1 / 3, 0, -1])
EDGES.append(case("edges of pow", lambda a, b: (lax.pow(a, b), 1.0**b, a**0.5), _BASES, _EXPONENTS))
EDGES.append(case("edges of finite", lambda x: (x / 0.0, -x / 0.0, 0.0 / x), np.float32([1, -2, 0])))

_LARGE = np.int32([-(2**31), -(2**31), 2**31 - 1, 2**31 - 1, 7, -7, 7, -7, 5, 0, -(2**31), 123456789, -8, -2147483647])
_BY = np.int32([2, -3, 5, -(2**31), 2, 2, -2, -2, 0, 0, 0, 10007, 8, 16777217])
INTEGERS = [
    case("quotients", lambda a, b: (lax.div(a, b), a // jnp.where(b == 0, 1, b), a // 7, lax.div(a, -3)), _LARGE, _BY),
    case("remainders", lambda a, b: (lax.rem(a, b), a % jnp.where(b == 0, 1, b), a % 7, lax.rem(a, 5)), _LARGE, _BY),
    case("wrapping", lambda a, b: (a + b, a - b, -a, abs(a), a * 3, ~a, a * a[::-1] % 7), _LARGE % 99999, _BY),
    case("overflow", lambda a, b: (a + b, a - b, -a, abs(a), ~a), _LARGE, _BY),
    case(
        "padding with large numbers",
        lambda a: (
            lax.pad(a, 2**30 + 1, ((1, 2, 1),)),
            lax.reduce_window(a, 2**31 - 1, lax.min, (3,), (2,), ((2, 1),), base_dilation=(2,)),
        ),
        _LARGE,
    ),
    case("signs", lambda a: (jnp.sign(a), a**2, a**3, lax.square(a)), ints(6)),
    case("shifts", lambda a: (a << 3, a >> 2, a >> 0), _LARGE),
    case("orders", lambda a, b: (a < b, a == b, lax.max(a, b), lax.min(a, b), lax.clamp(-3, a, 4)), _LARGE, _BY),
    case("booleans", lambda a, b: (a & b, a | b, a ^ b, ~a, a == b, a != b, a < b, a >= b), bools(8), bools(8)),
    case("max of booleans", lambda a, b: (lax.max(a, b), lax.min(a, b)), bools(8), bools(8)),
    case("choices of booleans", lambda w, a, b: jnp.where(w, a, b), bools(8), bools(8), bools(8)),
    case(
        "conversions", lambda a, b: (a.astype(float), b.astype(float), b.astype(int), a.astype(bool)), ints(6), bools(6)
    ),
    case(
        "integers of few bits",
        lambda a, b: (a + b, a - b, a * b, -a, ~a, a // 3, a.astype(jnp.int8) * 2, a.astype(jnp.uint16) - 400),
        ints(6, low=0, high=256).astype("u1"),
        ints(6, low=0, high=256).astype("u1"),
    ),
    case(
        "signed of few bits",
        lambda a: (a * 3, a + 100, -a, abs(a), a.astype(jnp.uint8), a.astype(int)),
        np.int8([-128, 127, 5]),
    ),
    case(
        "16 bits", lambda a: (a * a, a + 32000, a.astype(jnp.uint16) * jnp.uint16(65535)), np.int16([-32768, 32767, 5])
    ),
]
