"""Writes nodes: names, attributes, constants, and the shapes that come out.

A Builder writes into one graph at a time. While it is inside a loop (see `loops`), that is the graph of a function,
which gets values from outside as further arguments, made where they are first used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.catalog.ops import OpDef, tensorflow_ops
from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Type, Value
from tensorflowjs.lowering.values import BOOL, FLOAT, INT, STRING, Dims, Operand, Size, Traced, product
from tensorflowjs.tensors import ArrayTensor, Tensor

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_STORAGE = {FLOAT: "<f4", INT: "<i4", BOOL: "|b1"}
_NOT_IN_NAMES = re.compile(r"[^\w./-]")
_SMALL = 64  # constants of up to so many values are written once for each graph


@dataclass
class Frame:
    """A graph that nodes are written into, and what it has taken from the graphs around it."""

    graph: Graph
    taken: dict[Value, Value] = field(default_factory=dict)
    dtypes: dict[Value, str] = field(default_factory=dict)
    constants: dict[tuple[Any, ...], Traced] = field(default_factory=dict)


class Builder:
    """Adds nodes named `<prefix>/<op>`."""

    def __init__(self, model: GraphModel) -> None:
        self.model = model
        self.prefix = ""
        self.frames = [Frame(model.graph)]
        self._counts: dict[str, int] = {}
        self._weights: dict[tuple[str, str], Traced] = {}

    # ------------------------------------------------------------------------ where

    @contextmanager
    def under(self, name: str) -> Iterator[None]:
        """Names of nodes begin with `name` after the present prefix."""
        before = self.prefix
        self.prefix = f"{before}/{legal(name)}" if before else legal(name)
        try:
            yield
        finally:
            self.prefix = before

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """Nodes go into the graph of `frame`."""
        self.frames.append(frame)
        try:
            yield
        finally:
            self.frames.pop()

    @contextmanager
    def outermost(self) -> Iterator[None]:
        """Nodes go into the main graph."""
        inner, self.frames = self.frames, self.frames[:1]
        try:
            yield
        finally:
            self.frames = inner

    # ------------------------------------------------------------------------ nodes

    def put(self, op: str, inputs: Sequence[Traced], dtype: str, dims: Dims, **attrs: Any) -> Traced:
        """The first output of a new node."""
        return Traced(self, self.node(op, inputs, dtype, **attrs).output, dtype, dims)

    def several(
        self, op: str, inputs: Sequence[Traced], dtype: str, shapes: Sequence[Dims], **attrs: Any
    ) -> list[Traced]:
        """All outputs of a new node."""
        node = self.node(op, inputs, dtype, **attrs)
        return [Traced(self, node.value(index), dtype, dims) for index, dims in enumerate(shapes)]

    def node(self, op: str, inputs: Sequence[Traced], dtype: str, name: str = "", **attrs: Any) -> Node:
        definition = tensorflow_ops().get(op)
        told = _attributes(definition, inputs, dtype) if definition is not None else {}
        graph = self.frames[-1].graph
        values = [self.here(each) for each in inputs]
        return graph.add(Node(self.fresh(name or op), op, values, {**told, **attrs}))

    def fresh(self, name: str) -> str:
        """A name for a node that no graph has yet."""
        wanted = f"{self.prefix}/{name}" if self.prefix else name
        count = self._counts.get(wanted, 0)
        self._counts[wanted] = count + 1
        return wanted if not count else self.fresh(f"{name}_{count}")

    def here(self, traced: Traced) -> Value:
        """The value in the graph that is written now: an argument of the function if it comes from outside."""
        value = traced.value
        start = next(at for at, frame in enumerate(self.frames) if value.node.graph is frame.graph)
        for frame in self.frames[start + 1 :]:
            value = self.taken(frame, value, traced.dtype)
        return value

    def taken(self, frame: Frame, value: Value, dtype: str) -> Value:
        if value not in frame.taken:
            node = Node(self.fresh("taken"), "Arg", (), {"T": Type(dtype)})
            frame.taken[value] = frame.graph.add(node).output
            frame.dtypes[value] = dtype
        return frame.taken[value]

    # ------------------------------------------------------------------------ constants

    def const(self, values: ArrayLike, dtype: str = FLOAT) -> Traced:
        array = np.array(values, dtype=_STORAGE[dtype])
        if array.size > _SMALL:
            return self.tensor(ArrayTensor(array))
        key = (dtype, array.shape, array.tobytes())
        found = self.frames[-1].constants
        if key not in found:
            found[key] = self.tensor(ArrayTensor(array))
        return found[key]

    def strings(self, values: Sequence[bytes]) -> Traced:
        array: NDArray[Any] = np.empty(len(values), dtype=object)
        array[:] = values
        return self.tensor(ArrayTensor(array, dtype=STRING))

    def tensor(self, tensor: Tensor, name: str = "Const") -> Traced:
        node = self.node("Const", (), tensor.dtype, name, value=tensor)
        return Traced(self, node.output, tensor.dtype, tensor.shape)

    def weight(self, key: tuple[str, str], tensor: Tensor) -> Traced:
        """A constant of the main graph, which every call of its layer shares; `key` is the layer's path and a name."""
        if key not in self._weights:
            with self.outermost():
                self._weights[key] = self.tensor(tensor, key[1])
        return self._weights[key]

    def ints(self, values: int | Sequence[int]) -> Traced:
        return self.const(values if isinstance(values, int) else list(values), INT)

    def operand(self, value: Operand, dtype: str) -> Traced:
        return value.cast(dtype) if isinstance(value, Traced) else self.const(value, dtype)

    # ------------------------------------------------------------------------ shapes

    def shape(self, x: Traced) -> Traced:
        if product(x.dims) is not None:
            return self.ints([dim or 0 for dim in x.dims])
        return self.put("Shape", [x], INT, (x.rank,), out_type=Type(INT))

    def size_of(self, x: Traced, axis: int) -> Traced:
        return self.at(self.shape(x), 0, axis)

    def sizes(self, sizes: Sequence[Size]) -> Traced:
        """Sizes, of which some may be values, as one value."""
        if not any(isinstance(size, Traced) for size in sizes):
            return self.ints([size for size in sizes if isinstance(size, int)])
        scalars = [self.operand(size, INT) for size in sizes]
        return self.put("Pack", scalars, INT, (len(scalars),), axis=0)

    def reshape(self, x: Traced, sizes: Sequence[Size]) -> Traced:
        asked = list(sizes)
        unknown = [at for at, size in enumerate(asked) if isinstance(size, Traced)]
        if len(unknown) == 1 and -1 not in [size for size in asked if isinstance(size, int)]:
            asked[unknown[0]] = -1
        dims: list[int | None] = [size if isinstance(size, int) and size >= 0 else None for size in asked]
        total, known = product(x.dims), product([dim for dim in dims if dim is not None])
        if dims.count(None) == 1 and total is not None and known:
            dims[dims.index(None)] = total // known
        if tuple(dims) == x.dims and dims.count(None) < 2:
            return x
        return self.put("Reshape", [x, self.sizes(asked)], x.dtype, tuple(dims))

    def part(self, x: Traced, axis: int, start: Size, stop: Size, step: int = 1) -> Traced:
        begin: list[Size] = [*[0] * axis, start]
        end: list[Size] = [*[0] * axis, stop]
        size = x.dims[axis]
        dim = None
        if isinstance(start, int) and isinstance(stop, int) and size is not None:
            dim = len(range(*slice(start, stop, step).indices(size)))
            if dim == size and step == 1:
                return x
        return self.strided(x, begin, end, [1] * axis + [step], (*x.dims[:axis], dim, *x.dims[axis + 1 :]), 2**axis - 1)

    def at(self, x: Traced, axis: int, index: int) -> Traced:
        begin = [0] * axis + [index]
        end = [0] * axis + [index + 1]
        masks: dict[str, Attr] = {"shrink_axis_mask": 2**axis}
        if index == -1:
            masks["end_mask"] = 2 ** (axis + 1) - 1
        dims = (*x.dims[:axis], *x.dims[axis + 1 :])
        return self.strided(x, begin, end, [1] * (axis + 1), dims, 2**axis - 1, **masks)

    def strided(
        self,
        x: Traced,
        begin: Sequence[Size],
        end: Sequence[Size],
        steps: Sequence[int],
        dims: Dims,
        open_mask: int,
        **masks: Any,
    ) -> Traced:
        """StridedSlice; axes in `open_mask` are taken whole."""
        attrs: dict[str, Attr] = {
            "begin_mask": open_mask, "end_mask": open_mask, "ellipsis_mask": 0, "new_axis_mask": 0,
            "shrink_axis_mask": 0, "Index": Type(INT), **masks,
        }  # fmt: skip
        return self.put(
            "StridedSlice", [x, self.sizes(begin), self.sizes(end), self.ints(steps)], x.dtype, dims, **attrs
        )


def legal(name: str) -> str:
    """A name of a layer as part of the name of a node."""
    name = _NOT_IN_NAMES.sub("_", name)
    return name if name[:1].isalnum() else f"layer{name}"


def _attributes(definition: OpDef, inputs: Sequence[Traced], dtype: str) -> dict[str, Attr]:
    """The attributes of an op that its inputs and its result tell: dtypes, and how many inputs there are."""
    attrs: dict[str, Attr] = {}
    several = len(inputs) - len(definition.inputs) + 1
    at = 0
    for argument in definition.inputs:
        values = inputs[at : at + (several if argument.several else 1)]
        at += len(values)
        if argument.number_attr is not None:
            attrs[argument.number_attr] = len(values)
        if argument.type_list_attr is not None:
            attrs[argument.type_list_attr] = [Type(value.dtype) for value in values]
        elif argument.type_attr is not None and values:
            attrs.setdefault(argument.type_attr, Type(values[0].dtype))
    for result in definition.outputs:
        if result.type_attr is not None:
            attrs.setdefault(result.type_attr, Type(dtype))
    return attrs
