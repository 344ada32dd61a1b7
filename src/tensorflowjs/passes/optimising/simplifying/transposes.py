"""Transposes meet, cancel each other, or go into what reads them."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, flag
from tensorflowjs.passes.dims import all_known
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.cones import ELEMENTWISE, Change, cone
from tensorflowjs.passes.optimising.simplifying.known_sizes import fixed
from tensorflowjs.passes.optimising.spot import Spot

_INPUTS = ("Placeholder", "PlaceholderWithDefault", "Arg", "Const")


def order_of(at: Spot, node: Node) -> tuple[int, ...] | None:
    """Which axis of its input each axis of the result of a Transpose is."""
    order = all_known(at.shapes.numbers(node.inputs[1])) if node.op == "Transpose" else None
    return None if order is None else tuple(axis % len(order) for axis in order)


def merge(at: Spot) -> Value | None:
    """Two in a row are one, or none; one that moves no elements is a change of shape.

    %a = Transpose(%x, %p) (0, 2, 1)
    %y = Transpose(%a, %q) (0, 2, 1)            ->  %x
    """
    order = order_of(at, at.old)
    if order is None:
        at.missed("its order of axes is not known")
        return None
    inner = order_of(at, at.x.node)
    if inner is not None:
        return at.transpose(at.x.node.inputs[0], [inner[axis] for axis in order])
    terms = at.terms.of(at.x)
    if terms is None:
        return None
    moved = [axis for axis in order if terms[axis] != 1]
    shape = fixed(at.terms.of(at.old.output))
    return at.reshape(at.x, shape) if moved == sorted(moved) and shape is not None else None


def sink(at: Spot) -> Value | None:
    """Arithmetic does not care for the order of axes; constants are turned beforehand.

    %t = Transpose(%x, %p) (0, 3, 1, 2)             %a = AddV2(%x, %d) (8)
    %s = AddV2(%t, %c) (8 x 1 x 1)              ->  %b = Relu(%a)
    %y = Relu(%s)                                   %y = Transpose(%b, %p)

    Not of other types: WebGPU cannot turn integers and booleans.
    """
    found = cone(at, ("Transpose",))
    if found is None or any(leaf.inputs[0].node.op in _INPUTS for leaf in found.leaves):
        return None
    if any(node.op == "Cast" for node in found.inner):
        at.missed("types change in between")
        return None
    orders = {order_of(at, leaf) for leaf in found.leaves}
    if len(orders) > 1:
        at.missed("its operands are transposed in different ways")
    order = orders.pop()
    if orders or order is None:
        return None
    if at.shapes.rank(at.old.output) != len(order) or at.old.op == "BiasAdd":
        return None
    result = found.rebuilt(at, lambda leaf: leaf.inputs[0], _turned(at, order))
    return None if result is None else at.transpose(result, order)


def _turned(at: Spot, order: Sequence[int]) -> Change:
    """Constants as the axes were before."""
    back = [order.index(axis) for axis in range(len(order))]

    def turned(value: Value) -> Value | None:
        tensor = at.tensor_of(value)
        if tensor is None or len(tensor.shape) > len(order):
            return None
        full = (1,) * (len(order) - len(tensor.shape)) + tensor.shape
        if tensor.count == 1:
            return value
        shape = [full[axis] for axis in back]
        while shape[0] == 1:
            shape = shape[1:]
        moved = [axis for axis in back if full[axis] != 1]
        if moved == sorted(moved):
            return at.reshape(value, shape)
        return at.transpose(at.reshape(value, full), back)

    return turned


def reduce(at: Spot) -> Value | None:
    """Sums over axes that have been moved are sums over the axes they were.

    %t = Transpose(%x, %p) (0, 3, 1, 2)
    %y = Mean(%t, %axes) (2, 3)                 ->  %y = Mean(%x, %others) (1, 2)
    """
    order = order_of(at, at.x.node)
    axes = at.shapes.axes(at.inputs[1], len(order)) if order is not None else None
    if order is None or axes is None:
        return None
    kept = [order[axis] for axis in range(len(order)) if axis not in axes]
    keep = flag(at.old, "keep_dims")
    back = order if keep else [sorted(kept).index(axis) for axis in kept]
    if list(back) != sorted(back) and not at.only_here(at.x):
        at.missed("other nodes need the transposed value")
        return None
    where = at.ints(sorted(order[axis] for axis in axes))
    return at.transpose(at.again(at.x.node.inputs[0], where), back)


def concat(at: Spot) -> Value | None:
    """What is joined after the same transpose may be joined before it."""
    *parts, axis = at.inputs
    nodes = [at.own(part, "Transpose") for part in dict.fromkeys(parts)]
    orders = {order_of(at, node) if node is not None else None for node in nodes}
    order = orders.pop()
    at_axis = at.shapes.axes(axis, len(order)) if order is not None else None
    if orders or order is None or at_axis is None:
        return None
    joined = at.again(*(part.node.inputs[0] for part in parts), at.ints(order[at_axis[0]]))
    return at.transpose(joined, order)


def pad(at: Spot) -> Value | None:
    """What is padded after a transpose may be padded before it."""
    node, widths = at.own(at.x, "Transpose"), constant(at.inputs[1])
    order = order_of(at, node) if node is not None else None
    if node is None or order is None or widths is None or node.inputs[0].node.op in _INPUTS:
        return None
    before = [widths[order.index(axis)].tolist() for axis in range(len(order))]
    return at.transpose(at.again(node.inputs[0], at.const(before, "int32"), *at.inputs[2:]), order)


def multiply(at: Spot) -> Value | None:
    """Products of matrices transpose what they read for nothing.

    %t = Transpose(%b, %p) (1, 0)
    %y = MatMul(%a, %t)                         ->  %y = MatMul(%a, %b) {transpose_b: true}
    """
    keys = ("transpose_a", "transpose_b") if at.old.op == "MatMul" else ("adj_x", "adj_y")
    for position, key in enumerate(keys):
        node = at.inputs[position].node
        order = order_of(at, node)
        if (
            order is not None
            and node.inputs[0].node.op != "Const"
            and order == (*range(len(order) - 2), len(order) - 1, len(order) - 2)
        ):
            inputs = list(at.inputs)
            inputs[position] = node.inputs[0]
            return at.again(*inputs, **{key: not flag(at.old, key)})
    return _weights(at, keys[1])


def _weights(at: Spot, key: str) -> Value | None:
    """Constants are transposed beforehand: WebAssembly is much slower with those that are not."""
    tensor = at.tensor_of(at.inputs[1])
    if tensor is None or not flag(at.old, key) or len(tensor.shape) != 2:
        return None
    if not at.only_here(at.inputs[1]):
        at.missed("its weights are needed as they are elsewhere")
        return None
    shape = (tensor.shape[1], tensor.shape[0])
    return at.again(at.x, at.computed(tensor, shape, lambda: tensor.read().T), **{key: False})


_REDUCTIONS = ("Sum", "Mean", "Max", "Min", "Prod", "All", "Any")

PASS = Pass(
    "transposes",
    "transposes that cancel out or go into what reads them",
    rules={
        "Transpose": merge,
        **dict.fromkeys(ELEMENTWISE, sink),
        **dict.fromkeys(_REDUCTIONS, reduce),
        "ConcatV2": concat,
        **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), pad),
        **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2"), multiply),
    },
)
