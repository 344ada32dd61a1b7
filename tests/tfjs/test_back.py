"""Models on their way back: Keras to TF.js to Keras, TF.js to Keras, and TF.js to TF.js, with the same numbers."""

from __future__ import annotations

import importlib
import json
import logging
import subprocess
import warnings
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tensorflowjs
from tensorflowjs.formats.tfjs import read_model
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.node import find_node
from tests.fixtures_keras import Fixture, fixtures
from tests.saved_by_tfjs import FOLDER, NAMES, Saved, saved

pytestmark = pytest.mark.oracle
Array = NDArray[Any]

ARCHIVE, H5 = ("keras_keras", ".keras", ("keras",)), ("keras", ".h5", ("tf_keras", "keras"))
# Of what Keras 3 would compute otherwise, or cannot read from HDF5, it must refuse the file.
NOT_IN_KERAS_3 = {
    "cnn": "batch_size", "bidirectional_lstm": "batch_size", "gru": "batch_size", "time_distributed_lstm": "batch_size",
    "init_state": "expects 1 input", "encoder_decoder": "expects 1 input",
}  # fmt: skip
FAMILIES = (
    "mlp", "cnn", "multi", "multi_dict", "nested", "nested_clash", "nested_frozen", "shared", "rnn", "rnn_stacked",
    "init_state", "encoder_decoder", "td_nested", "zoo_image", "zoo_sequence", "odd_names",
)  # fmt: skip
# Whose layers TF.js has as they are, with the weights as they are.
AS_THEY_ARE = frozenset({"mlp", "nested", "shared", "rnn_stacked", "td_nested", "nested_frozen"})
CHOSEN = [
    one
    for one in fixtures("keras")
    if (one.version == "keras-3.15.1" and one.model in FAMILIES)
    or (one.version == "tf_keras-2.19" and one.model in ("cnn", "nested", "rnn", "init_state"))
]


@contextmanager
def in_silence() -> Iterator[None]:
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def load(library: str, path: Path) -> Any:
    with in_silence():
        return importlib.import_module(library).models.load_model(path)


def outputs_of(model: Any, inputs: list[Array]) -> list[Array]:
    with in_silence():
        found = model(inputs if len(inputs) > 1 else inputs[0])
    return [np.asarray(one) for one in (found if isinstance(found, list | tuple) else [found])]


def assert_close(found: list[Array], expected: list[Array]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def bits(arrays: list[Array]) -> Counter[bytes]:
    return Counter(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays)


def stored(folder: Path) -> list[Array]:
    """The weights that a TF.js model has, without those of an optimizer."""
    weights = [weight for group in read_model(folder).groups for weight in group]
    return [weight.tensor.read() for weight in weights if weight.entry.get("group") != "optimizer"]


def check_back(folder: Path, name: str, inputs: list[Array], expected: list[Array], tmp_path: Path) -> list[Any]:
    """Convert to every format of Keras, load it with every Keras; the models as they were loaded."""
    loaded = []
    for output_format, suffix, libraries in (ARCHIVE, H5):
        result = tensorflowjs.convert(folder, tmp_path / f"back{suffix}", output_format=output_format)
        for library in libraries:
            if suffix == ".h5" and library == "keras" and name in NOT_IN_KERAS_3:
                assert any("Keras 3" in str(note) for note in result.notes)
                with pytest.raises((TypeError, ValueError), match=NOT_IN_KERAS_3[name]):
                    load(library, result.output)
                continue
            model = load(library, result.output)
            assert_close(outputs_of(model, inputs), expected)
            assert bits([np.asarray(weight) for weight in model.weights]) == bits(stored(folder))
            loaded.append(model)
    return loaded


@pytest.mark.parametrize("fixture", CHOSEN, ids=lambda one: one.id)
def test_keras_to_tfjs_to_keras(fixture: Fixture, tmp_path: Path) -> None:
    tensorflowjs.convert(fixture.path, tmp_path / "web")
    name = fixture.model if fixture.model != "cnn" else "cnn of Keras"
    models = check_back(tmp_path / "web", name, fixture.xs(), fixture.float32_ys(), tmp_path)
    if fixture.model in AS_THEY_ARE:
        written = Counter(weight.crc32 for weight in fixture.weights())
        again = [np.ascontiguousarray(weight, "<f4").tobytes() for weight in models[0].weights]
        assert Counter(zlib.crc32(data) for data in again) == written


def test_a_gru_of_keras_comes_back_as_the_layers_it_became(tmp_path: Path) -> None:
    """TF.js computes it as a SimpleRNN with a model for activation, which Keras 3 can have too, but not Keras 2."""
    (fixture,) = [one for one in fixtures("keras") if one.id == "keras-3.15.1/gru_reset_after.keras"]
    tensorflowjs.convert(fixture.path, tmp_path / "web")
    result = tensorflowjs.convert(tmp_path / "web", tmp_path / "back.keras", output_format="keras_keras")
    model = load("keras", result.output)
    assert_close(outputs_of(model, fixture.xs()), fixture.float32_ys())
    with pytest.raises(tensorflowjs.errors.UnsupportedError, match="keras_keras"):
        tensorflowjs.convert(tmp_path / "web", tmp_path / "back.h5")
    assert not (tmp_path / "back.h5").exists()


@pytest.mark.parametrize("name", NAMES)
def test_what_tfjs_trained_and_saved_comes_to_keras(name: str, tmp_path: Path) -> None:
    model = saved(name)
    loaded = check_back(model.folder, name, model.inputs, model.outputs, tmp_path)
    if name == "mlp":  # the only one that was saved with its optimizer
        assert [type(one.optimizer).__name__ for one in loaded] == ["Adam"] * 3
        assert [round(float(np.asarray(one.optimizer.learning_rate)), 6) for one in loaded] == [0.01] * 3


def test_live_training_in_tfjs_comes_to_keras(tmp_path: Path) -> None:
    script, names = FOLDER / "make.mjs", ("merge", "time_distributed_lstm", "depthwise_cnn")
    subprocess.run([find_node(), script, tmp_path, *names], check=True, capture_output=True, timeout=120)
    for name in names:
        model = Saved(tmp_path / name)
        assert bits(stored(model.folder)) != bits(stored(saved(name).folder)) or name != "merge"
        result = tensorflowjs.convert(model.folder, tmp_path / f"{name}.keras", output_format="keras_keras")
        assert_close(outputs_of(load("keras", result.output), model.inputs), model.outputs)


def test_it_becomes_a_saved_model_of_keras(tmp_path: Path) -> None:
    model = saved("gru")
    result = tensorflowjs.convert(model.folder, tmp_path / "saved", output_format="keras_saved_model")
    assert_close(outputs_of(load("tf_keras", result.output), model.inputs), model.outputs)
    assert not list(tmp_path.glob(".*"))


# ---------------------------------------------------------------------------- TF.js to TF.js


@pytest.mark.parametrize("name", ["merge", "bidirectional_lstm", "mlp"])
def test_layers_models_are_stored_anew(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = saved(name)
    tensorflowjs.convert(
        model.folder, tmp_path / "small", output_format="tfjs_layers_model", weight_shard_size_bytes=64,
        quantization_dtype_map={"uint16": True},
    )  # fmt: skip
    result = tensorflowjs.convert(tmp_path / "small", tmp_path / "plain", output_format="tfjs_layers_model")
    assert len(list((tmp_path / "small").glob("*.bin"))) > 1
    assert result.shards == 1
    before, after = model.document, json.loads(result.model_json.read_bytes())
    for key in ("modelTopology", "trainingConfig", "userDefinedMetadata", "generatedBy", "format"):
        assert after.get(key) == before.get(key)
    entries = [group["weights"] for group in (before["weightsManifest"][0], after["weightsManifest"][0])]
    assert [(one["name"], one.get("group")) for one in entries[0]] == [
        (one["name"], one.get("group")) for one in entries[1]
    ]
    with closing(tfjs.load(tmp_path / "plain")) as loaded:
        for found, expected in zip(loaded.predict(model.inputs), model.outputs, strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["cnn", "simple_rnn"])
def test_layers_models_become_graph_models(name: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    model = saved(name)
    tensorflowjs.convert(model.folder, tmp_path / "graph", output_format="tfjs_graph_model")
    with closing(tfjs.load(tmp_path / "graph", kind="graph")) as loaded:
        assert_close(loaded.predict(model.inputs), model.outputs)
