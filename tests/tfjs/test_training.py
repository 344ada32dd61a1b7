"""Compiled models of Keras go on training in the real TF.js, in the same steps."""

from __future__ import annotations

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tf_keras

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.events import Note, listening
from tensorflowjs.fitting.training import fit_training
from tensorflowjs.verify import FitResult, TfjsRunner
from tests.tfjs.parity import ROUTES, Route, convert_by
from tests.verify.handwritten import Array, functional, input_layer, layer, write_layers_model

LINES = {"keras 3": keras, "tf_keras": tf_keras}
STEPS = 4
SAMPLES = 16
Random = np.random.Generator


@pytest.fixture
def random() -> Random:
    return np.random.default_rng(7)


class Twin:
    """A small model with the same weights in Keras and in TF.js: a hidden layer, and a Dense for each output."""

    def __init__(self, line: Any, random: Random, **outputs: tuple[int, str]) -> None:
        self.line = line
        self.outputs = outputs
        self.values = {"hidden/kernel": random.normal(size=(4, 6)), "hidden/bias": random.normal(size=6)}
        for name, (units, _) in outputs.items():
            self.values[f"{name}/kernel"] = random.normal(size=(6, units))
            self.values[f"{name}/bias"] = random.normal(size=units)
        self.values = {name: value.astype(np.float32) for name, value in self.values.items()}
        self.keras = self._keras()

    def _keras(self) -> Any:
        layers = self.line.layers
        x = layers.Input((4,), name="x")
        hidden = layers.Dense(6, activation="tanh", name="hidden")(x)
        ends = [layers.Dense(units, activation=kind, name=name)(hidden) for name, (units, kind) in self.outputs.items()]
        model = self.line.Model(x, ends if len(ends) > 1 else ends[0])
        model.set_weights(list(self.values.values()))
        return model

    def compile(self, **arguments: Any) -> tuple[Any, list[str]]:
        """Compile in Keras; what TF.js is told of it, and the notes."""
        self.keras.compile(**arguments)
        notes: list[str] = []
        names = list(self.outputs)
        with listening(lambda event: notes.append(event.text) if isinstance(event, Note) else None):
            config = fit_training(
                self.keras.get_compile_config(),
                names,
                output_shapes=[(None, units) for units, _ in self.outputs.values()],
                generation=3 if self.line is keras else 2,
            )
        return config, notes

    def write(self, folder: Path, training: Mapping[str, Any]) -> Path:
        hidden = layer("Dense", "hidden", ("x", 0, 0), units=6, activation="tanh")
        ends = [
            layer("Dense", name, ("hidden", 0, 0), units=units, activation=kind)
            for name, (units, kind) in self.outputs.items()
        ]
        topology = functional([input_layer("x", 4), hidden, *ends], ["x"], list(self.outputs))
        return write_layers_model(folder, topology, self.values, trainingConfig=training)

    def train(
        self, tfjs: TfjsRunner, folder: Path, training: Mapping[str, Any], x: Array, *y: Array, steps: int = STEPS
    ) -> tuple[FitResult, float]:
        """Some steps on one batch on both sides; how far the weights are apart, as a share of their way."""
        loaded = tfjs.load(self.write(folder, training), backend="cpu")
        assert loaded.compiled
        result = loaded.fit(x, list(y), epochs=steps, batch_size=SAMPLES)
        for _ in range(steps):
            self.keras.train_on_batch(x, list(y) if len(y) > 1 else y[0])
        ours, theirs = loaded.weight_values(), dict(zip(self.values, self.keras.get_weights(), strict=True))
        loaded.close()
        way = max(float(np.abs(theirs[name] - value).max()) for name, value in self.values.items())
        assert way > 1e-4, "Keras itself learnt nothing"
        return result, max(float(np.abs(ours[name] - theirs[name]).max()) for name in theirs) / way


def targets(random: Random, kind: str, width: int) -> Array:
    classes = random.integers(0, width, SAMPLES)
    made: dict[str, Callable[[], Array]] = {
        "numbers": lambda: random.normal(size=(SAMPLES, width)),
        "positive": lambda: random.uniform(0.5, 2.0, size=(SAMPLES, width)),
        "probabilities": lambda: random.dirichlet(np.ones(width), SAMPLES),
        "bits": lambda: random.integers(0, 2, (SAMPLES, width)),
        "signs": lambda: random.integers(0, 2, (SAMPLES, width)) * 2 - 1,
        "one hot": lambda: np.eye(width)[classes],
        "classes": lambda: classes[:, None],
    }
    return made[kind]().astype(np.float32)


def batch(random: Random) -> Array:
    return random.normal(size=(SAMPLES, 4)).astype(np.float32)


# ------------------------------------------------------------------------------------------- optimizers

# Made by each line of Keras, with how far weights may be apart after some steps, as a share of the way they went.
EXACT, ADAM = 1e-4, 0.03
OPTIMIZERS: dict[str, tuple[Callable[[Any], Any], float]] = {
    "SGD": (lambda o: o.SGD(0.2), EXACT),
    "momentum": (lambda o: o.SGD(0.1, momentum=0.9), EXACT),
    "nesterov": (lambda o: o.SGD(0.1, momentum=0.8, nesterov=True), EXACT),
    "Adam": (lambda o: o.Adam(0.01), ADAM),
    "Adam betas": (lambda o: o.Adam(0.02, beta_1=0.8, beta_2=0.95), ADAM),
    "AdamW": (lambda o: o.AdamW(0.01, weight_decay=0.0), ADAM),
    "Adamax": (lambda o: o.Adamax(0.02, beta_1=0.85), EXACT),
    "Adagrad": (lambda o: o.Adagrad(0.1), EXACT),
    "Adagrad from zero": (lambda o: o.Adagrad(0.05, initial_accumulator_value=0.01), EXACT),
    "RMSprop": (lambda o: o.RMSprop(0.01), EXACT),
    "RMSprop momentum": (lambda o: o.RMSprop(0.01, rho=0.8, momentum=0.5, epsilon=1e-4), EXACT),
    "string": (lambda o: "rmsprop", EXACT),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_same_steps(tfjs: TfjsRunner, tmp_path: Path, random: Random, line: str, name: str) -> None:
    make, share = OPTIMIZERS[name]
    twin = Twin(LINES[line], random, out=(3, "softmax"))
    training, notes = twin.compile(optimizer=make(LINES[line].optimizers), loss="mse")
    assert notes == []
    result, apart = twin.train(tfjs, tmp_path, training, batch(random), targets(random, "probabilities", 3))
    assert apart < share
    assert result.after < result.before


LEGACY: dict[str, tuple[Callable[[Any], Any], float]] = {
    "SGD": (lambda o: o.SGD(0.1, momentum=0.9), EXACT),
    "Adam": (lambda o: o.Adam(0.01), ADAM),
    "Adamax": (lambda o: o.Adamax(0.01), EXACT),
    "Adagrad": (lambda o: o.Adagrad(0.1), EXACT),
    "RMSprop": (lambda o: o.RMSprop(0.01, momentum=0.5), EXACT),
}


@pytest.mark.parametrize("name", LEGACY)
def test_same_steps_as_before_keras_2_11(tfjs: TfjsRunner, tmp_path: Path, random: Random, name: str) -> None:
    make, share = LEGACY[name]
    twin = Twin(tf_keras, random, out=(3, "softmax"))
    training, notes = twin.compile(optimizer=make(tf_keras.optimizers.legacy), loss="mse")
    assert notes == []
    _, apart = twin.train(tfjs, tmp_path, training, batch(random), targets(random, "probabilities", 3))
    assert apart < share


NOTED: dict[str, Callable[[], Any]] = {
    "Adadelta": lambda: keras.optimizers.Adadelta(1.0),
    "Adam epsilon": lambda: keras.optimizers.Adam(0.01, epsilon=0.01),
    "Adagrad epsilon": lambda: keras.optimizers.Adagrad(0.1, epsilon=0.1),
    "amsgrad": lambda: keras.optimizers.Adam(0.01, beta_2=0.5, amsgrad=True),
    "clipnorm": lambda: keras.optimizers.SGD(0.1, clipnorm=0.01),
    "weight decay": lambda: keras.optimizers.AdamW(0.01, weight_decay=0.5),
    "centered": lambda: keras.optimizers.RMSprop(0.01, centered=True),
    "schedule": lambda: keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 1, 0.5)),
    "legacy RMSprop": lambda: tf_keras.optimizers.legacy.RMSprop(0.01),
    "legacy Adagrad": lambda: tf_keras.optimizers.legacy.Adagrad(0.1, initial_accumulator_value=0.0),
    "legacy decay": lambda: tf_keras.optimizers.legacy.SGD(0.1, decay=0.5),
}


@pytest.mark.parametrize("name", NOTED)
def test_other_steps_are_noted(tfjs: TfjsRunner, tmp_path: Path, random: Random, name: str) -> None:
    """A note is due where steps do differ, and training works nevertheless."""
    optimizer = NOTED[name]()
    twin = Twin(tf_keras if "legacy" in name else keras, random, out=(3, "softmax"))
    training, notes = twin.compile(optimizer=optimizer, loss="mse")
    assert len(notes) == 1
    result, apart = twin.train(tfjs, tmp_path, training, batch(random), targets(random, "probabilities", 3))
    assert apart > ADAM
    assert result.after < result.before


# ------------------------------------------------------------------------------------------- losses

LOSSES = [
    ("mse", "linear", "numbers"),
    ("mae", "linear", "numbers"),
    ("mape", "linear", "positive"),
    ("msle", "softplus", "positive"),
    ("logcosh", "linear", "numbers"),
    ("cosine_similarity", "linear", "numbers"),
    ("hinge", "tanh", "signs"),
    ("squared_hinge", "tanh", "signs"),
    ("categorical_hinge", "linear", "one hot"),
    ("binary_crossentropy", "sigmoid", "bits"),
    ("categorical_crossentropy", "softmax", "one hot"),
    ("sparse_categorical_crossentropy", "softmax", "classes"),
    ("kl_divergence", "softmax", "probabilities"),
    ("poisson", "softplus", "positive"),
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("loss", "activation", "kind"), LOSSES, ids=[row[0] for row in LOSSES])
def test_same_losses(
    tfjs: TfjsRunner, tmp_path: Path, random: Random, line: str, loss: str, activation: str, kind: str
) -> None:
    """The loss itself, and its gradients by the way the weights go."""
    name = "log_cosh" if loss == "logcosh" and line == "keras 3" else loss
    twin = Twin(LINES[line], random, out=(3, activation))
    training, notes = twin.compile(optimizer=LINES[line].optimizers.SGD(0.001 if loss == "mape" else 0.05), loss=name)
    assert len(notes) == (loss in ("hinge", "squared_hinge"))
    x, y = batch(random), targets(random, kind, 3)
    expected = twin.keras.evaluate(x, y, batch_size=SAMPLES, verbose=0)
    result, apart = twin.train(tfjs, tmp_path, training, x, y)
    assert result.before == pytest.approx(expected, rel=1e-4)
    assert apart < 1e-3
    assert result.after < result.before


def test_hinge_with_other_targets_differs(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    """Why the hinges come with a note."""
    twin = Twin(keras, random, out=(3, "tanh"))
    training, _ = twin.compile(optimizer="sgd", loss="hinge")
    x, y = batch(random), targets(random, "bits", 3)
    expected = twin.keras.evaluate(x, y, batch_size=SAMPLES, verbose=0)
    result, _ = twin.train(tfjs, tmp_path, training, x, y)
    assert abs(result.before - expected) > 0.05 * expected


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("form", ["string", "list", "dict", "objects"])
def test_several_outputs(tfjs: TfjsRunner, tmp_path: Path, random: Random, line: str, form: str) -> None:
    twin = Twin(LINES[line], random, left_one=(1, "sigmoid"), right_one=(3, "softmax"))
    losses = LINES[line].losses
    given: dict[str, Any] = {
        "string": "mse",
        "list": ["binary_crossentropy", "categorical_crossentropy"],
        "dict": {"right_one": "categorical_crossentropy", "left_one": "binary_crossentropy"},
        "objects": [losses.BinaryCrossentropy(), losses.CategoricalCrossentropy()],
    }
    metrics = {"left_one": ["accuracy"], "right_one": ["mae"]}
    training, notes = twin.compile(
        optimizer=LINES[line].optimizers.SGD(0.1, momentum=0.5), loss=given[form], metrics=metrics
    )
    assert notes == []
    left, right = targets(random, "bits", 1), targets(random, "one hot", 3)
    result, apart = twin.train(tfjs, tmp_path, training, batch(random), left, right)
    assert apart < 1e-3
    assert result.losses[-1] < result.losses[0]
    assert set(result.history) == {"loss", "left_one_loss", "right_one_loss", "left_one_acc", "right_one_mae"}


# ------------------------------------------------------------------------------------------- metrics

METRICS = [
    ("accuracy", "sigmoid", 1, "binary_crossentropy", "bits", "acc"),
    ("accuracy", "sigmoid", 3, "binary_crossentropy", "one hot", "categoricalAccuracy"),
    ("accuracy", "softmax", 3, "categorical_crossentropy", "one hot", "acc"),
    ("accuracy", "softmax", 3, "sparse_categorical_crossentropy", "classes", "acc"),
    ("accuracy", "softmax", 3, "mse", "one hot", "acc"),
    ("binary_accuracy", "sigmoid", 3, "binary_crossentropy", "bits", "binaryAccuracy"),
    ("categorical_accuracy", "softmax", 3, "mse", "one hot", "categoricalAccuracy"),
    ("sparse_categorical_accuracy", "softmax", 3, "sparse_categorical_crossentropy", "classes", "acc"),
    ("binary_crossentropy", "sigmoid", 3, "binary_crossentropy", "bits", "ce"),
    ("categorical_crossentropy", "softmax", 3, "mse", "one hot", "categoricalCrossentropy"),
    ("mse", "linear", 3, "mae", "numbers", "mse"),
    ("mae", "linear", 3, "mse", "numbers", "mae"),
    ("mape", "linear", 3, "mse", "positive", "mape"),
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("metric", "activation", "width", "loss", "kind", "name"), METRICS)
def test_same_metrics(
    tfjs: TfjsRunner,
    tmp_path: Path,
    random: Random,
    line: str,
    metric: str,
    activation: str,
    width: int,
    loss: str,
    kind: str,
    name: str,
) -> None:
    twin = Twin(LINES[line], random, out=(width, activation))
    training, notes = twin.compile(optimizer="sgd", loss=loss, metrics=[metric])
    assert notes == []
    x, y = batch(random), targets(random, kind, width)
    expected = twin.keras.evaluate(x, y, batch_size=SAMPLES, verbose=0)[1]
    result, _ = twin.train(tfjs, tmp_path, training, x, y, steps=1)
    assert 0 < expected != 1
    assert result.history[name] == (pytest.approx(expected, rel=1e-4),)


# ------------------------------------------------------------------------------------------- whole conversions


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("route", ROUTES)
def test_converted_models_train_on(tfjs: TfjsRunner, tmp_path: Path, random: Random, line: str, route: Route) -> None:
    """From every kind of file and from live models."""
    twin = Twin(LINES[line], random, left=(1, "sigmoid"), right=(3, "softmax"))
    losses = {"left": "binary_crossentropy", "right": "categorical_crossentropy"}
    optimizer = LINES[line].optimizers.SGD(0.1, momentum=0.9)
    twin.keras.compile(optimizer=optimizer, loss=losses, metrics={"left": ["accuracy"], "right": ["mae"]})
    x, y = batch(random), [targets(random, "bits", 1), targets(random, "one hot", 3)]
    twin.keras.train_on_batch(x, y)
    twin.keras.set_weights(list(twin.values.values()))
    assert convert_by(twin.keras, route, tmp_path / "model") == []
    loaded = tfjs.load(tmp_path / "model", backend="cpu")
    result = loaded.fit(x, y, epochs=STEPS, batch_size=SAMPLES)
    expected = twin.keras.evaluate(x, y, batch_size=SAMPLES, verbose=0)[0]
    assert result.losses[0] == pytest.approx(expected, rel=1e-4)  # TF.js's evaluate only gives that of the left
    assert result.losses[-1] < result.losses[0]
    assert set(result.history) == {"loss", "left_loss", "right_loss", "left_acc", "right_mae"}


def test_model_that_cannot_train_in_tfjs(tfjs: TfjsRunner, tmp_path: Path, random: Random) -> None:
    """It converts and predicts; only its training configuration is left out."""
    twin = Twin(keras, random, out=(3, "softmax"))
    twin.keras.compile(optimizer="nadam", loss="huber", metrics=["auc"])
    notes = convert_by(twin.keras, "keras", tmp_path / "model")
    assert ["the model loads uncompiled" in note for note in notes] == [True]
    loaded = tfjs.load(tmp_path / "model", backend="cpu")
    assert not loaded.compiled
    x = batch(random)
    np.testing.assert_allclose(loaded.predict([x])[0], twin.keras.predict(x, verbose=0), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("line", LINES)
def test_batch_normalization_that_cannot_train_is_noted(tfjs: TfjsRunner, tmp_path: Path, line: str) -> None:
    """The note goes with TF.js: if a release of it can train such layers, this test says so."""
    library = LINES[line]
    layers = [library.layers.BatchNormalization(scale=False, name="unscaled"), library.layers.Dense(2)]
    model = library.Sequential([library.Input((4,)), *layers])
    model.compile(optimizer="sgd", loss="mse")
    notes = convert_by(model, "live", tmp_path / "model")
    assert ["(unscaled): fit() will fail" in note for note in notes] == [True]
    loaded = tfjs.load(tmp_path / "model", backend="cpu")
    x = np.linspace(-1, 1, 32, dtype="float32").reshape(8, 4)
    with pytest.raises(RuntimeFailure):
        loaded.fit(x, x[:, :2], epochs=1)
