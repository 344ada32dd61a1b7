"""Live models: read from their own configuration and variables, with the parameters of the old converter."""

from __future__ import annotations

import importlib
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.converters import save_keras_model
from tensorflowjs.errors import ConversionError, InputError, OutputError, UnsupportedError, UsageError
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.parity import AssertParity
from tests.tfjs.randomised import outputs_of, random_model_inputs, randomise_weights

pytestmark = pytest.mark.oracle
both = pytest.mark.parametrize("library", ["keras", "tf_keras"])


def small(library: str) -> Any:
    keras = importlib.import_module(library)
    layers = keras.layers
    x = keras.Input((4,), name="x")
    hidden = layers.BatchNormalization(name="norm")(layers.Dense(6, activation="relu", name="hidden")(x))
    model = keras.Model(x, layers.Dense(3, name="scores")(layers.Dropout(0.5, seed=3, name="drop")(hidden)))
    randomise_weights(model)
    return model


def manifest(folder: Path) -> list[dict[str, Any]]:
    return list(json.loads((folder / "model.json").read_text())["weightsManifest"])


def written_weights(folder: Path) -> dict[str, dict[str, Any]]:
    return {weight["name"]: weight for group in manifest(folder) for weight in group["weights"]}


# ------------------------------------------------------------------------------------- what it reads


@both
def test_a_model_that_was_trained(library: str, assert_parity: AssertParity) -> None:
    """As it is after training, with the optimizer's variables, metrics and random generators around."""
    model = small(library)
    model.compile("adam", "mse", metrics=["mae"])
    random = np.random.default_rng(1)
    before = model.get_weights()
    model.fit(random.normal(size=(32, 4)), random.normal(size=(32, 3)), epochs=1, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])
    assert_parity(model, routes=["live"], randomise=False)


@both
def test_frozen_shared_and_nested_layers(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    tower = keras.Sequential(
        [keras.Input((4,)), layers.Dense(4), layers.BatchNormalization(), layers.Dense(4, activation="tanh")],
        name="tower",
    )
    tower.layers[0].trainable = False
    wrapped = keras.Input((4,))
    outer = keras.Model(wrapped, layers.Dense(4)(tower(wrapped)), name="outer")
    outer.trainable = False
    shared = layers.Dense(4, activation="sigmoid")
    one, two = keras.Input((4,)), keras.Input((4,))
    values = [shared(outer(one)), shared(tower(two)), outer(two)]
    assert_parity(keras.Model([one, two], layers.Concatenate()(values)), routes=["live"])


@both
def test_random_generators_are_not_weights(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    x = keras.Input((6,), dtype="int32")
    y = layers.LSTM(5, dropout=0.2, recurrent_dropout=0.2, return_sequences=True)(layers.Embedding(9, 4)(x))
    y = layers.GaussianDropout(0.3, seed=1)(layers.GaussianNoise(0.1)(layers.SpatialDropout1D(0.1)(y)))
    y = layers.Bidirectional(layers.SimpleRNN(3, dropout=0.1))(y)
    assert_parity(keras.Model(x, layers.AlphaDropout(0.1, seed=2)(y)), routes=["live", "keras"])


@both
def test_changing_the_model_afterwards_changes_nothing(library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = small(library)
    inputs = random_model_inputs(model, seed=5)
    expected = outputs_of(model, inputs)
    save_keras_model(model, tmp_path)
    randomise_weights(model, seed=9)
    (outputs,) = tfjs.load(tmp_path).predict(inputs)
    np.testing.assert_allclose(outputs, expected[0], rtol=1e-4, atol=1e-5)


@both
def test_the_document(library: str, tmp_path: Path) -> None:
    keras = importlib.import_module(library)
    model = small(library)
    model.compile("sgd", "mse")
    save_keras_model(model, str(tmp_path))
    document = json.loads((tmp_path / "model.json").read_text())
    assert document["format"] == "layers-model"
    assert document["generatedBy"] == f"keras v{keras.__version__}"
    assert document["convertedBy"] == f"TensorFlow.js Converter v{tensorflowjs.__version__}"
    assert document["modelTopology"]["backend"] == "tensorflow"
    assert document["trainingConfig"]["loss"] == "mean_squared_error"
    assert "userDefinedMetadata" not in document


# ------------------------------------------------------------------------------------- its parameters


@both
def test_nothing_is_written_elsewhere(library: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.chdir(scratch)
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    made: list[str] = []
    for name in ("mkstemp", "mkdtemp", "mktemp"):
        monkeypatch.setattr(tempfile, name, lambda *given, **options: made.append("temporary file") or 1 / 0)
    save_keras_model(small(library), tmp_path / "web" / "model")
    assert not made and not list(scratch.iterdir())
    names = sorted(path.name for path in (tmp_path / "web" / "model").iterdir())
    assert names == ["group1-shard1of1.bin", "model.json"]


QUANTISED: list[tuple[Any, str]] = [
    ({"uint8": True}, "hidden norm scores"),
    ({"float16": "*"}, "hidden norm scores"),
    ({"uint16": "hidden/*"}, "hidden"),
    ({"uint16": ["hidden/*", "scores/*"]}, "hidden scores"),
    ({"uint8": ("scores/kernel",), "float16": True}, "hidden norm scores"),
    ({"uint8": []}, ""),
    ({"uint8": False}, ""),
    ({}, ""),
    (None, ""),
]


@pytest.mark.parametrize(("quantization", "layers"), QUANTISED, ids=str)
def test_quantization_dtype_map(quantization: Any, layers: str, tmp_path: Path) -> None:
    save_keras_model(small("keras"), tmp_path, quantization)
    weights = written_weights(tmp_path)
    assert {name.split("/")[0] for name, weight in weights.items() if "quantization" in weight} == set(layers.split())
    if isinstance(quantization, dict) and len(quantization) == 2:
        assert weights["scores/kernel"]["quantization"]["dtype"] == "uint8"
        assert weights["scores/bias"]["quantization"]["dtype"] == "float16"


def test_weight_shard_size_bytes(tmp_path: Path) -> None:
    save_keras_model(small("keras"), tmp_path, weight_shard_size_bytes=100)
    (group,) = manifest(tmp_path)
    sizes = [(tmp_path / path).stat().st_size for path in group["paths"]]
    assert sizes[:-1] == [100] * (len(sizes) - 1) and 0 < sizes[-1] <= 100
    assert group["paths"][0] == f"group1-shard1of{len(sizes)}.bin"


def test_metadata(tmp_path: Path) -> None:
    metadata = {"labels": ["cat", "hund", "猫"], "nested": {"a": [1, 2.5, None, True]}}
    save_keras_model(small("keras"), tmp_path, metadata=metadata)
    assert json.loads((tmp_path / "model.json").read_text())["userDefinedMetadata"] == metadata


def test_a_second_conversion_replaces_the_first(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("stays")
    save_keras_model(small("keras"), tmp_path, weight_shard_size_bytes=50)
    save_keras_model(small("keras"), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["group1-shard1of1.bin", "mine.txt", "model.json"]


# ------------------------------------------------------------------------------------- what it refuses


def refused(error: type[ConversionError], *needles: str, model: Any, folder: Path, **options: Any) -> None:
    before = sorted(folder.parent.iterdir())
    with pytest.raises(error) as caught:
        save_keras_model(model, folder, **options)
    assert not [needle for needle in needles if needle not in str(caught.value)], str(caught.value)
    assert sorted(folder.parent.iterdir()) == before


@pytest.mark.parametrize("size", [0, -1, 1.5, "4MB", True], ids=str)
def test_a_shard_size_that_is_none(size: Any, tmp_path: Path) -> None:
    refused(
        UsageError,
        "shard size",
        repr(size),
        model=small("keras"),
        folder=tmp_path / "out",
        weight_shard_size_bytes=size,
    )


def test_other_arguments_that_make_no_sense(tmp_path: Path) -> None:
    model, folder = small("keras"), tmp_path / "out"
    refused(UsageError, "int4", "uint8", model=model, folder=folder, quantization_dtype_map={"int4": True})
    both = {"uint8": True, "float16": True}
    refused(UsageError, "without saying for which", model=model, folder=folder, quantization_dtype_map=both)
    refused(ConversionError, "labels", "set", model=model, folder=folder, metadata={"labels": {1, 2}})
    refused(ConversionError, "rate", "nan", model=model, folder=folder, metadata={"rate": float("nan")})


def test_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("here first")
    refused(OutputError, "out", "a file", model=small("keras"), folder=tmp_path / "out")
    assert (tmp_path / "out").read_text() == "here first"


@pytest.mark.parametrize("thing", [None, 3, "model.keras", Path("model.keras"), {"class_name": "Sequential"}], ids=str)
def test_what_is_no_model(thing: Any, tmp_path: Path) -> None:
    hint = "tensorflowjs.convert" if isinstance(thing, (str, Path)) else "Keras model is needed"
    refused(InputError, type(thing).__name__, hint, model=thing, folder=tmp_path / "out")


@both
def test_a_layer_is_no_model(library: str, tmp_path: Path) -> None:
    layer = importlib.import_module(library).layers.Dense(3)
    refused(InputError, "Keras model is needed", "Dense", model=layer, folder=tmp_path / "out")


@both
def test_models_that_are_not_built(library: str, tmp_path: Path) -> None:
    keras = importlib.import_module(library)
    model = keras.Sequential([keras.layers.Dense(3, name="first"), keras.layers.Dense(2)])
    refused(UnsupportedError, "first", "model.build(", model=model, folder=tmp_path / "out")
    model.build((None, 4))
    save_keras_model(model, tmp_path / "out")
    assert written_weights(tmp_path / "out")["first/kernel"]["shape"] == [4, 3]


@both
def test_subclassed_models(library: str, tmp_path: Path) -> None:
    keras = importlib.import_module(library)

    class Net(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.inside = keras.layers.Dense(2)

        def call(self, x: Any) -> Any:
            return self.inside(x)

    model = Net()
    model(np.zeros((1, 3), "float32"))
    refused(UnsupportedError, "Net", "Python code", "model.export", model=model, folder=tmp_path / "out")


@both
def test_subclasses_of_functional_models_are_noted(library: str, assert_parity: AssertParity) -> None:
    """They may train in their own way; what they compute is what their layers do."""
    keras = importlib.import_module(library)

    class Trainer(keras.Model):
        def train_step(self, data: Any) -> Any:
            raise NotImplementedError

    x = keras.Input((4,))
    (result,) = assert_parity(Trainer(x, keras.layers.Dense(3)(x)), routes=["live"], backends=["cpu"])
    assert [note for note in result.notes if note.startswith("Trainer: A class of its own")]


@both
def test_custom_layers_with_names_of_built_in_ones(library: str, tmp_path: Path) -> None:
    keras = importlib.import_module(library)

    class Dense(keras.layers.Dense):
        def call(self, x: Any) -> Any:
            return 2 * super().call(x)

    x = keras.Input((4,))
    model = keras.Model(x, Dense(3, name="doubled")(x))
    refused(UnsupportedError, "doubled (", "Dense)", "custom class", model=model, folder=tmp_path / "out")


@both
def test_layers_that_cannot_be_described(library: str, tmp_path: Path) -> None:
    keras = importlib.import_module(library)

    class Applied(keras.layers.Layer):
        def __init__(self, function: Any) -> None:
            super().__init__()
            self.function = function

        def call(self, x: Any) -> Any:
            return self.function(x)

    x = keras.Input((4,))
    model = keras.Model(x, Applied(lambda y: y + 1)(x))
    refused(UnsupportedError, "Applied", "get_config", model=model, folder=tmp_path / "out")
