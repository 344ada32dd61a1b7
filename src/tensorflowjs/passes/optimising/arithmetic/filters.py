"""Folds what multiplies and adds constants behind a convolution or matrix product into its filter and its bias."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.optimising.arithmetic.affine import Affine, Later, affine, flat, is_per_channel, moved
from tensorflowjs.passes.optimising.arithmetic.between import again, behind_reshapes, read_by
from tensorflowjs.passes.optimising.arithmetic.linear import Linear, inflates, linear, with_filter
from tensorflowjs.passes.optimising.spot import Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray


def fold_into_filter(at: Spot) -> Value | None:
    """(x * w + b) * scale + shift -> x * (w * scale) + (b * scale + shift)

    %c = Conv2D(%x, %w)                        %c = Conv2D(%x, %w_times_scale)
    %b = BiasAdd(%c, %bias)                ->  %y = BiasAdd(%c, %bias_times_scale_plus_shift)
    %y = FusedBatchNormV3(%b, ...)

    Shapes in between may change as long as the channels stay the last axis. The filter is not read before it is
    written.
    """
    found = affine(at, at.old)
    if found is None:
        return None
    inner, passed = behind_reshapes(at, found.source, at.old)
    reader = passed[-1] if passed else at.old
    bias = bias_of(at, inner, reader)
    if bias is not None:
        reader, inner = inner.node, bias[0]
    old = linear(at, inner.node)
    if old is None or found.channels not in (1, old.channels_out):
        return None
    if found.scale is None and bias is None and at.old.op == "BiasAdd" and not passed:
        return None  # as it should be
    if not _may_change(at, found, old, inner, reader):
        return None
    return again(at, _folded(at, found, old, None if bias is None else bias[1]), passed)


def bias_of(at: Spot, value: Value, reader: Node) -> tuple[Value, Later] | None:
    """What the constant bias was added to that `value` has got, and the bias, if nothing else reads `value`."""
    node = value.node
    if node.op != "BiasAdd" or node.controls or not read_by(value, reader):
        return None
    tensor = at.tensor_of(node.inputs[1])
    if tensor is None or not is_per_channel(at, node.inputs[1], node.inputs[0]):
        return None
    return node.inputs[0], lambda: flat(tensor.read())


def _may_change(at: Spot, found: Affine, old: Linear, inner: Value, reader: Node) -> bool:
    if not read_by(inner, reader):
        at.missed(f"something else reads the {old.node.op} as well")
        return False
    return found.folds_exactly(at) and (found.scale is None or not inflates(at, old))


def _folded(at: Spot, found: Affine, old: Linear, bias: Later | None) -> Value:
    result = old.node.output
    if found.scale is not None:
        factors = old.by_output(found.scale.astype(np.float32))
        result = with_filter(at, old, old.data, lambda kernel: kernel * factors)
    shift = moved(bias, found.scale, found.shift)
    return result if shift is None else with_bias(at, result, old, shift)


def with_bias(at: Spot, value: Value, old: Linear, shift: Later) -> Value:
    """BiasAdd of a vector, the one form in which every backend can fuse it."""
    channels = old.channels_out

    def vector() -> NDArray[Any]:
        return np.broadcast_to(np.asarray(shift(), np.float32), (channels,))

    bias = at.computed(old.filter, (channels,), vector)
    return at("BiasAdd", value, bias, data_format=b"NHWC")
