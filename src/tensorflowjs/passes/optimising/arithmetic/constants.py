"""Several constants in a row become one factor, one constant added, or both.

%a = Mul(%x, %c1)
%b = AddV2(%a, %c2)          %a = Mul(%x, %c1_times_c3)
%y = Mul(%b, %c3)       ->   %y = AddV2(%a, %c2_times_c3)

The results differ by rounding, a unit or two in the last place. What rounds on purpose, as (x + 12582912) - 12582912
does, stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.arithmetic.affine import (
    AFFINE,
    BATCH_NORMS,
    Affine,
    Later,
    affine,
    is_per_channel,
    moved,
)
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import ArrayTensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

LONGEST = 8  # of the chains looked at; longer ones become shorter from their beginning
MOST_ADDED = 2.0**20  # adding more than this to a float32 and taking it away again is how some round


def join(at: Spot) -> Value | None:
    """The chain that ends here as one factor and one constant added, if it has more nodes than that."""
    last = affine(at, at.old)
    if last is None:
        return None
    chain = [last]
    while len(chain) < LONGEST and read_by(chain[-1].source, chain[-1].node):
        before = affine(at, chain[-1].source.node)
        if before is None:
            break
        chain.append(before)
    whole = _whole(at, chain)
    return None if whole is None else written(at, whole, any(each.node.op in BATCH_NORMS for each in chain))


def _whole(at: Spot, chain: list[Affine]) -> Affine | None:
    """The longest end of the chain that has fewer nodes in another form, in that form."""
    if len(chain) < 2 or not all(each.folds_exactly(at) for each in chain) or _rounds(at, chain):
        return None
    found = None
    whole = chain[0]
    for count, before in enumerate(chain[1:], start=2):
        whole = _joined(before, whole)
        normalised = any(each.node.op in BATCH_NORMS for each in chain[:count])
        if whole.folds_exactly(at) and _nodes(whole, normalised) < count:
            found = whole
    return found


def _nodes(whole: Affine, normalised: bool) -> int:
    return 1 if normalised else (whole.scale is not None) + (whole.shift is not None)


def _joined(first: Affine, second: Affine) -> Affine:
    scale = first.scale
    if second.scale is not None:
        scale = second.scale if scale is None else scale * second.scale
    return replace(
        second,
        source=first.source,
        channels=max(first.channels, second.channels),
        scale=scale,
        shift=moved(first.shift, second.scale, second.shift),
    )


def _rounds(at: Spot, chain: list[Affine]) -> bool:
    """Whether a single large number is added somewhere."""
    for each in chain:
        if each.channels == 1 and each.shift is not None and np.abs(each.shift()).max() > MOST_ADDED:
            at.missed("a constant is so large that adding it rounds")
            return True
    return False


def written(at: Spot, whole: Affine, as_batch_norm: bool = False) -> Value:
    """x * scale + shift, as Mul and AddV2 or as one batch normalisation that does nothing else."""
    if as_batch_norm and whole.shift is not None:
        return batch_norm(at, whole)
    value = whole.source
    if whole.scale is not None:
        value = at("Mul", value, at.const(whole.scale, "float32"))
    if whole.shift is not None:
        value = at("AddV2", value, later(at, whole.shift, whole.channels))
    return value


def batch_norm(at: Spot, whole: Affine) -> Value:
    """x * scale + shift as batch normalisation with a mean of 0, and variance and epsilon that are 1 together.

    Without an epsilon WebGL would divide by 0 beside the last channel, where matrix products read it.
    """
    assert whole.shift is not None
    shape = (whole.channels,)
    scale = np.broadcast_to(1.0 if whole.scale is None else whole.scale, shape)
    vectors = (
        at.const(scale, "float32"),
        later(at, whole.shift, whole.channels, rank=1),
        at.const(np.zeros(shape), "float32"),
        at.const(np.full(shape, 0.5), "float32"),
    )
    return at("FusedBatchNormV3", whole.source, *vectors, epsilon=0.5, is_training=False, data_format=b"NHWC")


def later(at: Spot, shift: Later, channels: int, rank: int | None = None) -> Value:
    """A constant added, as a constant that is computed when it is written."""
    shape = (channels,) if channels > 1 or rank == 1 else ()

    def vector() -> NDArray[Any]:
        return np.broadcast_to(np.asarray(shift(), np.float32), shape)

    return at.computed(ArrayTensor(np.zeros((), np.float32)), shape, vector)


def join_additions(at: Spot) -> Value | None:
    """(x + c) + d -> x + (c + d), for constants of any shape that together are no larger than one of them."""
    outer = _with_constant(at, at.old)
    if outer is None:
        return None
    inner = _with_constant(at, outer[0].node) if read_by(outer[0], at.old) else None
    if inner is None or is_per_channel(at, inner[1], inner[0]):
        return None
    first, second = at.tensor_of(inner[1]), at.tensor_of(outer[1])
    assert first is not None and second is not None
    shape = _larger(first.shape, second.shape)
    if shape is None:
        return None
    return at("AddV2", inner[0], at.computed(first, shape, lambda: first.read() + second.read()))


def _with_constant(at: Spot, node: Node) -> tuple[Value, Value] | None:
    if node.op not in ("Add", "AddV2") or node.controls or type_of(node.output) != "float32":
        return None
    for data, values in (node.inputs, node.inputs[::-1]):
        if at.tensor_of(values) is not None and at.tensor_of(data) is None:
            return data, values
    return None


def _larger(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...] | None:
    try:
        shape = np.broadcast_shapes(first, second)
    except ValueError:
        return None
    return shape if shape in (first, second) else None


def join_added(at: Spot) -> Value | None:
    return join(at) or join_additions(at)


PASS = Pass(
    "constants",
    "several constant factors and constants added in a row into one of each",
    rules={**dict.fromkeys(AFFINE, join), **dict.fromkeys(("Add", "AddV2"), join_added)},
)
