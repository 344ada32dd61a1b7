"""The sum of two convolutions that look at single places is one of what goes into both, side by side.

%a = Conv2D(%x, %v) (1 x 1)
%b = BiasAdd(%a, %bias)                %k = ConcatV2(%x, %z, 3)
%c = Conv2D(%z, %w) (1 x 1)            %p = Conv2D(%k, %v_over_w)
%y = AddV2(%b, %c)             ->      %y = BiasAdd(%p, %bias)

It multiplies as much, but saves a pass over what comes out, or two where an activation follows: that gets fused, as
behind the shortcuts of ResNet. Of what is the same value, the filters are added, without ConcatV2.

Measured in WebAssembly: to lay two images side by side takes as long for each place as to add some 100 to 180 channels.
So few channels are only worth it in small images, where the number of nodes counts most. With many channels coming in,
products get slower, as the part of the filter that is used over and over falls out of the cache.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Node, Value
from tensorflowjs.passes.building import integers
from tensorflowjs.passes.optimising.arithmetic.affine import Later
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.arithmetic.filters import bias_of, with_bias
from tensorflowjs.passes.optimising.arithmetic.linear import Linear, inflates, linear
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_OUT = 128  # channels, but in small images
SMALL = 256  # places
MOST_IN = 512  # channels of both: eight columns of a filter, computed at once, take half of a cache of 32 KiB


@dataclass(frozen=True)
class _Term:
    """What is added: a convolution and its bias, if it has one."""

    old: Linear
    bias: Later | None

    @property
    def data(self) -> Value:
        return self.old.data


def add(at: Spot) -> Value | None:
    first, second = (_term(at, value) for value in at.inputs)
    if first is None or second is None or first.old.node is second.old.node or not _match(at, first, second):
        return None
    same = first.data is second.data
    if not (same or _is_worth_it(at, first.old, second.old)) or inflates(at, first.old) or inflates(at, second.old):
        return None
    result = _added(at, first.old, second.old) if same else _joined(at, first.old, second.old)
    bias = _sum(first.bias, second.bias)
    return result if bias is None else with_bias(at, result, first.old, bias)


def _term(at: Spot, value: Value) -> _Term | None:
    biased = bias_of(at, value, at.old)
    inner, reader = (value, at.old) if biased is None else (biased[0], value.node)
    old = linear(at, inner.node)
    if old is None or not _is_of_single_places(at, old) or not read_by(inner, reader):
        return None
    return _Term(old, None if biased is None else biased[1])


def _is_of_single_places(at: Spot, old: Linear) -> bool:
    """Whether each place of what comes out depends on that place of what comes in, and on all of its channels."""
    node = old.node
    if node.op != "Conv2D" or old.filter.shape[:2] != (1, 1) or set(integers(node, "strides", [1])) != {1}:
        return False
    return not any(integers(node, "explicit_paddings")) and at.shapes.dim(old.data, -1) == old.channels_in


def _match(at: Spot, first: _Term, second: _Term) -> bool:
    """Whether none of the two is spread over the other."""
    places = [at.terms.of(term.data) for term in (first, second)]
    if None in places or first.old.channels_out != second.old.channels_out:
        return False
    one, other = (terms[:-1] for terms in places if terms is not None)
    if one != other:
        at.missed("the sizes of the two are not known to be the same")
    return one == other


def _is_worth_it(at: Spot, first: Linear, second: Linear) -> bool:
    if first.channels_in + second.channels_in > MOST_IN:
        at.missed("too many channels would come in")
        return False
    sizes = (at.shapes.of(first.data) or ())[1:3]
    small = None not in sizes and prod(size or 0 for size in sizes) <= SMALL
    if not small and first.channels_out < FEWEST_OUT:
        at.missed("ConcatV2 would take longer than the sum of so few channels")
        return False
    return True


def _added(at: Spot, first: Linear, second: Linear) -> Value:
    one, other = first.filter, second.filter
    kernel = at.computed(one, one.shape, lambda: one.read() + other.read())
    return _convolved(at, first.node, first.data, kernel)


def _joined(at: Spot, first: Linear, second: Linear) -> Value:
    one, other = first.filter, second.filter

    def stacked() -> NDArray[Any]:
        return np.concatenate([one.read(), other.read()], axis=2)

    shape = (1, 1, first.channels_in + second.channels_in, first.channels_out)
    data = at.concat([first.data, second.data], axis=3)
    return _convolved(at, first.node, data, at.computed(one, shape, stacked))


def _convolved(at: Spot, like: Node, data: Value, kernel: Value) -> Value:
    plain: dict[str, Attr] = {"padding": b"VALID", "dilations": [1, 1, 1, 1], "explicit_paddings": []}
    return at("Conv2D", data, kernel, **{**like.attrs, **plain})


def _sum(first: Later | None, second: Later | None) -> Later | None:
    if first is None or second is None:
        return first or second
    return lambda: first() + second()


PASS = Pass("sums", "sums of convolutions that look at single places", rules=dict.fromkeys(("Add", "AddV2"), add))
