"""Ops that TF.js lacks, or runs with other results, in terms of those it runs right: op -> rule, family by family.

A rule gets the site of one node and returns the values that stand for its outputs, or None to leave the node as it is.
Every rule is exact up to rounding; where one cannot be, for want of a known shape say, it returns None. An op may have
several rules, for several dtypes or attributes: the first that has something to say wins.
"""

from __future__ import annotations

from tensorflowjs.passes.rewrites import (
    arithmetic,
    axes,
    channels,
    complexes,
    convolution,
    diagonals,
    einsum,
    fused,
    images,
    indexing,
    integers,
    lists,
    matrices,
    normalization,
    partitions,
    pools,
    quantisation,
    randomness,
    ranks,
    reductions,
    scaling,
    segments,
    slicing,
    spectral,
    suppression,
    tables,
    transposed,
)
from tensorflowjs.passes.rewrites.site import Rule

_FAMILIES = (
    arithmetic, channels, complexes, axes, convolution, diagonals, einsum, fused, images, indexing, integers, lists,
    matrices, normalization, partitions, pools, quantisation, randomness, ranks, reductions, scaling, segments,
    slicing, spectral, suppression, tables, transposed,
)  # fmt: skip


def rules() -> dict[str, list[Rule]]:
    table: dict[str, list[Rule]] = {}
    for family in _FAMILIES:
        for op, rule in family.RULES.items():
            table.setdefault(op, []).append(rule)
    return table
