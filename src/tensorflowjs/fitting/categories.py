"""Categories as numbers: which of them there are in a sample, or how often."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.fitting import flags, layout
from tensorflowjs.fitting.configs import number
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref, replace_refs
from tensorflowjs.tensors import ArrayTensor, Tensor

GRAPH_MODEL = "convert to a graph model instead: --output_format=tfjs_graph_model"


def category_encoding(site: Site) -> Outputs:
    """An Embedding with an identity matrix; several categories are pooled, or counted by a Dot."""
    ids, weights = _arguments(site)
    count, mode = int(site.config["num_tokens"]), _mode(site)
    _check(site, mode)
    config = {"input_dim": count, "output_dim": count, "input_length": None, "mask_zero": False}
    identity: dict[str, Tensor] = {"embeddings": ArrayTensor(np.eye(count, dtype="float32"))}
    keeps_rank = mode == "one_hot" and not _is_single(site)
    ref = site.put("Embedding", config, [ids], part=None if keeps_rank else "each", weights=identity, fixed=True)
    return ref if keeps_rank else _of_samples(site, ref, mode, weights)


def discretization(site: Site) -> Outputs:
    """Dense layers and ReLUs: the number of boundaries that a value is not below."""
    boundaries, mode = _boundaries(site), _mode(site)
    _check(site, mode)
    shape = site.known_shape()
    column = layout.reshaped(site, site.inputs[0], [*shape[1:], 1], "apart")
    below = _below(site, column, boundaries)
    size = len(boundaries)
    if mode == "int":
        index = _dense(site, below, np.full((size, 1), -1.0), np.full(1, float(size)), "index")
        return layout.reshaped(site, index, shape[1:], None)
    # In bin j: below boundary j, but not below the one before it.
    steps = np.eye(size, size + 1) - np.eye(size, size + 1, 1)
    last = np.eye(1, size + 1, size)[0]
    keeps_rank = mode == "one_hot" and not _is_single(site)
    ref = _dense(site, below, steps, last, None if keeps_rank else "each")
    return ref if keeps_rank else _of_samples(site, ref, mode, None)


def _boundaries(site: Site) -> np.ndarray[Any, Any]:
    """As told, or from what the layer has learned: steps of a distribution, and how much lies at each."""
    told, learned = site.config.get("bin_boundaries"), site.weights.get("summary")
    if told is not None:
        return np.asarray(number(told), "float32")
    if learned is None or not learned.count:
        site.refuse("it has no boundaries yet", "call adapt(...) before the model is saved")
    values, weights = learned.read()
    share = 1.0 / int(site.config["num_bins"])
    if len(values) * share < 1:
        return np.asarray(values[:-1])
    totals = weights.cumsum()
    return np.interp((share + np.arange(0.0, 1.0, share))[:-1], totals / totals[-1], values).astype("float32")


def _below(site: Site, column: Ref, boundaries: np.ndarray[Any, Any]) -> Ref:
    """For each boundary 1 where the value is below, else 0."""
    ones: dict[str, Tensor] = {"kernel": ArrayTensor(np.ones((1, len(boundaries)), "float32"))}
    config = {"units": len(boundaries), "activation": "linear", "use_bias": False}
    ref = site.put("Dense", config, [column], part="repeated", weights=ones, fixed=True)
    # Not as the bias of that layer, so that no quantisation moves a boundary.
    ref = site.put("Rescaling", {"scale": -1.0, "offset": boundaries.tolist()}, [ref], part="until")
    return flags.positive(site, ref, "below", "below")


def _dense(site: Site, ref: Ref, kernel: np.ndarray[Any, Any], bias: np.ndarray[Any, Any], part: str | None) -> Ref:
    weights: dict[str, Tensor] = {
        "kernel": ArrayTensor(kernel.astype("float32")),
        "bias": ArrayTensor(bias.astype("float32")),
    }
    config = {"units": kernel.shape[1], "activation": "linear", "use_bias": True}
    return site.put("Dense", config, [ref], part=part, weights=weights, fixed=True)


# ---------------------------------------------------------------------------- of several categories


def _of_samples(site: Site, ref: Ref, mode: str, weights: Ref | None) -> Ref:
    """What [.., categories of a sample, numbers of each] comes to for each sample."""
    _, *dims, length, count = layout.shape_of(site, ref)
    if mode == "one_hot":
        return layout.reshaped(site, ref, [*dims, count], None)
    if mode == "multi_hot":
        return site.put("GlobalMaxPooling1D", {}, [ref])
    factors = layout.as_floats(site, site.inputs[0] if weights is None else weights, "weights")
    if weights is None:
        factors = site.put("Rescaling", {"scale": 0.0, "offset": 1.0}, [factors], part="ones")
    row = layout.reshaped(site, factors, [1, length], "row")
    counted = site.put("Dot", {"axes": [2, 1], "normalize": False}, [row, ref], part="counted")
    return layout.reshaped(site, counted, [count], None)


def _arguments(site: Site) -> tuple[Ref, Ref | None]:
    now = dict(zip(site.call.inputs, site.inputs, strict=True))
    given = [*replace_refs(site.call.args, now), None]
    weights = replace_refs(site.call.kwargs, now).get("count_weights", given[1])
    return given[0], weights if isinstance(weights, Ref) else None


def _mode(site: Site) -> str:
    mode = str(site.config.get("output_mode"))
    return "multi_hot" if mode == "binary" else mode


def _is_single(site: Site) -> bool:
    """Whether each sample has one category only."""
    shape = site.known_shape()
    return len(shape) > 1 and shape[-1] == 1


def _check(site: Site, mode: str) -> None:
    shape = site.known_shape()
    if site.config.get("sparse"):
        site.refuse("sparse=True: TF.js's layers have no sparse tensors", "use sparse=False")
    if mode not in ("int", "one_hot", "multi_hot", "count"):
        site.refuse(f'output_mode="{mode}"', GRAPH_MODEL)
    if mode in ("multi_hot", "count") and len(shape) != 2:
        site.refuse(f'output_mode="{mode}" of an input of shape {layout.shown(shape)}', GRAPH_MODEL)


RULES: dict[str, Rule] = {"CategoryEncoding": category_encoding, "Discretization": discretization}
