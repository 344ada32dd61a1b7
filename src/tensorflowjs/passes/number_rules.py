"""The values of small integer tensors that may be shapes, op by op."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.building import integer
from tensorflowjs.passes.dims import Dim, all_known
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    from tensorflowjs.passes.shapes import Shapes

_MOST_NUMBERS = 32  # of a tensor whose values are followed


def _constant_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    tensor = value.node.attrs.get("value")
    if not isinstance(tensor, Tensor) or tensor.dtype not in ("int32", "int64") or len(tensor.shape) > 1:
        return None
    return tuple(int(number) for number in tensor.read().reshape(-1)) if tensor.count <= _MOST_NUMBERS else None


def _shape_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    return shapes.of(value.node.inputs[value.index])


def _first_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    return shapes.numbers(value.node.inputs[0])


def _reshaped_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    rank = shapes.rank(value)
    return None if rank is None or rank > 1 else shapes.numbers(value.node.inputs[0])


def _joined_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    node = value.node
    parts = node.inputs if node.op == "Pack" else node.inputs[:-1]
    if shapes.rank(value) != 1:
        return None
    found: list[Dim] = []
    for part in parts:
        numbers = shapes.numbers(part)
        length = 1 if node.op == "Pack" else shapes.dim(part, 0)
        if numbers is None and (length is None or length > _MOST_NUMBERS):
            return None
        found += numbers if numbers is not None else (None,) * (length or 0)
    return tuple(found)


def _sliced_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    node = value.node
    numbers = shapes.numbers(node.inputs[0])
    bounds = [all_known(shapes.numbers(each)) for each in node.inputs[1:4]]
    if numbers is None or any(bound is None or len(bound) != 1 for bound in bounds):
        return None
    begin, end, step = (bound[0] for bound in bounds if bound)
    if integer(node, "new_axis_mask") or integer(node, "ellipsis_mask"):
        return None
    if integer(node, "shrink_axis_mask"):
        return (numbers[begin],) if -len(numbers) <= begin < len(numbers) else None
    start = None if integer(node, "begin_mask") else begin
    stop = None if integer(node, "end_mask") else end
    return numbers[start:stop:step]


def _gathered_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    numbers, at = shapes.numbers(value.node.inputs[0]), all_known(shapes.numbers(value.node.inputs[1]))
    if numbers is None or at is None or any(not -len(numbers) <= index < len(numbers) for index in at):
        return None
    return tuple(numbers[index] for index in at)


def _product(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    numbers = all_known(shapes.numbers(value.node.inputs[0]))
    return None if numbers is None else (int(np.prod(numbers)),)


def _arithmetic(compute: Callable[[int, int], int]) -> Callable[[Shapes, Value], tuple[Dim, ...] | None]:
    def rule(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
        left, right = (shapes.numbers(each) for each in value.node.inputs[:2])
        if left is None or right is None or (len(left) != len(right) and 1 not in (len(left), len(right))):
            return None
        length = max(len(left), len(right))
        left, right = (each * length if len(each) == 1 else each for each in (left, right))
        return tuple(None if a is None or b is None else compute(a, b) for a, b in zip(left, right, strict=True))

    return rule


def _reversed_size(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    known = shapes.known(value.node.inputs[0])
    return None if known is None else (int(np.prod(known)),)


def _rank_number(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    return (shapes.rank(value.node.inputs[0]),)


def _counted_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    """The numbers of a Range."""
    ends = [all_known(shapes.numbers(each)) for each in value.node.inputs]
    known = [end[0] for end in ends if end]
    if len(known) != 3 or not known[2]:
        return None
    found = range(known[0], known[1], known[2])
    return tuple(found) if len(found) <= _MOST_NUMBERS else None


def _split_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    """One part of a list of numbers that is split by sizes."""
    data, sizes = (shapes.numbers(each) for each in value.node.inputs[:2])
    lengths = all_known(sizes)
    if data is None or lengths is None or lengths.count(-1) > 1 or shapes.rank(value.node.inputs[0]) != 1:
        return None
    rest = len(data) - sum(length for length in lengths if length >= 0)
    whole = [rest if length < 0 else length for length in lengths]
    if value.index >= len(whole):
        return None
    begin = sum(whole[: value.index])
    return data[begin : begin + whole[value.index]]


def _filled_numbers(shapes: Shapes, value: Value) -> tuple[Dim, ...] | None:
    count, number = shapes.known(value), shapes.numbers(value.node.inputs[1])
    if count is None or not number or len(count) > 1 or (count and count[0] > _MOST_NUMBERS):
        return None
    return number * (count[0] if count else 1)


NUMBERS: dict[str, Callable[[Shapes, Value], tuple[Dim, ...] | None]] = {
    "Const": _constant_numbers,
    "Shape": _shape_numbers,
    "ShapeN": _shape_numbers,
    "Size": _reversed_size,
    "Rank": _rank_number,
    **dict.fromkeys(("Identity", "Cast", "Squeeze", "ExpandDims", "Reshape"), _reshaped_numbers),
    **dict.fromkeys(("Pack", "ConcatV2"), _joined_numbers),
    "StridedSlice": _sliced_numbers,
    **dict.fromkeys(("Gather", "GatherV2"), _gathered_numbers),
    "Fill": _filled_numbers,
    "Range": _counted_numbers,
    "SplitV": _split_numbers,
    "Prod": _product,
    **dict.fromkeys(("Add", "AddV2"), _arithmetic(lambda a, b: a + b)),
    "Sub": _arithmetic(lambda a, b: a - b),
    "Mul": _arithmetic(lambda a, b: a * b),
    "FloorDiv": _arithmetic(lambda a, b: a // b if b else 0),
    "Maximum": _arithmetic(max),
    "Minimum": _arithmetic(min),
}
