"""Makes a Keras model one that TF.js's own layers can load: each layer kept, rewritten, or refused."""

from __future__ import annotations

from dataclasses import replace

from tensorflowjs import events
from tensorflowjs.catalog.inference import model_shapes
from tensorflowjs.catalog.precision import check_policies
from tensorflowjs.catalog.training_calls import check_calls
from tensorflowjs.errors import Problem, UnsupportedError
from tensorflowjs.fitting import call_order, masks, names, states
from tensorflowjs.fitting.configs import tfjs_config
from tensorflowjs.fitting.engine import Fitter
from tensorflowjs.fitting.keras_masks import makes_masks
from tensorflowjs.fitting.preparation import prepare
from tensorflowjs.fitting.releases import note_release
from tensorflowjs.fitting.repeats import separate
from tensorflowjs.fitting.rules import all_rules
from tensorflowjs.fitting.training import fit_training
from tensorflowjs.ir.damage import making_sense_of
from tensorflowjs.ir.layers import Config, Layer, LayersModel, Model


def fit(model: LayersModel) -> LayersModel:
    """`model` in the layers of TF.js, with exactly the same numbers.

    Raises one UnsupportedError that lists everything in the way.
    """
    before = [*check_policies(model), *(check_calls(model.root) if model.generation == 2 else ())]
    fitter = _fitter(model)
    root = fitter.fit_model(model.root)
    _raise(model, [*before, *fitter.problems])
    separate(root, fitter.fresh_name)
    names.rename(root)
    call_order.settle(root)
    _finish(root)
    note_release(root)
    return replace(model, root=root, training=_training(model, root))


def _fitter(model: LayersModel) -> Fitter:
    taken = {layer.name for layer in model.walk()}
    has_masks = makes_masks(model.root)
    prepared, _ = prepare(model.root, model.generation, model.keras_version, str, has_masks)
    hides_masks = has_masks and states.clash(prepared)
    if hides_masks:
        events.note("masks and initial states meet in it: TF.js can run it, but not train it", model.root.name)
    return Fitter(
        all_rules(),
        model.generation,
        taken,
        keras_version=model.keras_version,
        masked_rules=masks.rules(model.keras_version),
        has_masks=has_masks,
        hides_masks=hides_masks,
    )


def _training(model: LayersModel, root: Model) -> Config | None:
    """The training configuration by the names that the outputs have now."""
    shapes = model_shapes(root)[1]
    keys = model.root.output_keys or [ref.layer for ref in model.root.outputs]
    now = [ref.layer for ref in root.outputs]
    training = fit_training(model.training, now, output_keys=keys, output_shapes=shapes, generation=model.generation)
    if training is not None:
        _note_untrainable(root)
    return training


def _note_untrainable(root: Model) -> None:
    """TF.js's batch normalisation fails in training without gamma or beta, though it predicts well."""
    layers = [layer.name for top in root.layers for layer in top.walk() if _lacks_gamma_or_beta(layer)]
    if layers:
        first = f"{layers[0]} and {len(layers) - 1} more" if len(layers) > 1 else layers[0]
        events.note(
            f"TF.js cannot train BatchNormalization with scale=False or center=False ({first}): fit() will fail"
        )


def _lacks_gamma_or_beta(layer: Layer) -> bool:
    return layer.class_name == "BatchNormalization" and not {"gamma", "beta"} <= set(layer.weights)


def _finish(root: Model) -> None:
    """Reduce every layer's configuration to what TF.js reads."""
    for top in root.layers:
        for layer in top.walk():
            if layer.model is None and layer.class_name != "InputLayer":
                with making_sense_of(f"What the model says of {layer.name} ({layer.class_name})"):
                    layer.config = tfjs_config(layer.class_name, layer.config, layer.name)


def _raise(model: LayersModel, problems: list[Problem]) -> None:
    if problems:
        raise UnsupportedError(f'TF.js layers cannot express the model "{model.root.name}":', problems)
