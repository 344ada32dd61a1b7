"""What only graphs can express: layers, options and operators that TF.js's layers lack, beside what Keras computes.

What layers models can do as well, `tests.tfjs.parity` compares as graphs too.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.converters import save_keras_graph_model
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.verify import TfjsRunner, Tolerance, compare
from tests.tfjs.lowered import output_keys, predict, run_as_graph
from tests.tfjs.parity import save_file
from tests.tfjs.randomised import Array, outputs_of, random_model_inputs, randomise_weights
from tests.tfjs.test_operators import REFUSED as NOT_FOR_LAYERS
from tests.tfjs.test_operators import model_of

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")
Build = Callable[[Any], Any]  # from the library, a model


def assert_equal(
    runner: TfjsRunner, model: Any, folder: Path, inputs: list[Array] | None = None, *, weak: bool = False
) -> None:
    """As a graph, `model` with random weights gives what Keras gives; `weak` if samples may come out alike."""
    given = random_model_inputs(model) if inputs is None else inputs
    randomise_weights(model)
    expected = outputs_of(model, given)
    actual = run_as_graph(runner, model, given, folder / "web")
    results = compare(expected, actual, output_keys(model))
    assert not [str(each) for each in results if not each.ok(Tolerance(1e-4, 1e-5)) or (each.weak and not weak)]


def document(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "model.json").read_text()))


# ---------------------------------------------------------------------------- operators


def many(build: dict[str, Callable[[Any, Any, Any], Any]], f: Any, keras: Any) -> Any:
    """All of them in one model, on two inputs of which the second has gone through a layer."""
    x, y = keras.Input((3, 4)), keras.Input((3, 4))
    other = keras.layers.Dense(4)(y)
    return keras.Model([x, y], [function(f, x, other) for function in build.values()])


MATRIX = np.random.default_rng(5).standard_normal((4, 2)).astype("float32")
OPERATIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    **{name: lambda o, x, y, name=name: getattr(o, name)(x) for name in (
        "exp", "expm1", "sin", "cos", "tanh", "sinh", "cosh", "arctan", "arcsinh", "floor", "ceil", "round", "sign",
        "reciprocal", "erf", "log_sigmoid", "softsign", "selu", "relu", "hard_tanh", "tanh_shrink",
        "soft_shrink", "hard_shrink", "celu", "squareplus", "sparsemax", "glu", "sort", "argsort", "ravel", "trunc",
        "isnan", "isfinite", "zeros_like", "ones_like", "tril", "triu", "deg2rad", "cbrt", "sparse_plus",
    )},
    **{name: lambda o, x, y, name=name: getattr(o, name)(x, y) for name in (
        "divide", "floor_divide", "mod", "arctan2", "logaddexp", "maximum", "hypot",
    )},
    **{name: lambda o, x, y, name=name: getattr(o, name)(x, axis=1) for name in (
        "var", "std", "prod", "logsumexp", "argmax", "argmin", "cumsum", "cumprod", "flip", "ptp", "count_nonzero",
        "amax", "diff",
    )},
    "log": lambda o, x, y: o.log(o.abs(x) + 0.5),
    "log family": lambda o, x, y: o.log1p(o.abs(x)) + o.log2(o.abs(x) + 1) * o.log10(o.abs(x) + 2),
    "roots": lambda o, x, y: o.sqrt(o.abs(x)) + o.rsqrt(o.abs(y) + 0.2),
    "power of": lambda o, x, y: o.power(o.abs(x) + 0.1, y),
    "constant to the power": lambda o, x, y: o.power(2.0, x),
    "where": lambda o, x, y: o.where(x > 0.1, y, -x),
    "where constant": lambda o, x, y: o.where(o.logical_xor(x > 0, y > 0), 1.5, y),
    "mean of all": lambda o, x, y: o.mean(x, axis=(0, 2)),
    "integers": lambda o, x, y: o.cast(x * 10, "int32") // 3 % 5,
    "divided integers": lambda o, x, y: o.cast(x * 10, "int32") / 4,
    "take": lambda o, x, y: o.take(x, [2, 0, -1, 1], axis=-1),
    "take there": lambda o, x, y: o.take(o.convert_to_tensor(MATRIX), o.cast(o.abs(x) * 10, "int32") % 4, axis=0),
    "one hot": lambda o, x, y: o.one_hot(o.cast(o.abs(x) * 4, "int32"), 5),
    "pad": lambda o, x, y: o.pad(x, [[0, 0], [1, 2], [0, 1]], constant_values=0.5),
    "pad reflect": lambda o, x, y: o.pad(x, [[0, 0], [1, 2], [0, 1]], mode="reflect"),
    "roll": lambda o, x, y: o.roll(x, 1, axis=2),
    "repeat": lambda o, x, y: o.repeat(x, 2, axis=1),
    "moveaxis": lambda o, x, y: o.moveaxis(x, 1, 2),
    "unstack": lambda o, x, y: o.unstack(x, axis=1)[1],
    "split": lambda o, x, y: o.split(x, [1, 3], axis=-1)[1],
    "broadcast": lambda o, x, y: o.broadcast_to(x[:, :1], (3, 2, 4)),
    "reversed steps": lambda o, x, y: x[:, ::-1, ::-2],
    "new axes": lambda o, x, y: x[:, None, 1, ..., None],
    "product with a matrix": lambda o, x, y: o.matmul(x, MATRIX),
    "dot": lambda o, x, y: o.dot(x, MATRIX),
    "einsum": lambda o, x, y: o.einsum("bij,bkj->bik", x, y),
    "ranks": lambda o, x, y: x * o.mean(y, axis=1)[:, None] + MATRIX.T[:1],
    "norm": lambda o, x, y: o.norm(x, axis=-1),
    "normalize": lambda o, x, y: o.normalize(x, axis=1),
    "moments": lambda o, x, y: o.moments(x, axes=[1])[1],
    "top k": lambda o, x, y: o.top_k(x, 2)[0],
    "top k places": lambda o, x, y: o.top_k(x, 2)[1],
    "average": lambda o, x, y: o.average(x, axis=-1),
    "nan to num": lambda o, x, y: o.nan_to_num(o.log(x), nan=3.0),
    "max pool": lambda o, x, y: o.max_pool(x, 2, 1, "same"),
    "average pool": lambda o, x, y: o.average_pool(x[..., None], (2, 2), (1, 2)),
    "resize": lambda o, x, y: o.image.resize(x[..., None], (5, 6), interpolation="bicubic"),
    "leaky": lambda o, x, y: o.leaky_relu(x, 0.3) + o.elu(y, 0.4) + o.gelu(x, approximate=False),
    "threshold": lambda o, x, y: o.threshold(x, 0.2, -3.0),
    "any": lambda o, x, y: o.any(x > 1.5, axis=-1),
    "all": lambda o, x, y: o.all(x > -1.5, axis=-1),
}  # fmt: skip


def test_operators_of_keras_3(tfjs: TfjsRunner, tmp_path: Path) -> None:
    import keras

    missing = [name for name in ("sparse_plus", "ptp") if not hasattr(keras.ops, name)]
    build = {name: function for name, function in OPERATIONS.items() if name not in missing}
    assert_equal(tfjs, many(build, keras.ops, keras), tmp_path, weak=True)


FUNCTIONS: dict[str, Callable[[Any, Any, Any], Any]] = {
    **{name: lambda tf, x, y, name=name: getattr(tf, name)(x, axis=1) for name in (
        "reduce_prod", "reduce_logsumexp", "argmax", "cumsum", "reduce_min",
    )},
    **{name: lambda tf, x, y, name=name: getattr(tf.math, name)(x) for name in (
        "floor", "ceil", "sin", "cos", "expm1", "erf", "sign", "is_nan", "exp", "reduce_std", "reduce_variance",
    )},
    "where": lambda tf, x, y: tf.where(x > 0.0, x, y),
    "gather": lambda tf, x, y: tf.gather(x, [1, 0], axis=1),
    "pad": lambda tf, x, y: tf.pad(x, [[0, 0], [1, 1], [2, 0]]),
    "one_hot": lambda tf, x, y: tf.one_hot(tf.cast(tf.abs(x) * 3.0, "int32"), 4),
    "divide": lambda tf, x, y: x / y,
    "reverse": lambda tf, x, y: tf.reverse(x, axis=[1]),
    "roll": lambda tf, x, y: tf.roll(x, shift=1, axis=1),
    "unstack": lambda tf, x, y: tf.unstack(x, axis=1)[0],
    "squared_difference": lambda tf, x, y: tf.math.squared_difference(x, y),
    "broadcast": lambda tf, x, y: tf.reduce_sum(x, axis=1) + tf.reduce_sum(y, axis=1),
    "slice": lambda tf, x, y: tf.slice(x, [0, 1, 0], [-1, 2, 3]),
    "stacked products": lambda tf, x, y: tf.matmul(x, y, transpose_a=True),
    "top_k": lambda tf, x, y: tf.math.top_k(x, k=2)[0],
    "l2": lambda tf, x, y: tf.math.l2_normalize(x, axis=-1),
}  # fmt: skip


def test_functions_of_tensorflow(tfjs: TfjsRunner, tmp_path: Path) -> None:
    import tensorflow as tf
    import tf_keras

    assert_equal(tfjs, many(FUNCTIONS, tf, tf_keras), tmp_path, weak=True)


def test_operators_that_no_layer_does(tfjs: TfjsRunner, tmp_path: Path) -> None:
    import keras

    for name, (build, _) in NOT_FOR_LAYERS.items():
        model = model_of(keras, (3, 4), lambda x, y, build=build: build(keras.ops, x, y))
        assert_equal(tfjs, model, tmp_path / name.replace(" ", "_"), weak=True)


# ---------------------------------------------------------------------------- layers and options


def functional(keras: Any, shapes: list[tuple[int | None, ...]], build: Callable[[Any, Any], Any]) -> Any:
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, build(keras.layers, inputs))


OPTIONS: dict[str, tuple[list[tuple[int | None, ...]], Callable[[Any, Any], Any]]] = {
    "activations inside": ([(5, 3)], lambda layers, x: [
        layers.LSTM(4, activation="exponential", recurrent_activation="softsign")(x[0] * 0.1),
        layers.GRU(4, activation="exponential", recurrent_activation="hard_sigmoid")(x[0] * 0.1),
        layers.SimpleRNN(4, activation="elu")(x[0]),
    ]),
    "states of images": ([(3, 5, 5, 2), (3, 3, 4), (3, 3, 4)], lambda layers, x: layers.ConvLSTM2D(
        4, 3, return_state=True, return_sequences=True)(x[0], initial_state=[x[1], x[2]])),
    "volumes": ([(2, 4, 4, 3, 2)], lambda layers, x: [
        layers.ConvLSTM3D(2, 2, padding="same", return_sequences=True)(x[0]),
        layers.ConvLSTM3D(2, 2, strides=2, dropout=0.3, go_backwards=True)(x[0]),
    ]),
    "scores of several axes": ([(2, 3, 4)], lambda layers, x: layers.MultiHeadAttention(2, 3)(
        x[0], x[0], return_attention_scores=True)),
    "attention along open axes": ([(None, 3, 4)], lambda layers, x: layers.MultiHeadAttention(
        2, 3, attention_axes=2)(x[0], x[0])),
    "attention of stacks": ([(2, 5, 4), (2, 7, 4)], lambda layers, x: layers.Attention()([x[0], x[1]])),
    "enlarged": ([(3, 4, 2)], lambda layers, x: [
        layers.UpSampling2D(2, interpolation=how)(x[0]) for how in ("bicubic", "lanczos3", "nearest", "area")]),
    "open sizes enlarged": ([(None, None, 2)], lambda layers, x: [
        layers.UpSampling2D((2, 3), interpolation="bilinear")(x[0]), layers.Resizing(4, 5)(x[0]),
        layers.Cropping2D(((0, 1), (1, 0)))(x[0])]),
    "einsums": ([(3, 4, 5)], lambda layers, x: [
        layers.EinsumDense("abcd,de->abce", (3, 4, 6), bias_axes="ce")(x[0]),
        layers.EinsumDense("abcd,bde->aceb", (4, 6, 3), bias_axes="b")(x[0]),
        layers.EinsumDense("...x,xy->...y", (12, 2), bias_axes="y")(layers.Reshape((12, 5))(x[0])),
        layers.EinsumDense("abcd,cde->abe", (3, 6), activation="tanh")(x[0])]),
    "dot of many axes": ([(3, 4, 5), (5, 2)], lambda layers, x: layers.Dot((3, 1))([x[0], x[1]])),
    "backwards to zeros": ([(6, 3)], lambda layers, x: [
        layers.LSTM(3, return_sequences=True, go_backwards=True, zero_output_for_mask=True, unroll=unroll)(
            layers.Masking(0.0)(x[0])) for unroll in (False, True)]),
    "softmax over time": ([(5, 3)], lambda layers, x: layers.Softmax(axis=[1, 2])(x[0])),
}  # fmt: skip


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", OPTIONS)
def test_options(name: str, library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = functional(importlib.import_module(library), *OPTIONS[name])
    given = random_model_inputs(model)
    if "zeros" in name:
        given[0][1:, 2:4] = 0
    if "open sizes" in name:
        given = [np.random.default_rng(1).standard_normal((2, 5, 6, 2)).astype("float32")]
    assert_equal(tfjs, model, tmp_path, given)


KERAS_3 = {
    "rms scaling": lambda k: k.Sequential([k.Input((4, 3)), k.layers.LayerNormalization(rms_scaling=True)]),
    "auto contrast": lambda k: k.Sequential([k.Input((4, 5, 3)), k.layers.AutoContrast((-3.0, 4.0))]),
    "adaptive": lambda k: k.Sequential([k.Input((7, 5, 6, 2)), k.layers.AdaptiveAveragePooling3D((3, 2, 4))]),
    "rounded": lambda k: k.Sequential([k.Input((4, 4, 3), dtype="int32"), k.layers.Resizing(3, 5)]),
    "a cell": lambda k: functional(k, [(3,), (4,), (4,)], lambda layers, x: layers.LSTMCell(4)(x[0], [x[1], x[2]])[0]),
}


@pytest.mark.parametrize("name", KERAS_3)
def test_layers_of_keras_3(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    import keras

    model = KERAS_3[name](keras)
    given = [np.random.default_rng(3).integers(0, 255, (3, 4, 4, 3)).astype("int32")] if name == "rounded" else None
    assert_equal(tfjs, model, tmp_path, given)


def test_time_first(tfjs: TfjsRunner, tmp_path: Path) -> None:
    import tf_keras

    layers = tf_keras.layers
    x = tf_keras.Input(batch_shape=(4, 4, 2))
    model = tf_keras.Model(x, layers.LSTM(3, time_major=True, return_sequences=True)(x))
    given = [np.random.default_rng(0).standard_normal((4, 4, 2)).astype("float32")]
    assert_equal(tfjs, model, tmp_path, given)


def test_masks_of_words_in_sentences(tfjs: TfjsRunner, tmp_path: Path) -> None:
    """What Keras 2 makes of a mask with an axis for the words of each sentence."""
    import tf_keras

    layers = tf_keras.layers
    ids = tf_keras.Input((3, 5), dtype="int32")
    words = layers.Embedding(6, 4, mask_zero=True)(ids)
    sentences = layers.TimeDistributed(layers.LSTM(4))(words)
    model = tf_keras.Model(ids, [sentences, layers.GRU(3)(sentences)])
    given = np.random.default_rng(0).integers(1, 6, (4, 3, 5)).astype("int32")
    given[1, :, 3:] = 0
    given[2, 1] = 0
    assert_equal(tfjs, model, tmp_path, [given])


# ---------------------------------------------------------------------------- loops


@pytest.mark.parametrize("library", LIBRARIES)
def test_many_steps(library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    """Of known and unknown number, masked, backwards, stacked: none of them one by one."""
    keras = importlib.import_module(library)
    layers = keras.layers
    ids = keras.Input((None,), dtype="int32")
    words = layers.Embedding(7, 4, mask_zero=True)(ids)
    both = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(words)
    cells = layers.RNN([layers.GRUCell(3), layers.LSTMCell(4)], return_sequences=True, return_state=True)
    _, *states = layers.LSTM(4, return_state=True, go_backwards=True)(words)
    decoded = layers.LSTM(4, return_sequences=True)(both, initial_state=list(states))
    images = keras.Input((None, 4, 4, 2))
    frames = layers.ConvLSTM2D(3, 2, return_sequences=True)(images)
    long = keras.Input((120, 2))
    outputs = [both, *cells(words), decoded, frames, layers.LSTM(3)(long), layers.SimpleRNN(2)(words)]
    model = keras.Model([ids, images, long], outputs)
    random = np.random.default_rng(2)
    numbers = random.integers(1, 7, (3, 6)).astype("int32")
    numbers[1, 4:] = numbers[2, :2] = 0
    given = [numbers, *(random.standard_normal((3, *size)).astype("float32") for size in ((5, 4, 4, 2), (120, 2)))]
    assert_equal(tfjs, model, tmp_path, given)
    nodes = document(tmp_path / "web")["modelTopology"]["node"]
    assert sum(node["op"] == "LoopCond" for node in nodes) == 8


# ---------------------------------------------------------------------------- vocabularies

WORDS = ["red", "green", "blue", "grün", "x y"]
LOOKUPS: dict[str, tuple[bool, Callable[[Any], Any]]] = {
    "words": (True, lambda layers: layers.StringLookup(vocabulary=WORDS)),
    "masked words": (True, lambda layers: layers.StringLookup(vocabulary=WORDS, mask_token="")),
    "words with special ones": (
        True,
        lambda layers: layers.StringLookup(vocabulary=["", "[UNK]", *WORDS], mask_token=""),
    ),
    "buckets of words": (True, lambda layers: layers.StringLookup(vocabulary=WORDS, num_oov_indices=3)),
    "hot words": (True, lambda layers: layers.StringLookup(vocabulary=WORDS, output_mode="multi_hot")),
    "counted words": (True, lambda layers: layers.StringLookup(vocabulary=WORDS, output_mode="count", max_tokens=9,
                                                              pad_to_max_tokens=True)),
    "weighted words": (True, lambda layers: layers.StringLookup(
        vocabulary=WORDS, output_mode="tf_idf", idf_weights=[0.5, 1.5, 2.0, 0.25, 3.0])),
    "numbers": (False, lambda layers: layers.IntegerLookup(vocabulary=[5, 9, -2, 40])),
    "masked numbers": (False, lambda layers: layers.IntegerLookup(vocabulary=[5, 9, -2, 40], mask_token=0)),
    "buckets of numbers": (False, lambda layers: layers.IntegerLookup(vocabulary=[5, 9, 40], num_oov_indices=2)),
    "hot numbers": (False, lambda layers: layers.IntegerLookup(vocabulary=[5, 9, 40], output_mode="multi_hot")),
    "many numbers": (False, lambda layers: layers.IntegerLookup(vocabulary=list(range(3, 900, 2)))),
}  # fmt: skip


@pytest.mark.parametrize("library", LIBRARIES)
def test_vocabularies(library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    """All in one model; its tables are filled by a graph of their own."""
    keras = importlib.import_module(library)
    words, numbers = keras.Input((3,), dtype="string", name="words"), keras.Input((3,), dtype="int64", name="numbers")
    outputs = [make(keras.layers)(words if of_words else numbers) for of_words, make in LOOKUPS.values()]
    model = keras.Model([words, numbers], outputs)
    import tensorflow as tf

    given = np.array([["red", "x y", "none"], ["", "grün", "red"], ["[UNK]", "else", "blue"]], dtype=object)
    integers = np.array([[5, 9, 7], [0, -2, 40], [899, 3, 901]], "int64")
    expected = [np.asarray(each) for each in model([tf.constant(given.tolist()), tf.constant(integers)])]
    save_keras_graph_model(model, tmp_path / "web")
    inputs = {"words": np.vectorize(str.encode, otypes=[object])(given), "numbers": integers.astype("int32")}
    found = predict(tfjs, tmp_path / "web", inputs)
    for name, wanted, key in zip(LOOKUPS, expected, output_keys(model), strict=True):
        np.testing.assert_allclose(found[key], wanted, rtol=1e-6, err_msg=name)


@pytest.mark.parametrize("library", LIBRARIES)
def test_vocabularies_that_were_learned(library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    """An archive keeps them beside the weights."""
    import tensorflow as tf

    keras = importlib.import_module(library)
    layers = keras.layers
    words, numbers = keras.Input((3,), dtype="string", name="words"), keras.Input((3,), dtype="int64", name="numbers")
    of_words, of_numbers = layers.StringLookup(mask_token=""), layers.IntegerLookup(num_oov_indices=2)
    of_words.adapt(np.array(["b", "a", "b", "c d"]))
    of_numbers.adapt(np.array([7, 5, 7, -3]))
    inside = keras.Input((3,), dtype="int64")
    inner = keras.Model(inside, of_numbers(inside))
    model = keras.Model([words, numbers], [of_words(words), inner(numbers)])
    save_file(model, tmp_path / "model.keras")
    given, integers = [["c d", "", "x"], ["a", "b", "[UNK]"]], np.array([[5, 7, 8], [-3, 0, -1]], "int64")
    expected = [np.asarray(each) for each in model([tf.constant(given), tf.constant(integers)])]
    tensorflowjs.convert(tmp_path / "model.keras", tmp_path / "file", output_format="tfjs_graph_model")
    save_keras_graph_model(model, tmp_path / "live")
    coded = np.array([[word.encode() for word in row] for row in given], dtype=object)
    for folder in ("file", "live"):
        found = predict(tfjs, tmp_path / folder, {"words": coded, "numbers": integers.astype("int32")})
        for key, wanted in zip(output_keys(model), expected, strict=True):
            np.testing.assert_array_equal(found[key], wanted)


def test_numbers_as_words(tfjs: TfjsRunner, tmp_path: Path) -> None:
    import keras

    ids = keras.Input((3,), dtype="int64", name="ids")
    model = keras.Model(ids, keras.layers.StringLookup(vocabulary=WORDS, invert=True)(ids))
    save_keras_graph_model(model, tmp_path / "web")
    (found,) = predict(tfjs, tmp_path / "web", {"ids": np.array([[1, 5, 0], [9, 2, 4]], "int32")}).values()
    assert found.tolist() == [[b"red", b"x y", b"[UNK]"], [b"[UNK]", b"green", "grün".encode()]]


# ---------------------------------------------------------------------------- signatures and files


def shared(keras: Any) -> Any:
    x, y = keras.Input((4,), name="zz"), keras.Input((4,), dtype="int64", name="aa")
    outputs = [keras.layers.Dense(3, name="out_b")(x), keras.layers.Embedding(3, 4, name="out_a")(y)]
    return keras.Model([x, y], [*outputs, outputs[0]])


def by_key(keras: Any) -> Any:
    x, y = keras.Input((4,), name="p"), keras.Input((None, 4), dtype="uint8", name="q")
    return keras.Model({"p": x, "q": y}, {"v": keras.layers.Rescaling(2.0)(y), "u": keras.layers.Dense(3)(x)})


def chain(keras: Any) -> Any:
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="relu"), keras.layers.Dense(2)])


def nested(keras: Any) -> Any:
    inner = chain(keras)
    x = keras.Input((4,), batch_size=2)
    return keras.Model(x, inner(x))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("build", [shared, by_key, chain, nested])
def test_signature_and_nodes_of_the_exported_model(build: Build, library: str, tmp_path: Path) -> None:
    """The same as of the SavedModel that Keras writes: keys, order, names, types, shapes; and no node more."""
    model = build(importlib.import_module(library))
    if library == "keras":
        model.export(str(tmp_path / "saved"), verbose=False)
    else:
        model.save(str(tmp_path / "saved"), save_format="tf")
    exported = tensorflowjs.convert(tmp_path / "saved", tmp_path / "a", output_format="tfjs_graph_model")
    save_keras_graph_model(model, tmp_path / "b")
    documents = [document(tmp_path / name) for name in "ab"]
    signatures = [document["signature"] for document in documents]
    assert signatures[0] == signatures[1]
    assert [list(signatures[1][side]) for side in ("inputs", "outputs")] == [
        list(signatures[0][side]) for side in ("inputs", "outputs")
    ]
    written = [node for node in documents[1]["modelTopology"]["node"] if node["op"] != "Const"]
    assert len(written) <= exported.nodes


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_files(ending: str, library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = shared(importlib.import_module(library))
    randomise_weights(model)
    given = random_model_inputs(model)
    save_file(model, tmp_path / f"model.{ending}")
    result = tensorflowjs.convert(tmp_path / f"model.{ending}", tmp_path / "web", output_format="tfjs_graph_model")
    assert (result.input_format, result.output_format) == (
        {"h5": "keras", "keras": "keras_keras"}[ending], "tfjs_graph_model",
    )  # fmt: skip
    found = predict(tfjs, tmp_path / "web", dict(zip(("zz", "aa"), given, strict=True)))
    for key, expected in zip(output_keys(model), outputs_of(model, given), strict=True):
        np.testing.assert_allclose(found[key], expected, rtol=1e-5)


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_cannot_be_a_graph(library: str, tmp_path: Path) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    x = keras.Input((4, 3), batch_size=2)
    words = keras.Input((1,), dtype="string", batch_size=2)
    kept = layers.LSTM(2, stateful=True, name="kept")(x)
    tokens = layers.TextVectorization(vocabulary=["a"], output_sequence_length=2, name="tokens")(words)
    model = keras.Model([x, words], [kept, tokens])
    with pytest.raises(UnsupportedError) as caught:
        save_keras_graph_model(model, tmp_path / "web")
    assert [problem.where for problem in caught.value.problems] == ["kept (LSTM)", "tokens (TextVectorization)"]
    assert not (tmp_path / "web").exists()
