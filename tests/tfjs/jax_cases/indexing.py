"""Reading and writing by indices, inside and outside of what there is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.tfjs.jax_cases.case import bools, case, floats, ints

X = floats(4, 5, 3)
ROWS = np.int32([[0, 3], [-1, 2], [3, 7]])  # one is outside
I = np.int32([1, -2, 9, -9])  # noqa: E741 - an index
DIMS = lax.GatherDimensionNumbers

INDEXING = [
    *(
        case(f"take along {axis} {mode}", lambda x, i, axis=axis, mode=mode: jnp.take(x, i, axis, mode=mode), X, ROWS)
        for axis in (0, 1, 2, None)
        for mode in ("fill", "clip", "wrap")
    ),
    case("x[i]", lambda x, i: (x[i], x[:, i], x[..., i, :], x[i, 1]), X, ROWS % 3),
    case("x[i, j]", lambda x, i: (x[i, i], x[:, i, i], x[i, :, i], x[i, 1:3]), X, ROWS % 3),
    case("x[i] of one", lambda x, i: (x[i], x[:, i], x[i, i], x[-1], x[:, -2]), X, np.int32(2)),
    case(
        "constant indices",
        lambda x: (x[jnp.array([2, 0])], x[:, jnp.array([1, 1, -1])], x[jnp.array([0, 1]), jnp.array([1, 2])]),
        X,
    ),
    case("take of booleans and integers", lambda b, n, i: (jnp.take(b, i), jnp.take(n, i), b[i]), bools(5), ints(5), I),
    case("take_along_axis", lambda x, i: jnp.take_along_axis(x, i, 1), X, ints(4, 2, 3, low=-5, high=8)),
    case("take_along_axis 0", lambda x, i: jnp.take_along_axis(x, i, 0, mode="clip"), X, ints(6, 5, 3, low=0, high=9)),
    case(
        "take_along_axis of one",
        lambda x, i: jnp.take_along_axis(x, i[:, None], 1),
        floats(4, 6),
        ints(4, low=0, high=6),
    ),
    case("vmapped", lambda x, i: jax.vmap(lambda row, at: row[at])(x, i), X, ints(4, low=0, high=5)),
    case(
        "vmapped slices",
        lambda x, i: jax.vmap(lambda r, at: lax.dynamic_slice_in_dim(r, at, 2))(x, i),
        X,
        np.int32([0, 3, 4, -1]),
    ),
    case(
        "vmapped twice",
        lambda x, i: jax.vmap(jax.vmap(lambda row, at: row[at]), (0, None))(x, i),
        floats(2, 3, 4),
        np.int32([0, 3, 1]),
    ),
    case(
        "windows",
        lambda x, i: lax.gather(x, i, DIMS((1, 2), (), (0, 1)), (2, 3), mode="clip"),
        floats(4, 5),
        np.int32([[0, 1], [3, 4], [2, -1]]),
    ),
    case(
        "windows, filled",
        lambda x, i: lax.gather(x, i, DIMS((0, 2), (), (1, 0)), (2, 3), mode="fill", fill_value=-7),
        floats(4, 5),
        np.int32([[0, 1], [3, 3], [2, 2]]),
    ),
    case(
        "windows between",
        lambda x, i: lax.gather(x, i, DIMS((1, 3), (1,), (1, 2)), (2, 1, 2), mode="clip"),
        X,
        ints(3, 2, 2, low=0, high=5),
    ),
    case(
        "dynamic_slice",
        lambda x, i: (
            lax.dynamic_slice(x, (i, 1, i), (2, 3, 2)),
            lax.dynamic_slice(x, (0, 9, 0), (4, 2, 3)),
            lax.dynamic_index_in_dim(x, i, 1),
        ),
        X,
        np.int32(1),
    ),
    case(
        "dynamic_slice beyond",
        lambda x, i: (lax.dynamic_slice(x, (i, -i), (2, 2)), lax.dynamic_slice(x, (-i, i), (3, 1))),
        floats(4, 5),
        np.int32(8),
    ),
    case("dynamic_slice of booleans", lambda x, i: lax.dynamic_slice(x, (i,), (3,)), bools(6), np.int32(2)),
    case(
        "dynamic_update_slice",
        lambda x, u, i: lax.dynamic_update_slice(x, u, (i, 0, i)),
        X,
        floats(2, 5, 1),
        np.int32(1),
    ),
    case(
        "dynamic_update_slice beyond",
        lambda x, u, i: (lax.dynamic_update_slice(x, u, (i, -i)), lax.dynamic_update_slice(x, u, (-3, i))),
        floats(4, 5),
        floats(2, 3),
        np.int32(9),
    ),
    case(
        "dynamic_update_slice of booleans",
        lambda x, u, i: lax.dynamic_update_slice(x, u, (i,)),
        bools(6),
        bools(2),
        np.int32(3),
    ),
    case("one_hot", lambda i: (jax.nn.one_hot(i, 5), jax.nn.one_hot(i, 4, axis=0)), ints(3, 2, low=-1, high=6)),
    case("diagonal", lambda x: (jnp.diagonal(x, axis1=0, axis2=1), jnp.trace(x), jnp.diag(x[0, 0])), X),
]

S = floats(4, 5)
SCATTERING = [
    case("set", lambda x, i: (x.at[i].set(3.0), x.at[:, i].set(0.5), x.at[i, i].set(7.0), x.at[1].set(2.0)), S, I),
    case("set rows", lambda x, u, i: x.at[i].set(u), S, floats(3, 5), np.int32([2, 0, 8])),
    case("set columns", lambda x, u, i: x.at[:, i].set(u), S, floats(4, 2), np.int32([3, 0])),
    case(
        "add with repetitions",
        lambda x, i: (x.at[i].add(3.0), x.at[:, i].add(0.5), x.at[i, i].add(1.0)),
        S,
        np.int32([2, 2, 7, -1, 2]),
    ),
    case("subtract", lambda x, u, i: x.at[i].add(-u), S, floats(3, 5), np.int32([1, 1, 3])),
    case("clip", lambda x, i: (x.at[i].add(1.0, mode="clip"), x.at[i, 1:3].set(2.0, mode="clip")), S, np.int32([7, 2])),
    case("promise", lambda x, i: x.at[i].set(1.5, mode="promise_in_bounds"), S, np.int32([3, 1])),
    case(
        "part of rows", lambda x, u, i: (x.at[i, 1:3].set(u), x.at[1:3, i].add(0.25)), S, floats(2, 2), np.int32([2, 0])
    ),
    case(
        "constant indices",
        lambda x: (x.at[0].set(1.0), x.at[:, -1].add(2.0), x.at[jnp.array([0, 2])].set(0), x.at[1, 2].set(9)),
        S,
    ),
    case(
        "integers and booleans",
        lambda n, b, i: (n.at[i].add(5), n.at[i].set(5), b.at[i].set(True)),
        ints(5),
        bools(5),
        I,
    ),
    case("vmapped", lambda x, i: jax.vmap(lambda row, at: row.at[at].set(4.0))(x, i), S, np.int32([0, 4, 9, -1])),
    case("segment_sum", lambda x, i: jax.ops.segment_sum(x, i, 3), S, np.int32([0, 2, 2, 5])),
    case("bincount", lambda i: jnp.bincount(i, length=5), np.int32([1, 4, 1, 9])),
    case("three axes", lambda x, i: x.at[i, :, i].set(1.0), floats(3, 2, 4), np.int32([0, 2, 5])),
]
