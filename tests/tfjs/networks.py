"""Networks that keras.applications lacks: transformers, segmentation, detection, text, recurrent ones.

Each is written with the layers of whichever Keras line is handed in, and in two sizes.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

Array = Any
WORDS = ["the", "cat", "sat", "on", "a", "mat", "größer", "ICH", "", "dog"]


# ---------------------------------------------------------------------------------- what goes in


def images(random: np.random.Generator, model: Any, batch: int, low: float = -2, high: float = 2) -> list[Array]:
    shape = (batch, *model.inputs[0].shape[1:])
    # Not uniform all over: each image, and each part of it, has a brightness of its own.
    coarse = random.uniform(low, high, (batch, 4, 4, 1))
    enlarged = np.kron(coarse, np.ones((1, -(-shape[1] // 4), -(-shape[2] // 4), 1)))[:, : shape[1], : shape[2]]
    return [((enlarged + random.uniform(low, high, shape)) / 2).astype("float32")]


def one_image(random: np.random.Generator, model: Any, batch: int) -> list[Array]:
    return images(random, model, 1)


def texts(random: np.random.Generator, model: Any, batch: int, length: int = 128) -> list[Array]:
    """Numbers of words, padded behind, the padding, and which of two parts a word is in."""
    vocabulary = model.get_layer("words").input_dim
    length = length if vocabulary > SMALL_VOCABULARY else 9
    lengths = random.integers(length // 2, length + 1, batch)
    mask = np.arange(length)[None] < lengths[:, None]
    return [
        (random.integers(1, vocabulary, (batch, length)) * mask).astype("int32"),
        mask.astype("int32"),
        (random.integers(0, 2, (batch, length)) * mask).astype("int32"),
    ]


def words(random: np.random.Generator, model: Any, batch: int) -> list[Array]:
    known = random.choice([*WORDS, "never seen"], (batch, model.inputs[0].shape[1]))
    return [np.vectorize(str.encode, otypes=[object])(known)]


def series(random: np.random.Generator, model: Any, batch: int) -> list[Array]:
    return [random.standard_normal((batch, 11, model.inputs[0].shape[2])).astype("float32")]


def films(random: np.random.Generator, model: Any, batch: int) -> list[Array]:
    return [random.standard_normal((batch, *model.inputs[0].shape[1:])).astype("float32")]


# ---------------------------------------------------------------------------------- transformers

SMALL_VOCABULARY = 100


def positions(k: Any, count: int) -> Any:
    class Positions(k.layers.Layer):  # type: ignore[misc]
        """The first rows of a table, as many as there are words."""

        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=(count, shape[-1]), name="embeddings", initializer="uniform")
            self.built = True

        def call(self, x: Any) -> Any:
            return x + tf.convert_to_tensor(self.table)[: tf.shape(x)[1]]

    return Positions(name="positions")


def bert(k: Any, full: bool) -> Any:
    """BERT-small as it is pre-trained: 4 layers, 512 wide, 8 heads; batch and length may be anything."""
    layers, width, heads, vocabulary, longest = (4, 512, 8, 30522, 512) if full else (2, 32, 4, SMALL_VOCABULARY, 16)
    tokens, mask, part = (k.Input((None,), dtype="int32", name=name) for name in ("tokens", "mask", "part"))
    x = k.layers.Embedding(vocabulary, width, name="words")(tokens)
    x = k.layers.Add()([x, k.layers.Embedding(2, width, name="parts")(part)])
    x = k.layers.LayerNormalization(epsilon=1e-12)(positions(k, longest)(x))
    seen = k.layers.Reshape((1, -1))(mask)
    for _ in range(layers):
        attended = k.layers.MultiHeadAttention(heads, width // heads)(x, x, attention_mask=seen)
        x = k.layers.LayerNormalization(epsilon=1e-12)(k.layers.Add()([x, k.layers.Dropout(0.1)(attended)]))
        inner = k.layers.Dense(4 * width, activation="gelu")(x)
        inner = k.layers.Dropout(0.1)(k.layers.Dense(width)(inner))
        x = k.layers.LayerNormalization(epsilon=1e-12)(k.layers.Add()([x, inner]))
    first = k.layers.Lambda(lambda every: every[:, 0], output_shape=(width,))(x)
    pooled = k.layers.Dense(width, activation="tanh", name="pooled")(first)
    return k.Model([tokens, mask, part], [x, pooled])


def vit(k: Any, full: bool) -> Any:
    """ViT-Ti/16."""
    pixels, patch, blocks, width, heads = (224, 16, 12, 192, 3) if full else (32, 8, 2, 24, 3)
    image = k.Input((pixels, pixels, 3))
    x = k.layers.Conv2D(width, patch, strides=patch)(image)
    x = k.layers.Reshape((-1, width))(x)
    x = positions(k, (pixels // patch) ** 2 + 1)(class_token(k)(x))
    for _ in range(blocks):
        y = k.layers.LayerNormalization(epsilon=1e-6)(x)
        x = k.layers.Add()([x, k.layers.MultiHeadAttention(heads, width // heads)(y, y)])
        y = k.layers.LayerNormalization(epsilon=1e-6)(x)
        y = k.layers.Dense(width)(k.layers.Dense(4 * width, activation="gelu")(y))
        x = k.layers.Add()([x, y])
    x = k.layers.LayerNormalization(epsilon=1e-6)(x)
    x = k.layers.Lambda(lambda every: every[:, 0], output_shape=(width,))(x)
    return k.Model(image, k.layers.Dense(1000 if full else 10, activation="softmax")(x))


def class_token(k: Any) -> Any:
    class ClassToken(k.layers.Layer):  # type: ignore[misc]
        """One more word in front, the same for all."""

        def build(self, shape: Any) -> None:
            self.token = self.add_weight(shape=(1, 1, shape[-1]), name="token", initializer="uniform")
            self.built = True

        def call(self, x: Any) -> Any:
            sizes = tf.shape(x)
            token = tf.broadcast_to(tf.convert_to_tensor(self.token), [sizes[0], 1, sizes[2]])
            return tf.concat([token, x], axis=1)

    return ClassToken()


# ---------------------------------------------------------------------------------- images


def u_net(k: Any, full: bool) -> Any:
    pixels, width, levels = (256, 32, 4) if full else (32, 4, 3)
    image = k.Input((pixels, pixels, 3))
    x, left = image, []
    for level in range(levels):
        left.append(two_convolutions(k, x, width * 2**level))
        x = k.layers.MaxPooling2D()(left[-1])
    x = two_convolutions(k, x, width * 2**levels)
    for level in reversed(range(levels)):
        x = k.layers.Conv2DTranspose(width * 2**level, 2, strides=2, padding="same")(x)
        x = two_convolutions(k, k.layers.Concatenate()([left[level], x]), width * 2**level)
    return k.Model(image, k.layers.Conv2D(1, 1, activation="sigmoid")(x))


def two_convolutions(k: Any, x: Any, filters: int) -> Any:
    for _ in range(2):
        x = k.layers.Conv2D(filters, 3, padding="same", use_bias=False)(x)
        x = k.layers.ReLU()(k.layers.BatchNormalization()(x))
    return x


def ssd(k: Any, full: bool) -> Any:
    """A detector: depthwise blocks, boxes and scores at two scales, then non-maximum suppression of one image."""
    pixels, width, classes = (300, 32, 20) if full else (64, 8, 3)
    image = k.Input((pixels, pixels, 3), batch_size=1)
    x = block(k, k.layers.Rescaling(1 / 2, offset=0.1)(image), width, stride=2)
    x = block(k, block(k, x, 2 * width, stride=2), 4 * width, stride=2)
    fine = block(k, x, 8 * width, stride=2)
    coarse = block(k, fine, 16 * width, stride=2)
    boxes, scores = [], []
    for features in (fine, coarse):
        boxes.append(k.layers.Reshape((-1, 4))(k.layers.Conv2D(3 * 4, 3, padding="same")(features)))
        scores.append(k.layers.Reshape((-1, classes))(k.layers.Conv2D(3 * classes, 3, padding="same")(features)))
    box = k.layers.Concatenate(axis=1)(boxes)
    score = k.layers.Activation("sigmoid")(k.layers.Concatenate(axis=1)(scores))
    return k.Model(image, detections(k)([box, score]))


def block(k: Any, x: Any, filters: int, stride: int) -> Any:
    x = k.layers.DepthwiseConv2D(3, strides=stride, padding="same", use_bias=False)(x)
    x = k.layers.ReLU(6.0)(k.layers.BatchNormalization()(x))
    x = k.layers.Conv2D(filters, 1, use_bias=False)(x)
    return k.layers.ReLU(6.0)(k.layers.BatchNormalization()(x))


def detections(k: Any) -> Any:
    class Detections(k.layers.Layer):  # type: ignore[misc]
        """The best boxes of one image, corners from centres and sizes, with their scores and classes."""

        def call(self, given: Any) -> Any:
            box, score = given[0][0], given[1][0]
            centre, size = tf.sigmoid(box[:, :2]), tf.exp(tf.minimum(box[:, 2:] * 0.2, 2.0)) * 0.2
            corners = tf.concat([centre - size / 2, centre + size / 2], axis=1)
            best = tf.reduce_max(score, axis=1)
            chosen = tf.image.non_max_suppression(corners, best, 20, 0.5, 0.3)
            return tf.gather(corners, chosen), tf.gather(best, chosen), tf.gather(tf.argmax(score, axis=1), chosen)

        def compute_output_shape(self, shapes: Any) -> Any:
            return (None, 4), (None,), (None,)

    return Detections()


# ---------------------------------------------------------------------------------- sequences


def text_classifier(k: Any, full: bool) -> Any:
    """Words as strings, a table that numbers them, and what is made of the numbers."""
    text = k.Input((7,), dtype="string")
    numbers = k.layers.StringLookup(vocabulary=WORDS, num_oov_indices=1)(text)
    x = k.layers.Embedding(len(WORDS) + 1, 256 if full else 8)(numbers)
    x = k.layers.Conv1D(12, 3, activation="relu")(x)
    x = k.layers.GlobalAveragePooling1D()(x)
    return k.Model(text, k.layers.Dense(4, activation="softmax")(x))


def text_reader(k: Any, full: bool) -> Any:
    """Words that may be missing at the end: empty strings, which a recurrent layer does not see."""
    text = k.Input((7,), dtype="string")
    vocabulary = [word for word in WORDS if word]
    numbers = k.layers.TextVectorization(standardize=None, split=None, vocabulary=vocabulary)(text)
    x = k.layers.Embedding(len(vocabulary) + 2, 64 if full else 6, mask_zero=True)(numbers)
    return k.Model(text, k.layers.Dense(4)(k.layers.GRU(5)(x)))


def recurrent(k: Any, full: bool, layer: str) -> Any:
    """Two directions, then one; the length may be anything."""
    units = 128 if full else 5
    make = getattr(k.layers, layer)
    given = k.Input((None, 64 if full else 4))
    x = k.layers.Bidirectional(make(units, return_sequences=True))(given)
    return k.Model(given, k.layers.Dense(3)(make(units, go_backwards=True)(x)))


def conv_lstm(k: Any, full: bool) -> Any:
    pixels, filters = (32, 16) if full else (8, 3)
    film = k.Input((4, pixels, pixels, 2))
    x = k.layers.ConvLSTM2D(filters, 3, padding="same", return_sequences=True)(film)
    return k.Model(film, k.layers.ConvLSTM2D(filters, 3, dropout=0.1)(x))


# ---------------------------------------------------------------------------------- TensorFlow 1


def save_version_1(folder: Path, batch: int) -> tuple[dict[str, Array], list[Array]]:
    """A network for digits as one wrote it for TensorFlow 1: reference variables, placeholders, a session."""
    v1 = tf.compat.v1
    random = np.random.default_rng(3)
    with v1.Graph().as_default(), v1.Session() as session:
        image = v1.placeholder(tf.float32, (None, 28, 28, 1), name="image")
        keep = v1.placeholder_with_default(1.0, (), name="keep")
        probabilities = digits(image, keep, random)
        best = tf.argmax(probabilities, axis=1, name="best")
        session.run(v1.global_variables_initializer())
        ins, outs = {"image": image}, {"best": best, "probabilities": probabilities}
        v1.saved_model.simple_save(session, str(folder), ins, outs)
        brightness = random.uniform(-4, 4, (batch + 3, 1, 1, 1))
        given = (brightness * random.standard_normal((batch + 3, 28, 28, 1)) + brightness).astype("float32")
        found = session.run(outs, {image: given})
    return {"image": given}, [found[key] for key in sorted(found)]


def digits(image: Any, keep: Any, random: np.random.Generator) -> Any:
    v1 = tf.compat.v1
    x = image
    for index, filters in enumerate((8, 16)):
        with v1.variable_scope(f"block{index}"):
            kernel = variable("kernel", (5, 5, x.shape[-1], filters), random)
            x = tf.nn.conv2d(x, kernel, strides=1, padding="SAME") + variable("bias", (filters,), random)
            statistics = [variable(name, (filters,), random) for name in ("gamma", "beta", "mean", "variance")]
            statistics[3] = tf.square(statistics[3]) + 0.5
            x, *_ = v1.nn.fused_batch_norm(x, *statistics, is_training=False)
            x = tf.nn.max_pool2d(tf.nn.relu(x), 2, 2, "VALID")
    flat = tf.reshape(x, [-1, math.prod(x.shape[1:])])
    with v1.variable_scope("dense"):
        hidden = v1.nn.xw_plus_b(flat, variable("w", (flat.shape[1], 32), random), variable("b", (32,), random))
        centred = hidden - v1.reduce_mean(hidden, reduction_indices=[0], keep_dims=True)
        hidden = v1.nn.dropout(tf.nn.leaky_relu(centred), keep_prob=keep)
        return tf.nn.softmax(tf.matmul(hidden, variable("out", (32, 10), random)), name="probabilities")


def variable(name: str, shape: tuple[int, ...], random: np.random.Generator) -> Any:
    values = random.standard_normal(shape) / math.sqrt(max(1, math.prod(shape[:-1])))
    initial = tf.compat.v1.constant_initializer(values.astype("float32"))
    return tf.compat.v1.get_variable(name, shape, initializer=initial, use_resource=False)
