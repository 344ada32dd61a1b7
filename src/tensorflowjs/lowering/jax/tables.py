"""All primitives in one table."""

from __future__ import annotations

from tensorflowjs.lowering.jax import (
    control,
    convolution,
    elementwise,
    indexing,
    products,
    reductions,
    refused,
    scattering,
    shapes,
    sorting,
    windows,
)
from tensorflowjs.lowering.jax.walking import Write

_FAMILIES = (
    control, convolution, elementwise, indexing, products, reductions, refused, scattering, shapes, sorting, windows,
)  # fmt: skip


def all_functions() -> dict[str, Write]:
    return {name: function for family in _FAMILIES for name, function in family.PRIMITIVES.items()}
