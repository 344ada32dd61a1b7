"""Where attention may look, as ones and zeros, and how that is told its softmax.

What a query may look at is a matrix [queries, keys] of ones and zeros, perhaps of one row or one column only. It is
the product of all that has a say: masks of the inputs, a mask given as a tensor, and the order of time. For the
last one, positions are counted and all differences between them taken:

    [-1, 1], [-2, 1], [-3, 1], ...  ──┐
                                     Dot ── the key's position, less the query's
    [1, 1], [1, 2], [1, 3], ...  ─────┘
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tensorflowjs.catalog.attending import NEITHER, Blind
from tensorflowjs.fitting import flags, layout, masks
from tensorflowjs.fitting.engine import Site
from tensorflowjs.fitting.mask_terms import ALWAYS, Mask
from tensorflowjs.ir.layers import Ref
from tensorflowjs.tensors import ArrayTensor, Tensor

FORBIDDEN = -1e9  # what Keras puts in the place of a score that must not count


@dataclass(frozen=True)
class Allowed:
    """Where attention may look: `offset` is 0 there, and far below everything elsewhere."""

    offset: Ref
    scores: Ref | None = None  # ones, and zeros for scores to be forgotten
    weights: Ref | None = None  # ones, and zeros for weights that must become nothing

    @classmethod
    def at(cls, site: Site, ones: Ref, blind: Blind) -> Allowed:
        offset = site.put("Rescaling", {"scale": -FORBIDDEN, "offset": FORBIDDEN}, [ones], part="bias")
        return cls(offset, ones if blind.forgets_scores else None, ones if blind.gives_nothing else None)

    def softmax(self, site: Site, scores: Ref, part: str) -> Ref:
        """Weights from scores, of which those that are not allowed count for nothing."""
        if self.scores is not None:
            scores = site.put("Multiply", {}, [scores, self.scores], part=f"{part}_allowed")
        scores = site.put("Add", {}, [scores, self.offset], part=f"{part}_biased")
        weights = site.put("Activation", {"activation": "softmax"}, [scores], part=f"{part}_weights")
        if self.weights is None:
            return weights
        return site.put("Multiply", {}, [weights, self.weights], part=f"{part}_weights_allowed")


@dataclass(frozen=True)
class Order:
    """What positions have a say: no key behind the query, none too far away, none in another block."""

    causal: bool = False
    window: int | None = None
    block: tuple[int, int] | None = None  # how many queries, and how many keys, belong together

    def __bool__(self) -> bool:
        return self != Order()


def allowed(
    site: Site,
    query: Ref,
    key: Ref,
    order: Order,
    given: Sequence[Mask],
    *,
    explicit: Ref | None = None,
    blind: Blind = NEITHER,
) -> Allowed | None:
    """What `query` [queries, features] may look at in `key`; None if that is everything.

    `given` are the masks of query, value and key; `explicit` is a mask that the call has as a tensor.
    """
    of_query, *of_others = [None if mask == ALWAYS else mask for mask in given] or [None]
    factors = [] if of_query is None else [masks.as_numbers(site, of_query)]
    for mask in dict.fromkeys(of_others):
        if mask is not None:
            ones = masks.as_numbers(site, mask)
            factors.append(site.put("Permute", {"dims": [2, 1]}, [ones], part="mask_of_keys"))
    if explicit is not None:
        factors.append(_of_tensor(site, explicit, alone=not factors and not order))
    can_be_none = bool(factors) or order.window is not None
    if order:
        factors.append(_in_order(site, query, key, order))
    if not factors:
        return None
    product = factors[0] if len(factors) == 1 else site.put("Multiply", {}, factors, part="mask")
    return Allowed.at(site, product, blind if can_be_none else NEITHER)


def _of_tensor(site: Site, mask: Ref, alone: bool) -> Ref:
    """A mask that is a tensor: any number but 0 is a one, but of one that is alone Keras 2 takes the numbers."""
    shape = layout.shape_of(site, mask)
    if len(shape) != 3:
        site.refuse(
            f"an attention_mask of shape {layout.shown(shape)}: only [batch, queries, keys] can be written as layers",
            masks.HINT,
        )
    numbers = _scaled(site, mask, 1.0, 0.0, "mask_as_floats")
    if (alone and site.generation == 2) or layout.dtype_of(site, mask) == "bool":
        return numbers
    return flags.other_than_zero(site, numbers, "mask_as_ones")


# ---------------------------------------------------------------------------- by position


def _in_order(site: Site, query: Ref, key: Ref, order: Order) -> Ref:
    """Ones where the positions of query and key allow it."""
    beyond = []
    if order.causal or order.window is not None:
        ahead = _difference(site, query, key, (1, 1), "ahead")
        if order.causal:
            beyond.append(_above(site, ahead, 1.0, 0, "later"))
        elif order.window is not None:
            beyond.append(_above(site, ahead, 1.0, order.window - 1, "too_late"))
        if order.window is not None:
            beyond.append(_above(site, ahead, -1.0, order.window - 1, "too_early"))
    if order.block is not None:
        blocks = _difference(site, query, key, order.block, "blocks")
        beyond += [_above(site, blocks, sign, 0, f"other_{sign:+.0f}") for sign in (1.0, -1.0)]
    total = beyond[0] if len(beyond) == 1 else site.put("Add", {}, beyond, part="beyond")
    return flags.opposite(site, _relu(site, total, 1.0, "forbidden"), "allowed")


def _above(site: Site, difference: Ref, sign: float, limit: int, part: str) -> Ref:
    """How much the difference, in the direction of `sign`, is above `limit`; 0 if it is not."""
    return _relu(site, _scaled(site, difference, sign, -float(limit), f"{part}_by"), None, part)


def _difference(site: Site, query: Ref, key: Ref, sizes: tuple[int, int], part: str) -> Ref:
    """The key's position less the query's, for all pairs; positions are counted in steps of `sizes`."""
    first = _pairs(site, query, sizes[0], lambda at: (-at, 1), f"{part}_query")
    second = _pairs(site, key, sizes[1], lambda at: (1, at), f"{part}_key")
    return site.put("Dot", {"axes": [2, 2], "normalize": False}, [first, second], part=part)


def _pairs(site: Site, value: Ref, size: int, pair: Callable[[int], tuple[int, int]], part: str) -> Ref:
    """For every position in `value`, from 1 on, two numbers."""
    _, length, width = layout.shape_of(site, value)
    if width is None:
        site.refuse("an input whose number of features is not fixed", masks.HINT)
    if length is None:
        return _counted(site, value, width, pair, part)
    zeros: dict[str, Tensor] = {"kernel": ArrayTensor(np.zeros((width, 2), "float32"))}
    config = {"units": 2, "activation": "linear", "use_bias": False}
    nothing = site.put("Dense", config, [value], part=f"{part}_zeros_{width}", weights=zeros, fixed=True)
    offset = [[float(number) for number in pair(index // size + 1)] for index in range(length)]
    return _scaled(site, nothing, 1.0, offset, part)


def _counted(site: Site, value: Ref, width: int, pair: Callable[[int], tuple[int, int]], part: str) -> Ref:
    """The same for a sequence of any length: a recurrent layer that adds one at every step.

    Its weights are zeros and ones, which no quantisation changes; signs come afterwards.
    """
    signs = [1.0 if number > 0 else -1.0 for number in pair(1)]
    counts = [float(pair(1)[index] != pair(2)[index]) for index in range(2)]
    weights: dict[str, Tensor] = {
        "kernel": ArrayTensor(np.zeros((width, 2), "float32")),
        "recurrent_kernel": ArrayTensor(np.diag(counts).astype("float32")),
        "bias": ArrayTensor(np.ones(2, "float32")),
    }
    config = {"units": 2, "activation": "linear", "use_bias": True, "return_sequences": True}
    steps = masks.unmasked(site, value)
    numbers = site.put("SimpleRNN", config, [steps], part=f"{part}_counted", weights=weights, fixed=True)
    return _scaled(site, numbers, signs, 0.0, part)


def _scaled(site: Site, value: Ref, scale: object, offset: object, part: str) -> Ref:
    return site.put("Rescaling", {"scale": scale, "offset": offset}, [value], part=part)


def _relu(site: Site, value: Ref, maximum: float | None, part: str) -> Ref:
    return site.put("ReLU", {"max_value": maximum}, [value], part=part)
