"""Loops and branches: While and If, with functions for what runs in each round or on each side.

What such a function takes from outside becomes a further argument; a loop hands it on as it is in every round.
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

    def go_on(values: list[Traced]) -> Traced:
        return values[0] < builder.operand(count, INT)

    def following(values: list[Traced]) -> list[Traced]:
        number, *inner = values
        return [number + 1, *body(number, inner)]

    return loop(builder, [builder.ints(0), *variables], go_on, following)[1:]


def loop(
    builder: Builder,
    start: Sequence[Traced],
    go_on: Callable[[list[Traced]], Traced],
    following: Callable[[list[Traced]], list[Traced]],
) -> list[Traced]:
    """What the variables, which are `start` at first, have become when they no longer let the loop `go_on`."""
    holds = _Function(builder, "cond", start)
    holds.write(lambda: [go_on(holds.arguments)])
    each = _Function(builder, "body", start)
    each.write(lambda: following(each.arguments))
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
    return [Traced(builder, node.value(at), traced.dtype, traced.dims) for at, traced in enumerate(start)]


def branch(
    builder: Builder, condition: Traced, yes: Callable[[], list[Traced]], no: Callable[[], list[Traced]]
) -> list[Traced]:
    """What `yes` gives where the condition holds, else what `no` gives: values of the same dtypes and shapes."""
    sides = []
    for kind, write in (("then", yes), ("else", no)):
        side = _Function(builder, kind, ())
        side.write(write)
        sides.append(side)
    taken = list(dict.fromkeys(value for side in sides for value in side.frame.taken))
    dtypes = sides[0].frame.dtypes | sides[1].frame.dtypes
    for side in sides:
        side.finish(taken, dtypes, hands_on=False)
    outside = [Traced(builder, value, dtypes[value], ()) for value in taken]
    results = sides[0].results
    node = builder.node(
        "If",
        [condition, *outside],
        FLOAT,
        then_branch=Func(sides[0].graph.name),
        else_branch=Func(sides[1].graph.name),
        Tcond=Type(condition.dtype),
        Tin=[Type(traced.dtype) for traced in outside],
        Tout=[Type(traced.dtype) for traced in results],
        output_shapes=[Shape(traced.dims) for traced in results],
    )
    return [Traced(builder, node.value(at), traced.dtype, traced.dims) for at, traced in enumerate(results)]


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

    def write(self, results: Callable[[], list[Traced]]) -> None:
        """The nodes of the function; a result may well be a value from outside."""
        with self.builder.inside(self.frame):
            self.results = results()
            for result in self.results:
                self.builder.here(result)

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


def reserved(builder: Builder, dims: Dims, count: Size, dtype: str = FLOAT) -> Traced:
    """A list for `count` values of such a shape."""
    shape = builder.ints([-1 if dim is None else dim for dim in dims])
    inputs = [shape, builder.operand(count, INT)]
    attrs = {"element_dtype": Type(dtype), "shape_type": Type(INT)}
    return builder.put("TensorListReserve", inputs, VARIANT, (), **attrs)


def written(values: Traced, number: Traced, value: Traced) -> Traced:
    inputs = [values, number, value]
    return values.builder.put("TensorListSetItem", inputs, VARIANT, (), element_dtype=Type(value.dtype))


def stacked(values: Traced, dims: Dims, count: Size, dtype: str = FLOAT) -> Traced:
    """All values of a list, along a new first axis."""
    shape = values.builder.ints([-1 if dim is None else dim for dim in dims])
    known = count if isinstance(count, int) else None
    attrs = {"element_dtype": Type(dtype), "num_elements": -1 if known is None else known}
    return values.builder.put("TensorListStack", [values, shape], dtype, (known, *dims), **attrs)
