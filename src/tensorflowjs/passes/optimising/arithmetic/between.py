"""What lies between two nodes and leaves channels where they are, so that constants for each channel can pass it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, text
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of

RESHAPES = ("Reshape", "Squeeze", "ExpandDims")


def read_by(value: Value, reader: Node) -> bool:
    """Whether nothing but `reader` reads `value`."""
    graph = reader.graph
    assert graph is not None
    return value.only_user is reader and not graph.is_output(value)


def behind_reshapes(at: Spot, value: Value, reader: Node) -> tuple[Value, list[Node]]:
    """What `value` is but for averages and its shape, and the nodes between, the last one first.

    The last axis is the same. Only nodes that lead nowhere else, and hand on what leads nowhere else.
    """
    passed: list[Node] = []
    while not value.node.controls and read_by(value, reader):
        node = value.node
        if not averages(at, node) and not (node.op in RESHAPES and _keeps_last_axis(at, node)):
            break
        reader = node
        passed.append(reader)
        value = reader.inputs[0]
    return value, passed


def _keeps_last_axis(at: Spot, node: Node) -> bool:
    last = at.shapes.dim(node.inputs[0], -1)
    return last is not None and last == at.shapes.dim(node.output, -1)


def again(at: Spot, value: Value, passed: Sequence[Node]) -> Value:
    """`value` through the same nodes once more."""
    for node in reversed(passed):
        value = at(node.op, value, *node.inputs[1:], **node.attrs)
    return value


def repeats(at: Spot, node: Node) -> int | None:
    """How often the channels of what a Reshape reads repeat along the last axis of what it returns."""
    before, after = at.shapes.of(node.inputs[0]), at.shapes.dim(node.output, -1)
    if not before or after is None or before[-1] is None:
        return None
    known: list[int] = []
    for dim in reversed(before):
        if dim is None:
            break
        known.append(dim)
    return after // before[-1] if before[-1] and after in accumulate(known, mul) else None


def averages(at: Spot, node: Node) -> bool:
    """Whether `node` averages what has the same channel: the same is done to all that it averages, before or after."""
    if node.op == "AvgPool":
        return text(node, "padding") == "VALID" and text(node, "data_format", "NHWC") == "NHWC"
    if node.op != "Mean" or type_of(node.output) != "float32":
        return False
    rank = at.shapes.rank(node.inputs[0])
    axes = at.shapes.axes(node.inputs[1], rank) if rank else None
    return rank is not None and axes is not None and rank - 1 not in axes


def adds_zeros(node: Node) -> bool:
    """Whether `node` pads with zeros, and not along the last axis."""
    if node.op not in ("Pad", "PadV2"):
        return False
    widths = constant(node.inputs[1])
    if widths is None or widths.ndim != 2 or widths[-1].any():
        return False
    if node.op == "Pad":
        return True
    value = constant(node.inputs[2])
    return value is not None and not value.any()
