"""Trains the example model: which shape is in a small, noisy picture?

    python examples/shapes/make_model.py

Needs Keras 3. Writes `shapes.keras`, and `samples.json`: a few pictures the model has never seen, with the
probabilities that Keras gives for them. Both are in the repository, so nobody has to run this.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

FOLDER = Path(__file__).resolve().parent
CLASSES = ("disc", "square", "triangle", "cross")
SIZE = 16


def main() -> None:
    keras.utils.set_random_seed(7)
    random = np.random.default_rng(7)
    model = build()
    model.fit(*draw_many(random, 4000), epochs=12, batch_size=32, verbose=2)
    unseen, labels = draw_many(random, 1000)
    print(f"accuracy on unseen pictures: {np.mean(model.predict(unseen, verbose=0).argmax(1) == labels):.1%}")
    model.save(FOLDER / "shapes.keras")
    write_samples(model, unseen, labels)


def build() -> keras.Model:
    """Small, but of what real networks are made of."""
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 1), name="picture"),
            layers.Conv2D(12, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(24, 3, padding="same", activation="relu"),
            layers.BatchNormalization(),
            layers.MaxPooling2D(),
            layers.Conv2D(24, 3, activation="elu"),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.2),
            layers.Dense(len(CLASSES), activation="softmax", name="shape"),
        ],
        name="shapes",
    )
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def draw_many(random: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    labels = random.integers(len(CLASSES), size=count)
    return np.stack([draw(random, CLASSES[label]) for label in labels]), labels


def draw(random: np.random.Generator, shape: str) -> np.ndarray:
    """One shape of random place, size, turn and brightness, with noise over it."""
    radius = random.uniform(3.5, 6.0)
    centre = random.uniform(radius, SIZE - 1 - radius, size=2)
    turn = random.uniform(-0.35, 0.35)
    down, right = np.mgrid[:SIZE, :SIZE] - centre[:, None, None]
    x = (right * np.cos(turn) - down * np.sin(turn)) / radius
    y = (right * np.sin(turn) + down * np.cos(turn)) / radius
    inside = {
        "disc": np.hypot(x, y) < 0.95,
        "square": np.maximum(abs(x), abs(y)) < 0.8,
        "triangle": (y < 0.75) & (abs(x) * 1.75 < y + 0.95),
        "cross": (np.minimum(abs(x), abs(y)) < 0.3) & (np.maximum(abs(x), abs(y)) < 1.0),
    }[shape]
    picture = inside * random.uniform(0.6, 1.0) + random.normal(0, 0.12, (SIZE, SIZE))
    return np.clip(picture, 0, 1).astype(np.float32)[..., None]


def write_samples(model: keras.Model, pictures: np.ndarray, labels: np.ndarray) -> None:
    """Two pictures of each class, which the model gets right but is not too sure of: small errors show there.

    Rounded to hundredths first, so that the file holds exactly what Keras saw.
    """
    sureness = model.predict(pictures, verbose=0)[np.arange(len(labels)), labels]
    order = np.flatnonzero(sureness > 0.6)[np.argsort(sureness[sureness > 0.6])]
    chosen = [index for label in range(len(CLASSES)) for index in order[labels[order] == label][[2, 12]]]
    rounded = np.round(pictures[chosen].astype(np.float64), 2)
    probabilities = model.predict(rounded.astype(np.float32), verbose=0)
    samples: list[dict[str, Any]] = [
        {"shape": CLASSES[labels[index]], "expected": expected.tolist(), "picture": picture[..., 0].tolist()}
        for index, expected, picture in zip(chosen, probabilities, rounded, strict=True)
    ]
    text = json.dumps({"classes": CLASSES, "samples": samples}, separators=(",", ":"))
    (FOLDER / "samples.json").write_text(text.replace('{"shape"', '\n{"shape"').replace("],[", "],\n[") + "\n")


if __name__ == "__main__":
    main()
