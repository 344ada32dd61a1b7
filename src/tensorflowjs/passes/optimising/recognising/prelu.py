"""A slope below zero for each channel or element, in whatever way it is spelled, becomes Prelu, which can fuse.

%a = Relu(%x)
%b = Neg(%x)
%c = Relu(%b)
%d = Mul(%c, %minus_alpha)
%y = AddV2(%a, %d)              ->  %y = Prelu(%x, %alpha)

Where Relu(-x) is, -Minimum(x, 0) and (|x| - x) / 2 may be; Neg and constant factors may be anywhere, and Sub for AddV2.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Node, Type, Value
from tensorflowjs.passes.building import number
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.arithmetic.operands import both_ways, scalar
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.tensors import ArrayTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_READ = 1 << 20  # slopes, which are read to be sure of them


@dataclass(frozen=True)
class _Part:
    """`sign` times constants times a value, which comes from `value`; only the node `reader` reads that."""

    value: Value
    reader: Node
    sign: float = 1.0
    factors: tuple[Tensor, ...] = ()

    @property
    def shape(self) -> tuple[int, ...] | None:
        shapes = [factor.shape for factor in self.factors]
        joined = np.broadcast_shapes(*shapes) if shapes else ()
        return joined if joined in (*shapes, ()) else None

    def product(self) -> NDArray[Any]:
        result: NDArray[Any] = np.array(self.sign, np.float32)
        for factor in self.factors:
            result = result * factor.read()
        return result.astype(np.float32)


def two_slopes(at: Spot) -> Value | None:
    """The sum of what is left of x above zero and of a multiple of what is left of it below."""
    if at.dtype != "float32":
        return None
    first, second = at.inputs
    sign = -1.0 if at.old.op == "Sub" else 1.0
    for above, below, of_above, of_below in ((first, second, 1.0, sign), (second, first, sign, 1.0)):
        if of_above == 1.0 and above.node.op == "Relu" and at.only_here(above):
            x = above.node.inputs[0]
            part = _below_zero(at, _Part(below, at.old, of_below), x)
            if part is not None:
                return _prelu(at, x, part)
    return None


def _below_zero(at: Spot, part: _Part, x: Value) -> _Part | None:
    """`part` as a multiple of Minimum(x, 0), stripped of all its factors."""
    for _ in range(6):
        stripped = _stripped(at, part)
        if stripped is None:
            break
        part = stripped
    if not read_by(part.value, part.reader):
        return None
    scale = _of_minimum(at, part.value.node, x)
    return None if scale is None else replace(part, sign=part.sign * scale)


def _stripped(at: Spot, part: _Part) -> _Part | None:
    node = part.value.node
    if not read_by(part.value, part.reader):
        return None
    if node.op == "Neg":
        return replace(part, value=node.inputs[0], reader=node, sign=-part.sign)
    if node.op == "Mul":
        for data, values in both_ways(node):
            tensor = at.tensor_of(values)
            if tensor is not None:
                return replace(part, value=data, reader=node, factors=(*part.factors, tensor))
    return None


def _of_minimum(at: Spot, node: Node, x: Value) -> float | None:
    """The multiple of Minimum(x, 0) that `node` is."""
    if node.op == "Minimum":
        first, second = node.inputs
        zero = scalar(at, second) if first is x else scalar(at, first) if second is x else None
        return 1.0 if zero == 0.0 else None
    if node.op == "Relu":
        negated = node.inputs[0].node
        return -1.0 if negated.op == "Neg" and negated.inputs[0] is x else None
    if node.op == "Sub":
        first, second = node.inputs
        if first is x and _is_absolute(second.node, x):
            return 2.0
        return -2.0 if second is x and _is_absolute(first.node, x) else None
    return None


def _is_absolute(node: Node, x: Value) -> bool:
    return node.op == "Abs" and node.inputs[0] is x


def _prelu(at: Spot, x: Value, part: _Part) -> Value | None:
    shape = part.shape
    if shape is None or any(factor.count > MOST_READ for factor in part.factors):
        return None
    slopes = part.product()
    if not np.isfinite(slopes).all():
        at.missed("a slope is not finite")
        return None
    if slopes.size == 1 and _keeps_rank(at, shape, x):
        return at("LeakyRelu", x, alpha=float(slopes.reshape(())))
    return prelu(at, x, slopes)


def _keeps_rank(at: Spot, shape: tuple[int, ...], x: Value) -> bool:
    rank = at.shapes.rank(x)
    return not shape or (rank is not None and len(shape) <= rank)


def prelu(at: Spot, x: Value, slopes: NDArray[Any]) -> Value | None:
    """Prelu(x, slopes), where each axis of the slopes is one of x, without the axes of length 1 in front.

    WebAssembly repeats them from the last axis on whatever their shape, so they are written out to whole axes.
    """
    dims = at.shapes.of(x)
    if dims is None or slopes.ndim > len(dims):
        return None
    slopes = slopes.reshape(slopes.shape[next((at for at, dim in enumerate(slopes.shape) if dim > 1), slopes.ndim) :])
    whole = dims[len(dims) - slopes.ndim :]
    if any(dim is None for dim in whole) or math.prod(dim or 0 for dim in whole) > MOST_READ:
        at.missed("the slopes are not known for whole axes, as WebAssembly needs them")
        return None
    if any(slope not in (1, dim) for slope, dim in zip(slopes.shape, whole, strict=True)):
        return None
    alpha = np.broadcast_to(slopes, tuple(dim or 0 for dim in whole))
    return at("Prelu", x, at.tensor(ArrayTensor(np.ascontiguousarray(alpha))), T=Type("float32"))


def leaky(at: Spot) -> Value | None:
    """LeakyRelu(x) {alpha} -> Prelu(x, alpha for each channel)

    WebAssembly computes it three times as fast, and more convolutions can fuse with it.
    """
    channels = at.shapes.dim(at.x, -1)
    slope = number(at.old, "alpha", 0.2)
    if channels is None or at.dtype != "float32" or channels > MOST_READ or not math.isfinite(slope):
        return None
    return at("Prelu", at.x, at.const(np.full(channels, slope), "float32"), T=Type("float32"))


PASS = Pass(
    "prelu",
    "slopes below zero, however they are spelled",
    rules=dict.fromkeys(("Add", "AddV2", "Sub"), two_slopes),
)
LEAKY = Pass("leaky_relu", "LeakyRelu as the faster Prelu", rules={"LeakyRelu": leaky})
