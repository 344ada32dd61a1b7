"""Shapes that are inferred are those that TensorFlow computes."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tensorflowjs.catalog.ops import tensorflow_ops
from tensorflowjs.passes.shapes import Shapes
from tests.passes.rewrite_cases import CASES, Case
from tests.passes.tensorflow_oracle import narrow, prepared, run_all, traced


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_never_wrong(case: Case) -> None:
    """Before and after rewriting, each known axis of each value is as long as it turns out, and so are numbers."""
    for narrowed in (False, True):
        _, model = traced(case.function, case.specs())
        graph = prepared(model).graph if narrowed else model.graph
        if any(node.op not in tensorflow_ops() for node in graph.nodes.values()):
            continue  # cannot be run node by node before it is rewritten
        shapes = Shapes(graph)
        values = [tf.constant(narrow(value) if narrowed else value) for value in case.values()]
        for value, found in run_all(graph, values).items():
            dims = shapes.of(value)
            assert dims is None or len(dims) == found.shape.rank, value.node
            assert all(dim in (None, size) for dim, size in zip(dims or (), found.shape, strict=False)), value.node
            numbers = shapes.numbers(value)
            if numbers is not None:
                assert len(numbers) == found.shape.num_elements(), (value.node, numbers)
                assert all(
                    number in (None, actual)
                    for number, actual in zip(numbers, found.numpy().reshape(-1).tolist(), strict=True)
                ), value.node
