"""Every layer class, and the function that writes it: one table per family."""

from __future__ import annotations

from tensorflowjs.lowering import (
    activations,
    attention,
    categories,
    convolution,
    core,
    images,
    lookup,
    merging,
    normalization,
    operators,
    pooling,
    recurrent,
    refused,
    reshaping,
    transposed,
    wrappers,
)
from tensorflowjs.lowering.engine import Write

FAMILIES: tuple[dict[str, Write], ...] = (
    core.LAYERS,
    activations.LAYERS,
    attention.LAYERS,
    merging.LAYERS,
    operators.LAYERS,
    reshaping.LAYERS,
    normalization.LAYERS,
    convolution.LAYERS,
    transposed.LAYERS,
    pooling.LAYERS,
    recurrent.LAYERS,
    wrappers.LAYERS,
    images.LAYERS,
    categories.LAYERS,
    lookup.LAYERS,
    refused.LAYERS,
)


def all_functions() -> dict[str, Write]:
    return {name: function for family in FAMILIES for name, function in family.items()}
