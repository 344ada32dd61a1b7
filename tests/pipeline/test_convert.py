"""`tensorflowjs.convert`: its arguments, and what it says it did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tensorflowjs
from tensorflowjs.errors import UsageError
from tensorflowjs.events import Note, Progress, listening
from tests.fixtures_keras import FOLDER

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
NESTED = FOLDER / "keras-3.15.1" / "nested.keras"
WEIGHTS = FOLDER / "tf-2.15" / "mlp-weights.h5"


def test_what_it_says_it_did(tmp_path: Path) -> None:
    result = tensorflowjs.convert(str(KERAS), tmp_path / "web", quantization_dtype_map={"uint16": True})
    assert (result.input_path, result.output_dir, result.model_json) == (
        str(KERAS), tmp_path / "web", tmp_path / "web" / "model.json",
    )  # fmt: skip
    assert (result.input_format, result.output_format) == ("keras_keras", "tfjs_layers_model")
    assert (result.layers, result.weights, result.parameters) == (5, 8, 115)
    assert (result.weight_bytes, result.written_bytes, result.shards) == (460, 230, 1)
    assert sum(path.stat().st_size for path in (tmp_path / "web").glob("*.bin")) == result.written_bytes


def test_weights_alone_have_no_layers(tmp_path: Path) -> None:
    result = tensorflowjs.convert(WEIGHTS, tmp_path)
    assert (result.layers, result.weights) == (0, 8)


def test_each_note_once(tmp_path: Path) -> None:
    result = tensorflowjs.convert(NESTED, tmp_path)
    assert [note.where for note in result.notes] == ["same_name", "norm"]


def test_others_hear_notes_and_progress(tmp_path: Path) -> None:
    heard: list[Any] = []
    with listening(heard.append):
        tensorflowjs.convert(NESTED, tmp_path)
    assert {type(event) for event in heard} == {Note, Progress}
    done = [event.done for event in heard if isinstance(event, Progress)]
    assert done == sorted(done) and heard[-1] == Progress("Writing weights", 668, 668)


@pytest.mark.parametrize("size", [0, -1, 1.5, "4MB", True], ids=str)
def test_a_shard_size_that_is_none(size: Any, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="positive number of bytes"):
        tensorflowjs.convert(KERAS, tmp_path / "out", weight_shard_size_bytes=size)


def test_formats_that_do_not_exist(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no input format 'onnx'"):
        tensorflowjs.convert(KERAS, tmp_path / "out", "onnx")
    with pytest.raises(UsageError, match="no conversion from keras_keras to onnx"):
        tensorflowjs.convert(KERAS, tmp_path / "out", output_format="onnx")


def test_metadata_and_layers_in_groups(tmp_path: Path) -> None:
    tensorflowjs.convert(KERAS, tmp_path, metadata={"a": [1]}, split_weights_by_layer=True)
    document = json.loads((tmp_path / "model.json").read_text())
    assert document["userDefinedMetadata"] == {"a": [1]} and len(document["weightsManifest"]) == 4


def test_the_document_is_that_of_the_old_converter(tmp_path: Path) -> None:
    tensorflowjs.convert(KERAS, tmp_path)
    document = json.loads((tmp_path / "model.json").read_text())
    assert document["format"] == "layers-model" and document["generatedBy"] == "keras v3.15.1"
    assert document["convertedBy"] == f"TensorFlow.js Converter v{tensorflowjs.__version__}"
    assert set(document["modelTopology"]) == {"keras_version", "backend", "model_config"}
    (group,) = document["weightsManifest"]
    assert group["paths"] == ["group1-shard1of1.bin"]
    assert group["weights"][0] == {"name": "first/kernel", "shape": [6, 6], "dtype": "float32"}
