"""Depthwise convolutions with windows of the sizes that WebAssembly is fast at.

It has kernels for windows of 3, 4, 9 and 25 places, whatever their form, and takes five to ten times as long for each
place of any other. So zeros make up for what a window lacks:

%y = DepthwiseConv2dNative(%x, %w) (4 x 4)  ->  %y = DepthwiseConv2dNative(%x, %w_and_zeros) (5 x 5)

and a large window becomes the sum of several:

%c = DepthwiseConv2dNative(%x, %w) (7 x 7)      %c1 = DepthwiseConv2dNative(%x, %w1) (5 x 5)
%y = BiasAdd(%c, %bias)                         %b = BiasAdd(%c1, %bias)
                                                %c2 = DepthwiseConv2dNative(%x, %w2) (5 x 5, two columns further)
                                            ->  %c3 = ... (two rows further)
                                                %c4 = ... (two rows and two columns further)
                                                %y = AddN(%b, %c2, %c3, %c4)

where every weight is in one of the parts, and the others have zeros there. Measured: 40 % of the time for 7 x 7, a
quarter for 4 x 4 and for 5 x 1. But graphics processors have to be told of every node, so each that is added has to
gain 0.2 ms by estimate: windows of 7 x 7 are left alone for images with fewer than some 30,000 results. Sums are taken
in another order; zeros spread infinities and NaN, which no trained network has, a little further. The padding of parts
needs TF.js 3.21.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Node, Value
from tensorflowjs.passes.building import integers, text
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.arithmetic.linear import Linear, inflates, linear
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray

OP = "DepthwiseConv2dNative"
MOST_PARTS = 9
GAIN_OF_A_NODE = 200_000  # nanoseconds
_FAST = {1: 0.5, 3: 0.8, 4: 0.8, 9: 1.8, 25: 4.1}  # places -> nanoseconds for each result
_SLOW = (4.6, 0.755)  # for each result, and for each of its places
_CUT = 1.0  # for each number of a slice of what comes in
_ADDED = 0.3  # for each that is added, and for the sum
_TILES = ((1, 3), (3, 1), (2, 2), (1, 4), (4, 1), (3, 3), (1, 9), (9, 1), (5, 5), (1, 25), (25, 1))

Pair = tuple[int, int]


@dataclass(frozen=True)
class _Stretch:
    """A part of a window along one axis."""

    begin: int  # which of the window's rows is its first; before the window, if negative
    own: range  # which rows of the window it has; zeros stand for the others
    pads: Pair  # before and behind; what is cut off instead, if negative

    @property
    def cut(self) -> Pair:
        return -min(self.pads[0], 0), -min(self.pads[1], 0)

    @property
    def padding(self) -> Pair:
        return max(self.pads[0], 0), max(self.pads[1], 0)


Part = tuple[_Stretch, _Stretch]  # rows and columns


@dataclass(frozen=True)
class _Plan:
    tile: Pair
    parts: tuple[Part, ...]
    steps: int  # how many places of the image there are to each result

    @property
    def cuts(self) -> int:
        return sum(any(any(stretch.cut) for stretch in part) for part in self.parts)

    @property
    def nodes_more(self) -> int:
        count = len(self.parts)
        return count + self.cuts if count > 1 else 0

    @property
    def cost(self) -> float:
        """Nanoseconds for each result."""
        count = len(self.parts)
        added = _ADDED * (count + 1) if count > 1 else 0
        return count * _FAST[self.tile[0] * self.tile[1]] + self.cuts * _CUT * self.steps + added


def convolution(at: Spot) -> Value | None:
    plan = _plan(at, at.old)
    if plan is None or (len(plan.parts) > 1 and _gets_bias(at.old)):
        return None
    return _sum(at, list(_convolved(at, at.old, plan)))


def biased(at: Spot) -> Value | None:
    """The bias is added to the first part, which can do that itself."""
    node = at.own(at.x, OP)
    plan = None if node is None else _plan(at, node)
    if node is None or plan is None or len(plan.parts) == 1:
        return None
    first, *others = _convolved(at, node, plan)
    return _sum(at, [at.again(first, at.inputs[1]), *others])


def _gets_bias(node: Node) -> bool:
    reader = node.output.only_user
    return reader is not None and reader.op == "BiasAdd" and read_by(node.output, reader)


def _sum(at: Spot, values: list[Value]) -> Value:
    if len(values) == 1:
        return values[0]
    return at("AddV2", *values) if len(values) == 2 else at("AddN", *values)


# ---------------------------------------------------------------------------- which parts


def _plan(at: Spot, node: Node) -> _Plan | None:
    """The cheapest parts for a window that has no kernel of its own."""
    old = linear(at, node)
    if old is None or len(old.filter.shape) != 4:
        return None
    height, width, channels, multiplier = old.filter.shape
    places = height * width
    if places in _FAST:
        return None
    if multiplier != 1 or at.shapes.dim(old.data, 3) != channels:
        at.missed("only where one channel becomes one channel has WebAssembly such kernels")
        return None
    around = _around(at, old)
    if around is None:
        at.missed("how large the image is is not known, so neither is the padding")
        return None
    plans = list(_plans(old, around))
    if not plans:
        at.missed(f"it would take more than {MOST_PARTS} smaller windows")
        return None
    best = min(plans, key=lambda plan: plan.cost)
    return best if _pays(at, old, best, _SLOW[0] + _SLOW[1] * places) else None


def _plans(old: Linear, around: tuple[Pair, Pair]) -> Iterator[_Plan]:
    window, dilations = old.filter.shape[:2], integers(old.node, "dilations", [1] * 4)[1:3]
    for tile in _TILES:
        if -(-window[0] // tile[0]) * -(-window[1] // tile[1]) <= MOST_PARTS:
            rows, columns = map(_stretches, window, tile, around, dilations)
            yield _Plan(tile, tuple(product(rows, columns)), prod(integers(old.node, "strides")))


def _stretches(window: int, tile: int, around: Pair, dilation: int) -> list[_Stretch]:
    """Parts of one length that make up a window, the last one at its end; one alone is around it, as SAME has it."""
    count = -(-window // tile)
    begins = [(window - tile) * index // (count - 1) for index in range(count)] if count > 1 else []
    begins = begins or [(window - 1) // 2 - (tile - 1) // 2]
    found: list[_Stretch] = []
    done = 0
    for begin in begins:
        own = range(done, min(begin + tile, window))
        pads = around[0] - begin * dilation, around[1] + (begin + tile - window) * dilation
        found.append(_Stretch(begin, own, pads))
        done = own.stop
    return found


def _around(at: Spot, old: Linear) -> tuple[Pair, Pair] | None:
    """What the convolution adds at the edges; without strides SAME is the same for all images."""
    padding, flat = text(old.node, "padding"), integers(old.node, "explicit_paddings")
    if padding == "EXPLICIT":
        return ((flat[2], flat[3]), (flat[4], flat[5])) if len(flat) == 8 else None
    strides, dilations = integers(old.node, "strides"), integers(old.node, "dilations", [1] * 4)
    found: list[Pair] = []
    for axis in (1, 2):
        size, stride = at.shapes.dim(old.data, axis), strides[axis]
        total = (old.filter.shape[axis - 1] - 1) * dilations[axis]
        if padding == "VALID":
            total = 0
        elif stride > 1:
            if size is None:
                return None
            total = max(0, (-(-size // stride) - 1) * stride + total + 1 - size)
        found.append((total // 2, total - total // 2))
    return found[0], found[1]


def _pays(at: Spot, old: Linear, plan: _Plan, cost: float) -> bool:
    if len(plan.parts) > 1:
        sizes = at.shapes.of(old.data), at.shapes.of(old.node.output)
        if any(dims is None or None in dims[1:] for dims in sizes):
            at.missed("how large the image is is not known")
            return False
        if not all(_is_left(at, old.data, part) for part in plan.parts):
            at.missed("some of its window reads nothing but padding")
            return False
        results = prod(dim or 0 for dim in (sizes[1] or ())[1:])
        if results * (cost - plan.cost) < GAIN_OF_A_NODE * plan.nodes_more:
            at.missed("the image is too small for that to be worth more nodes")
            return False
    return not inflates(at, old)


def _is_left(at: Spot, x: Value, part: Part) -> bool:
    """Whether there is an image left where a part cuts off what it does not reach."""
    return all((at.shapes.dim(x, axis) or 0) > sum(stretch.cut) for axis, stretch in enumerate(part, 1))


# ---------------------------------------------------------------------------- the parts


def _convolved(at: Spot, node: Node, plan: _Plan) -> Iterator[Value]:
    old = linear(at, node)
    assert old is not None
    for part in plan.parts:
        attrs = {**node.attrs, **_padding(node, plan.tile, part)}
        yield at(OP, _reached(at, old.data, part), _filter(at, old, plan.tile, part), **attrs)


def _padding(node: Node, tile: Pair, part: Part) -> dict[str, Attr]:
    """SAME where that is it, which older releases of TF.js know as well."""
    pads = [pad for stretch in part for pad in stretch.padding]
    if not any(pads):
        return {"padding": b"VALID", "explicit_paddings": []}
    dilations = integers(node, "dilations", [1] * 4)[1:3]
    totals = [(size - 1) * dilation for size, dilation in zip(tile, dilations, strict=True)]
    is_same = pads == [half for total in totals for half in (total // 2, total - total // 2)]
    if is_same and max(integers(node, "strides")) == 1 and not any(any(stretch.cut) for stretch in part):
        return {"padding": b"SAME", "explicit_paddings": []}
    return {"padding": b"EXPLICIT", "explicit_paddings": [0, 0, *pads, 0, 0]}


def _reached(at: Spot, x: Value, part: Part) -> Value:
    """What comes in, without rows and columns that the part does not reach."""
    cuts = [stretch.cut for stretch in part]
    if not any(map(any, cuts)):
        return x
    sizes = [(at.shapes.dim(x, axis) or 0) - sum(cut) for axis, cut in enumerate(cuts, 1)]
    return at.slice(x, [0, cuts[0][0], cuts[1][0], 0], [-1, *sizes, -1])


def _filter(at: Spot, old: Linear, tile: Pair, part: Part) -> Value:
    kernel, (rows, columns) = old.filter, part
    shape = (*tile, *kernel.shape[2:])

    def values() -> NDArray[Any]:
        own = np.zeros(shape, np.float32)
        of_window = np.ix_(rows.own, columns.own)
        of_tile = np.ix_([row - rows.begin for row in rows.own], [column - columns.begin for column in columns.own])
        own[of_tile] = kernel.read()[of_window]
        return own

    return at.computed(kernel, shape, values)


PASS = Pass(
    "depthwise_windows",
    "depthwise convolutions with windows that WebAssembly is slow at",
    rules={OP: convolution, "BiasAdd": biased},
)
