"""Functions of a batch of any size: x has the shape (b, 4, 5), i holds (b, 2) indices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import lax

Array = Any

BATCHES: dict[str, Callable[[Array, Array], Any]] = {
    "sizes": lambda x, i: (x.sum() / x.shape[0], jnp.zeros((x.shape[0] * 2 + 1, 3)), jnp.arange(x.shape[0])),
    "computed sizes": lambda x, i: (jnp.ones(x.size), jnp.ones((x.shape[0] + 3) // 2), jnp.ones(x.shape[0] % 2 + 1)),
    "reshape": lambda x, i: (x.reshape(x.shape[0], -1), x.reshape(-1, 5), x.reshape(-1), x.reshape(2, -1)),
    "broadcast": lambda x, i: (
        jnp.broadcast_to(x[:, :1], x.shape),
        x + jnp.arange(x.shape[0])[:, None, None],
        x > x[0],
    ),
    "moves": lambda x, i: (x.T, x[::-1], x[:, ::2, 1:], jnp.concatenate([x, x]), jnp.roll(x, 1, 0), x[:1], x[-1]),
    "pad": lambda x, i: (
        jnp.pad(x, 1),
        lax.pad(x, 0.0, ((0, 0, 0), (1, -1, 1), (0, 0, 2))),
        lax.pad(x, 1.0, ((0, 1, 1),) * 3),
    ),
    "tile and repeat": lambda x, i: (jnp.tile(x, (2, 1, 1)), jnp.repeat(x, 2, 0), jnp.repeat(x, 3, 2)),
    "reductions": lambda x, i: (
        x.mean(0),
        x.sum((0, 2)),
        x.max(),
        jnp.argmax(x, 0),
        jnp.argmax(x, 2),
        jnp.cumsum(x, 0),
    ),
    "products": lambda x, i: (x @ x.mT, jnp.einsum("bij,bkj->ik", x, x), jnp.einsum("bij,cij->bc", x, x), x[0] @ x.mT),
    "outer products": lambda x, i: (jnp.outer(x[:, 0, 0], x[:, 1, 1]), jnp.tensordot(x, x, ((1, 2), (1, 2)))),
    "integer products": lambda x, i: i @ i.T,
    "take": lambda x, i: (jnp.take(x, i, 0), jnp.take(x, i, 1), jnp.take(x[0, 0], i), x[:, i[0]], x[i[:, 0] % 4, 0]),
    "take_along_axis": lambda x, i: (jnp.take_along_axis(x, i[:, :, None], 1), jnp.take_along_axis(x[:, 0], i, 1)),
    "vmapped reading": lambda x, i: jax.vmap(lambda row, at: (row[at], lax.dynamic_slice_in_dim(row, at[0], 2)))(x, i),
    "vmapped writing": lambda x, i: jax.vmap(lambda row, at: (row.at[at].set(3.0), row.at[at, 1].add(2.0)))(x, i),
    "writing": lambda x, i: (x.at[:, 1].set(0.5), x.at[:, i[0]].add(1.0), x.at[i[:, 0]].set(2.0), x.at[0, 0].add(1.0)),
    "slices": lambda x, i: (lax.dynamic_slice_in_dim(x, i[0, 0], 2, 1), lax.dynamic_index_in_dim(x, i[0, 1], 0)),
    "updates": lambda x, i: (
        lax.dynamic_update_slice_in_dim(x, x[:, :2], i[0, 0], 1),
        lax.dynamic_update_slice_in_dim(x, x[:1] * 2, i[0, 0], 0),
    ),
    "sorting": lambda x, i: (jnp.sort(x), jnp.argsort(x, 1), lax.top_k(x, 2), lax.sort((i, i * 2), num_keys=1)),
    "pools": lambda x, i: (
        nn.max_pool(x, (2,), (2,), "SAME"),
        nn.avg_pool(x[..., None], (2, 2), (1, 2)),
        lax.reduce_window(x, 0.0, lax.add, (1, 2, 3), (1, 1, 2), "SAME"),
    ),
    "convolutions": lambda x, i: (
        lax.conv_general_dilated(x, jnp.linspace(-1, 1, 24).reshape(2, 4, 3), (1,), "SAME"),
        lax.conv_transpose(x, jnp.linspace(-1, 1, 30).reshape(2, 5, 3), (2,), "SAME"),
        lax.conv_general_dilated(x[:, None], jnp.linspace(-1, 1, 8).reshape(2, 1, 2, 2), (2, 1), ((1, 0), (0, 2))),
    ),
    "scans": lambda x, i: (
        lax.scan(lambda c, row: (c + row.sum(), c), 0.0, x),
        lax.scan(lambda c, column: (c * 0.5 + column, c), x[:, 0] * 0, x.swapaxes(0, 1)),
        lax.map(lambda row: row @ row.T, x),
    ),
    "loops": lambda x, i: lax.fori_loop(0, i[0, 0] + 3, lambda n, y: y * 0.5 + n + y.shape[0], x),
    "branches": lambda x, i: lax.cond(i[0, 0] > 1, lambda: (x * 2, x.shape[0]), lambda: (x - 1, 0)),
    "one_hot": lambda x, i: jax.nn.one_hot(i, 5),
    "attention": lambda x, i: nn.dot_product_attention(x[:, :, None], x[:, :, None], x[:, :, None] * 2),
}
