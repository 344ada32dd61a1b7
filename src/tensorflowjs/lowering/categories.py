"""Categories as numbers: which of them there are in a sample, or how often."""

from __future__ import annotations

from typing import Any

import numpy as np

from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import one_hot
from tensorflowjs.lowering.values import FLOAT, INT, Traced


def category_encoding(site: Site) -> Outputs:
    given = dict(zip(("inputs", "count_weights"), site.args, strict=False)) | site.kwargs
    weights = given.get("count_weights")
    depth = int(site.config["num_tokens"])
    mode = str(site.config.get("output_mode"))
    return encoded(site, site.x, mode, depth, weights if isinstance(weights, Traced) else None)


def encoded(site: Site, ids: Traced, mode: str, depth: int, weights: Traced | None = None) -> Traced:
    """Numbers of categories in one of Keras' forms."""
    if site.config.get("sparse"):
        site.refuse("sparse=True: TF.js has no sparse tensors", "use sparse=False")
    if mode == "int":
        return ids
    if mode == "one_hot":
        single = ids.rank > 1 and ids.dims[-1] == 1
        return one_hot(ids.squeeze([-1]) if single else ids, depth)
    if mode not in ("multi_hot", "binary", "count") or ids.rank != 2:
        site.refuse(f'output_mode="{mode}" of an input of {ids.rank} axes')
    hot = one_hot(ids, depth)
    if mode == "count":
        return (hot if weights is None else hot * weights.cast(FLOAT).expand(-1)).sum([1])
    return hot.reduce("Max", [1])


def discretization(site: Site) -> Outputs:
    """The number of boundaries that a value is not below."""
    boundaries = _boundaries(site)
    reached = site.floats.expand(-1) >= site.builder.const(boundaries)
    bins = reached.cast(INT).sum([-1])
    return encoded(site, bins, str(site.config.get("output_mode") or "int"), len(boundaries) + 1)


def _boundaries(site: Site) -> np.ndarray[Any, Any]:
    """As told, or from what the layer has learned: steps of a distribution, and how much lies at each."""
    told = site.config.get("bin_boundaries")
    if told is not None:
        return np.asarray(told, "float32")
    if not site.has("summary") or not site.tensor("summary").count:
        site.refuse("it has no boundaries yet", "call adapt(...) before the model is saved")
    values, weights = site.tensor("summary").read()
    share = 1.0 / int(site.config["num_bins"])
    if len(values) * share < 1:
        return np.asarray(values[:-1])
    totals = weights.cumsum()
    return np.interp((share + np.arange(0.0, 1.0, share))[:-1], totals / totals[-1], values).astype("float32")


LAYERS: dict[str, Write] = {"CategoryEncoding": category_encoding, "Discretization": discretization}
