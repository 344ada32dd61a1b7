"""Checks that arguments, weights and inputs of a Keras model agree, before anything is made of them."""

from __future__ import annotations

from dataclasses import replace

from tensorflowjs.catalog import inference
from tensorflowjs.catalog.inference import Shapes
from tensorflowjs.catalog.layers import find
from tensorflowjs.catalog.layers.recurrent import output_width
from tensorflowjs.catalog.schema import Dim, Shape
from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import Layer, LayersModel, Model, Ref
from tensorflowjs.readers.keras_weights import do_not_fit, understood


def check_shapes(model: LayersModel) -> None:
    """Every layer's arguments give possible shapes, and every weight has the shape that they and the inputs ask for."""
    problems: list[str] = []
    _check_model(model.root, None, problems)
    if problems:
        raise do_not_fit(problems)


def _check_model(model: Model, inputs: list[Shape] | None, problems: list[str]) -> None:
    """Check layer by layer; `inputs` replace the shapes of the model's InputLayers where they are known."""
    known = zip(model.inputs, inputs or [], strict=False)
    shapes: Shapes = {ref: shape for ref, shape in known if shape is not None}
    for layer, number, call in inference.calls_in_order(model):
        _check_outputs_exist(call.inputs, shapes, model)
        given = [shapes.get(ref) for ref in call.inputs]
        if number == 0 and understood(layer):
            _check_tree(layer, given, problems)
        if Ref(layer.name, number) not in shapes:
            outputs = _outputs(replace(layer, calls=[call]), given)
            shapes.update({Ref(layer.name, number, index): shape for index, shape in enumerate(outputs)})
    _check_outputs_exist(model.outputs, shapes, model)


def _check_outputs_exist(refs: list[Ref], shapes: Shapes, model: Model) -> None:
    """As far as the shapes of a call's outputs are known, so is how many there are."""
    for ref in refs:
        if ref not in shapes and shapes.get(Ref(ref.layer, ref.call)) is not None:
            raise CorruptInputError(
                f'The model "{model.name}" uses output {ref.output} of a call of "{ref.layer}", which has not so many.'
            )


def _outputs(layer: Layer, inputs: list[Shape]) -> list[Shape]:
    with making_sense_of(f'What the configuration says of the layer "{layer.name}" ({layer.class_name})'):
        outputs = inference.output_shapes(layer, inputs)
        for shape in outputs:
            if not all(_is_size(size) for size in shape or ()):
                raise ValueError(f"its output would have the shape {_shown(shape or ())}")
    return outputs


def _is_size(size: object) -> bool:
    return size is None or (isinstance(size, int) and not isinstance(size, bool) and size > 0)


def _check_tree(layer: Layer, inputs: list[Shape], problems: list[str]) -> None:
    """Check a layer and what it wraps, as far as it is plain what the wrapped layer gets to see."""
    if layer.model is not None:
        _check_model(layer.model, inputs, problems)
        return
    first = inputs[0] if inputs else None
    _check_weights(layer, first, problems)
    for key, child in layer.children.items():
        if key in ("forward_layer", "backward_layer", "cell"):
            _check_tree(child, [first], problems)
        elif key == "layer" and layer.class_name == "TimeDistributed" and first:
            _check_tree(child, [(first[0], *first[2:])], problems)
        elif key.startswith("cell_") and first is not None:
            _check_tree(child, [first], problems)
            first = (*first[:-1], output_width(child))


def _check_weights(layer: Layer, input_shape: Shape, problems: list[str]) -> None:
    row = find(layer.class_name)
    if row is None or input_shape is None:
        return
    for weight in row.present_weights(layer.config):
        tensor = layer.weights.get(weight.name)
        with making_sense_of(f'The configuration of the layer "{layer.name}" ({layer.class_name})'):
            wanted = weight.shape(layer.config, input_shape)
        if tensor is None:
            problems.append(f'"{layer.name}": {weight.name} is not in the file')
        elif not _compatible(wanted, tensor.shape):
            problems.append(
                f'"{layer.name}": {weight.name} is {list(tensor.shape)} in the file, needed {_shown(wanted)}'
            )


def _compatible(wanted: tuple[Dim, ...], found: tuple[int, ...]) -> bool:
    return len(wanted) == len(found) and all(a is None or a == b for a, b in zip(wanted, found, strict=True))


def _shown(shape: tuple[Dim, ...]) -> str:
    return "[" + ", ".join("?" if dim is None else str(dim) for dim in shape) + "]"
