"""Ops that multiply what comes in by a constant filter: where the filter is, and how channels lie in it.

    Conv2D                  [height, width, in, out]
    DepthwiseConv2dNative   [height, width, in, multiplier]     out = in * multiplier
    Conv3D                  [depth, height, width, in, out]
    Conv2DBackpropInput     [height, width, out, in]
    MatMul, BatchMatMulV2   [..., in, out], or [..., out, in] where transposed

Their outputs are linear in the filter, so what multiplies or adds to a channel before or behind them can be done to
the filter, or to a bias, once and for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import flag, text
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

LINEAR = ("Conv2D", "DepthwiseConv2dNative", "Conv3D", "Conv2DBackpropInput", "MatMul", "BatchMatMul", "BatchMatMulV2")
CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative", "Conv3D")
_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2")
MOST_DOUBLED = 1 << 14  # bytes of a filter with other readers, of which there may be another version


@dataclass(frozen=True)
class Linear:
    """A node that is linear in a constant `filter` of float32, with as many channels coming in and going out."""

    node: Node
    filter: Tensor
    data_at: int
    channels_in: int
    channels_out: int

    @property
    def data(self) -> Value:
        return self.node.inputs[self.data_at]

    @property
    def is_product(self) -> bool:
        return self.node.op in _PRODUCTS

    def by_output(self, factors: NDArray[Any]) -> NDArray[Any]:
        """One factor for each channel that goes out, in a shape that multiplies the filter."""
        if factors.ndim == 0:
            return factors
        if self.node.op == "DepthwiseConv2dNative":
            return factors.reshape(self.filter.shape[2:])
        return factors.reshape(-1, 1) if self._out_before_in else factors

    def by_input(self, factors: NDArray[Any]) -> NDArray[Any]:
        """The same for each channel that comes in."""
        return factors if factors.ndim == 0 or self._out_before_in else factors.reshape(-1, 1)

    def total(self, weighted: NDArray[Any]) -> NDArray[Any]:
        """What the products of one window add up to, for each channel that goes out; it has to be one whole window."""
        if self.node.op == "DepthwiseConv2dNative":
            return np.asarray(np.sum(weighted, (0, 1), dtype=np.float64)).reshape(-1)
        axes = [axis for axis in range(weighted.ndim) if axis != weighted.ndim - (2 if self._out_before_in else 1)]
        return np.asarray(np.sum(weighted, tuple(axes), dtype=np.float64))

    @property
    def adds_constants_alike(self) -> bool:
        """Whether every output gets the same from a constant added to the input: not where there is padding."""
        if self.is_product:
            return len(self.filter.shape) == 2
        return self.node.op in CONVOLUTIONS and text(self.node, "padding") == "VALID"

    @property
    def reads_last_axis(self) -> bool:
        """Whether the channels that come in are the last axis of the data."""
        return not (flag(self.node, "transpose_a") or flag(self.node, "adj_x"))

    @property
    def _out_before_in(self) -> bool:
        return self.node.op == "Conv2DBackpropInput" or _is_turned(self.node)


def linear(at: Spot, node: Node) -> Linear | None:
    """`node` as something linear in a constant filter."""
    if node.op not in LINEAR or node.controls:
        return None
    data_at = 2 if node.op == "Conv2DBackpropInput" else 0
    if len(node.inputs) <= max(data_at, 1) or text(node, "data_format", "NHWC") not in ("NHWC", "NDHWC"):
        return None
    kernel = at.tensor_of(node.inputs[1])
    if kernel is None or kernel.dtype != "float32" or len(kernel.shape) < 2:
        return None
    if node.op == "DepthwiseConv2dNative":
        return Linear(node, kernel, data_at, kernel.shape[2], kernel.shape[2] * kernel.shape[3])
    out_before_in = node.op == "Conv2DBackpropInput" or _is_turned(node)
    came, goes = kernel.shape[-2:] if not out_before_in else kernel.shape[:-3:-1]
    return Linear(node, kernel, data_at, came, goes)


def _is_turned(node: Node) -> bool:
    return node.op in _PRODUCTS and (flag(node, "transpose_b") or flag(node, "adj_y"))


def with_filter(at: Spot, old: Linear, data: Value, change: Callable[[NDArray[Any]], NDArray[Any]]) -> Value:
    """The node once more, with `data` coming in, and its filter changed when it is written."""
    kernel = old.filter
    inputs = list(old.node.inputs)
    inputs[1] = at.computed(kernel, kernel.shape, lambda: change(kernel.read()))
    inputs[old.data_at] = data
    return at(old.node.op, *inputs, **old.node.attrs)


def inflates(at: Spot, old: Linear) -> bool:
    """Whether changing the filter would leave two versions of a large one, as others read the old one too."""
    shared = old.node.inputs[1].only_user is not old.node
    if shared and old.filter.nbytes > MOST_DOUBLED:
        at.missed("the filter is shared with other nodes")
        return True
    return False
