"""Convolutions that look at the same input are one convolution with their filters side by side."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Graph, Node, Type, Value
from tensorflowjs.passes.building import Builder, text
from tensorflowjs.passes.optimising.arithmetic.linear import MOST_DOUBLED
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Known
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import ComputedTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

TILE = 8  # channels that WebAssembly computes at once, whether or not there are as many
LEAST_SHARE = 0.05  # of the tiles, which has to go
LEAST_SAVED = 1 << 19  # multiplications that have to go
TIMES_COPY = 2  # how much more that is than the time in which the results are cut out
CUT, COPIED = 600, 15  # multiplications done in the time of cutting out one pixel of one result, of copying a number
_ACTIVATIONS = ("Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu")  # that can be fused, and need nothing else


@dataclass(frozen=True)
class _Head:
    """A convolution with its bias and activation, which nothing else reads."""

    nodes: tuple[Node, ...]
    filter: Tensor
    bias: Tensor | None
    activation: Node | None

    @property
    def convolution(self) -> Node:
        return self.nodes[0]

    @property
    def end(self) -> Value:
        return self.nodes[-1].output

    @property
    def width(self) -> int:
        return self.filter.shape[3]

    @property
    def kind(self) -> Hashable:
        """What has to be the same."""
        return (
            self.convolution.inputs[0],
            self.filter.shape[:3],
            _attrs(self.convolution),
            self.bias is None,
            None if self.activation is None else (self.activation.op, _attrs(self.activation)),
        )


def merge(graph: Graph) -> int:
    """Heads of detectors: WebAssembly computes 64 + 16 channels for 60 and 12, but 72 for both at once.

    %a = Conv2D(%x, %f)     # f: float32[3, 3, 256, 60]         %c = Conv2D(%x, %f_and_g)
    %b = Conv2D(%x, %g)     # g: float32[3, 3, 256, 12]     ->  %a = SplitV(%c, [60, 12], 3)
                                                                (%a:1 for %b)
    """
    pivots = {control for node in graph.nodes.values() for control in node.controls}
    kinds: dict[Hashable, list[_Head]] = {}
    for node in graph.nodes.values():
        head = _head(graph, node, pivots) if node.op == "Conv2D" else None
        if head is not None:
            kinds.setdefault(head.kind, []).append(head)
    count = 0
    known = Known(graph)
    for heads in kinds.values():
        if _saved_tiles(heads) and _pays(heads, known.shapes()):
            _merge(graph, heads)
            count += 1
    return count


def _head(graph: Graph, node: Node, pivots: set[Node]) -> _Head | None:
    kernel = _constant(node.inputs[1])
    if kernel is None or len(kernel.shape) != 4 or kernel.shape[3] % TILE == 0:
        return None
    if text(node, "data_format", "NHWC") != "NHWC":
        return None
    if kernel.nbytes > MOST_DOUBLED and node.inputs[1].only_user is not node:
        return None
    nodes = [node]
    bias = activation = None
    after = node.output.only_user
    if after is not None and after.op == "BiasAdd":
        bias = _constant(after.inputs[1])
        if bias is None or text(after, "data_format", "NHWC") != "NHWC":
            return None
        nodes.append(after)
        after = after.output.only_user
    if after is not None and after.op in _ACTIVATIONS:
        activation = after
        nodes.append(after)
    if any(each.controls or each in pivots or graph.is_output(each.output) for each in nodes):
        return None
    return _Head(tuple(nodes), kernel, bias, activation)


def _constant(value: Value) -> Tensor | None:
    """The promise of a constant that waits for nothing."""
    node = value.node
    return node.tensor if node.op == "Const" and not node.controls and type_of(value) == "float32" else None


def _attrs(node: Node) -> Hashable:
    return tuple((key, str(value)) for key, value in sorted(node.attrs.items()) if not key.startswith("_"))


# -- whether it pays


def _tiles(width: int) -> int:
    return -(-width // TILE)


def _saved_tiles(heads: Sequence[_Head]) -> int:
    """How many tiles go, if that is a share worth the trouble."""
    apart = sum(_tiles(head.width) for head in heads)
    saved = apart - _tiles(sum(head.width for head in heads))
    return saved if saved >= LEAST_SHARE * apart else 0


def _pays(heads: Sequence[_Head], shapes: Shapes) -> bool:
    """Whether so many multiplications go that cutting out the results is little beside them."""
    _, height, width, _ = shapes.of(heads[0].convolution.output) or (None,) * 4
    if height is None or width is None:
        return False
    saved = _saved_tiles(heads) * TILE * prod(heads[0].filter.shape[:3])  # for each pixel
    copy = sum(CUT + COPIED * head.width for head in heads)
    return saved * height * width >= LEAST_SAVED and saved >= TIMES_COPY * copy


# -- how it is done


def _merge(graph: Graph, heads: Sequence[_Head]) -> None:
    first = heads[0]
    at = Builder(graph, first.convolution.name)
    kernel = at.tensor(_side_by_side([head.filter for head in heads]))
    result = at("Conv2D", first.convolution.inputs[0], kernel, **first.convolution.attrs)
    biases = [head.bias for head in heads if head.bias is not None]
    if biases:
        result = at("BiasAdd", result, at.tensor(_side_by_side(biases)), data_format=b"NHWC")
    if first.activation is not None:
        result = at(first.activation.op, result, **first.activation.attrs)
    widths = [head.width for head in heads]
    parts = at.node("SplitV", result, at.ints(widths), at.ints(3), num_split=len(heads), Tlen=Type("int32"))
    for index, head in enumerate(heads):
        head.end.replace_by(parts.value(index))
        constants = {value.node for node in head.nodes for value in node.inputs[1:]}
        graph.remove(reversed(head.nodes))
        graph.remove(each for each in constants if not each.used and not graph.is_output(each.output))


def _side_by_side(tensors: Sequence[Tensor]) -> Tensor:
    first = tensors[0]
    width = sum(tensor.shape[-1] for tensor in tensors)
    return ComputedTensor(first.dtype, (*first.shape[:-1], width), _joined(tensors), first.origin)


def _joined(tensors: Sequence[Tensor]) -> Callable[[], NDArray[Any]]:
    return lambda: np.concatenate([tensor.read() for tensor in tensors], -1)


PASS = Pass("siblings", "convolutions of the same input into one, where that saves work", whole=merge)
