"""What is said of a model before it is converted."""

from __future__ import annotations

import json
from pathlib import Path

from tensorflowjs.pipeline.inspection import Value, as_json, inspect
from tensorflowjs.pipeline.run import convert
from tests.fixtures_keras import FOLDER
from tests.written_models import functional, input_layer, write_h5

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
TENSORFLOW = FOLDER.parent / "tensorflow" / "tf-2.19"


def test_a_keras_file() -> None:
    found = inspect(KERAS)
    assert (found.format, found.producer) == ("keras_keras", "keras 3.15.1")
    assert found.inputs == (Value("input_layer", "float32", (None, 6)),)
    assert [layer.class_name for layer in found.layers][:2] == ["Dense", "BatchNormalization"]
    assert found.parameters == sum(layer.parameters for layer in found.layers) == 115
    assert found.weight_bytes == 4 * 115
    assert {road.output_format for road in found.roads if road.open} == {"tfjs_layers_model", "tfjs_graph_model"}


def test_a_saved_model() -> None:
    found = inspect(TENSORFLOW / "tables")
    assert found.format == "tf_saved_model" and (found.producer or "").startswith("TensorFlow 2.19")
    assert found.inputs == (Value("words", "string", (None,)),)
    assert found.outputs == (Value("ids", "int64", (None,)),)
    assert found.ops["LookupTableFindV2"] == 1
    assert [road.open for road in found.roads] == [True]


def test_weights_alone() -> None:
    found = inspect(FOLDER / "tf-2.15" / "mlp-weights.h5")
    assert len(found.weights) == 8 and not found.layers


def test_what_is_in_the_way(tmp_path: Path) -> None:
    custom = {"class_name": "Mine", "name": "mine", "config": {"name": "mine"}, "inbound_nodes": [[["x", 0, 0, {}]]]}
    source = write_h5(tmp_path / "custom.h5", functional([input_layer("x", 3), custom], ["x"], ["mine"]), {})
    roads = inspect(source).roads
    assert roads and not any(road.open for road in roads)
    assert all("mine" in problem for road in roads for problem in road.problems[:1])


def test_what_was_converted(tmp_path: Path) -> None:
    convert(KERAS, tmp_path / "layers")
    convert(TENSORFLOW / "variables", tmp_path / "graph")
    layers, graph = inspect(tmp_path / "layers"), inspect(tmp_path / "graph")
    assert (layers.format, graph.format) == ("tfjs_layers_model", "tfjs_graph_model")
    assert layers.parameters == inspect(KERAS).parameters
    assert graph.inputs and graph.outputs and graph.ops


def test_as_json() -> None:
    found = json.loads(json.dumps(as_json(inspect(KERAS))))
    assert found["inputs"] == [{"name": "input_layer", "dtype": "float32", "shape": [None, 6]}]
