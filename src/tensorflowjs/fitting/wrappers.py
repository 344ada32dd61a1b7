"""Layers around another layer: Bidirectional and TimeDistributed.

What a wrapper holds is fitted like any other layer (`Site.fit_inside`); where that takes several layers, they are
wrapped together as a Sequential.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.cudnn import gru_of_cudnn, lstm_of_cudnn
from tensorflowjs.fitting import hidden_masks, keras_masks, layout, masks, states
from tensorflowjs.fitting.engine import Outputs, Refusal, Rule, Site
from tensorflowjs.fitting.recurrent import (
    check_arguments,
    fit_cell,
    fit_cells,
    run_layer,
)
from tensorflowjs.ir.layers import Config, Layer, Ref
from tensorflowjs.tensors import ArrayTensor, Tensor

MERGES = {"concat": "Concatenate", "sum": "Add", "ave": "Average", "mul": "Multiply"}

# Arguments that change no number at inference.
FOR_TRAINING = ("initializer", "regularizer", "constraint", "dropout", "unit_forget_bias", "seed", "implementation")
OTHERS = ("name", "trainable", "dtype", "go_backwards", "unroll", "zero_output_for_mask", "time_major")


def bidirectional(site: Site) -> Outputs:
    """As it is; two layers, one of them turned around, where TF.js could not copy the forward layer."""
    forward, backward = (_direction(site, key) for key in ("forward_layer", "backward_layer"))
    if forward.class_name == "RNN" or not _mirrored(forward, backward) or _has_models(forward):
        return _apart(site, forward, backward)
    inputs = [masks.sequence(site), *states.given(site)]
    children = {"forward_layer": forward, "backward_layer": backward}
    fitted = Layer(site.layer.name, "Bidirectional", site.config, children=children)
    return _zeroed(site, hidden_masks.run(site, fitted, inputs), forward)


def _direction(site: Site, key: str) -> Layer:
    layer = site.layer.children[key]
    if layer.registered_name is not None or layer.class_name not in _FIT_DIRECTION:
        site.refuse(f"it wraps a {layer.registered_name or layer.class_name}", masks.HINT)
    fitted = _FIT_DIRECTION[layer.class_name](site, layer)
    return Layer(
        layer.name, fitted.class_name, {**fitted.config, "unroll": False}, weights=fitted.weights,
        children=fitted.children, trainable=layer.trainable and site.layer.trainable,
    )  # fmt: skip


def _fit_rnn(site: Site, layer: Layer) -> Layer:
    check_arguments(site, layer)
    return Layer(layer.name, "RNN", layer.config, children={"cell": fit_cells(site, layer.children["cell"])})


def _fit_cudnn_lstm(site: Site, layer: Layer) -> Layer:
    check_arguments(site, layer)
    return lstm_of_cudnn(layer)


def _fit_cudnn_gru(site: Site, layer: Layer) -> Layer:
    return fit_cell(site, gru_of_cudnn(layer))


_FIT_DIRECTION = {
    "SimpleRNN": fit_cell, "LSTM": fit_cell, "GRU": fit_cell, "RNN": _fit_rnn, "CuDNNLSTM": _fit_cudnn_lstm,
    "CuDNNGRU": _fit_cudnn_gru,
}  # fmt: skip


def _has_models(layer: Layer) -> bool:
    """Whether models stand in the place of activations: TF.js cannot copy those."""
    return any(isinstance(layer.config.get(key), dict) for key in ("activation", "recurrent_activation"))


def _mirrored(forward: Layer, backward: Layer) -> bool:
    """Whether the backward layer is what TF.js makes of the forward layer: the same, the other way round."""
    turned = bool(forward.config.get("go_backwards")) != bool(backward.config.get("go_backwards"))
    same_class = forward.class_name == backward.class_name
    return turned and same_class and _numeric(forward.config) == _numeric(backward.config)


def _numeric(config: Config) -> Config:
    return {
        key: value
        for key, value in config.items()
        if key not in OTHERS and not any(word in key for word in FOR_TRAINING)
    }


def _zeroed(site: Site, outputs: list[Ref], forward: Layer) -> list[Ref]:
    """Keras makes whole sequences zero at masked steps; before TensorFlow 2, the last output alone as well."""
    given = site.layer.children["forward_layer"].config
    if site.mask is not None and given.get("zero_output_for_mask") and not given.get("return_sequences"):
        site.refuse("zero_output_for_mask=True of the last output, behind a mask", masks.HINT)
    if not forward.config.get("return_sequences") or not table.zeroes_both_directions(site.fitter.keras_version):
        return outputs
    for argument in ("unroll", "go_backwards"):
        if site.mask is not None and site.layer.children["forward_layer"].config.get(argument):
            site.refuse(f"{argument}=True of its forward layer, behind a mask", masks.HINT)
    for index in range(2 if site.config.get("merge_mode") is None else 1):
        outputs[index] = masks.zeroed(site, outputs[index], site.mask, index)
    return outputs


# ---------------------------------------------------------------------------- two layers instead of one wrapper


def _apart(site: Site, forward: Layer, backward: Layer) -> Outputs:
    given = states.given(site)
    half = len(given) // 2
    sequence = masks.sequence(site)
    first = _run(site, forward, "forward", [sequence, *given[:half]])
    second = _run(site, backward, "backward", [sequence, *given[half:]])
    if forward.config.get("return_sequences"):
        second[0] = _turned(site, second[0])
    merged = _merged(site, first[0], second[0])
    return _zeroed(site, [*merged, *first[1:], *second[1:]], forward)


def _run(site: Site, layer: Layer, part: str, inputs: list[Ref]) -> list[Ref]:
    return run_layer(site, layer, inputs, part=part)


def _turned(site: Site, sequence: Ref) -> Ref:
    """`sequence` from its end to its start, by a recurrent layer that repeats what it hears."""
    width = int(layout.shape_of(site, sequence)[-1] or 0)
    config = {
        "units": width, "activation": "linear", "use_bias": False, "return_sequences": True, "go_backwards": True,
    }  # fmt: skip
    weights: dict[str, Tensor] = {
        "kernel": ArrayTensor(np.eye(width, dtype="float32")),
        "recurrent_kernel": ArrayTensor(np.zeros((width, width), "float32")),
    }
    return site.put("SimpleRNN", config, [masks.unmasked(site, sequence)], part="turned", weights=weights, fixed=True)


def _merged(site: Site, first: Ref, second: Ref) -> list[Ref]:
    mode = site.config.get("merge_mode")
    if mode is None:
        return [first, second]
    config = {"axis": -1} if mode == "concat" else {}
    return [site.put(MERGES[mode], config, [first, second], children={})]


# ---------------------------------------------------------------------------- every step on its own


def time_distributed(site: Site) -> Outputs:
    """As it is; a layer inside that takes several in TF.js becomes a Sequential of them."""
    batch, *rest = site.known_shape()
    if len(site.inputs) != 1:
        site.refuse("several inputs for each step", masks.HINT)
    _check_inside(site)
    inner = site.fit_inside(site.layer.children["layer"], (batch, *rest[1:]))
    return site.put("TimeDistributed", {}, children={"layer": inner})


def _check_inside(site: Site) -> None:
    inner = site.layer.children["layer"]
    if site.mask is not None and keras_masks.uses_masks(inner):
        site.refuse(f"the {inner.class_name} inside is given a mask", masks.HINT)
    if any(part.config.get("stateful") for part in inner.walk()):
        site.refuse(f"the {inner.class_name} inside is stateful", masks.HINT)
    if inner.config.get("return_state") or (inner.model is not None and len(inner.model.outputs) != 1):
        site.refuse(f"the {inner.class_name} inside gives several outputs", masks.HINT)
    if len(set(site.shapes_of_all_calls)) > 1:
        site.refuse("calls on inputs of different shapes, which TF.js cannot share", masks.HINT)


RULES: dict[str, Rule] = {
    "Bidirectional": bidirectional,
    "TimeDistributed": time_distributed,
    "Wrapper": Refusal("a wrapper without a meaning of its own"),
}
