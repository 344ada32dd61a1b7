"""Every form in which TF.js, in any of its versions, and converters keep layers models."""

from __future__ import annotations

import base64
import json
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs import events
from tensorflowjs.errors import CorruptInputError, InputError, MissingInputError, UnsupportedError
from tensorflowjs.events import Note
from tensorflowjs.ir.layers import LayersModel
from tensorflowjs.readers import tfjs_layers
from tensorflowjs.readers.tfjs_spelling import complete, in_keras_words
from tests.saved_by_tfjs import saved
from tests.written_models import dense, functional, input_layer, sequential

Json = dict[str, Any]
KERNEL, BIAS = np.arange(6, dtype="float32").reshape(3, 2) / 7, np.array([0.5, -2], "float32")
SPECS = [
    {"name": "d/kernel", "shape": [3, 2], "dtype": "float32"},
    {"name": "d/bias", "shape": [2], "dtype": "float32"},
]
DATA = KERNEL.tobytes() + BIAS.tobytes()
TOPOLOGY = sequential(input_layer("x", 3), dense("d", 2, "x"))


def manifest(*groups: list[Json]) -> list[Json]:
    return [{"paths": [f"{number}.bin"], "weights": list(weights)} for number, weights in enumerate(groups)]


def write(folder: Path, document: Json, *shards: bytes) -> Path:
    for number, data in enumerate(shards):
        (folder / f"{number}.bin").write_bytes(data)
    (folder / "model.json").write_text(json.dumps(document))
    return folder / "model.json"


def read(path: Path) -> LayersModel:
    with ExitStack() as stack:
        return tfjs_layers.read(path, stack)


def assert_is_the_dense(model: LayersModel) -> None:
    weights = model.root.layer("d").weights
    assert list(weights) == ["kernel", "bias"]
    assert weights["kernel"].read().tobytes() == KERNEL.tobytes()
    assert weights["bias"].read().tobytes() == BIAS.tobytes()


@pytest.mark.parametrize(
    "topology",
    [
        TOPOLOGY,
        {"model_config": TOPOLOGY, "keras_version": "2.15.0"},
        {"modelConfig": TOPOLOGY, "trainingConfig": None},
    ],
    ids=["bare", "model_config", "camel"],
)
def test_forms_of_topology(topology: Json, tmp_path: Path) -> None:
    path = write(tmp_path, {"modelTopology": topology, "weightsManifest": manifest(SPECS)}, DATA)
    for place in (path, tmp_path):
        assert_is_the_dense(read(place))


def test_weights_in_groups_and_in_any_order(tmp_path: Path) -> None:
    document = {"modelTopology": TOPOLOGY, "weightsManifest": manifest([SPECS[1]], [SPECS[0]])}
    assert_is_the_dense(read(write(tmp_path, document, BIAS.tobytes(), KERNEL.tobytes())))


def test_weights_beside_the_topology(tmp_path: Path) -> None:
    document = {"modelTopology": TOPOLOGY, "weightSpecs": SPECS}
    path = write(tmp_path, document)
    with pytest.raises(MissingInputError, match=r"model\.weights\.bin or weights\.bin"):
        read(path)
    (tmp_path / "model.weights.bin").write_bytes(DATA)
    assert_is_the_dense(read(path))
    write(tmp_path, {**document, "weightData": base64.b64encode(DATA).decode()})
    (tmp_path / "model.weights.bin").unlink()
    assert_is_the_dense(read(path))
    write(tmp_path, {**document, "weightData": "§"})
    with pytest.raises(CorruptInputError, match="base64"):
        read(path)


def test_quantised_weights(tmp_path: Path) -> None:
    rules = [{"dtype": "uint8", "min": -1.0, "scale": 0.5}, {"dtype": "float16"}]
    specs = [{**spec, "quantization": rule} for spec, rule in zip(SPECS, rules, strict=True)]
    data = bytes([0, 1, 2, 3, 4, 255]) + np.array([1.5, -2], "float16").tobytes()
    document = {"modelTopology": TOPOLOGY, "weightsManifest": manifest(specs)}
    weights = read(write(tmp_path, document, data)).root.layer("d").weights
    assert weights["kernel"].read().tolist() == [[-1, -0.5], [0, 0.5], [1, 126.5]]
    assert weights["bias"].read().tolist() == [1.5, -2]


@pytest.mark.parametrize("manifested", [None, []], ids=["none", "empty"])
def test_a_topology_alone_is_no_model(manifested: Any, tmp_path: Path) -> None:
    path = write(tmp_path, {"modelTopology": TOPOLOGY, "weightsManifest": manifested})
    with pytest.raises(MissingInputError, match="load_weights=False"):
        read(path)
    path.write_text(json.dumps(TOPOLOGY))
    with pytest.raises(MissingInputError, match="without its weights"):
        read(path)


def test_a_model_without_any_weights_is_complete(tmp_path: Path) -> None:
    layer = {"class_name": "Flatten", "config": {"name": "f"}}
    model = read(write(tmp_path, {"modelTopology": sequential(input_layer("x", 3, 2), layer)}))
    assert [one.name for one in model.root.layers] == ["x", "f"]


def test_every_weight_that_does_not_fit_is_named(tmp_path: Path) -> None:
    specs = [{**SPECS[0], "name": "other/kernel"}, SPECS[1]]
    with pytest.raises(CorruptInputError) as caught:
        read(write(tmp_path, {"modelTopology": TOPOLOGY, "weightsManifest": manifest(specs)}, DATA))
    assert '"other/kernel" in the file belongs to no layer' in str(caught.value)
    assert '"d/kernel" is not in the file' in str(caught.value)


def test_weights_of_the_wrong_shape(tmp_path: Path) -> None:
    specs = [{**SPECS[0], "shape": [2, 3]}, SPECS[1]]
    with pytest.raises(CorruptInputError, match=r"kernel is \[2, 3\] in the file, needed \[3, 2\]"):
        read(write(tmp_path, {"modelTopology": TOPOLOGY, "weightsManifest": manifest(specs)}, DATA))


def test_weights_without_a_topology(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without the topology"):
        read(write(tmp_path, {"modelTopology": None, "weightsManifest": manifest(SPECS)}, DATA))


def test_two_layers_of_one_name_in_nested_models(tmp_path: Path) -> None:
    """TF.js calls the weights of both the same."""
    inner = functional([input_layer("i", 3), dense("d", 3, "i")], ["i"], ["d"], name="inner")
    call = {**inner, "name": "inner", "inbound_nodes": [[["x", 0, 0, {}]]]}
    topology = functional([input_layer("x", 3), call, dense("d", 2, [["inner", 1, 0, {}]])], ["x"], ["d"])
    with pytest.raises(CorruptInputError, match='"d/kernel": several layers'):
        read(write(tmp_path, {"modelTopology": topology, "weightsManifest": manifest(SPECS)}, DATA))


def test_names_of_cells_are_optional() -> None:
    """Other converters leave the cell in the name, as Keras has it."""
    document = saved("gru").document
    (group,) = document["weightsManifest"]
    renamed = [{**one, "name": one["name"].replace("gru_GRU1/", "gru_GRU1/gru_cell/")} for one in group["weights"]]
    assert renamed != group["weights"]
    whole = tfjs_layers.topology(document, origin="here")
    tfjs_layers.assign(whole, _stored(renamed, "gru"), origin="here")
    kernel = read(saved("gru").folder).root.layer("gru_GRU1").weights["kernel"].read()
    assert whole.root.layer("gru_GRU1").weights["kernel"].read().tobytes() == kernel.tobytes()


def _stored(specs: list[Json], name: str) -> Any:
    from tensorflowjs.formats.manifest import MemoryBytes, read_group

    return read_group({"weights": specs}, MemoryBytes((saved(name).folder / "weights.bin").read_bytes()), origin="here")


def test_what_an_optimizer_has_learnt_is_left_out() -> None:
    notes: list[str] = []
    with events.listening(lambda event: notes.append(str(event)) if isinstance(event, Note) else None):
        model = read(saved("mlp").folder)
    assert any("optimizer" in note and "iter" in note for note in notes)
    assert model.training is not None and model.training["optimizer_config"]["class_name"] == "Adam"
    assert model.metadata == {"made": "mlp"}


def test_camel_case_means_the_same() -> None:
    document = saved("cnn").document
    expected = tfjs_layers.topology(document, origin="here")
    again = tfjs_layers.topology({**document, "modelTopology": _camel(document["modelTopology"])}, origin="here")
    assert [(one.name, one.config) for one in again.root.layers] == [
        (one.name, one.config) for one in expected.root.layers
    ]


def _camel(value: Any, key: str = "") -> Any:
    words = {"channels_last": "channelsLast", "fan_avg": "fanAvg", "hard_sigmoid": "hardSigmoid"}
    if isinstance(value, dict):
        return {_camel_name(name): _camel(item, name) for name, item in value.items()}
    if isinstance(value, list):
        return [_camel(item, key) for item in value]
    return words.get(value, value) if isinstance(value, str) and key != "name" else value


def _camel_name(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def test_words_are_spelt_and_names_are_not() -> None:
    given = {"dataFormat": "channelsLast", "name": "channelsLast", "inboundNodes": [[["hardSigmoid2", 0, 0, {}]]]}
    expected = {"data_format": "channels_last", "name": "channelsLast", "inbound_nodes": [[["hardSigmoid2", 0, 0, {}]]]}
    assert in_keras_words(given) == expected


def test_tfjs_has_defaults_of_its_own() -> None:
    said = complete({"class_name": "LSTM", "config": {"units": 2, "use_bias": None, "activation": None}})["config"]
    assert said == {"recurrent_activation": "hard_sigmoid", "units": 2, "activation": "linear"}
    assert complete({"class_name": "SimpleRNN", "config": {"activation": None}})["config"] == {"activation": "tanh"}
    cells = {"class_name": "RNN", "config": {"cell": {}, "cells": []}}
    assert complete(cells)["config"] == {"cell": {}}


def _saved_by_tfjs(layer: Json, *shape: int) -> Json:
    topology = {**sequential(input_layer("x", *shape), layer), "keras_version": "tfjs-layers 4.22.0"}
    return {"modelTopology": topology}


def test_what_tfjs_ignored_while_training_is_left_out() -> None:
    """TF.js has no dilation in depthwise convolutions; converters pass on that of Keras, which Keras shall get back."""
    layer = {"class_name": "DepthwiseConv2D", "config": {"name": "d", "kernel_size": [2, 2], "dilation_rate": [2, 2]}}
    document = _saved_by_tfjs(layer, 5, 5, 2)
    assert tfjs_layers.topology(document, origin="here").root.layer("d").config["dilation_rate"] in (1, [1, 1])
    document["modelTopology"]["keras_version"] = "2.15.0"
    assert tfjs_layers.topology(document, origin="here").root.layer("d").config["dilation_rate"] == [2, 2]


def test_what_no_keras_computes_is_refused() -> None:
    layer = {"class_name": "UpSampling2D", "config": {"name": "u", "size": [2, 2], "interpolation": "bilinear"}}
    with pytest.raises(UnsupportedError, match=r"u \(UpSampling2D\): interpolation=bilinear"):
        tfjs_layers.topology(_saved_by_tfjs(layer, 5, 5, 2), origin="here")


def test_a_graph_model_has_no_layers() -> None:
    with pytest.raises(UnsupportedError, match="it has nodes and no layers"):
        tfjs_layers.topology({"format": "graph-model", "modelTopology": {"node": []}}, origin="here")
