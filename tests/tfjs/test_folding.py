"""Constants that are folded hold what TF.js would have computed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np

from tensorflowjs.dtypes import name_of
from tensorflowjs.ir.graph import Graph, GraphModel, Node, Port, Shape, Type, Value
from tensorflowjs.passes.building import Builder
from tensorflowjs.passes.optimising.simplifying.folding import computed
from tensorflowjs.passes.optimising.simplifying.kernels import KERNELS
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.tensors import ArrayTensor
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.folding_cases import CASES, KNOWN, Fold

ALONE = {"Where"}  # control flow for TF.js: has a test of its own
SPELT = {"Inv": "Reciprocal"}


def test_every_kernel_has_a_case() -> None:
    assert {case.op for case in (*CASES, *KNOWN)} == set(KERNELS) - ALONE - set(SPELT)


def test_same_as_tfjs(tfjs: TfjsRunner, tmp_path: Path) -> None:
    """All in one model, in which TF.js cannot fold anything: the inputs come when it runs."""
    model, fed, nodes = _model([*CASES, *KNOWN])
    wanted = [computed(node, inputs) for node, inputs in nodes]
    graphs.write(model, tmp_path, Options(graph=GraphOptions(passes=(), skip_op_check=True)))
    with closing(tfjs.load(tmp_path, kind="graph", backend="cpu")) as loaded:
        found = iter(loaded.predict(fed))
    for (node, _), arrays in zip(nodes, wanted, strict=True):
        assert arrays is not None, node
        for array in arrays:
            other = next(found)
            assert (array.shape, array.dtype) == (other.shape, other.dtype), node
            np.testing.assert_allclose(array, other, rtol=1e-6, atol=1e-6, err_msg=repr(node))


def _model(cases: list[Fold]) -> tuple[GraphModel, list[np.ndarray], list[tuple[Node, list[np.ndarray]]]]:
    model = GraphModel(Graph())
    fed: list[np.ndarray] = []
    nodes: list[tuple[Node, list[np.ndarray]]] = []
    for number, case in enumerate(cases):
        at = Builder(model.graph, f"{case.op}_{number}")
        values = [_input(model, f"x{len(fed) + each}", array) for each, array in enumerate(case.fed)]
        fed += case.fed
        constants = [at.tensor(ArrayTensor(np.asarray(array))) for array in case.constant]
        node = at.node(case.op, *values, *constants, **case.attrs)
        nodes.append((node, [np.asarray(array) for array in (*case.fed, *case.constant)]))
        for index in range(case.outputs):
            _output(model, node.value(index))
    return model, fed, nodes


def _input(model: GraphModel, name: str, array: np.ndarray) -> Value:
    kind, shape = Type(name_of(array.dtype)), Shape(array.shape)
    node = model.graph.add(Node(name, "Placeholder", (), {"dtype": kind, "shape": shape}))
    model.graph.inputs.append(node)
    model.signature.inputs.append(Port(name, kind, shape))
    return node.output


def _output(model: GraphModel, value: Value) -> None:
    name = f"y{len(model.graph.outputs)}"
    model.graph.outputs.append(model.graph.add(Node(name, "Identity", [value], {})).output)
    model.signature.outputs.append(Port(name, Type("float32"), Shape()))
