"""Inputs and outputs of the graph, under the names by which Keras exports them.

Keras 3 calls outputs `output_0`, `output_1`, ..., tf.keras after the layers that they come from. In a SavedModel both
are in the order of their names, and so are inputs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tensorflowjs.dtypes import DTYPES
from tensorflowjs.errors import Problem
from tensorflowjs.ir.graph import Attr, Node, Port, Shape, Type
from tensorflowjs.ir.layers import LayersModel, Model
from tensorflowjs.lowering.building import Builder, legal
from tensorflowjs.lowering.engine import Lowering
from tensorflowjs.lowering.values import Traced


def inputs_of(
    model: LayersModel, builder: Builder, lowering: Lowering, names: Sequence[str] | None = None
) -> list[Traced]:
    """A placeholder for each input, in the order of the model; the signature lists them in that of their names."""
    root = model.root
    keys = input_keys(model) if names is None else list(names)
    found = [_placeholder(root, ref.layer, builder, lowering, key) for ref, key in zip(root.inputs, keys, strict=True)]
    for key, traced in sorted(zip(keys, found, strict=True), key=lambda pair: pair[0]):
        builder.model.graph.inputs.append(traced.value.node)
        builder.model.signature.inputs.append(Port(key, Type(traced.dtype), Shape(traced.dims)))
    return found


def input_keys(model: LayersModel) -> list[str]:
    """What the inputs are called, in the order of the model."""
    if model.root.implicit_input and model.generation == 3:
        return ["input_layer"]
    return [ref.layer for ref in model.root.inputs]


def _placeholder(root: Model, name: str, builder: Builder, lowering: Lowering, key: str) -> Traced:
    config = root.layer(name).config
    if config.get("sparse") or config.get("ragged"):
        kind = "sparse" if config.get("sparse") else "ragged"
        lowering.note(Problem(f"{name} (InputLayer)", f"a {kind} input, which TF.js does not have"))
    row = DTYPES.get(str(config.get("dtype") or "float32"))
    dtype = row.tfjs if row is not None and row.tfjs is not None else "float32"
    batch, *rest = config["batch_shape"]
    dims = (None if lowering.generation == 3 else batch, *rest)  # Keras 3 exports every model for any batch
    attrs: dict[str, Attr] = {"dtype": Type(dtype), "shape": Shape(dims)}
    node = builder.model.graph.add(Node(builder.fresh(legal(key)), "Placeholder", (), attrs))
    return Traced(builder, node.output, dtype, dims)


def set_outputs(model: LayersModel, builder: Builder, outputs: Sequence[Traced]) -> None:
    """A node of its own for every output, since TF.js finds an output by its node."""
    graph, signature = builder.model.graph, builder.model.signature
    for key, traced in sorted(zip(output_keys(model), outputs, strict=True), key=lambda pair: pair[0]):
        result = builder.put("Identity", [traced], traced.dtype, traced.dims)
        graph.outputs.append(result.value)
        graph.output_names.append(key)
        signature.outputs.append(Port(key, Type(traced.dtype), Shape(traced.dims)))
    builder.model.structured_outputs = [port.key for port in signature.outputs]


def output_keys(model: LayersModel) -> list[str]:
    """What the outputs are called, in the order of the model."""
    root = model.root
    if model.generation == 2:
        return _names_of_layers(root)
    return root.output_keys or [f"output_{index}" for index in range(len(root.outputs))]


def _names_of_layers(root: Model) -> list[str]:
    """With a number behind those that come again."""
    names: list[str] = []
    counts: Counter[str] = Counter()
    for ref in root.outputs:
        name = ref.layer
        while name in names:
            counts[ref.layer] += 1
            name = f"{ref.layer}_{counts[ref.layer]}"
        names.append(name)
    return names
