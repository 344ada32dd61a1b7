"""Reductions over axes and windows, running ones, and sorting."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import linen as nn
from jax import lax

from tests.tfjs.jax_cases.case import Case, bools, case, floats, ints

X = floats(3, 4, 5)
REDUCTIONS = [
    case("sums", lambda x: (x.sum(), x.sum(0), x.sum((0, 2)), x.mean(1, keepdims=True), x.var(2), x.std()), X),
    case("products", lambda x: (x.prod(1), x.prod((0, 2))), X),
    case("extremes", lambda x: (x.max(), x.min((0, 1)), x.max(2), jnp.ptp(x, 0)), X),
    case("of integers", lambda x: (x.sum(1), x.prod(0), x.max(), x.min(1), x.mean(0)), ints(3, 4)),
    case("of large integers", lambda x: x.sum(), np.int32([2**31 - 1, 5, -7, 2**24 + 1])),
    case("of booleans", lambda x: (x.all(0), x.any((0, 1)), x.sum(1), x.max(0), x.min(1)), bools(3, 4)),
    case("argmax", lambda x: (jnp.argmax(x, 1), jnp.argmin(x), jnp.argmax(x, 2, keepdims=True)), X),
    case("argmax of equals", lambda x: (jnp.argmax(x, 1), jnp.argmin(x, 0)), ints(4, 9, low=0, high=3)),
    case("argmax of booleans", lambda x: (jnp.argmax(x, 0), jnp.argmin(x, 1)), bools(4, 5)),
    case("running", lambda x: (jnp.cumsum(x, 1), jnp.cumprod(x, 2), lax.cumsum(x, 0, reverse=True)), X),
    case("running extremes", lambda x: (lax.cummax(x, 1), lax.cummin(x, 2), lax.cummax(x, 2, reverse=True)), X),
    case("running integers", lambda x: (jnp.cumsum(x, 0), lax.cummax(x, 0), jnp.cumprod(x[:3], 1)), ints(7, 3)),
    case("norms", lambda x: (jnp.linalg.norm(x, axis=1), jnp.median(x, axis=2), jnp.nanmax(x, axis=0)), X),
]


def _window(
    name: str, x: Any, window: Any, strides: Any = None, padding: Any = "VALID", **dilations: Any
) -> list[Case]:
    strides = strides or (1,) * len(window)
    kinds = {"max": (-jnp.inf, lax.max), "min": (jnp.inf, lax.min), "sum": (0.0, lax.add)}
    return [
        case(
            f"{name} {kind}",
            lambda x, a=start, f=function: lax.reduce_window(x, a, f, window, strides, padding, **dilations),
            x,
        )
        for kind, (start, function) in kinds.items()
    ]


IMAGE = floats(2, 7, 6, 3)
WINDOWS = [
    *_window("images", IMAGE, (1, 2, 3, 1)),
    *_window("images, strides", IMAGE, (1, 3, 2, 1), (1, 2, 3, 1), "SAME"),
    *_window("images, paddings", IMAGE, (1, 3, 3, 1), (1, 2, 2, 1), ((0, 0), (2, 1), (0, 2), (0, 0))),
    *_window("negative paddings", IMAGE, (1, 3, 3, 1), (1, 1, 1, 1), ((0, 0), (-1, 1), (1, -2), (0, 0))),
    *_window("channels first", floats(2, 3, 7, 6), (1, 1, 2, 2), (1, 1, 2, 2)),
    *_window("apart", floats(3, 7, 2, 5), (2, 1, 1, 3), (1, 1, 1, 2), "SAME"),
    *_window("sequences", floats(2, 9, 3), (1, 3, 1), (1, 2, 1), "SAME"),
    *_window("one axis", floats(9), (4,), (2,)),
    *_window("volumes", floats(1, 4, 5, 4, 2), (1, 2, 2, 3, 1), (1, 2, 1, 1, 1), "SAME"),
    *_window("dilation", IMAGE, (1, 2, 2, 1), (1, 1, 2, 1), window_dilation=(1, 2, 3, 1)),
    *_window("spread", IMAGE, (1, 2, 2, 1), base_dilation=(1, 2, 1, 1)),
    case(
        "steps without windows",
        lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (1, 1), (2, 2), "VALID"),
        floats(5, 6),
    ),
    case("products", lambda x: lax.reduce_window(x, 1.0, lax.mul, (2, 3), (1, 1), "SAME"), floats(4, 5)),
    case("another start", lambda x: lax.reduce_window(x, 0.5, lax.max, (2,), (2,), "VALID"), floats(8)),
    case(
        "integers",
        lambda x: (
            lax.reduce_window(x, -(2**31), lax.max, (2, 2), (2, 2), "SAME"),
            lax.reduce_window(x, 0, lax.add, (2, 2), (1, 1), "SAME"),
        ),
        ints(5, 5),
    ),
    case(
        "Flax",
        lambda x: (
            nn.avg_pool(x, (3, 3), (2, 2), "SAME", count_include_pad=False),
            nn.max_pool(x, (3, 3), (2, 2), "SAME"),
            nn.avg_pool(x, (2, 2), (2, 2)),
        ),
        IMAGE,
    ),
    case("a whole image", lambda x: nn.avg_pool(x, (7, 6)), IMAGE),
    case("negative numbers only", lambda x: nn.max_pool(x, (3, 3), (2, 2), "SAME"), floats(1, 5, 5, 2, high=-1)),
]

KEYS = ints(4, 9, low=0, high=3)
SORTING = [
    case("sort", lambda x: (jnp.sort(x), jnp.sort(x, 0), jnp.sort(x, 1, descending=True)), floats(3, 8)),
    case("sort integers", lambda x: (jnp.sort(x), jnp.sort(x, 0)), np.int32([[3, -(2**31), 2**31 - 1], [1, 1, 0]])),
    case("sort booleans", jnp.sort, bools(6)),
    case("argsort is stable", lambda x: (jnp.argsort(x), jnp.argsort(x, 0), jnp.argsort(x, descending=True)), KEYS),
    case("argsort of floats", lambda x: (jnp.argsort(x), jnp.argsort(-x, 0)), floats(3, 8)),
    case("by two keys", lambda a, b, c: lax.sort((a, b, c), num_keys=2), KEYS, ints(4, 9, low=0, high=3), floats(4, 9)),
    case("several", lambda a, b: lax.sort((a, b), dimension=0, num_keys=1), floats(5, 2), bools(5, 2)),
    case("top_k", lambda x: lax.top_k(x, 3), floats(2, 3, 8)),
    case("top_k of equals", lambda x: lax.top_k(x, 4), KEYS),
    case("unsorted", lambda x: jnp.sort(x), np.float32([np.nan, 3, np.inf, -1, np.nan, -np.inf])),
    case(
        "with infinities",
        lambda x: (jnp.argsort(x), lax.top_k(x, 3)),
        np.float32([np.nan, 3, np.inf, -1, np.nan, np.inf]),
    ),
]
