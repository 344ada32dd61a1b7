"""Attention without heads: how queries and keys match is a product of the two, or a sum of what each pair gives."""

from __future__ import annotations

import numpy as np

from tensorflowjs.catalog.layers.attention import list_arguments, roles
from tensorflowjs.fitting import layout, masks
from tensorflowjs.fitting.attention_bias import Allowed, Order, allowed
from tensorflowjs.fitting.engine import Outputs, Site
from tensorflowjs.fitting.kernels import in_shape
from tensorflowjs.ir.layers import Ref
from tensorflowjs.tensors import ArrayTensor, Tensor


def attend(
    site: Site, scores: Ref, value: Ref, where: Allowed | None, name: str, *, is_last: bool = False
) -> tuple[Ref, Ref]:
    """What is taken of `value`, and the weights, which are a softmax of `scores` where attention may look."""
    if where is None:
        weights = site.put("Activation", {"activation": "softmax"}, [scores], part=f"{name}_weights")
    else:
        weights = where.softmax(site, scores, name)
    used, rate = weights, site.config.get("dropout")
    if rate:
        used = site.put("Dropout", {"rate": rate, "seed": None, "noise_shape": None}, [weights], part=f"{name}_dropout")
    part = None if is_last else f"{name}_values"
    found = site.put("Dot", {"axes": [2, 1], "normalize": False}, [used, value], part=part)
    return found, weights


def attention(site: Site) -> Outputs:
    """A Dot of queries and keys, softmax, and a Dot with the values; score_mode="concat" as in AdditiveAttention."""
    query, value, key = _inputs(site)
    scale = site.weights.get("scale")
    if site.config.get("score_mode") == "concat":
        if scale is not None:
            query, key = (_times(site, ref, scale, "scale") for ref in (query, key))
        summed = _summed(site, query, key, _ones(site, query), is_fixed=True)
        summed = _times_last(site, summed, site.weights["concat_score_weight"], "score_weight")
        return _attended(site, query, value, key, _as_scores(site, summed, query, key))
    if scale is not None:
        query = _times(site, query, scale, "scale")
    scores = site.put("Dot", {"axes": [2, 2], "normalize": False}, [query, key], part="scores")
    return _attended(site, query, value, key, scores)


def additive_attention(site: Site) -> Outputs:
    """All sums of a query and a key, tanh, a Dense layer for the scale, softmax, and a Dot with the values."""
    query, value, key = _inputs(site)
    scale = site.weights.get("scale")
    kernel = _ones(site, query) if scale is None else in_shape(scale, (scale.count, 1))
    summed = _summed(site, query, key, kernel, is_fixed=scale is None)
    return _attended(site, query, value, key, _as_scores(site, summed, query, key))


def _inputs(site: Site) -> list[Ref]:
    now = dict(zip(site.call.inputs, site.inputs, strict=True))
    refs = [now[ref] for ref in roles(site.layer, site.call)]
    for ref in refs:
        shape = layout.shape_of(site, ref)
        if len(shape) != 3:
            site.refuse(f"an input of shape {layout.shown(shape)}: TF.js multiplies matrices only", masks.HINT)
    return refs


def _attended(site: Site, query: Ref, value: Ref, key: Ref, scores: Ref) -> Outputs:
    arguments = list_arguments(site.call)
    of_query, of_value, *_ = [*site.given_masks, None, None]
    causal = bool(arguments.get("use_causal_mask") or site.config.get("causal"))
    where = allowed(site, query, key, Order(causal), [None, of_value])
    found, weights = attend(site, scores, value, where, "attention", is_last=True)
    found = masks.zeroed(site, found, of_query)
    return [found, weights] if arguments.get("return_attention_scores") else found


# ---------------------------------------------------------------------------- scores of pairs


def _summed(site: Site, query: Ref, key: Ref, kernel: Tensor, is_fixed: bool) -> Ref:
    """For each pair of a query and a key, tanh of their sum, summed up over the features: [queries, keys, 1]."""
    (_, queries, features), (_, keys, _) = layout.shape_of(site, query), layout.shape_of(site, key)
    rows = layout.reshaped(site, query, [queries, 1, features], "rows")
    columns = layout.reshaped(site, key, [1, keys, features], "columns")
    pairs = site.put("Add", {}, [rows, columns], part="pairs")
    curve = site.put("Activation", {"activation": "tanh"}, [pairs], part="tanh")
    config = {"units": 1, "activation": "linear", "use_bias": False}
    return site.put("Dense", config, [curve], part="sum", weights={"kernel": kernel}, fixed=is_fixed)


def _as_scores(site: Site, summed: Ref, query: Ref, key: Ref) -> Ref:
    dims = [layout.shape_of(site, ref)[1] for ref in (query, key)]
    return layout.reshaped(site, summed, dims, "scores")


def _times(site: Site, ref: Ref, factor: Tensor, part: str) -> Ref:
    """Every number times a weight, in a form that can be trained."""
    _, *dims = layout.shape_of(site, ref)
    column = layout.reshaped(site, ref, [*dims, 1], f"{part}_apart")
    return layout.reshaped(site, _times_last(site, column, factor, part), dims, f"{part}_together")


def _times_last(site: Site, ref: Ref, factor: Tensor, part: str) -> Ref:
    config = {"units": 1, "activation": "linear", "use_bias": False}
    return site.put("Dense", config, [ref], part=part, weights={"kernel": in_shape(factor, (1, 1))})


def _ones(site: Site, ref: Ref) -> Tensor:
    features = layout.shape_of(site, ref)[-1]
    if features is None:
        site.refuse("an input whose number of features is not fixed", masks.HINT)
    return ArrayTensor(np.ones((features, 1), "float32"))
