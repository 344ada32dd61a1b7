"""Computes what depends on nothing but constants."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.dtypes import DTYPES
from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import integer
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.simplifying.kernels import KERNELS, SURE, SURE_OF_FLOATS
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of
from tensorflowjs.tensors import ArrayTensor, ComputedTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUDGET = 1 << 16  # bytes by which a fold may make the model larger
MOST_NOW = 1 << 16  # elements of inputs and outputs up to which they are computed at once


def fold(at: Spot) -> list[Value] | None:
    """A node that reads constants only becomes a constant, if that is not much larger than what goes with it.

    %a = Const() {value: float32[2]{1.0, 2.0}}
    %b = Const() {value: float32[]{3.0}}        ->  %y = Const() {value: float32[2]{3.0, 6.0}}
    %y = Mul(%a, %b)

    Large ones are promises: they are computed when the weights are written.
    """
    tensors = [tensor for value in at.inputs if (tensor := at.tensor_of(value)) is not None]
    if len(tensors) != len(at.inputs) or not tensors:
        return None
    if any(tensor.dtype not in ("float32", "int32", "bool", "complex64") for tensor in tensors):
        return None
    count = max((value.index for value in at.old.outputs), default=0) + 1
    promised = [_promised(at, index) for index in range(count)]
    known = [each for each in promised if each is not None]
    if len(known) == count:
        if not _is_worth_it(at, tensors, sum(each.nbytes for each in known)):
            return None
        if sum(each.count for each in (*tensors, *known)) > MOST_NOW:
            return _later(at, tensors, known)
    elif sum(tensor.count for tensor in tensors) > MOST_NOW:
        at.missed("the shape of its result is not known")
        return None
    return _now(at, tensors, known if len(known) == count else None)


def _promised(at: Spot, index: int) -> Tensor | None:
    """The dtype and shape of an output, without values."""
    value = at.old.value(index)
    shape, dtype = at.shapes.known(value), type_of(value)
    return Tensor(dtype, shape) if shape is not None and dtype in DTYPES else None


def _is_worth_it(at: Spot, tensors: list[Tensor], size: int) -> bool:
    freed = sum(tensor.nbytes for value, tensor in zip(at.inputs, tensors, strict=True) if at.only_here(value))
    if size > freed + BUDGET:
        at.missed(f"its result would make the model {size - freed} bytes larger")
    return size <= freed + BUDGET


def _now(at: Spot, tensors: list[Tensor], promised: list[Tensor] | None) -> list[Value] | None:
    found = computed(at.old, [tensor.read() for tensor in tensors])
    if found is None:
        at.missed("TF.js and TensorFlow may not agree on its result")
        return None
    if promised is None and not _is_worth_it(at, tensors, sum(array.nbytes for array in found)):
        return None
    if any(array.shape != tensor.shape for array, tensor in zip(found, promised or (), strict=False)):
        at.missed("its values do not have the shape that was inferred")
        return None
    return [at.tensor(ArrayTensor(array, tensors[0].origin)) for array in found]


def computed(node: Node, inputs: list[NDArray[Any]]) -> list[NDArray[Any]] | None:
    """The values of the outputs of a node."""
    try:
        with np.errstate(all="ignore"):
            found = KERNELS[node.op](node, inputs)
    except (ValueError, IndexError):  # shapes that do not go together: an error for the backend to give
        return None
    return None if found is None else [np.asarray(each) for each in (found if isinstance(found, list) else [found])]


def _later(at: Spot, tensors: list[Tensor], promised: list[Tensor]) -> list[Value] | None:
    """Constants that are computed when they are written."""
    node = at.old
    if not _is_sure(at, tensors, promised):
        at.missed("it is large, and whether its result can be computed depends on its values")
        return None
    frozen = Node(node.name, node.op, (), dict(node.attrs))  # as it is now, out of the graph

    def one(index: int) -> Callable[[], NDArray[Any]]:
        def compute() -> NDArray[Any]:
            found = computed(frozen, [tensor.read() for tensor in tensors])
            assert found is not None, frozen
            return found[index]

        return compute

    return [
        at.tensor(ComputedTensor(each.dtype, each.shape, one(index), tensors[0].origin))
        for index, each in enumerate(promised)
    ]


def _is_sure(at: Spot, tensors: list[Tensor], promised: list[Tensor]) -> bool:
    """Whether there will be a result whatever the large values turn out to be."""
    op = at.old.op
    if op in ("Gather", "GatherV2"):
        return tensors[1].count <= MOST_NOW and _is_inside(at, tensors[0].shape, tensors[1])
    if op == "Cast":
        return (tensors[0].dtype, promised[0].dtype) != ("float32", "int32")
    return op in SURE or (op in SURE_OF_FLOATS and tensors[0].dtype == "float32")


def _is_inside(at: Spot, shape: tuple[int, ...], indices: Tensor) -> bool:
    axis = at.shapes.axes(at.inputs[2], len(shape)) if len(at.inputs) > 2 else [0]
    found = indices.read()
    if not axis or integer(at.old, "batch_dims"):
        return False
    return not found.size or bool(found.min() >= 0 and found.max() < shape[axis[0]])


PASS = Pass("folding", "what depends on nothing but constants", rules=dict.fromkeys(KERNELS, fold))
