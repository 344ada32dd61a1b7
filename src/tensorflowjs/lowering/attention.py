"""Attention: queries that look at keys, and take values by how well these match."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

from tensorflowjs.catalog.attending import NEITHER, Blind
from tensorflowjs.catalog.layers.attention import list_arguments, multi_head_arguments, output_dims
from tensorflowjs.ir.layers import Call
from tensorflowjs.lowering.attending import attended, both, in_order
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import as_bool, dense, inverse, matmul, product_of, sizes_of
from tensorflowjs.lowering.values import FLOAT, Mask, Size, Traced


def multi_head_attention(site: Site) -> Outputs:
    given = multi_head_arguments(Call(site.args, site.kwargs))
    query, value, key = (given[name].cast(FLOAT) for name in ("query", "value", "key"))
    axes = _axes(site, query.rank)
    tokens = _Tokens(query.rank, axes)
    mask = _allowed(site, given, query, key, axes)
    scores_wanted = bool(given.get("return_attention_scores"))
    fused = not (site.config.get("dropout") or scores_wanted) and query.rank == 3
    blind = Blind.of_heads(site.layer.class_name, site.version, fused) if mask is not None else NEITHER
    q, k, v = (_projected(site, role, x) for role, x in (("query", query), ("key", key), ("value", value)))
    q = q * (1 / sqrt(q.dims[-1] or 1))
    weights, found = _look(tokens.apart(q), tokens.apart(k), tokens.apart(v), mask, blind)
    found = tokens.together(found, sizes_of(query)[:-1])
    if site.config.get("use_gate"):
        found = found * _projected(site, "gate", query).each("Sigmoid")
    output = _output(site, found)
    return [output, tokens.scores(weights, query, key)] if scores_wanted else output


def _axes(site: Site, rank: int) -> list[int]:
    """The axes that attention goes along."""
    given = site.config.get("attention_axes")
    if given is None:
        return list(range(1, rank - 1))
    axes = [axis % rank for axis in ([given] if isinstance(given, int) else given)]
    if sorted(axes) != axes or not set(axes) <= set(range(1, rank - 1)):
        site.refuse(f"attention_axes={given} of an input of {rank} axes")
    return axes


def _projected(site: Site, role: str, x: Traced) -> Traced:
    """[..., features] as [..., heads, features of a head]."""
    name = f"{role}_dense/kernel"
    size, heads, width = site.tensor(name).shape
    kernel = site.derived(name, "as_matrix", (size, heads * width), lambda values: values)
    bias = None
    if site.has(f"{role}_dense/bias"):
        bias = site.derived(f"{role}_dense/bias", "as_vector", (heads * width,), lambda values: values)
    return dense(x, kernel, bias).reshape([*sizes_of(x)[:-1], heads, width])


def _output(site: Site, x: Traced) -> Traced:
    """[..., heads, features of a head] as what the layer gives."""
    name = "output_dense/kernel"
    heads, width, *rest = site.tensor(name).shape
    kernel = site.derived(name, "as_matrix", (heads * width, prod(rest)), lambda values: values)
    bias = None
    if site.has("output_dense/bias"):
        bias = site.derived("output_dense/bias", "as_vector", (prod(rest),), lambda values: values)
    sizes = sizes_of(x)[:-2]
    y = dense(x.reshape([*sizes, heads * width]), kernel, bias)
    shape = [size or 1 for size in output_dims(site.config, rest[-1] if rest else None)]
    return y if len(shape) == 1 else y.reshape([*sizes, *shape])


class _Tokens:
    """How [batch, ..., heads, features] becomes stacks of matrices [batch, other axes..., heads, tokens, features]."""

    def __init__(self, rank: int, axes: list[int]) -> None:
        self.axes = axes
        self.others = [axis for axis in range(1, rank - 1) if axis not in axes]
        self.order = [0, *self.others, rank - 1, *axes, rank]

    def apart(self, x: Traced) -> Traced:
        moved = x.transpose(self.order)
        if len(self.axes) == 1:
            return moved
        start = len(self.others) + 2
        sizes = sizes_of(moved)
        return moved.reshape([*sizes[:start], product_of(sizes[start:-1]), sizes[-1]])

    def together(self, x: Traced, sizes: list[Size]) -> Traced:
        """Back to [batch, ..., heads, features], the sizes of which but for the last two are given."""
        moved = x
        if len(self.axes) != 1:
            before = [sizes[axis] for axis in (0, *self.others)]
            moved = x.reshape([*before, x.size(-3), *(sizes[axis] for axis in self.axes), x.size(-1)])
        return moved.transpose(inverse(self.order))

    def scores(self, weights: Traced, query: Traced, key: Traced) -> Traced:
        """[batch, other axes..., heads, axes of the queries..., axes of the keys...]."""
        if len(self.axes) == 1:
            return weights
        ends = [x.size(axis) for x in (query, key) for axis in self.axes]
        return weights.reshape([*sizes_of(weights)[:-2], *ends])


def _look(query: Traced, key: Traced, value: Traced, mask: Mask, blind: Blind) -> tuple[Traced, Traced]:
    """The weights of every value for every query, and what is taken of the values.

    Where heads share keys and values, their queries stand behind one another.
    """
    heads, shared = query.dims[-3] or 1, key.dims[-3] or 1
    before, tokens, width = sizes_of(query)[:-3], query.size(-2), query.size(-1)
    if shared != heads:
        query = query.reshape([*before, shared, product_of([heads // shared, tokens]), width])
    scores = matmul(query, key, b_turned=True)
    keys = scores.size(-1)
    if shared != heads:
        scores = scores.reshape([*before, heads, tokens, keys])
    weights = used = attended(scores, mask, blind)
    if shared != heads:
        used = weights.reshape([*before, shared, product_of([heads // shared, tokens]), keys])
    found = matmul(used, value)
    return weights, found if shared == heads else found.reshape([*before, heads, tokens, found.size(-1)])


def _allowed(site: Site, given: dict[str, Any], query: Traced, key: Traced, axes: list[int]) -> Mask:
    """Where attention may look, as [batch, 1, queries, keys], or with one axis more for each that is left alone."""
    of_query, of_value, of_key = [*site.given_masks, None, None, None][:3]
    masks: list[Mask] = [of_query and of_query.expand(-1)]
    masks += [mask and mask.expand(1) for mask in dict.fromkeys((of_value, of_key))]
    causal, window = bool(given.get("use_causal_mask")), site.config.get("sliding_window")
    explicit = given.get("attention_mask")
    if (causal or window or any(mask is not None for mask in masks)) and axes != [1]:
        site.refuse(f"masks of time with attention along axes {axes}", "give it an attention_mask instead")
    order = in_order(query, key, 1, causal=causal, window=window)
    masks.append(order)
    if isinstance(explicit, Traced):
        others = any(mask is not None for mask in masks)
        takes_numbers = site.generation == 2 and not others
        masks.append(_as_matrices(explicit if takes_numbers else as_bool(explicit), query, key, axes))
    rank = query.rank - len(axes) + 2
    return both([mask and _of_rank(mask, rank) for mask in masks])


def _of_rank(mask: Traced, rank: int) -> Traced:
    """With axes of size 1 between batch and queries."""
    while mask.rank < rank:
        mask = mask.expand(1 if mask.rank > 2 else 0)
    return mask


def _as_matrices(mask: Traced, query: Traced, key: Traced, axes: list[int]) -> Traced:
    """An explicit mask over several axes, with these axes as one for the queries and one for the keys."""
    count = len(axes)
    if count == 1 or mask.rank < 2 * count:
        return mask
    before = sizes_of(mask)[: mask.rank - 2 * count]
    ends = [product_of(sizes_of(mask)[start : start + count]) for start in (mask.rank - 2 * count, mask.rank - count)]
    return mask.reshape([*before, *ends])


# ---------------------------------------------------------------------------- without heads


def attention(site: Site) -> Outputs:
    query, value, key = _three(site)
    scale = site.optional("scale")
    if site.config.get("score_mode") == "concat":
        pairs = query.expand(-2) + key.expand(-3)
        curve = (pairs if scale is None else pairs * scale).each("Tanh")
        scores = curve.sum([-1]) * site.weight("concat_score_weight")
    else:
        scores = matmul(query, key, b_turned=True)
        scores = scores if scale is None else scores * scale
    return _attended(site, query, value, key, scores)


def additive_attention(site: Site) -> Outputs:
    query, value, key = _three(site)
    curve = (query.expand(-2) + key.expand(-3)).each("Tanh")
    scale = site.optional("scale")
    scores = (curve if scale is None else curve * scale).sum([-1])
    return _attended(site, query, value, key, scores)


def _three(site: Site) -> tuple[Traced, Traced, Traced]:
    query, value, *key = (x.cast(FLOAT) for x in list_arguments(Call(site.args, site.kwargs))["inputs"])
    return query, value, key[0] if key else value


def _attended(site: Site, query: Traced, value: Traced, key: Traced, scores: Traced) -> Outputs:
    given = list_arguments(site.call)
    of_query, of_value = [*site.given_masks, None, None][:2]
    causal = bool(given.get("use_causal_mask") or site.config.get("causal"))
    mask = both([of_value and of_value.expand(-2), in_order(query, key, -2, causal=causal)])
    weights = attended(scores, mask, NEITHER)
    found = matmul(weights, value)
    if of_query is not None:
        found = found * of_query.expand(-1).cast(FLOAT)
    return [found, weights] if given.get("return_attention_scores") else found


LAYERS: dict[str, Write] = {
    "MultiHeadAttention": multi_head_attention,
    "GroupedQueryAttention": multi_head_attention,
    "Attention": attention,
    "AdditiveAttention": additive_attention,
}
