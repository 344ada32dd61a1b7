"""Loops: While with its condition and body as functions.

What such a function takes from outside becomes a further variable of the loop, which every round hands on as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tensorflowjs.ir.graph import Func, Graph, Node, Shape, Type, Value
from tensorflowjs.lowering.building import Builder, Frame
from tensorflowjs.lowering.values import FLOAT, INT, Dims, Size, Traced

Round = Callable[[Traced, list[Traced]], list[Traced]]
VARIANT = "variant"


def repeat(builder: Builder, count: Size, variables: Sequence[Traced], body: Round) -> list[Traced]:
    """What the variables are after `count` rounds; `body` gets the number of the round and the variables."""
    start = [builder.ints(0), *variables]
    holds = _Function(builder, "cond", start)
    with builder.inside(holds.frame):
        holds.results = [holds.arguments[0] < builder.operand(count, INT)]
    each = _Function(builder, "body", start)
    with builder.inside(each.frame):
        number, *inner = each.arguments
        each.results = [number + 1, *body(number, inner)]
    taken = list(dict.fromkeys([*holds.frame.taken, *each.frame.taken]))
    dtypes = holds.frame.dtypes | each.frame.dtypes
    for function in (holds, each):
        function.finish(taken, dtypes, hands_on=function is each)
    outside = [Traced(builder, value, dtypes[value], ()) for value in taken]
    shapes: list[Dims] = [traced.dims for traced in start]
    node = builder.node(
        "While",
        [*start, *outside],
        FLOAT,
        cond=Func(holds.graph.name),
        body=Func(each.graph.name),
        T=[Type(traced.dtype) for traced in (*start, *outside)],
        output_shapes=[Shape(dims) for dims in shapes] + [Shape(None) for _ in outside],
        parallel_iterations=10,
    )
    results = (Traced(builder, node.value(at), traced.dtype, traced.dims) for at, traced in enumerate(start))
    return list(results)[1:]


class _Function:
    """A function that is being written, with one argument for each variable."""

    def __init__(self, builder: Builder, kind: str, variables: Sequence[Traced]) -> None:
        self.builder = builder
        self.graph = Graph(name=builder.fresh(kind).replace("/", "_"))
        while self.graph.name in builder.model.functions:
            self.graph.name += "_"
        builder.model.functions[self.graph.name] = self.graph
        self.frame = Frame(self.graph)
        self.arguments = [self._argument(traced) for traced in variables]
        self.results: list[Traced] = []

    def _argument(self, traced: Traced) -> Traced:
        node = self.graph.add(Node(self.builder.fresh("variable"), "Arg", (), {"T": Type(traced.dtype)}))
        self.graph.inputs.append(node)
        return Traced(self.builder, node.output, traced.dtype, traced.dims)

    def finish(self, taken: Sequence[Value], dtypes: Mapping[Value, str], hands_on: bool) -> None:
        """Arguments for all that is taken from outside, in the same order in both functions."""
        with self.builder.inside(self.frame):
            arguments = [self.builder.taken(self.frame, value, dtypes[value]) for value in taken]
            self.graph.outputs = [self.builder.here(result) for result in self.results]
        self.graph.inputs += [value.node for value in arguments]
        if hands_on:
            self.graph.outputs += arguments
        self.graph.output_names = [f"result_{at}" for at in range(len(self.graph.outputs))]


# ---------------------------------------------------------------------------- lists of what each round gives


def reserved(builder: Builder, dims: Dims, count: Size) -> Traced:
    """A list for `count` values of such a shape."""
    shape = builder.ints([-1 if dim is None else dim for dim in dims])
    inputs = [shape, builder.operand(count, INT)]
    attrs = {"element_dtype": Type(FLOAT), "shape_type": Type(INT)}
    return builder.put("TensorListReserve", inputs, VARIANT, (), **attrs)


def written(values: Traced, number: Traced, value: Traced) -> Traced:
    inputs = [values, number, value]
    return values.builder.put("TensorListSetItem", inputs, VARIANT, (), element_dtype=Type(FLOAT))


def stacked(values: Traced, dims: Dims, count: Size) -> Traced:
    """All values of a list, along a new first axis."""
    shape = values.builder.ints([-1 if dim is None else dim for dim in dims])
    known = count if isinstance(count, int) else None
    attrs = {"element_dtype": Type(FLOAT), "num_elements": -1 if known is None else known}
    return values.builder.put("TensorListStack", [values, shape], FLOAT, (known, *dims), **attrs)
