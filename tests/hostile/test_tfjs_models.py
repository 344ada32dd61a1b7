"""TF.js models that are damaged, or made to harm: a plain error, and nothing written."""

from __future__ import annotations

import copy
import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError, CorruptInputError, MissingInputError
from tests.readers.test_tfjs_graph import document as graph_document
from tests.readers.test_tfjs_graph import write as write_graph
from tests.saved_by_tfjs import saved

Json = Any
TARGETS = {"keras": "out.h5", "keras_keras": "out.keras", "tfjs_layers_model": "out"}
STRANGE: tuple[Json, ...] = (None, -1, 10**30, 1.5, "", "x" * 9, [], {}, [[]], True, {"class_name": "Dense"})


def copied(name: str, folder: Path) -> tuple[Path, Json]:
    shutil.copytree(saved(name).folder, folder / "in")
    return folder / "in" / "model.json", saved(name).document


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize(
    "path", ["../weights.bin", "/etc/hostname", "a/../../x", "C:\\x", "weights.bin\0", "sub/../.."]
)
def test_paths_stay_in_their_folder(path: str, target: str, tmp_path: Path) -> None:
    file, document = copied("gru", tmp_path)
    (tmp_path / "weights.bin").write_bytes(b"secret")
    document["weightsManifest"][0]["paths"] = [path]
    file.write_text(json.dumps(document))
    with pytest.raises(CorruptInputError, match="leads outside"):
        tensorflowjs.convert(file, tmp_path / TARGETS[target], output_format=target)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["in", "weights.bin"]


@pytest.mark.parametrize("target", TARGETS)
def test_shards_that_are_cut_off_or_missing(target: str, tmp_path: Path) -> None:
    file, _ = copied("gru", tmp_path)
    weights = file.with_name("weights.bin")
    weights.write_bytes(weights.read_bytes()[:-1])
    with pytest.raises(CorruptInputError, match="the shards end before its data does"):
        tensorflowjs.convert(file, tmp_path / TARGETS[target], output_format=target)
    weights.unlink()
    with pytest.raises(MissingInputError, match=r"weights\.bin"):
        tensorflowjs.convert(file, tmp_path / TARGETS[target], output_format=target)
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("shape", [[10**12, 10**12], [-4, 12], [4.0, 12], "4", None], ids=str)
def test_shapes_that_cannot_be(shape: Json, tmp_path: Path) -> None:
    file, document = copied("gru", tmp_path)
    document["weightsManifest"][0]["weights"][1]["shape"] = shape
    file.write_text(json.dumps(document))
    with pytest.raises(CorruptInputError):
        tensorflowjs.convert(file, tmp_path / "out.h5")
    assert [one.name for one in tmp_path.iterdir()] == ["in"]


def places(value: Json) -> Iterator[tuple[Json, Any]]:
    """Every place in a document where something else could stand."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from places(item)


def damaged(document: Json, seed: int) -> Json:
    """`document` with something strange in one place, or without what was there."""
    chance = random.Random(seed)
    result = copy.deepcopy(document)
    holder, key = chance.choice(list(places(result)))
    if chance.random() < 0.3:
        del holder[key]
    else:
        holder[key] = chance.choice(STRANGE)
    return result


@pytest.mark.parametrize("name", ["merge", "bidirectional_lstm", "cnn"])
def test_damaged_layers_models(name: str, tmp_path: Path) -> None:
    file, document = copied(name, tmp_path)
    refused = 0
    for seed in range(120):
        file.write_text(json.dumps(damaged(document, seed)))
        target = ("keras", "keras_keras")[seed % 2]
        try:
            tensorflowjs.convert(file, tmp_path / TARGETS[target], "tfjs_layers_model", target)
        except ConversionError:
            refused += 1
            assert [one.name for one in tmp_path.iterdir()] == ["in"], seed
        (tmp_path / TARGETS[target]).unlink(missing_ok=True)
    assert refused > 20


def test_damaged_graph_models(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    refused = 0
    for seed in range(120):
        file = write_graph(tmp_path / "in", damaged(graph_document(), seed))
        try:
            tensorflowjs.convert(file, tmp_path / "out", "tfjs_graph_model")
        except ConversionError:
            refused += 1
            assert [one.name for one in tmp_path.iterdir()] == ["in"], seed
        shutil.rmtree(tmp_path / "out", ignore_errors=True)
    assert refused > 20


def test_json_nested_without_end(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"modelTopology":' + '{"config":' * 100_000)
    for target in TARGETS:
        with pytest.raises(ConversionError):
            tensorflowjs.convert(tmp_path / "model.json", tmp_path / "out", "tfjs_layers_model", target)
    assert [one.name for one in tmp_path.iterdir()] == ["model.json"]
