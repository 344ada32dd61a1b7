"""`load_keras_model` and `deserialize_keras_model` of the old API: live models of whichever Keras there is."""

from __future__ import annotations

import inspect
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs import converters
from tensorflowjs.converters import keras_loading
from tensorflowjs.converters.keras_tfjs_loader import deserialize_keras_model, load_keras_model
from tensorflowjs.errors import CorruptInputError, MissingExtraError
from tests.saved_by_tfjs import saved

pytestmark = pytest.mark.oracle
LIBRARIES = {"0": "keras", "1": "tf_keras"}


@pytest.fixture(params=LIBRARIES, ids=LIBRARIES.values())
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("TF_USE_LEGACY_KERAS", request.param)
    return LIBRARIES[request.param]


def assert_predicts(model: Any, name: str) -> None:
    inputs = saved(name).inputs
    found = model(inputs if len(inputs) > 1 else inputs[0])
    for one, other in zip(found if isinstance(found, list | tuple) else [found], saved(name).outputs, strict=True):
        np.testing.assert_allclose(np.asarray(one), other, rtol=1e-5, atol=1e-6)


def data(name: str) -> bytes:
    return (saved(name).folder / "weights.bin").read_bytes()


def test_parameters_are_those_of_the_old_api() -> None:
    expected = ["config_json_path", "weights_path_prefix", "weights_data_buffers", "load_weights"]
    assert list(inspect.signature(load_keras_model).parameters) == [*expected, "use_unique_name_scope"]
    expected = ["config_json", "weight_data", "use_unique_name_scope"]
    assert list(inspect.signature(deserialize_keras_model).parameters) == expected
    assert converters.load_keras_model is load_keras_model


def test_from_a_file(library: str) -> None:
    model = load_keras_model(saved("merge").folder / "model.json")
    assert type(model).__module__.split(".")[0] == library
    assert_predicts(model, "merge")


def test_weights_in_another_folder(library: str, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(data("conv1d"))
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "model.json"
    path.write_text(json.dumps(saved("conv1d").document))
    assert_predicts(load_keras_model(str(path), str(tmp_path)), "conv1d")
    with pytest.raises(ValueError, match="is not a folder"):
        load_keras_model(path, tmp_path / "nowhere")


@pytest.mark.parametrize("kind", ["bytes", "file", "shards"])
def test_weights_in_memory(kind: str, library: str) -> None:
    name = "depthwise_cnn"
    document, whole = saved(name).document, data(name)
    document["weightsManifest"][0]["paths"] = ["a", "b"]
    given: dict[str, list[Any]] = {"bytes": [whole], "file": [io.BytesIO(whole)], "shards": [whole[:50], whole[50:]]}
    assert_predicts(deserialize_keras_model(document, given[kind]), name)


def test_one_buffer_and_every_form_of_json(library: str) -> None:
    path = saved("simple_rnn").folder / "model.json"
    assert_predicts(load_keras_model(path, weights_data_buffers=data("simple_rnn")), "simple_rnn")
    for form in (path.read_text(), path.read_bytes(), path.open()):
        assert_predicts(deserialize_keras_model(form, [data("simple_rnn")]), "simple_rnn")


def test_without_weights_it_is_freshly_initialised(library: str, tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    path.write_text(json.dumps({"modelTopology": saved("bidirectional_lstm").document["modelTopology"]}))
    models = [load_keras_model(path, load_weights=False), deserialize_keras_model(path.open())]
    for model in models:
        assert [layer.name for layer in model.layers][-1] == "dense_Dense6"
        assert model.count_params() == 291
    with pytest.raises(KeyError, match="weightsManifest"):
        load_keras_model(path)


def test_unique_names(library: str) -> None:
    models = [load_keras_model(saved("gru").folder / "model.json", use_unique_name_scope=True) for _ in range(2)]
    names = [[str(getattr(one, "path", one.name)) for one in model.weights] for model in models]
    assert library == "tf_keras" or not set(names[0]) & set(names[1])
    for model in models:
        assert_predicts(model, "gru")


def test_what_makes_no_sense(tmp_path: Path) -> None:
    path = saved("mlp").folder / "model.json"
    with pytest.raises(ValueError, match="cannot be given both"):
        load_keras_model(path, tmp_path, [b"x"])
    with pytest.raises(KeyError, match="modelTopology"):
        deserialize_keras_model({})
    with pytest.raises(TypeError, match="object"):
        deserialize_keras_model("[]")
    with pytest.raises(ValueError, match="list"):
        deserialize_keras_model(path.read_text(), b"x")
    with pytest.raises(ValueError, match="3 buffers for 1 weight groups in 1 shards"):
        deserialize_keras_model(path.read_text(), [b"x"] * 3)
    with pytest.raises(CorruptInputError, match="end before"):
        deserialize_keras_model(path.read_text(), [data("mlp")[:-1]])


def test_without_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise ImportError(name)

    monkeypatch.setattr(keras_loading, "import_module", missing)
    with pytest.raises(MissingExtraError, match="there is none here"):
        load_keras_model(saved("mlp").folder / "model.json")
