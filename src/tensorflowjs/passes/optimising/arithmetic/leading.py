"""What multiplies and adds constants in front of a convolution or matrix product goes into its filter and bias."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.arithmetic.affine import Affine, affine
from tensorflowjs.passes.optimising.arithmetic.between import RESHAPES, adds_zeros, again, averages, read_by, repeats
from tensorflowjs.passes.optimising.arithmetic.filters import with_bias
from tensorflowjs.passes.optimising.arithmetic.linear import LINEAR, Linear, inflates, linear, with_filter
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fold_leading(at: Spot) -> Value | None:
    """(x * scale + shift) * w -> x * (scale * w) + shift * w

    %a = FusedBatchNormV3(%x, ...)          %c = Conv2D(%x, %scale_times_w) {padding: "VALID"}
    %y = Conv2D(%a, %w) {padding: "VALID"}  ->  %y = BiasAdd(%c, %shift_times_w)

    A shift does not go through padding, which adds zeros that the shift has not been added to. What other convolutions
    and products read as well has to go into all of them.
    """
    old = linear(at, at.old)
    if old is None or not old.reads_last_axis:
        return None
    source, passed, times = _source(at, old)
    found = affine(at, source.node) if source.index == 0 else None
    if found is None or found.channels * times not in (times, old.channels_in):
        return None
    if not _may_fold(at, found, old, source, passed):
        return None
    return _folded(at, found, old, passed, times)


def _source(at: Spot, old: Linear) -> tuple[Value, list[Node], int]:
    """What comes in but for shape and padding, the nodes in between, and how often its channels repeat."""
    value, reader = old.data, old.node
    passed: list[Node] = []
    times = 1
    while value.node.op in RESHAPES or adds_zeros(value.node) or averages(at, value.node):
        if value.node.controls or not (read_by(value, reader) or all_may_take(at, value, shifts=True)):
            break
        more = repeats(at, value.node) if value.node.op in RESHAPES else 1
        if more is None:
            break
        times *= more
        reader = value.node
        passed.append(reader)
        value = reader.inputs[0]
    return value, passed, times


def _may_fold(at: Spot, found: Affine, old: Linear, source: Value, passed: list[Node]) -> bool:
    shifts = found.shift is not None
    reader = passed[-1] if passed else old.node
    if shifts and (any(map(adds_zeros, passed)) or not old.adds_constants_alike):
        at.missed("padding comes between what is added and the filter")
        return False
    if not read_by(source, reader) and (passed or not all_may_take(at, source, shifts)):
        at.missed("something else reads what comes in as well")
        return False
    return found.folds_exactly(at) and not inflates(at, old)


def all_may_take(at: Spot, source: Value, shifts: bool) -> bool:
    """Whether all that read `source` can take it into their filters."""
    graph = source.node.graph
    if graph is None or graph.is_output(source):
        return False
    return all(may_take(at, user, source, shifts) for user in source.users)


def may_take(at: Spot, user: Node, source: Value, shifts: bool) -> bool:
    """Whether `user` has a filter of its own for what is done to `source`."""
    other = linear(at, user)
    if other is None or user.inputs.count(source) != 1 or other.data is not source or not other.reads_last_axis:
        return False
    return (other.adds_constants_alike or not shifts) and user.inputs[1].only_user is user


def _folded(at: Spot, found: Affine, old: Linear, passed: list[Node], times: int) -> Value:
    data = again(at, found.source, passed)
    scale, shift = found.scale, found.shift
    if scale is None:
        result = at.again(*_replaced(old, data))
    else:
        factors = old.by_input(_repeated(scale, times).astype(np.float32))
        result = with_filter(at, old, data, lambda kernel: kernel * factors)
    return result if shift is None else with_bias(at, result, old, _through(old, shift, times))


def _through(old: Linear, shift: Callable[[], NDArray[Any]], times: int) -> Callable[[], NDArray[Any]]:
    @cache  # since it takes a whole filter to know a few numbers, for which several may ask
    def later() -> NDArray[Any]:
        added = old.by_input(_repeated(np.asarray(shift(), np.float32), times))
        return old.total(old.filter.read() * added)

    return later


def _replaced(old: Linear, data: Value) -> list[Value]:
    return [data if position == old.data_at else value for position, value in enumerate(old.node.inputs)]


def _repeated(values: NDArray[Any], times: int) -> NDArray[Any]:
    return values if values.ndim == 0 else np.tile(values, times)


PASS = Pass(
    "leading",
    "constant factors, constants added and batch normalisation into the filter and bias behind them",
    rules=dict.fromkeys(LINEAR, fold_leading),
)
