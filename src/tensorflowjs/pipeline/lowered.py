"""The journey of Keras models to TF.js graph models: lower, then as any other graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorflowjs.errors import InputError
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import LayersModel, LayersWeights
from tensorflowjs.lowering import lower
from tensorflowjs.pipeline import graphs, prepared
from tensorflowjs.pipeline.options import Options
from tensorflowjs.pipeline.prepared import Prepared


def write(model: LayersModel | LayersWeights, target: Path, options: Options) -> dict[str, Any]:
    """Write `model` into `target`; returns the figures of a Conversion."""
    return prepared.write(prepare(model, options), target, options)


def prepare(model: LayersModel | LayersWeights, options: Options, input_names: Sequence[str] | None = None) -> Prepared:
    """Make a graph of `model`, and one that TF.js can run of that."""
    if isinstance(model, LayersWeights):
        raise InputError(
            "The file holds weights alone, and a graph model needs the layers too.",
            hint="Save the whole model with model.save('model.keras').",
        )
    with making_sense_of(f'The model "{model.root.name}"'):
        graph = lower(model, input_names)
    return graphs.prepare(graph, options)
