"""Decision forests: TF.js runs them with an add-on, which wants their files in an archive beside the model.

The add-on (the npm package tfjs-tfdf) is no part of this project; what is written has been run in it by hand.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

import tensorflowjs
from tensorflowjs.errors import MissingInputError

FOREST = Path(__file__).parent.parent / "fixtures" / "tensorflow" / "tf-2.19" / "forest"


@pytest.fixture
def converted(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    tensorflowjs.convert(FOREST, tmp_path)
    return tmp_path, json.loads((tmp_path / "model.json").read_text())


def named(nodes: list[dict[str, Any]], op: str) -> dict[str, Any]:
    (found,) = (node for node in nodes if node["op"] == op)
    return found


def test_the_assets_lie_beside_the_model(converted: tuple[Path, dict[str, Any]]) -> None:
    with ZipFile(converted[0] / "assets.zip") as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            path.name: path.read_bytes() for path in (FOREST / "assets").iterdir()
        }


def test_the_same_files_give_the_same_archive(converted: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    tensorflowjs.convert(FOREST, tmp_path / "again")
    assert (tmp_path / "again" / "assets.zip").read_bytes() == (converted[0] / "assets.zip").read_bytes()


def test_the_forest_is_loaded_before_it_is_asked(converted: tuple[Path, dict[str, Any]]) -> None:
    document = converted[1]
    nodes, initializer = document["modelTopology"]["node"], document["modelInitializer"]["node"]
    asked = named(nodes, "SimpleMLInferenceOpWithHandle")
    assert asked["attr"]["dense_output_dim"] == {"i": "2"}
    handle = named(nodes, "SimpleMLCreateModelResource")["name"]
    assert len(asked["input"]) == 7 and asked["input"][-1] == handle
    loading = named(initializer, "SimpleMLLoadModelFromPathWithHandle")
    assert loading["input"][0] == handle == named(initializer, "SimpleMLCreateModelResource")["name"]
    assert named(initializer, "LookupTableImportV2")["input"][0] == named(nodes, "HashTableV2")["name"]
    assert list(document["signature"]["inputs"]) == ["a", "b", "c"]


def test_without_assets(tmp_path: Path) -> None:
    folder = shutil.copytree(FOREST, tmp_path / "model")
    shutil.rmtree(folder / "assets")
    with pytest.raises(MissingInputError, match="assets"):
        tensorflowjs.convert(folder, tmp_path / "web")
    assert not (tmp_path / "web").exists()


def test_other_models_have_no_archive(tmp_path: Path) -> None:
    tensorflowjs.convert(FOREST.parent / "module", tmp_path)
    assert not (tmp_path / "assets.zip").exists()
