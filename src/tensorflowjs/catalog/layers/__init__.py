"""Every layer class of Keras 2 and 3, one table per family."""

from __future__ import annotations

from tensorflowjs.catalog.layers import (
    activation,
    applications,
    attention,
    convolution,
    core,
    locally_connected,
    merging,
    normalization,
    padding,
    pooling,
    preprocessing,
    recurrent,
    regularization,
    reshaping,
    wrappers,
)
from tensorflowjs.catalog.schema import LayerClass

FAMILIES = (
    core,
    activation,
    attention,
    merging,
    reshaping,
    normalization,
    regularization,
    convolution,
    locally_connected,
    pooling,
    padding,
    recurrent,
    wrappers,
    preprocessing,
    applications,
)

LAYERS: dict[str, LayerClass] = {row.name: row for family in FAMILIES for row in family.ROWS}
ALIASES: dict[str, str] = {alias: row.name for row in LAYERS.values() for alias in row.aliases}


def find(class_name: str) -> LayerClass | None:
    """The row of a Keras class, under its own or an older name."""
    return LAYERS.get(ALIASES.get(class_name, class_name))
