"""SavedModels, converted by the public API, give TensorFlow's numbers in the real TF.js."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

import tensorflowjs
from tensorflowjs.errors import UnsupportedError, UsageError
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.randomised import outputs_of, random_model_inputs, randomise_weights

LIBRARIES = {"keras": keras, "tf_keras": tf_keras}


def dense(k: Any) -> Any:
    return k.Sequential([k.Input((6,)), k.layers.Dense(5, activation="gelu"), k.layers.Dense(3, activation="softmax")])


def images(k: Any) -> Any:
    x = k.Input((12, 12, 3))
    y = k.layers.SeparableConv2D(6, 3, padding="same", activation="relu")(x)
    y = k.layers.BatchNormalization()(y)
    y = k.layers.Add()([k.layers.Conv2D(6, 1)(x), y])
    return k.Model(x, k.layers.Dense(4)(k.layers.GlobalAveragePooling2D()(y)))


def sequences(k: Any) -> Any:
    x = k.Input((7, 4))
    y = k.layers.Bidirectional(k.layers.LSTM(3, return_sequences=True))(x)
    return k.Model(x, k.layers.GRU(4)(k.layers.LayerNormalization()(y)))


def attention(k: Any) -> Any:
    x = k.Input((5, 8))
    return k.Model(x, k.layers.MultiHeadAttention(2, 4)(x, x))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("build", [dense, images, sequences, attention])
def test_exported_keras_models(build: Any, library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = build(LIBRARIES[library])
    randomise_weights(model)
    inputs = random_model_inputs(model)
    if library == "keras":
        model.export(str(tmp_path / "saved"), verbose=False)
    else:
        model.save(str(tmp_path / "saved"), save_format="tf")
    tensorflowjs.convert(tmp_path / "saved", tmp_path / "web", input_format="tf_saved_model")
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    for expected, actual in zip(outputs_of(model, inputs), loaded.predict(inputs), strict=True):
        assert expected.std() > 1e-3
        np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5)


class Module(tf.Module):  # type: ignore[misc]
    """Two signatures, a dict of outputs, a variable they share."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"))

    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, name="x")])
    def scaled(self, x: Any) -> Any:
        return {"zebra": x * self.scale, "apple": tf.reduce_sum(x, axis=1)}

    @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32), tf.TensorSpec((), tf.int64)])
    def repeated(self, x: Any, times: Any) -> Any:
        for _ in tf.range(times):
            x = x + self.scale
        return x


@pytest.fixture
def module(tmp_path: Path) -> tuple[Module, Path]:
    made = Module()
    signatures = {"serving_default": made.scaled, "repeated": made.repeated}
    tf.saved_model.save(made, str(tmp_path / "saved"), signatures=signatures)
    return made, tmp_path / "saved"


X = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")


def test_outputs_keep_their_keys(module: tuple[Module, Path], tfjs: TfjsRunner, tmp_path: Path) -> None:
    made, saved = module
    tensorflowjs.convert(saved, tmp_path / "web", use_structured_outputs_names=True)
    document = json.loads((tmp_path / "web" / "model.json").read_text())
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    expected = made.scaled(X)
    assert list(document["signature"]["outputs"]) == list(loaded.output_names)
    for name, actual in zip(loaded.output_names, loaded.predict({"x": X}), strict=True):
        np.testing.assert_allclose(actual, expected[name].numpy(), rtol=1e-5, atol=1e-6)
    assert document["userDefinedMetadata"]["structuredOutputKeys"] == list(loaded.output_names)


@pytest.mark.parametrize("control_flow_v2", [False, True])
def test_another_signature(
    module: tuple[Module, Path], tfjs: TfjsRunner, tmp_path: Path, control_flow_v2: bool
) -> None:
    made, saved = module
    tensorflowjs.convert(saved, tmp_path / "web", signature_name="repeated", control_flow_v2=control_flow_v2)
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    for times in (0, 3):
        actual = loaded.predict({"x": X, "times": np.int32(times)})[0]
        np.testing.assert_allclose(actual, made.repeated(X, tf.constant(times, tf.int64)).numpy(), rtol=1e-5, atol=1e-6)


def test_a_signature_that_is_not_there(module: tuple[Module, Path], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"repeated.*serving_default"):
        tensorflowjs.convert(module[1], tmp_path / "web", signature_name="nowhere")
    assert not (tmp_path / "web").exists()


def test_ops_that_tfjs_lacks_are_listed(tmp_path: Path) -> None:
    made = tf.Module()
    spec = [tf.TensorSpec((3, 3), tf.float32)]
    made.f = tf.function(lambda x: tf.linalg.inv(x) + tf.linalg.cholesky(x), input_signature=spec)
    tf.saved_model.save(made, str(tmp_path / "saved"), signatures=made.f)
    with pytest.raises(UnsupportedError, match=r"(?s)Cholesky.*MatrixInverse"):
        tensorflowjs.convert(tmp_path / "saved", tmp_path / "web")
    assert not (tmp_path / "web").exists()
    tensorflowjs.convert(tmp_path / "saved", tmp_path / "web", skip_op_check=True)
    assert (tmp_path / "web" / "model.json").exists()


# ---------------------------------------------------------------------------- control flow of version 1


def test_a_case_that_was_lowered_and_frozen(tfjs: TfjsRunner, tmp_path: Path) -> None:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    @tf.function(input_signature=[tf.TensorSpec([3]), tf.TensorSpec([], tf.int32)])  # type: ignore[untyped-decorator]
    def chosen(x: Any, i: Any) -> Any:
        inner = tf.switch_case(i - 1, [lambda: x + 5.0, lambda: x * 7.0])
        return tf.switch_case(i, [lambda: x * 2.0, lambda: inner, lambda: -x])

    frozen = convert_variables_to_constants_v2(chosen.get_concrete_function(), lower_control_flow=True)
    graph = frozen.graph.as_graph_def()
    assert "_SwitchN" in [node.op for node in graph.node]
    (tmp_path / "frozen.pb").write_bytes(graph.SerializeToString())
    tensorflowjs.convert(tmp_path / "frozen.pb", tmp_path / "web", output_node_names="Identity")
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    for i in (-1, 0, 1, 2, 7):  # outside of the branches as well
        actual = loaded.predict({"x": X[0], "i": np.int32(i)})[0]
        np.testing.assert_allclose(actual, chosen(X[0], i).numpy(), rtol=1e-6)


@pytest.fixture(scope="module")
def old_loops(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """A model of TensorFlow 1 with a loop and a branch in it, called by functions of TensorFlow 2."""
    folder, v1 = tmp_path_factory.mktemp("loops"), tf.compat.v1
    v1.disable_control_flow_v2()
    with tf.Graph().as_default(), v1.Session() as session:
        x = v1.placeholder(tf.float32, [None, 3], "x")
        w = v1.get_variable("w", [3], use_resource=True, initializer=v1.random_normal_initializer())
        branch = lambda a: tf.cond(tf.reduce_sum(a) > 0.0, lambda: a, lambda: -a)  # noqa: E731
        _, y = v1.while_loop(lambda i, a: i < 3, lambda i, a: (i + 1, a * w + branch(a)), [0, x])
        session.run(v1.global_variables_initializer())
        v1.saved_model.simple_save(session, str(folder / "old"), {"x": x}, {"y": y})
    v1.enable_control_flow_v2()
    old = tf.saved_model.load(str(folder / "old"))
    call = old.signatures["serving_default"]
    made = tf.Module()
    made.old, spec = old, [tf.TensorSpec([None, 3])]
    made.twice = tf.function(lambda x: call(call(x)["y"] + 1.0)["y"] - call(x)["y"], input_signature=spec)
    made.looped = tf.function(
        lambda x: tf.while_loop(lambda i, a: i < 2, lambda i, a: (i + 1, call(a)["y"] * 0.1), [0, x])[1],
        input_signature=spec,
    )
    tf.saved_model.save(made, str(folder / "new"), {"twice": made.twice, "looped": made.looped})
    return made, folder / "new"


@pytest.mark.parametrize(("signature", "control_flow_v2"), [("twice", False), ("twice", True), ("looped", True)])
def test_loops_of_version_1_within_functions(
    signature: str, control_flow_v2: bool, old_loops: tuple[Any, Path], tfjs: TfjsRunner, tmp_path: Path
) -> None:
    made, saved = old_loops
    tensorflowjs.convert(saved, tmp_path, signature_name=signature, control_flow_v2=control_flow_v2)
    loaded = tfjs.load(tmp_path, kind="graph")
    for x in (X, -X):
        expected = getattr(made, signature)(x).numpy()
        np.testing.assert_allclose(loaded.predict({"x": x})[0], expected, rtol=1e-4, atol=1e-5)


def test_loops_of_version_1_within_lowered_loops(old_loops: tuple[Any, Path], tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="a loop within a function"):
        tensorflowjs.convert(old_loops[1], tmp_path / "web", signature_name="looped")
    assert not (tmp_path / "web").exists()


def test_a_model_without_signature(tfjs: TfjsRunner, tmp_path: Path) -> None:
    saved = Path(__file__).parent.parent / "fixtures" / "tensorflow" / "tf-2.21" / "called"
    tensorflowjs.convert(saved, tmp_path)
    with np.load(saved.with_suffix(".npz")) as arrays:
        given = {"x": arrays["in:x"], "words": arrays["in:words"].astype(str)}
        loaded = tfjs.load(tmp_path, kind="graph")
        found = dict(zip(loaded.output_names, loaded.predict(given), strict=True))
        np.testing.assert_allclose(found["y"], arrays["out:y"], rtol=1e-5, atol=1e-6)
        assert found["ids"].tolist() == arrays["out:ids"].tolist()
