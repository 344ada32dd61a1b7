"""How long the graph optimiser takes, and whether that grows with the nodes alone: python benchmarks/optimiser.py

Graphs are made up, deep and wide: blocks of convolutions with the batch norm of Keras 3 and Relu, and dense layers on
sequences as Keras spells them (Tensordot). Nodes are counted without constants, seconds are those of the processor.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import process_time

import numpy as np

from tensorflowjs.ir.graph import Graph, GraphModel, Node, Port, Shape, Type, Value
from tensorflowjs.passes.building import Builder
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.pruning import prune
from tensorflowjs.pipeline.optimisation import chosen

SIZES = (1_000, 10_000, 50_000)
RNG = np.random.default_rng(0)
Block = Callable[[Builder, Value], Value]


def floats(at: Builder, *shape: int) -> Value:
    return at.const(RNG.uniform(0.5, 1.5, shape), "float32")


def convolution(at: Builder, x: Value) -> Value:
    same = {"strides": [1, 1, 1, 1], "dilations": [1, 1, 1, 1], "padding": b"SAME", "data_format": b"NHWC"}
    y = at("Conv2D", at("Identity", x), at("Identity", floats(at, 3, 3, 4, 4)), **same)
    shape = at.ints([1, 1, 1, 4])
    mean, variance, gamma, beta = (at("Reshape", floats(at, 4), shape) for _ in range(4))
    scale = at("Mul", at("Rsqrt", at("AddV2", variance, at.const(0.001, "float32"))), gamma)
    shift = at("Sub", beta, at("Mul", mean, scale))
    return at("Relu", at("AddV2", at("Mul", y, scale), shift))


def dense(at: Builder, x: Value) -> Value:
    shape, free, bound = at.shape(x), at.ints([0, 1]), at.ints([2])
    sizes = at.gather(shape, free)
    rows = at("Prod", sizes, at.ints([0]), keep_dims=False)
    columns = at("Prod", at.gather(shape, bound), at.ints([0]), keep_dims=False)
    turned = at("Transpose", x, at.concat([free, bound], 0))
    product = at("MatMul", at("Reshape", turned, at("Pack", rows, columns, axis=0)), floats(at, 4, 4))
    y = at("Reshape", product, at.concat([sizes, at.ints([4])], 0))
    return at("Relu", at("BiasAdd", y, floats(at, 4), data_format=b"NHWC"))


NODES_OF = {convolution: 15, dense: 11}


def model(block: Block, shape: tuple[int | None, ...], nodes: int, width: int) -> GraphModel:
    """Chains of `block` beside each other, `width` of them, whose results add up."""
    graph = Graph()
    x = graph.add(Node("x", "Placeholder", (), {"dtype": Type("float32"), "shape": Shape(shape)})).output
    graph.inputs.append(x.node)
    ends = [x] * width
    for at in range(nodes // NODES_OF[block]):
        ends[at % width] = block(Builder(graph, f"block_{at}"), ends[at % width])
    y = Builder(graph, "y")("AddN", *ends) if width > 1 else ends[0]
    graph.outputs.append(graph.add(Node("y", "Identity", [y], {"T": Type("float32")})).output)
    found = GraphModel(graph)
    found.signature.inputs.append(Port("x", Type("float32"), Shape(shape)))
    found.signature.outputs.append(Port("y", Type("float32"), Shape(shape)))
    prune(found)
    return found


def count(graph: Graph) -> int:
    return sum(node.op != "Const" for node in graph.nodes.values())


GRAPHS: dict[str, tuple[Block, tuple[int | None, ...], int]] = {
    "deep, convolutions": (convolution, (None, 8, 8, 4), 1),
    "wide, convolutions": (convolution, (None, 8, 8, 4), 50),
    "deep, sequences": (dense, (None, 7, 4), 1),
    "wide, sequences": (dense, (None, 7, 4), 50),
}


def main() -> None:
    sizes = [int(each) for each in sys.argv[1:]] or SIZES
    print(f"{'':20} {'nodes':>7} {'after':>7} {'seconds':>8} {'µs a node':>10}")
    for name, (block, shape, width) in GRAPHS.items():
        for nodes in sizes:
            made = model(block, shape, nodes, width)
            before = count(made.graph)
            start = process_time()
            optimise(made, chosen(None, ()), Journal())
            seconds = process_time() - start
            print(f"{name:20} {before:7} {count(made.graph):7} {seconds:8.2f} {seconds / before * 1e6:10.0f}")


if __name__ == "__main__":
    main()
