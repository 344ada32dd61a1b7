"""The old API's functions for SavedModels, Hub modules and frozen graphs."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

import tensorflowjs as tfjs
from tensorflowjs.converters import tf_saved_model_conversion_v2 as old
from tensorflowjs.errors import UnsupportedError, UsageError

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tensorflow"
MODULE = FIXTURES / "tf-2.19" / "module"
HUB = FIXTURES / "tf-1.15" / "hub"
FROZEN = FIXTURES / "tf-1.15" / "frozen.pb"

MIB_4 = 1024 * 1024 * 4
_CHECKS = [("quantization_dtype_map", None), ("skip_op_check", False), ("strip_debug_ops", False)]
_STRUCTURED = [("use_structured_outputs_names", False)]
_SHARDS, _END = [("weight_shard_size_bytes", MIB_4)], [("experiments", False), ("metadata", None)]
_FLOW = [("control_flow_v2", False)]
NO_DEFAULT = inspect.Parameter.empty
# As in tensorflowjs 4.22.0.
PARAMETERS: dict[str, list[tuple[str, Any]]] = {
    "convert_tf_saved_model": [
        ("saved_model_dir", NO_DEFAULT),
        ("output_dir", NO_DEFAULT),
        ("signature_def", "serving_default"),
        ("saved_model_tags", "serve"),
        *(*_CHECKS, *_STRUCTURED, *_SHARDS, *_FLOW, *_END, ("frozen_graph_dir", None)),
    ],
    "convert_tf_hub_module": [
        ("module_handle", NO_DEFAULT),
        ("output_dir", NO_DEFAULT),
        ("signature", "default"),
        ("saved_model_tags", "serve"),
        *(*_CHECKS, *_STRUCTURED, *_SHARDS, *_FLOW, *_END),
    ],
    "convert_tf_hub_module_v1": [
        ("module_path", NO_DEFAULT),
        ("output_dir", NO_DEFAULT),
        ("signature", "default"),
        *(*_CHECKS, *_SHARDS, *_END),
    ],
    "convert_tf_frozen_model": [
        ("frozen_model_path", NO_DEFAULT),
        ("output_node_names", NO_DEFAULT),
        ("output_dir", NO_DEFAULT),
        *(*_CHECKS, *_SHARDS, *_END),
    ],
}


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_are_those_of_the_old_package(name: str) -> None:
    found = inspect.signature(getattr(old, name)).parameters
    assert [(key, row.default) for key, row in found.items()] == PARAMETERS[name]


def document(folder: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / "model.json").read_text())
    return read


def test_a_saved_model(tmp_path: Path) -> None:
    tfjs.converters.convert_tf_saved_model(str(MODULE), str(tmp_path))
    assert list(document(tmp_path)["signature"]["outputs"]) == ["also", "ids", "names", "y"]
    assert "userDefinedMetadata" not in document(tmp_path)


def test_every_option_of_a_saved_model_arrives(tmp_path: Path) -> None:
    tfjs.converters.convert_tf_saved_model(
        MODULE, tmp_path, "serving_default", "serve", {"float16": True}, False, False, True, 16, True, True, {"a": 1}
    )
    written = document(tmp_path)
    keys = ["also", "ids", "names", "y"]
    assert written["userDefinedMetadata"] == {"a": 1, "structuredOutputKeys": keys}
    assert "While" in str(written["modelTopology"])  # control flow of version 2
    assert any("quantization" in row for row in written["weightsManifest"][0]["weights"])
    assert max(path.stat().st_size for path in tmp_path.glob("*.bin")) == 16


def test_another_signature_and_tags(tmp_path: Path) -> None:
    tfjs.converters.convert_tf_saved_model(MODULE, tmp_path, signature_def="double")
    assert list(document(tmp_path)["signature"]["inputs"]) == ["a", "b"]
    with pytest.raises(UsageError, match='no signature "nothing"'):
        tfjs.converters.convert_tf_saved_model(MODULE, tmp_path, signature_def="nothing")
    with pytest.raises(UsageError, match='no graph with the tags "nothing"'):
        tfjs.converters.convert_tf_saved_model(MODULE, tmp_path, saved_model_tags="nothing")


def test_there_is_no_frozen_graph(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="Leave frozen_graph_dir out"):
        tfjs.converters.convert_tf_saved_model(MODULE, tmp_path / "web", frozen_graph_dir=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", [old.convert_tf_hub_module, old.convert_tf_hub_module_v1])
def test_a_hub_module_of_version_1(call: Any, tmp_path: Path) -> None:
    call(str(HUB), str(tmp_path / "a"))
    assert list(document(tmp_path / "a")["signature"]["outputs"]) == ["default"]
    call(HUB, tmp_path / "b", "doubled", metadata={"b": 2})
    assert list(document(tmp_path / "b")["signature"]["outputs"]) == ["twice"]
    assert document(tmp_path / "b")["userDefinedMetadata"] == {"b": 2}


def test_a_hub_module_of_version_2(tmp_path: Path) -> None:
    tfjs.converters.convert_tf_hub_module(MODULE, tmp_path, use_structured_outputs_names=True)
    assert document(tmp_path)["userDefinedMetadata"]["structuredOutputKeys"] == ["also", "ids", "names", "y"]


def test_a_frozen_graph(tmp_path: Path) -> None:
    tfjs.converters.convert_tf_frozen_model(str(FROZEN), "y,pieces:1", str(tmp_path), metadata={"c": 3})
    assert list(document(tmp_path)["signature"]["outputs"]) == ["y", "pieces:1"]
    with pytest.raises(UsageError, match='no node "z"'):
        tfjs.converters.convert_tf_frozen_model(FROZEN, "z", tmp_path)


def test_the_op_check_can_be_skipped(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text('node { name: "x" op: "Placeholder" } node { name: "y" op: "MyOwn" input: "x" }')
    with pytest.raises(UnsupportedError, match="MyOwn in y"):
        tfjs.converters.convert_tf_frozen_model(path, "y", tmp_path / "web")
    tfjs.converters.convert_tf_frozen_model(path, "y", tmp_path / "web", skip_op_check=True)
    assert "MyOwn" in str(document(tmp_path / "web")["modelTopology"])
