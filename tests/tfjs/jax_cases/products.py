"""Products of matrices and convolutions, with axes in any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from tests.tfjs.jax_cases.case import Case, case, floats, ints

_EQUATIONS = ["ij,jk->ik", "ji,kj->ik", "bij,bjk->bik", "bsd,df->bsf", "bqhd,bkhd->bhqk", "bhqk,bkhd->bqhd", "i,i->",
              "i,j->ij", "ij,ij->i", "ij,j->i", "j,ij->i", "abc,cd->dab", "abcd,cbe->ade", "ii->i", "ij->ji", "ijk->j",
              "ij,jk,kl->il", "bsd,hdk->bhsk"]  # fmt: skip
_SIZES = dict(zip("abcdefhijklqs", range(2, 15), strict=True))


def _einsum(equation: str) -> Case:
    terms = equation.split("->")[0].split(",")
    inputs = [floats(*(_SIZES[letter] for letter in term), low=-1, high=1) for term in terms]
    return case(equation, lambda *x: jnp.einsum(equation, *x), *inputs)


def _dot(a: tuple[int, ...], b: tuple[int, ...], contract: Any, batch: Any = ((), ())) -> Case:
    name = f"dot_general {a} {b} {contract} {batch}"
    return case(name, lambda x, y: lax.dot_general(x, y, (contract, batch)), floats(*a), floats(*b))


PRODUCTS = [
    *map(_einsum, _EQUATIONS),
    _dot((3, 4, 5), (4, 5, 6), ((1, 2), (0, 1))),
    _dot((3, 4, 5), (6, 5, 4), ((1, 2), (2, 1))),
    _dot((2, 3, 4), (3, 2, 5), ((), ()), ((0, 1), (1, 0))),
    _dot((2, 3, 4, 5), (5, 2, 6, 3), ((3,), (0,)), ((0, 1), (1, 3))),
    _dot((4, 2, 3), (3, 4, 2), ((0,), (1,)), ((2, 1), (0, 2))),
    case("integers", lambda a, b: (a @ b, a.T @ b.T, a[0] @ b), ints(3, 3), ints(3, 3)),
    case("large integers", lambda a, b: a @ b, ints(2, 3, low=-(10**6), high=10**6), ints(3, 2, low=-99, high=99)),
    case(
        "preferred_element_type",
        lambda a, b: jnp.matmul(a, b, preferred_element_type=jnp.float32),
        floats(2, 3),
        floats(3, 4),
    ),
    case(
        "outer, inner, tensordot",
        lambda a, b: (jnp.outer(a, b), jnp.inner(a, b), jnp.tensordot(a, b, 0)),
        floats(3),
        floats(3),
    ),
    case(
        "attention",
        lambda q, k, v: jax.nn.dot_product_attention(q, k, v, is_causal=True),
        *(floats(2, 5, 2, 4) for _ in "qkv"),
    ),
]


def _conv(name: str, x: tuple[int, ...], kernel: tuple[int, ...], spec: Sequence[str], **options: Any) -> Case:
    options = {"window_strides": (1,) * (len(x) - 2), "padding": "SAME", **options}
    return case(
        name,
        lambda a, b: lax.conv_general_dilated(a, b, dimension_numbers=tuple(spec), **options),
        floats(*x),
        floats(*kernel),
    )


_NHWC = ("NHWC", "HWIO", "NHWC")
_NCHW = ("NCHW", "OIHW", "NCHW")
_IMAGE, _KERNEL = (2, 7, 6, 3), (3, 2, 3, 4)
CONVOLUTIONS = [
    _conv("channels last", _IMAGE, _KERNEL, _NHWC),
    _conv("channels first", (2, 3, 7, 6), (4, 3, 3, 2), _NCHW, padding="VALID"),
    _conv("any order", (3, 7, 2, 6), (3, 4, 2, 3), ("CHNW", "HOWI", "WNCH"), padding="VALID"),
    _conv("strides", _IMAGE, _KERNEL, _NHWC, window_strides=(2, 3)),
    _conv("paddings", _IMAGE, _KERNEL, _NHWC, padding=((2, 0), (1, 3))),
    _conv("negative paddings", _IMAGE, _KERNEL, _NHWC, padding=((-1, 2), (1, -2))),
    _conv("dilation", _IMAGE, _KERNEL, _NHWC, rhs_dilation=(2, 3)),
    _conv("strides and dilation", _IMAGE, _KERNEL, _NHWC, rhs_dilation=(2, 1), window_strides=(1, 2)),
    _conv("groups", (2, 7, 6, 4), (3, 2, 2, 6), _NHWC, feature_group_count=2),
    _conv("depthwise", _IMAGE, (3, 2, 1, 6), _NHWC, feature_group_count=3),
    _conv("depthwise, strides", (2, 3, 7, 6), (3, 1, 3, 2), _NCHW, feature_group_count=3, window_strides=(2, 2)),
    _conv("depthwise, dilation", _IMAGE, (3, 2, 1, 3), _NHWC, feature_group_count=3, rhs_dilation=(2, 2)),
    _conv("sequences", (2, 9, 3), (3, 3, 4), ("NHC", "HIO", "NHC"), window_strides=(2,)),
    _conv("sequences, channels first", (2, 3, 9), (4, 3, 3), ("NCH", "OIH", "NCH"), rhs_dilation=(2,)),
    _conv("sequences, depthwise", (2, 9, 3), (3, 1, 3), ("NHC", "HIO", "NHC"), feature_group_count=3),
    _conv("volumes", (1, 4, 5, 4, 2), (2, 3, 2, 2, 3), ("NDHWC", "DHWIO", "NDHWC"), window_strides=(1, 2, 1)),
    _conv("volumes, groups", (1, 4, 5, 4, 4), (2, 3, 2, 2, 4), ("NDHWC", "DHWIO", "NDHWC"), feature_group_count=2),
    _conv(
        "volumes, spread",
        (1, 2, 3, 2, 2),
        (2, 3, 2, 2, 3),
        ("NDHWC", "DHWIO", "NDHWC"),
        lhs_dilation=(2, 2, 2),
        padding=((1, 1),) * 3,
    ),
    _conv("spread", (2, 4, 3, 3), _KERNEL, _NHWC, lhs_dilation=(2, 3), padding=((2, 1), (0, 1))),
    _conv("spread, much padding", (2, 4, 3, 3), _KERNEL, _NHWC, lhs_dilation=(2, 2), padding=((5, 3), (-1, 4))),
    _conv(
        "spread and strides",
        (2, 4, 3, 3),
        _KERNEL,
        _NHWC,
        lhs_dilation=(2, 2),
        window_strides=(2, 1),
        padding=((1, 2), (0, 1)),
    ),
    _conv(
        "spread, groups",
        (2, 4, 3, 4),
        (3, 2, 2, 4),
        _NHWC,
        lhs_dilation=(2, 2),
        feature_group_count=2,
        padding=((1, 2), (0, 1)),
    ),
    _conv("spread sequences", (2, 4, 3), (3, 3, 4), ("NHC", "HIO", "NHC"), lhs_dilation=(2,), padding=((2, 2),)),
    case(
        "conv_transpose",
        lambda x, k: (lax.conv_transpose(x, k, (2, 2), "SAME"), lax.conv_transpose(x, k, (3, 2), "VALID")),
        floats(2, 4, 3, 3),
        floats(3, 2, 3, 4),
    ),
    case(
        "conv_transpose of a gradient",
        lambda x, k: lax.conv_transpose(x, k, (2, 2), "SAME", transpose_kernel=True),
        floats(2, 4, 3, 3),
        floats(3, 2, 4, 3),
    ),
]
