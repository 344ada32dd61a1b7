"""Keras models as graphs: every layer as the operations that TensorFlow would make of it at inference.

Inputs and outputs are called what Keras calls them in the SavedModel that it writes of the same model.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.catalog.precision import check_policies
from tensorflowjs.catalog.training_calls import check_calls
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.ir.graph import Graph, GraphModel
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.lowering.building import Builder
from tensorflowjs.lowering.engine import Lowering
from tensorflowjs.lowering.ports import inputs_of, set_outputs
from tensorflowjs.lowering.tables import all_functions


def lower(model: LayersModel, input_names: Sequence[str] | None = None) -> GraphModel:
    """`model` as a graph with the same numbers; `input_names` where its inputs have others than their layers.

    Raises one UnsupportedError that lists everything in the way.
    """
    problems = [*check_policies(model), *(check_calls(model.root) if model.generation == 2 else ())]
    result = GraphModel(Graph(), producer=f"keras v{model.keras_version}", metadata=dict(model.metadata))
    builder = Builder(result)
    lowering = Lowering(model, builder, all_functions())
    inputs = inputs_of(model, builder, lowering, input_names)
    outputs = lowering.run(model.root, inputs, [None] * len(inputs), "")
    problems += lowering.problems
    if problems:
        raise UnsupportedError(f'The model "{model.root.name}" cannot be written as a graph:', problems)
    set_outputs(model, builder, [value for value, _ in outputs if value is not None])
    return result
