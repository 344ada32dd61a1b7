"""Attention with several heads, head by head: TF.js multiplies stacks of matrices in its Dot layer.

    query ── Dense ── Rescaling ── Dot ── softmax ── Dot ── Dense ──┐
    key ──── Dense ─────────────────┘                 │            Add ── output
    value ── Dense ───────────────────────────────────┘             │
                                               the other heads ─────┘

The kernels of a head are slices of Keras' kernels. Attention over several axes sees them as one; of axes that it
leaves apart, each position is a block that looks at nothing outside.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tensorflowjs.catalog.attending import Blind
from tensorflowjs.catalog.layers.attention import multi_head_arguments, output_dims, roles
from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting import layout, masks
from tensorflowjs.fitting.attention_bias import Allowed, Order, allowed
from tensorflowjs.fitting.attention_scores import additive_attention, attend, attention
from tensorflowjs.fitting.axes import product
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.kernels import computed, in_shape
from tensorflowjs.ir.layers import Config, Ref, replace_refs
from tensorflowjs.tensors import Tensor


@dataclass(frozen=True)
class Heads:
    """How many heads look, how many of them share a key and a value, and the size of what they look at."""

    count: int
    sharing: int
    key_dim: int

    @classmethod
    def of(cls, config: Config) -> Heads:
        if "head_dim" in config:
            count = int(config["num_query_heads"])
            return cls(count, count // int(config["num_key_value_heads"]), int(config["head_dim"]))
        return cls(int(config["num_heads"]), 1, int(config["key_dim"]))


def multi_head_attention(site: Site) -> Outputs:
    """Dense layers, Dot, softmax, Dot and Dense for each head; the heads are added up."""
    now = dict(zip(site.call.inputs, site.inputs, strict=True))
    query, value, key = (now[ref] for ref in roles(site.layer, site.call))
    given: dict[str, Any] = {
        name: replace_refs(argument, now) for name, argument in multi_head_arguments(site.call).items()
    }
    axes = _axes(site, query)
    _check(site, query, given, axes)
    tokens = Tokens(site, query, key, axes)
    query, value, key = tokens.flat(query, "query"), tokens.flat(value, "value"), tokens.flat(key, "key")
    order = Order(bool(given.get("use_causal_mask")), site.config.get("sliding_window"), tokens.block)
    is_fused = not (site.config.get("dropout") or given.get("return_attention_scores")) and tokens.are_plain
    blind = Blind.of_heads(site.layer.class_name, site.fitter.keras_version, is_fused)
    explicit = given.get("attention_mask")
    where = allowed(site, query, key, order, site.given_masks, explicit=explicit, blind=blind)
    projections = _Projections(site, {"query": query, "key": key, "value": value, "gate": query})
    found = [_look(projections, number, where) for number in range(Heads.of(site.config).count)]
    outputs = [ref for ref, _ in found]
    shape = output_dims(site.config, site.weights["output_dense/kernel"].shape[-1])
    ref = _added(site, outputs, is_last=len(shape) == 1 and tokens.are_plain)
    ref = tokens.apart(ref, shape)
    if not given.get("return_attention_scores"):
        return ref
    return [ref, _all_scores(site, [weights for _, weights in found])]


def _axes(site: Site, query: Ref) -> list[int]:
    """The axes that attention goes along."""
    rank = len(layout.shape_of(site, query))
    given = site.config.get("attention_axes")
    if given is None:
        return list(range(1, rank - 1))
    return [axis % rank for axis in ([given] if isinstance(given, int) else given)]


def _check(site: Site, query: Ref, given: dict[str, Any], axes: Sequence[int]) -> None:
    """Masks and scores over several axes have forms of their own."""
    rank = len(layout.shape_of(site, query))
    if rank == 3 and list(axes) == [1]:
        return
    if sorted(axes) != list(axes) or not set(axes) <= set(range(1, rank - 1)):
        site.refuse(f"attention_axes={site.config['attention_axes']} of an input of {rank} axes", masks.HINT)
    used = [name for name in ("attention_mask", "use_causal_mask", "return_attention_scores") if given.get(name)]
    used += ["sliding_window"] if site.config.get("sliding_window") else []
    if used:
        site.refuse(f"{used[0]} with an input of {rank} axes", masks.HINT)


class Tokens:
    """How inputs of several axes become sequences [positions, features], and the output becomes what they were."""

    def __init__(self, site: Site, query: Ref, key: Ref, axes: Sequence[int]) -> None:
        self.site = site
        self.rank = len(layout.shape_of(site, query))
        self.apart_axes = [axis for axis in range(1, self.rank - 1) if axis not in axes]
        self.order = [*self.apart_axes, *axes, self.rank - 1]
        shape, other = layout.shape_of(site, query), layout.shape_of(site, key)
        self.dims: list[Dim] = [shape[axis] for axis in self.order[:-1]]
        self.block: tuple[int, int] | None = None
        if self.apart_axes:
            sizes = [product([dims[axis] for axis in axes]) for dims in (shape, other)]
            if None in self.dims or None in sizes:
                site.refuse(
                    f"attention along some axes of an input of shape {layout.shown(shape)}, whose sizes are not fixed",
                    "give the model's input a fixed size",
                )
            self.block = (sizes[0] or 0, sizes[1] or 0)

    @property
    def are_plain(self) -> bool:
        return self.rank == 3

    @property
    def are_moved(self) -> bool:
        return self.order != list(range(1, self.rank))

    def flat(self, ref: Ref, part: str) -> Ref:
        if self.are_moved:
            ref = layout.permuted(self.site, ref, self.order, f"{part}_axes")
        if self.are_plain:
            return ref
        *dims, features = layout.shape_of(self.site, ref)[1:]
        return layout.reshaped(self.site, ref, [product(dims), features], f"{part}_positions")

    def apart(self, ref: Ref, features: Sequence[Dim]) -> Ref:
        """The output in the shape that the query had, with `features` in the place of its own."""
        if self.are_plain and len(features) == 1:
            return ref
        dims = [*self.dims, *features]
        ref = layout.reshaped(self.site, ref, dims, "apart" if self.are_moved else None)
        if not self.are_moved:
            return ref
        back = [self.order.index(axis) + 1 for axis in range(1, self.rank - 1)]
        return layout.permuted(self.site, ref, [*back, *range(self.rank - 1, len(dims) + 1)], None)


class _Projections:
    """What the Dense layers of each head make of the inputs; those that heads share are made once."""

    def __init__(self, site: Site, inputs: dict[str, Ref]) -> None:
        self.site = site
        self.inputs = inputs
        self.made: dict[tuple[str, int], Ref] = {}

    def of(self, role: str, number: int, activation: str = "linear") -> Ref:
        if (role, number) not in self.made:
            self.made[role, number] = self._projected(role, number, activation)
        return self.made[role, number]

    def _projected(self, role: str, number: int, activation: str) -> Ref:
        kernel, bias = (self.site.weights.get(f"{role}_dense/{kind}") for kind in ("kernel", "bias"))
        assert kernel is not None
        inputs, _, units = kernel.shape
        weights = {"kernel": computed(kernel, (inputs, units), lambda values: values[:, number])}
        if bias is not None:
            weights["bias"] = computed(bias, (units,), lambda values: values[number])
        return _dense(self.site, self.inputs[role], f"{role}_{number}", weights, activation)


def _look(projections: _Projections, number: int, where: Allowed | None) -> tuple[Ref, Ref]:
    """What head `number` adds to the output, and the weights it gives the values."""
    site, name = projections.site, f"head_{number}"
    heads = Heads.of(site.config)
    shared = number // heads.sharing
    scale = {"scale": 1 / math.sqrt(heads.key_dim), "offset": 0.0}
    query = site.put("Rescaling", scale, [projections.of("query", number)], part=f"{name}_scaled")
    matrices = [query, projections.of("key", shared)]
    scores = site.put("Dot", {"axes": [2, 2], "normalize": False}, matrices, part=f"{name}_scores")
    found, weights = attend(site, scores, projections.of("value", shared), where, name)
    if site.config.get("use_gate"):
        gate = projections.of("gate", number, "sigmoid")
        found = site.put("Multiply", {}, [found, gate], part=f"{name}_gated")
    return _output(site, found, number), weights


def _output(site: Site, ref: Ref, number: int) -> Ref:
    kernel, bias = (site.weights.get(f"output_dense/{kind}") for kind in ("kernel", "bias"))
    assert kernel is not None
    shape = (kernel.shape[1], math.prod(kernel.shape[2:]))
    weights = {"kernel": computed(kernel, shape, lambda values: values[number].reshape(shape))}
    if bias is not None and number == 0:  # the others add theirs to the same
        weights["bias"] = in_shape(bias, shape[1:])
    return _dense(site, ref, f"output_{number}", weights)


def _dense(site: Site, ref: Ref, part: str, weights: dict[str, Tensor], activation: str = "linear") -> Ref:
    config = {"units": weights["kernel"].shape[1], "activation": activation, "use_bias": "bias" in weights}
    config |= {key: site.config.get(key) for key in ("kernel_regularizer", "bias_regularizer")}
    return site.put("Dense", config, [ref], part=part, weights=weights)


def _added(site: Site, outputs: list[Ref], is_last: bool) -> Ref:
    part = None if is_last else "heads"
    if len(outputs) == 1:
        return site.put("Activation", {"activation": "linear"}, outputs, part=part)
    return site.put("Add", {}, outputs, part=part)


def _all_scores(site: Site, scores: list[Ref]) -> Ref:
    """The scores of all heads, as [heads, queries, keys]."""
    each = []
    for number, ref in enumerate(scores):
        _, queries, keys = layout.shape_of(site, ref)
        each.append(layout.reshaped(site, ref, [1, queries, keys], f"head_{number}_weights_apart"))
    return each[0] if len(each) == 1 else site.put("Concatenate", {"axis": 1}, each, part="weights")


RULES: dict[str, Rule] = {
    "MultiHeadAttention": multi_head_attention,
    "GroupedQueryAttention": multi_head_attention,
    "Attention": attention,
    "AdditiveAttention": additive_attention,
}
