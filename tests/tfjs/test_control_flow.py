"""Branches and loops of TensorFlow in TF.js: lowered to version 1 control flow, and kept as functions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from tensorflowjs.formats import protobuf
from tensorflowjs.ir.graph import GraphModel, Node, Port, Shape, Type
from tensorflowjs.passes.control_flow import lower_control_flow
from tensorflowjs.passes.controls import drop_controls
from tensorflowjs.passes.dtypes import narrow_dtypes
from tensorflowjs.passes.inlining import inline
from tensorflowjs.passes.keeping import keep_control_flow
from tensorflowjs.passes.pruning import prune
from tensorflowjs.passes.resolving import resolve_control_flow
from tensorflowjs.pipeline.graphs import write
from tensorflowjs.pipeline.options import Options
from tensorflowjs.readers.graph_def import read_functions, read_graph
from tensorflowjs.verify import TfjsRunner

Array = Any
FORMS = {"lowered": lower_control_flow, "kept": keep_control_flow}
OF_FUNCTIONS = {"If", "StatelessIf", "While", "StatelessWhile", "Case", "StatelessCase"}
rng = np.random.default_rng(7)


def graph_model(function: Any, *specs: Any) -> GraphModel:
    """A tf.function with its variables as constants and its control flow as functions."""
    concrete = function.get_concrete_function(*specs)
    if concrete.captured_inputs:
        concrete = convert_variables_to_constants_v2(concrete, lower_control_flow=False, aggressive_inlining=False)
    proto = protobuf.parse("graph", "GraphDef", concrete.graph.as_graph_def().SerializeToString(), "a function")
    return _with_ports(GraphModel(read_graph(proto, "a function"), read_functions(proto, "a function")), concrete)


def _with_ports(model: GraphModel, concrete: Any) -> GraphModel:
    graph = model.graph
    for tensor in concrete.inputs:
        graph.inputs.append(graph.nodes[tensor.op.name])
        model.signature.inputs.append(Port(tensor.op.name, Type(tensor.dtype.name), Shape(_dims(tensor))))
    for at, tensor in enumerate(concrete.outputs):
        value = graph.nodes[tensor.op.name].value(tensor.value_index)
        graph.outputs.append(
            graph.add(Node(f"result_{at}", "Identity", [value], {"T": Type(tensor.dtype.name)})).output
        )
        model.signature.outputs.append(Port(f"result_{at}", Type(tensor.dtype.name), Shape(_dims(tensor))))
    return model


def _dims(tensor: Any) -> tuple[int | None, ...] | None:
    return None if tensor.shape.rank is None else tuple(tensor.shape)


def converted(model: GraphModel, form: str) -> GraphModel:
    before = (prune, inline, resolve_control_flow, prune, drop_controls)
    for change in (*before, FORMS[form], prune, narrow_dtypes):
        change(model)
    return model


class Check:
    """Compares what TF.js makes of a function with what TensorFlow does, for several feeds one after the other."""

    def __init__(self, tfjs: TfjsRunner, folder: Path) -> None:
        self._tfjs, self._folder = tfjs, folder

    def __call__(
        self, form: str, function: Callable[..., Any], specs: Sequence[Any], *feeds: Sequence[Array]
    ) -> GraphModel:
        compiled = tf.function(function)
        model = converted(graph_model(compiled, *specs), form)
        ops = {node.op for node in model.graph.nodes.values()}
        if form == "lowered":
            assert not model.functions
            assert not ops & OF_FUNCTIONS
        write(model, self._folder, Options())
        loaded = self._tfjs.load(self._folder, kind="graph", backend="cpu")
        try:
            for feed in feeds:
                given = [np.asarray(array) for array in feed]
                expected = tf.nest.flatten(compiled(*(tf.constant(array) for array in given)))
                for got, wanted in zip(loaded.predict(given), expected, strict=True):
                    np.testing.assert_allclose(got, wanted.numpy(), rtol=1e-5, atol=1e-5)
                    assert got.shape == tuple(wanted.shape)
        finally:
            loaded.close()
        return model


@pytest.fixture
def check(tfjs: TfjsRunner, tmp_path: Path) -> Check:
    return Check(tfjs, tmp_path)


def floats(*shape: int) -> Array:
    return rng.normal(size=shape).astype("float32")


X = tf.TensorSpec([3], tf.float32)
COUNT = tf.TensorSpec([], tf.int32)
ROWS = tf.TensorSpec([None, 3], tf.float32)

pytestmark = pytest.mark.parametrize("form", FORMS)


def test_a_branch(form: str, check: Check) -> None:
    weights = tf.constant(floats(3))

    def branch(x: Any) -> Any:
        return tf.cond(tf.reduce_sum(x) > 0, lambda: (x * weights, weights), lambda: (x - 1.0, -x))

    check(form, branch, [X], [np.abs(floats(3))], [-np.abs(floats(3))])


def test_constants_as_results_of_branches(form: str, check: Check) -> None:
    def branch(x: Any) -> Any:
        return tf.cond(
            tf.reduce_sum(x) > 0,
            lambda: (tf.constant([1.5, 2.0]), tf.zeros([2]) + 3.0),
            lambda: (tf.constant([-0.5, 7.0]), tf.fill([2], 0.25)),
        )

    check(form, branch, [X], [np.abs(floats(3))], [-np.abs(floats(3))])


def test_branches_in_branches(form: str, check: Check) -> None:
    def branch(x: Any) -> Any:
        total = tf.reduce_sum(x)
        return tf.cond(
            total > 0,
            lambda: tf.cond(total > 100, lambda: x * 2, lambda: tf.constant([1.0, 2.0, 3.0])),
            lambda: tf.cond(x[0] > 0, lambda: tf.constant([4.0, 5.0, 6.0]), lambda: x / 3),
        )

    feeds = [[1, 1, 1], [200, 1, 2], [1, -4, -5], [-1, -4, -5]]
    check(form, branch, [X], *([np.array(feed, "float32")] for feed in feeds))


def test_one_branch_of_several(form: str, check: Check) -> None:
    def branch(x: Any, which: Any) -> Any:
        return tf.switch_case(which, [lambda: x + 1, lambda: tf.constant([7.0, 8.0, 9.0]), lambda: x * x, lambda: -x])

    check(form, branch, [X, COUNT], *([floats(3), np.int32(which)] for which in (0, 1, 2, 3, 4, -1)))


def test_a_loop(form: str, check: Check) -> None:
    kernel = tf.constant(floats(3, 3) / 2)

    def loop(x: Any, count: Any) -> Any:
        return tf.while_loop(
            lambda i, y, scale: i < count,
            lambda i, y, scale: (i + 1, tf.linalg.matvec(kernel + tf.reduce_sum(x), y) * scale, scale),
            (0, x, tf.reduce_max(x) + 1),
        )

    check(form, loop, [X, COUNT], *([floats(3) / 3, np.int32(count)] for count in (0, 1, 5)))


def test_loop_variables_that_change_places_or_become_constant(form: str, check: Check) -> None:
    def loop(x: Any, count: Any) -> Any:
        return tf.while_loop(
            lambda i, *_: i < count,
            lambda i, a, b, c, d: (i + 1, b, a, x * 2, tf.constant([1.0, 2.0, 3.0])),
            (0, x, -x, x + 1, tf.zeros([3])),
        )

    check(form, loop, [X, COUNT], *([floats(3), np.int32(count)] for count in (0, 1, 2, 3)))


def test_loops_in_loops(form: str, check: Check) -> None:
    scale = tf.constant(floats(3))

    def loop(x: Any, count: Any) -> Any:
        def outer(i: Any, y: Any) -> Any:
            def inner(j: Any, z: Any) -> Any:
                return j + 1, z * 0.5 + scale * tf.cast(i, tf.float32) + tf.reduce_sum(x) + tf.sin(scale)

            _, z = tf.while_loop(lambda j, z: j < i + 2, inner, (0, y))
            _, w = tf.while_loop(lambda j, z: j < 3, lambda j, z: (j + 1, z + tf.cos(x)), (0, tf.ones([3])))
            return i + 1, z + w

        return tf.while_loop(lambda i, y: i < count, outer, (0, x))

    check(form, loop, [X, COUNT], *([floats(3), np.int32(count)] for count in (0, 1, 4)))


def test_branches_in_loops(form: str, check: Check) -> None:
    def loop(x: Any, count: Any) -> Any:
        def body(i: Any, y: Any) -> Any:
            y = tf.cond(i % 2 == 0, lambda: y + x, lambda: tf.constant([1.0, -2.0, 3.0]))
            y = tf.cond(x[0] > 0, lambda: y * 2, lambda: y - x)
            z = tf.cond(x[1] > 0, lambda: x * 2, lambda: tf.ones([3]))
            return i + 1, y + z

        return tf.while_loop(lambda i, y: i < count, body, (0, x))

    check(form, loop, [X, COUNT], *([np.array([a, b, 1], "float32"), np.int32(5)] for a in (-1, 1) for b in (-1, 1)))


def test_loops_in_branches(form: str, check: Check) -> None:
    def branch(x: Any) -> Any:
        def loop(step: float) -> Any:
            return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * x + step), (0, tf.ones([3])))[1]

        def constant() -> Any:
            return tf.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y + y), (0, tf.ones([3])))[1]

        return tf.cond(x[0] > 0, lambda: loop(1.0), lambda: tf.cond(x[1] > 0, constant, lambda: loop(2.0)))

    check(form, branch, [X], *([np.array([a, b, 2], "float32")] for a in (-1, 1) for b in (-1, 1)))


def test_map_and_scan(form: str, check: Check) -> None:
    kernel = tf.constant(floats(3, 3))

    def mapped(x: Any) -> Any:
        rows = tf.map_fn(lambda row: tf.tanh(tf.linalg.matvec(kernel, row)), x)
        sums = tf.scan(lambda total, row: total * 0.5 + row, x)
        return rows, sums

    check(form, mapped, [ROWS], [floats(4, 3)], [floats(1, 3)])


def test_map_in_map(form: str, check: Check) -> None:
    def mapped(x: Any) -> Any:
        return tf.map_fn(lambda row: tf.map_fn(lambda each: each * each + tf.reduce_sum(row), row), x)

    check(form, mapped, [ROWS], [floats(4, 3)])


def test_one_function_called_by_two_loops(form: str, check: Check) -> None:
    @tf.function
    def repeated(x: Any, count: Any) -> Any:
        return tf.while_loop(lambda i, y: i < count, lambda i, y: (i + 1, tf.sin(y) + x), (0, x))[1]

    def twice(x: Any, count: Any) -> Any:
        return repeated(repeated(x, count), count + 1)

    check(form, twice, [X, COUNT], [floats(3), np.int32(2)])


def test_loops_by_autograph(form: str, check: Check) -> None:
    def loop(x: Any, count: Any) -> Any:
        total = tf.zeros([3])
        for i in tf.range(count):
            if tf.cast(i, tf.float32) > x[2]:
                break
            total += x * tf.cast(i, tf.float32)
        return total

    check(form, loop, [X, COUNT], [np.array([1, 2, 2.5], "float32"), np.int32(6)], [floats(3), np.int32(0)])


@pytest.mark.parametrize("line", ["keras", "tf_keras"])
@pytest.mark.parametrize("layer", ["SimpleRNN", "GRU", "LSTM", "ConvLSTM1D", "Bidirectional"])
def test_recurrent_layers(form: str, line: str, layer: str, check: Check) -> None:
    keras = import_module(line)
    keras.utils.set_random_seed(3)
    layers = keras.layers
    made = {
        "ConvLSTM1D": lambda: layers.ConvLSTM1D(2, 3, return_sequences=True),
        "Bidirectional": lambda: layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
    }
    shape = (5, 6, 2) if layer == "ConvLSTM1D" else (5, 3)
    model = keras.Sequential([keras.Input(shape), made.get(layer, lambda: getattr(layers, layer)(4))()])
    model.set_weights([rng.normal(size=weight.shape).astype("float32") / 2 for weight in model.get_weights()])
    check(form, lambda x: model(x, training=False), [tf.TensorSpec([None, *shape])], [floats(2, *shape)])
