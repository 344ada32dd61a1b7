"""Graph models of TF.js: what converters write, and what they wrote before TF.js 1.0."""

from __future__ import annotations

import base64
import json
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import CorruptInputError, MissingInputError, UnsupportedError
from tensorflowjs.formats.protobuf import from_json
from tensorflowjs.ir.graph import GraphModel, Shape, Type
from tensorflowjs.readers import tfjs_graph
from tensorflowjs.readers.graph_json import graph_def

Json = dict[str, Any]
VALUES = np.array([[1.5, -2], [3, 0.25]], "float32")
FLOAT = {"type": "DT_FLOAT"}


def node(name: str, op: str, *inputs: str, **attrs: Any) -> Json:
    return {"name": name, "op": op, "input": list(inputs), "attr": attrs}


def nodes() -> list[Json]:
    shape = {"shape": {"dim": [{"size": "-1"}, {"size": "2"}]}}
    value = {"tensor": {"dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "2"}, {"size": "2"}]}}}
    return [
        node("b", "Placeholder", dtype=FLOAT, shape=shape),
        node("a", "Placeholder", dtype={"type": 1}, shape=shape),
        node("w", "Const", dtype=FLOAT, value=value),
        node("mm", "MatMul", "a", "w", transpose_a={"b": False}, transpose_b={"b": True}),
        node("sum", "AddV2", "mm", "b"),
        node("unused", "Relu", "sum"),
    ]


def port(name: str) -> Json:
    return {"name": f"{name}:0", "dtype": "DT_FLOAT", "tensorShape": {"dim": [{"size": "-1"}, {"size": "2"}]}}


def document(**changes: Any) -> Json:
    signature = {"inputs": {"z": port("a"), "y": port("b")}, "outputs": {"second": port("sum"), "first": port("mm")}}
    return {
        "format": "graph-model",
        "generatedBy": "2.3.0",
        "modelTopology": {"node": nodes(), "library": {}, "versions": {"producer": 440}},
        "weightsManifest": [{"paths": ["w.bin"], "weights": [{"name": "w", "shape": [2, 2], "dtype": "float32"}]}],
        "signature": signature,
        "userDefinedMetadata": {"mine": [1, 2]},
        **changes,
    }


def write(folder: Path, given: Json) -> Path:
    (folder / "w.bin").write_bytes(VALUES.tobytes())
    (folder / "model.json").write_text(json.dumps(given))
    return folder / "model.json"


def read(path: Path) -> GraphModel:
    with ExitStack() as stack:
        return tfjs_graph.read(path, stack)


def test_keys_values_and_metadata_stay(tmp_path: Path) -> None:
    model = read(write(tmp_path, document()))
    assert [one.key for one in model.signature.inputs] == ["z", "y"]  # the order of TF.js, not that of the alphabet
    assert [one.key for one in model.signature.outputs] == ["second", "first"]
    assert [one.name for one in model.graph.inputs] == ["a", "b"]
    assert [one.node.name for one in model.graph.outputs] == ["sum", "mm"]
    assert model.signature.inputs[0].shape == Shape((None, 2))
    assert "unused" not in model.graph.nodes
    constant = model.graph.nodes["w"]
    assert constant.attrs["dtype"] == Type("float32")
    assert constant.tensor.read().tolist() == VALUES.tolist()
    assert model.metadata == {"mine": [1, 2]}
    assert model.producer == "2.3.0"


def test_it_is_written_as_it_was(tmp_path: Path) -> None:
    path = write(tmp_path, document())
    result = tensorflowjs.convert(path, tmp_path / "out", quantization_dtype_map={"float16": True})
    again = json.loads(result.model_json.read_bytes())
    (entry,) = again["weightsManifest"][0]["weights"]
    assert entry["quantization"]["dtype"] == "float16"
    assert again["userDefinedMetadata"] == {"mine": [1, 2]}
    assert {key: list(again["signature"][key]) for key in ("inputs", "outputs")} == {
        "inputs": ["z", "y"], "outputs": ["second", "first"],
    }  # fmt: skip
    assert [one["name"] for one in again["signature"]["inputs"].values()] == ["a:0", "b:0"]
    result = tensorflowjs.convert(result.output_dir, tmp_path / "plain")
    assert (result.input_format, result.output_format) == ("tfjs_graph_model", "tfjs_graph_model")
    found = np.fromfile(tmp_path / "plain" / "group1-shard1of1.bin", "<f4")
    assert sorted(found) == sorted(VALUES.ravel())  # perhaps transposed


def test_without_a_signature_and_without_a_format(tmp_path: Path) -> None:
    given = document()
    del given["signature"], given["format"]
    path = write(tmp_path, given)
    model = read(path)
    assert [one.key for one in model.signature.inputs] == ["b", "a"]
    assert [one.key for one in model.signature.outputs] == ["unused"]
    assert tensorflowjs.convert(path, tmp_path / "out").input_format == "tfjs_graph_model"


def test_a_signature_in_the_metadata_counts(tmp_path: Path) -> None:
    older = {"inputs": {"x": port("a"), "b": port("b")}, "outputs": {"only": port("sum")}}
    model = read(write(tmp_path, document(userDefinedMetadata={"signature": older, "mine": 1})))
    assert [one.key for one in model.signature.outputs] == ["only"]
    assert model.metadata == {"mine": 1}


def test_two_outputs_of_one_node_get_their_own(tmp_path: Path) -> None:
    signature = {"inputs": {"z": port("a")}, "outputs": {"one": port("mm"), "same": port("mm")}}
    model = read(write(tmp_path, document(signature=signature)))
    assert len({one.node for one in model.graph.outputs}) == 2


def test_a_model_of_before_tfjs_1(tmp_path: Path) -> None:
    given = document()
    proto = from_json("graph", "GraphDef", _numbered(given["modelTopology"]), "here")
    (tmp_path / "tensorflowjs_model.pb").write_bytes(proto.SerializeToString())
    (tmp_path / "weights_manifest.json").write_text(json.dumps(given["weightsManifest"]))
    (tmp_path / "w.bin").write_bytes(VALUES.tobytes())
    for source in (tmp_path, tmp_path / "tensorflowjs_model.pb"):
        result = tensorflowjs.convert(source, tmp_path / "out")
        assert result.input_format == "tfjs_graph_model"
        assert list(json.loads(result.model_json.read_bytes())["signature"]["inputs"]) == ["b", "a"]
    (tmp_path / "w.bin").unlink()
    with pytest.raises(MissingInputError, match=r"w\.bin"):
        read(tmp_path)


def _numbered(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: 1 if item == "DT_FLOAT" else _numbered(item) for key, item in value.items()}
    return [_numbered(item) for item in value] if isinstance(value, list) else value


def test_forms_of_attributes() -> None:
    attrs = {
        "letters": {"s": [83, 65]}, "text": {"s": base64.b64encode(b"SAME").decode()}, "number": {"i": 3},
        "big": {"i": "4"}, "types": {"list": {"type": ["DT_HALF", 3, "DT_FLOAT_REF"]}}, "nothing": {"list": {}},
        "none": None, "unknown": {"shape": {"unknownRank": True}},
    }  # fmt: skip
    proto = graph_def({"node": [{"name": "x", "op": "Y", "attr": attrs, "strange": 1}]}, "here")
    found = proto.node[0].attr
    assert (found["letters"].s, found["text"].s, found["number"].i, found["big"].i) == (b"SA", b"SAME", 3, 4)
    assert list(found["types"].list.type) == [19, 3, 101]
    assert found["nothing"].WhichOneof("value") == "list"
    assert found["unknown"].shape.unknown_rank


@pytest.mark.parametrize(
    ("attr", "what"),
    [({"type": "DT_NONSENSE"}, "DT_NONSENSE"), ({"s": "not base64!"}, "GraphDef"), ({"i": "x"}, "GraphDef")],
    ids=["type", "text", "number"],
)
def test_damaged_attributes(attr: Json, what: str) -> None:
    with pytest.raises(CorruptInputError, match=what):
        graph_def({"node": [{"name": "x", "op": "Y", "attr": {"a": attr}}]}, "here")


def test_int64_constants_keep_to_their_graph(tmp_path: Path) -> None:
    """TF.js stores them as int32, while the nodes around still say int64."""
    given = document()
    for one in given["modelTopology"]["node"]:
        one["attr"] = json.loads(json.dumps(one["attr"]).replace("DT_FLOAT", "DT_INT64"))
    given["weightsManifest"][0]["weights"][0]["dtype"] = "int32"
    constant = read(write(tmp_path, given)).graph.nodes["w"]
    assert (constant.tensor.dtype, constant.attrs["dtype"]) == ("int64", Type("int64"))


def test_a_constant_without_a_weight(tmp_path: Path) -> None:
    given = document()
    given["weightsManifest"][0]["weights"][0]["name"] = "other"
    with pytest.raises(CorruptInputError, match="no weight for constants: w"):
        tensorflowjs.convert(write(tmp_path, given), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_not_there(tmp_path: Path) -> None:
    signature = {"inputs": {}, "outputs": {"x": port("nowhere")}}
    with pytest.raises(CorruptInputError, match="nowhere"):
        read(write(tmp_path, document(signature=signature)))


def test_layers_are_no_nodes(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match="lists no nodes"):
        read(write(tmp_path, document(modelTopology={"class_name": "Sequential", "config": []})))


def test_files_of_decision_forests_come_along(tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "fixtures" / "tensorflow" / "tf-2.19" / "forest"
    once = tensorflowjs.convert(source, tmp_path / "once", input_format="tf_saved_model").output_dir
    again = tensorflowjs.convert(once, tmp_path / "again").output_dir
    assert (again / "assets.zip").read_bytes() == (once / "assets.zip").read_bytes()
    with zipfile.ZipFile(once / "assets.zip", "a") as archive:
        archive.writestr("../outside", "x")
    with pytest.raises(CorruptInputError, match="lead outside"):
        tensorflowjs.convert(once, tmp_path / "third")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["again", "once"]
