"""Attention layers, written as Dense and Dot layers, give the numbers of Keras in the real TF.js."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.verify import TfjsRunner
from tests.tfjs.parity import AssertParity, assert_refused, convert_by
from tests.tfjs.randomised import randomise_weights

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

Shapes = list[tuple[int | None, ...]]
Build = Callable[[Any, list[Any]], Any]


def heads(**arguments: Any) -> Callable[..., Build]:
    """MultiHeadAttention with two heads of size 3, to be called with names of inputs."""

    def called(*names: int, **call: Any) -> Build:
        def build(layers: Any, x: list[Any]) -> Any:
            layer = layers.MultiHeadAttention(**{"num_heads": 2, "key_dim": 3, **arguments})
            tensors = {key: x[value] if key in ("value", "key", "query") else value for key, value in call.items()}
            return layer(*(x[name] for name in names), **tensors)

        return build

    return called


SELF: Shapes = [(5, 4)]
CROSS: Shapes = [(5, 4), (7, 6)]
THREE: Shapes = [(5, 4), (7, 6), (7, 3)]
OPEN: Shapes = [(None, 4), (None, 6)]
IMAGES: Shapes = [(2, 3, 4), (2, 5, 6)]

MULTI_HEAD: dict[str, tuple[Shapes, Build]] = {
    "self": (SELF, heads()(0, 0)),
    "cross": (CROSS, heads()(0, 1)),
    "three": (THREE, heads()(0, 1, 2)),
    "by name": (THREE, heads(value_dim=2)(0, key=2, value=1)),
    "one head": (CROSS, heads(num_heads=1)(0, 1)),
    "many heads": (CROSS, heads(num_heads=4, key_dim=2)(0, 1)),
    "no bias": (CROSS, heads(use_bias=False, value_dim=4)(0, 1)),
    "dropout": (CROSS, heads(dropout=0.4)(0, 1)),
    "output": (CROSS, heads(output_shape=(7,))(0, 1)),
    "outputs": (CROSS, heads(output_shape=(2, 3))(0, 1)),
    "scores": (CROSS, heads()(0, 1, return_attention_scores=True)),
    "scores of one head": (SELF, heads(num_heads=1, dropout=0.2)(0, 0, return_attention_scores=True)),
    "causal": (SELF, heads()(0, 0, use_causal_mask=True)),
    "causal with scores": (SELF, heads()(0, 0, use_causal_mask=True, return_attention_scores=True)),
    "causal, more keys": (CROSS, heads()(0, 1, use_causal_mask=True)),
    "causal, fewer keys": (CROSS, heads()(1, 0, use_causal_mask=True)),
    "any length": (OPEN, heads()(0, 1)),
    "any length, causal": (OPEN, heads()(0, 1, use_causal_mask=True)),
    "unlike lengths, causal": ([(None, 4), (7, 6)], heads()(0, 1, use_causal_mask=True)),
    "images": (IMAGES, heads()(0, 1)),
    "images, first axis": ([(3, 2, 4), (5, 2, 6)], heads(attention_axes=1)(0, 1)),
    "images, second axis": (IMAGES, heads(attention_axes=(2,))(0, 1)),
    "images of any height": ([(None, 4, 4)], heads()(0, 0)),
    "volumes, two axes": ([(2, 3, 2, 4)], heads(attention_axes=(2, 3), output_shape=(2, 3))(0, 0)),
    "volumes, outer axes": ([(2, 3, 2, 4)], heads(attention_axes=(1, 3))(0, 0)),
}


def functional(library: str, shapes: Shapes, build: Build) -> Any:
    keras = importlib.import_module(library)
    inputs = [keras.Input(shape) for shape in shapes]
    return keras.Model(inputs, build(keras.layers, inputs))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", MULTI_HEAD)
def test_multi_head_attention(name: str, library: str, assert_parity: AssertParity) -> None:
    assert_parity(functional(library, *MULTI_HEAD[name]), routes=("keras", "h5"), backends=("auto",))


NEW: dict[str, tuple[Shapes, Build]] = {
    "gate": (CROSS, heads(use_gate=True, value_dim=2)(0, 1)),
    "window": (SELF, heads(sliding_window=2)(0, 0)),
    "window of one": (SELF, heads(sliding_window=1)(0, 0)),
    "window, some see nothing": (CROSS, heads(sliding_window=1)(1, 0)),
    "window, causal": ([(9, 4)], heads(sliding_window=3)(0, 0, use_causal_mask=True)),
    "window, any length": (OPEN, heads(sliding_window=2)(0, 1)),
    "all by name": (CROSS, heads()(value=1, query=0)),
}


@pytest.mark.parametrize("name", NEW)
def test_multi_head_attention_of_keras_3(name: str, assert_parity: AssertParity) -> None:
    assert_parity(functional("keras", *NEW[name]), backends=("auto",))


GROUPED = {
    "self": (SELF, {}, {}),
    "all alike": (SELF, {"num_key_value_heads": 1, "use_bias": False}, {}),
    "causal": (SELF, {"use_gate": True}, {"use_causal_mask": True}),
    "window": (SELF, {"sliding_window": 2}, {"use_causal_mask": True}),
    "scores": (SELF, {"dropout": 0.3}, {"return_attention_scores": True}),
}


@pytest.mark.parametrize("name", GROUPED)
def test_grouped_query_attention(name: str, assert_parity: AssertParity) -> None:
    shapes, arguments, call = GROUPED[name]

    def build(layers: Any, x: list[Any]) -> Any:
        given = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, **arguments}
        return layers.GroupQueryAttention(**given)(x[0], x[0], **call)

    assert_parity(functional("keras", shapes, build), backends=("auto",))


# ---------------------------------------------------------------------------- without heads


def listed(class_name: str, **arguments: Any) -> Callable[..., Build]:
    def called(*names: int, **call: Any) -> Build:
        return lambda layers, x: getattr(layers, class_name)(**arguments)([x[name] for name in names], **call)

    return called


ALIKE: Shapes = [(5, 4), (7, 4), (7, 4)]
LISTED: dict[str, tuple[Shapes, Build]] = {
    "dot": (ALIKE, listed("Attention")(0, 1)),
    "dot of three": (ALIKE, listed("Attention")(0, 1, 2)),
    "dot with itself": (ALIKE, listed("Attention")(0, 0)),
    "dot, value of other size": ([(5, 4), (7, 6), (7, 4)], listed("Attention")(0, 1, 2)),
    "dot scaled": (ALIKE, listed("Attention", use_scale=True, dropout=0.2)(0, 1)),
    "dot, any length": ([(None, 4), (None, 4)], listed("Attention", use_scale=True)(0, 1, use_causal_mask=True)),
    "dot causal with scores": (
        ALIKE,
        listed("Attention")(0, 1, use_causal_mask=True, return_attention_scores=True),
    ),
    "concat": (ALIKE, listed("Attention", score_mode="concat")(0, 1)),
    "concat scaled": (ALIKE, listed("Attention", score_mode="concat", use_scale=True)(0, 1, 2)),
    "additive": (ALIKE, listed("AdditiveAttention")(0, 1)),
    "additive of three": (ALIKE, listed("AdditiveAttention", use_scale=False)(0, 1, 2, use_causal_mask=True)),
    "additive with itself": (ALIKE, listed("AdditiveAttention", dropout=0.3)(0, 0, return_attention_scores=True)),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", LISTED)
def test_attention_without_heads(name: str, library: str, assert_parity: AssertParity) -> None:
    assert_parity(functional(library, *LISTED[name]), routes=("keras", "h5"), backends=("auto",))


# ---------------------------------------------------------------------------- masks

WORDS = 6
Attend = Callable[[Any, Any, Any], Any]


def _ids(random: np.random.Generator, length: int) -> np.ndarray:
    """Word numbers; the first sample is whole, the second ends in padding, of the third nothing but padding is left."""
    ids = random.integers(1, WORDS, (3, length)).astype("int32")
    ids[1, 2:] = 0
    ids[2] = 0
    return ids


MASKED: dict[str, Attend] = {
    "heads, both masked": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(query[1], value[1]),
    "heads, query masked": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(query[1], value[0]),
    "heads, value masked": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(query[0], value[1]),
    "heads, key masked": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(query[0], value[0], value[1]),
    "heads, self": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(query[1], query[1]),
    "heads, causal": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(
        query[1], query[1], use_causal_mask=True
    ),
    "heads, scores": lambda layers, query, value: layers.MultiHeadAttention(2, 3)(
        query[1], value[1], return_attention_scores=True
    ),
    "heads, then pooled": lambda layers, query, value: layers.GlobalAveragePooling1D()(
        layers.MultiHeadAttention(2, 3)(query[1], value[1])
    ),
    "heads, then recurrent": lambda layers, query, value: layers.LSTM(3)(
        layers.MultiHeadAttention(2, 3)(query[1], value[1])
    ),
    "dot": lambda layers, query, value: layers.Attention()([query[1], value[1]]),
    "dot, query masked": lambda layers, query, value: layers.Attention()([query[1], value[0]]),
    "dot, value masked": lambda layers, query, value: layers.Attention()([query[0], value[1]], use_causal_mask=True),
    "dot, key masked": lambda layers, query, value: layers.Attention()([query[0], value[0], value[1]]),
    "dot, then recurrent": lambda layers, query, value: layers.LSTM(3)(layers.Attention()([query[1], value[1]])),
    "additive": lambda layers, query, value: layers.AdditiveAttention()(
        [query[1], value[1]], return_attention_scores=True
    ),
}


def masked_model(library: str, attend: Attend, lengths: tuple[int | None, int | None] = (5, 7)) -> Any:
    """Two sequences of words, each as a pair: without and with its mask."""
    keras = importlib.import_module(library)
    layers = keras.layers
    inputs = [keras.Input((length,), dtype="int32") for length in lengths]
    pairs = [[layers.Embedding(WORDS, 4, mask_zero=masked)(ids) for masked in (False, True)] for ids in inputs]
    return keras.Model(inputs, attend(layers, *pairs))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", MASKED)
def test_masks(name: str, library: str, assert_parity: AssertParity) -> None:
    random = np.random.default_rng(0)
    given = [_ids(random, 5), _ids(random, 7)]
    assert_parity(masked_model(library, MASKED[name]), given, routes=("keras", "h5"), backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_masks_of_any_length(library: str, assert_parity: AssertParity) -> None:
    random = np.random.default_rng(0)
    given = [_ids(random, 5), _ids(random, 7)]
    model = masked_model(library, MASKED["heads, causal"], (None, None))
    assert_parity(model, given, backends=("auto",))


def test_masks_of_grouped_heads(assert_parity: AssertParity) -> None:
    random = np.random.default_rng(0)
    model = masked_model("keras", lambda layers, query, value: layers.GroupQueryAttention(3, 4, 2)(query[1], value[1]))
    assert_parity(model, [_ids(random, 5), _ids(random, 7)], backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("dtype", ["bool", "int32", "float32"])
@pytest.mark.parametrize("shape", [(5, 7), (1, 7), (5, 1)], ids=str)
def test_mask_as_a_tensor(shape: tuple[int, int], dtype: str, library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    x, y, mask = keras.Input((5, 4)), keras.Input((7, 6)), keras.Input(shape, dtype=dtype)
    layer = keras.layers.MultiHeadAttention(2, 3)
    outputs = [layer(x, y, attention_mask=mask), layer(x, y, attention_mask=mask, use_causal_mask=True)]
    random = np.random.default_rng(0)
    flags = random.integers(0, 2, (3, *shape))
    flags[0] = 1
    given = [*(random.standard_normal((3, *size)).astype("float32") for size in CROSS), flags.astype(dtype)]
    assert_parity(keras.Model([x, y, mask], outputs), given, backends=("auto",))


# ---------------------------------------------------------------------------- calls


@pytest.mark.parametrize("library", LIBRARIES)
def test_shared_weights(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    x, y = keras.Input((5, 4)), keras.Input((7, 4))
    heads, plain = keras.layers.MultiHeadAttention(2, 3), keras.layers.Attention(use_scale=True)
    first, second = heads(x, y), heads(y, x, use_causal_mask=True)
    model = keras.Model([x, y], [plain([first, second]), plain([second, first])])
    [result, *_] = assert_parity(model, backends=("auto",))
    assert len(result.comparisons) == 2


@pytest.mark.parametrize("library", LIBRARIES)
def test_transformer(library: str, assert_parity: AssertParity) -> None:
    """Blocks of a small language model, nested and with masks."""
    keras = importlib.import_module(library)
    layers = keras.layers
    ids = keras.Input((8,), dtype="int32")
    value = layers.Embedding(WORDS, 6, mask_zero=True)(ids)
    for _ in range(2):
        found = layers.MultiHeadAttention(2, 3, dropout=0.1)(value, value, use_causal_mask=True)
        value = layers.LayerNormalization()(layers.Add()([value, found]))
        hidden = layers.Dense(6)(layers.Dense(12, activation="gelu")(value))
        value = layers.LayerNormalization()(layers.Add()([value, hidden]))
    inner = keras.Model(ids, value)
    again = keras.Input((8,), dtype="int32")
    model = keras.Model(again, layers.Dense(WORDS, activation="softmax")(inner(again)))
    ids = np.random.default_rng(0).integers(1, WORDS, (3, 8)).astype("int32")
    ids[1, 5:] = 0
    assert_parity(model, ids)


def test_calls_as_in_training(assert_parity: AssertParity) -> None:
    """Keras 2 always drops something then, Keras 3 not in predict."""
    build = heads(dropout=0.5)(0, 0, training=True)
    assert_refused(functional("tf_keras", SELF, build), "training=True")
    assert_parity(functional("keras", SELF, build), backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_has_no_layers_is_refused(library: str) -> None:
    images: Shapes = [(2, 3, 4)]
    scores = functional(library, images, heads()(0, 0, return_attention_scores=True))
    assert_refused(scores, "MultiHeadAttention", "return_attention_scores", "4 axes")
    stacked = functional(library, [(2, 5, 4), (2, 7, 4)], listed("Attention")(0, 1))
    assert_refused(stacked, "Attention", "matrices only", routes=("keras",))
    open_blocks = functional(library, [(None, 3, 4)], heads(attention_axes=2)(0, 0))
    assert_refused(open_blocks, "not fixed")


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("kind", ["heads", "dot", "concat", "additive"])
def test_training_takes_the_same_steps(kind: str, library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    x = keras.Input((5, 4))
    y = layers.Dense(4, name="other")(x)
    made = {
        "heads": lambda: layers.MultiHeadAttention(2, 3, kernel_regularizer="l2")(x, y, use_causal_mask=True),
        "dot": lambda: layers.Attention(use_scale=True)([x, y]),
        "concat": lambda: layers.Attention(use_scale=True, score_mode="concat")([x, y]),
        "additive": lambda: layers.AdditiveAttention()([x, y]),
    }[kind]()
    model = keras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(made)))
    model.compile(keras.optimizers.SGD(0.05), "mse")
    randomise_weights(model)
    random = np.random.default_rng(0)
    given, wanted = (random.standard_normal((8, *shape)).astype("float32") for shape in ((5, 4), (2,)))
    before = np.asarray(model(given))
    convert_by(model, "keras", tmp_path / "model")
    for _ in range(5):
        model.train_on_batch(given, wanted)
    after = np.asarray(model(given))
    loaded = tfjs.load(tmp_path / "model", backend="cpu")
    loaded.fit(given, [wanted], epochs=5, batch_size=8)
    (trained,) = loaded.predict([given])
    loaded.close()
    assert np.abs(after - before).max() > 0.05
    np.testing.assert_allclose(trained, after, atol=1e-3)


# ---------------------------------------------------------------------------- many layers that see masks


def random_model(library: str, seed: int) -> Any:
    """Attention layers with heads take the masks off their inputs, so it matters who comes first."""
    keras = importlib.import_module(library)
    layers, random = keras.layers, np.random.default_rng(seed)
    ids = keras.Input((5,), dtype="int32")
    shared = layers.MultiHeadAttention(2, 2)
    values = [layers.Embedding(WORDS, 4, mask_zero=True)(ids), layers.Embedding(WORDS, 4, mask_zero=seed % 2 > 0)(ids)]
    for _ in range(7):
        a, b, c = (values[int(index)] for index in random.integers(0, len(values), 3))
        rate, causal = 0.2 * int(random.integers(2)), bool(random.integers(2))
        make: list[Callable[[Any, Any, Any], Any]] = [
            lambda a, b, c, rate=rate: layers.MultiHeadAttention(2, 2, dropout=rate)(a, b),
            lambda a, b, c, causal=causal: layers.MultiHeadAttention(1, 2)(a, b, c, use_causal_mask=causal),
            lambda a, b, c: shared(a, b),
            lambda a, b, c: layers.Attention()([a, b]),
            lambda a, b, c: layers.AdditiveAttention()([a, b, c]),
            lambda a, b, c: layers.Add()([a, b]),
            lambda a, b, c: layers.LayerNormalization()(a),
        ]
        values.append(make[int(random.integers(len(make)))](a, b, c))
    outputs = [values[int(index)] for index in random.permutation(np.arange(2, len(values)))[:4]]
    return keras.Model(ids, [*outputs, layers.LSTM(2)(values[-1])])


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("seed", range(6))
def test_random_models(seed: int, library: str, assert_parity: AssertParity) -> None:
    ids = np.random.default_rng(seed).integers(1, WORDS, (4, 5)).astype("int32")
    ids[1, 3:] = ids[2, :2] = ids[3] = 0
    assert_parity(random_model(library, seed), ids, rtol=1e-3, atol=1e-4, routes=("keras",), backends=("auto",))
