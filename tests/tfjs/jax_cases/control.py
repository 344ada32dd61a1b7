"""Loops and branches, in each other and with values from outside."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.tfjs.jax_cases.case import bools, case, floats, ints

LONG = 80  # steps: more than are written one by one, in which there is enough to do


def _newton(x: jax.Array) -> jax.Array:
    return lax.while_loop(lambda y: jnp.abs(y * y - x) > 1e-4, lambda y: (y + x / y) / 2, x)


def _collatz(n: jax.Array) -> Any:
    return lax.while_loop(
        lambda state: state[0] != 1,
        lambda state: (jnp.where(state[0] % 2 == 0, state[0] // 2, 3 * state[0] + 1), state[1] + 1),
        (n, 0),
    )


def _scan(length: int, reverse: bool = False) -> Any:
    def step(carry: Any, x: Any) -> Any:
        total, count = carry
        for factor in (0.9, 1.1, -0.7, 1.2, 0.3):
            total = jnp.sin(total * factor) + x
        return (total, count + 1), (total.sum(), count, total > 0)

    return lambda x: lax.scan(step, (x[0] * 0, 0), x[:length], reverse=reverse)


def _nested(x: jax.Array) -> Any:
    def outer(i: Any, total: Any) -> Any:
        return lax.while_loop(lambda s: s[0] < i, lambda s: (s[0] + 1, s[1] + x[s[0]] * i), (0, total))[1]

    return lax.fori_loop(0, x.shape[0], outer, 0.0)


def _branches(n: jax.Array, x: jax.Array) -> Any:
    return lax.switch(n, [lambda x: x + 1, lambda x: x * 2, lambda x: -x], x)


CONTROL = [
    case("while", _newton, np.float32(7.3)),
    case("while with two variables", _collatz, np.int32(27)),
    case("while never", lambda x: lax.while_loop(lambda s: s[1] > 10, lambda s: (s[0] + 1, s[1]), (x, 3)), floats(2)),
    case("while of a batch", lambda x: jax.vmap(_newton)(x), floats(3, low=1, high=9)),
    case("fori", lambda x: lax.fori_loop(0, 5, lambda i, y: y * 0.5 + i, x), floats(3)),
    case("fori up to a value", lambda x, n: lax.fori_loop(0, n, lambda i, y: y + x * i, x * 0), floats(3), np.int32(6)),
    case("scan of few steps", _scan(6), floats(6, 2, 3)),
    case("scan of few steps, reversed", _scan(6, True), floats(6, 2, 3)),
    case("scan of many steps", _scan(LONG), floats(LONG, 2)),
    case("scan of many steps, reversed", _scan(LONG, True), floats(LONG, 2)),
    case("scan of nothing", lambda x: _scan(LONG)(jnp.zeros((LONG, 3)) + x)[0], floats(3)),
    case("cumulative by associative_scan", lambda x: lax.associative_scan(jnp.add, x), floats(9)),
    case("map", lambda x: lax.map(lambda row: jnp.sin(row).sum(), x), floats(5, 3)),
    case("loops in loops", _nested, floats(5)),
    case("cond", lambda p, x: lax.cond(p, lambda x: x * 2, lambda x: x - 1, x), np.bool_(True), floats(3)),
    case(
        "cond, no",
        lambda p, x: lax.cond(p, lambda x: (x * 2, 1), lambda x: (jnp.zeros(3), 2), x),
        np.bool_(False),
        floats(3),
    ),
    *(case(f"switch {n}", _branches, np.int32(n), floats(3)) for n in (-4, 0, 1, 2, 9)),
    case(
        "cond in a loop",
        lambda x, n: lax.fori_loop(0, n, lambda i, y: lax.cond(i % 3 == 0, lambda: y + x, lambda: y * 0.5), x),
        floats(2),
        np.int32(8),
    ),
    case(
        "loop in a cond",
        lambda p, x: lax.cond(p, lambda: lax.while_loop(lambda y: (y < 9).all(), lambda y: y * 2, x), lambda: x),
        np.bool_(True),
        floats(2, low=1),
    ),
    case(
        "values from outside as results",
        lambda x, y: (
            lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, y), (0, x)),
            lax.cond(x[0] > 0, lambda: (y, 1), lambda: (x, 2)),
        ),
        floats(3),
        floats(3),
    ),
    case("a constant branch", lambda x: lax.cond(True, lambda: x * 2, lambda: x / 0), floats(2)),
    case(
        "select of a batch",
        lambda p, x: jax.vmap(lambda p, x: lax.cond(p, jnp.sin, jnp.cos, x))(p, x),
        bools(4),
        floats(4),
    ),
    case("platforms", lambda x: lax.platform_dependent(x, cpu=jnp.sin, default=jnp.cos), floats(3)),
    case("carried integers", lambda n: lax.scan(lambda c, x: (c + x, c * x), 0, n), ints(7)),
]
