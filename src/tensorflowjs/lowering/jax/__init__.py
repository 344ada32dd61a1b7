"""Functions of JAX as graphs: every primitive of the traced function as operations of TF.js with the same results.

tracing      a function and its parameters to a jaxpr
walking      the jaxpr, equation by equation; functions by primitive are in the modules of `tables`
"""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Port, Shape, Type
from tensorflowjs.lowering.building import Builder, legal
from tensorflowjs.lowering.jax.numerals import name_of, stored, traced_dtype
from tensorflowjs.lowering.jax.sizes import known
from tensorflowjs.lowering.jax.tables import all_functions
from tensorflowjs.lowering.jax.tracing import Leaf, Trace
from tensorflowjs.lowering.jax.walking import Held, Walk
from tensorflowjs.lowering.values import FLOAT, Traced


def lower(trace: Trace) -> GraphModel:
    """A graph with the same numbers as the traced function.

    Raises one UnsupportedError that lists every primitive in the way.
    """
    model = GraphModel(Graph(), producer=f"jax v{trace.version}")
    builder = Builder(model)
    walk = Walk(builder, all_functions())
    parameters = [_parameter(leaf, walk) for leaf in trace.parameters]
    inputs = [_input(leaf, walk) for leaf in trace.inputs]
    results = walk.run(trace.jaxpr, [*parameters, *inputs], [True] * len(trace.outputs))
    if walk.problems:
        raise UnsupportedError("This function of JAX cannot be written as a graph:", walk.problems)
    for leaf, held in zip(trace.outputs, results, strict=True):
        assert held is not None
        _output(leaf, held if isinstance(held, Traced) else walk.constant(held), builder)
    model.structured_outputs = [port.key for port in model.signature.outputs]
    return model


def _parameter(leaf: Leaf, walk: Walk) -> Callable[[], Held]:
    """A constant, once something needs it."""

    def write() -> Held:
        dtype = traced_dtype(leaf.aval.dtype)
        if dtype is None:
            return walk.stand_in(leaf.aval)
        found = walk.builder.weight(("", legal(leaf.name)), stored(leaf.array, leaf.name))
        return Traced(walk.builder, found.value, dtype, found.dims)

    return write


def _input(leaf: Leaf, walk: Walk) -> Callable[[], Held]:
    """A placeholder, whether or not anything reads it."""
    builder, signature = walk.builder, walk.builder.model.signature
    dtype = traced_dtype(leaf.aval.dtype)
    if dtype is None:
        walk.note(leaf.name, f"an input of dtype {name_of(leaf.aval.dtype)}, which TF.js does not have", None)
    dims = known(leaf.aval.shape)
    attrs: dict[str, Attr] = {"dtype": Type(dtype or FLOAT), "shape": Shape(dims)}
    node = builder.model.graph.add(Node(builder.fresh(legal(leaf.name)), "Placeholder", (), attrs))
    value = Traced(builder, node.output, dtype or FLOAT, dims)
    walk.sizes.learn(value, leaf.aval.shape)
    builder.model.graph.inputs.append(node)
    signature.inputs.append(Port(leaf.name, Type(dtype or FLOAT), Shape(dims)))
    return lambda: value


def _output(leaf: Leaf, value: Traced, builder: Builder) -> None:
    """A node of its own for every output, since TF.js finds an output by its node."""
    graph, signature = builder.model.graph, builder.model.signature
    result = builder.put("Identity", [value], value.dtype, value.dims)
    graph.outputs.append(result.value)
    graph.output_names.append(leaf.name)
    signature.outputs.append(Port(leaf.name, Type(value.dtype), Shape(value.dims)))
