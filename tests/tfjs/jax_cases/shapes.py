"""What moves values, or makes them of a shape."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import lax

from tests.tfjs.jax_cases.case import bools, case, floats, ints

X = floats(2, 3, 4)
SHAPES = [
    case("reshape", lambda x: (x.reshape(6, 4), x.reshape(-1), x.reshape(1, 24, 1)), X),
    case("reshape in another order", lambda x: lax.reshape(x, (4, 6), dimensions=(2, 0, 1)), X),
    case("transpose", lambda x: (x.T, x.transpose(1, 0, 2), jnp.swapaxes(x, 0, 2)), X),
    case("squeeze and expand", lambda x: (x[:, None], jnp.expand_dims(x, (0, 3)), x[:1].squeeze(0)), X),
    case("broadcast_in_dim", lambda x: lax.broadcast_in_dim(x, (3, 2, 5), (1,)), floats(2)),
    case("broadcast_in_dim of axes of 1", lambda x: lax.broadcast_in_dim(x, (3, 2, 4), (0, 2)), floats(1, 4)),
    case("broadcast_to", lambda x, b: (jnp.broadcast_to(x, (3, 4)), jnp.broadcast_to(b, (2, 4))), floats(4), bools(4)),
    case(
        "concatenate",
        lambda a, b: (jnp.concatenate([a, b], 1), jnp.stack([a, a]), jnp.hstack([a, b])),
        floats(2, 3),
        floats(2, 1),
    ),
    case("concatenate booleans", lambda a: jnp.concatenate([a, ~a]), bools(5)),
    case("split", lambda x: (jnp.split(x, 2, -1), lax.split(x, (1, 2), axis=1), jnp.unstack(x)), X),
    case("rev", lambda x: (x[::-1], lax.rev(x, (0, 2)), jnp.flip(x)), X),
    case("slice", lambda x: (x[:, 1:, ::2], x[0], x[..., -1], lax.slice(x, (0, 1, 1), (2, 3, 4), (1, 2, 3))), X),
    case("pad", lambda x: (jnp.pad(x, 1), jnp.pad(x, ((1, 0), (0, 2), (0, 0)), constant_values=3)), X),
    case("pad outside, inside and negative", lambda x: lax.pad(x, -0.5, ((1, -1, 0), (0, 2, 1), (-1, 0, 2))), X),
    case("pad integers", lambda x: lax.pad(x, 7, ((1, 1, 1),)), ints(4)),
    case("pad booleans", lambda x: lax.pad(x, True, ((1, 0, 1),)), bools(4)),
    case(
        "pad by other modes",
        lambda x: (jnp.pad(x, ((0, 0), (1, 1), (2, 1)), "reflect"), jnp.pad(x, 1, "edge"), jnp.pad(x, 1, "wrap")),
        X,
    ),
    case("pad with infinity", lambda x: lax.pad(x, -np.inf, ((1, 0, 0),)), floats(3)),
    case(
        "iota", lambda x: (lax.iota(jnp.int32, 4), lax.broadcasted_iota(jnp.float32, (2, 3), 1), x + jnp.arange(4)), X
    ),
    case("repeat and tile", lambda x: (jnp.repeat(x, 2, 1), jnp.tile(x, (2, 1, 3))), X),
    case("roll", lambda x: (jnp.roll(x, 1, 0), jnp.roll(x, -2, 2)), X),
    case("eye, tri, tril", lambda x: (x + jnp.eye(3, 4), jnp.tril(x), jnp.triu(x, 1)), X),
    case("linspace and zeros", lambda x: x + jnp.linspace(0, 1, 4) + jnp.zeros_like(x) + jnp.full((2, 1, 1), 3.0), X),
    case("meshgrid", lambda a, b: jnp.meshgrid(a, b), floats(2), floats(3)),
    case("a scalar", lambda x: (x.reshape(()), x.reshape(()) * 2), floats(1)),
]
