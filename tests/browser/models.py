"""Small models of every sort that the page treats in its own way, with random weights."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.formats import tfjs
from tensorflowjs.tensors import ArrayTensor
from tests.verify.handwritten import functional, input_layer, layer, node, placeholder, sequential, write_graph_model


def write_models(folder: Path) -> None:
    write_classifier(folder / "pictures" / "classifier")
    write_two_inputs(folder / "two inputs")
    write_graph(folder / "graph")
    write_einsum(folder / "einsum")
    write_layers(folder / "unknown layer", sequential(layer("Mystery", "m")), {})
    write_classifier(folder / "cut off")
    shard = next((folder / "cut off").glob("*.bin"))
    shard.write_bytes(shard.read_bytes()[:-10])
    write_classifier(folder / "torn")
    next((folder / "torn").glob("*.bin")).unlink()
    write_classifier(folder / "other shape")
    change(folder / "other shape", lambda text: text.replace('"units":5', '"units":6'))
    write_classifier(folder / "odd manifest")
    change(folder / "odd manifest", lambda text: json.dumps({**json.loads(text), "weightsManifest": "odd"}))
    (folder / "no json").mkdir()
    (folder / "no json" / "model.json").write_text("{")


def change(folder: Path, how: Callable[[str], str]) -> None:
    file = folder / "model.json"
    file.write_text(how(file.read_text()))


def floats(seed: int, *shape: int) -> Any:
    return (np.random.default_rng(seed).standard_normal(shape) / 2).astype(np.float32)


def write_layers(folder: Path, topology: dict[str, Any], weights: dict[str, Any], **top: Any) -> None:
    document = {"format": "layers-model", "generatedBy": "keras v3", "modelTopology": topology, **top}
    group = [(name, ArrayTensor(values)) for name, values in weights.items()]
    tfjs.write_model(folder, document, [group], shard_bytes=300, hash_shards=True)


def write_classifier(folder: Path) -> None:
    """A picture of 8 × 8 pixels in, five classes with names out."""
    topology = sequential(
        input_layer("picture", 8, 8, 3),
        layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], activation="relu"),
        layer("Flatten", "flat"),
        layer("Dense", "classes", units=5, activation="softmax"),
    )
    weights = {
        "conv/kernel": floats(1, 3, 3, 3, 4),
        "conv/bias": floats(2, 4),
        "classes/kernel": floats(3, 144, 5),
        "classes/bias": floats(4, 5),
    }
    write_layers(folder, topology, weights, userDefinedMetadata={"labels": ["ant", "bee", "cat", "dog", "eel"]})


def write_two_inputs(folder: Path) -> None:
    """Words and figures in, three numbers and one number out."""
    layers = [
        input_layer("words", 6, dtype="int32"),
        input_layer("figures", 2),
        layer("Embedding", "embedding", ["words", 0, 0], input_dim=12, output_dim=4),
        layer("GlobalAveragePooling1D", "mean", ["embedding", 0, 0]),
        layer("Concatenate", "joined", ["mean", 0, 0], ["figures", 0, 0], axis=-1),
        layer("Dense", "topic", ["joined", 0, 0], units=3, activation="tanh"),
        layer("Dense", "price", ["joined", 0, 0], units=1),
    ]
    weights = {
        "embedding/embeddings": floats(5, 12, 4),
        "topic/kernel": floats(6, 6, 3),
        "topic/bias": floats(7, 3),
        "price/kernel": floats(8, 6, 1),
        "price/bias": floats(9, 1),
    }
    write_layers(folder, functional(layers, ["words", "figures"], ["topic", "price"]), weights)


def write_graph(folder: Path) -> None:
    """Two numbers for each of any number of samples in, their products with a matrix out."""
    nodes = [
        placeholder("x", "DT_FLOAT", -1, 2),
        node("Const", "model/block/w", dtype={"type": "DT_FLOAT"}),
        node("MatMul", "model/block/product", "x", "model/block/w"),
        node("Tanh", "model/block/tanh", "model/block/product"),
    ]
    shape = {"dim": [{"size": "-1"}, {"size": "2"}]}
    signature = {
        "inputs": {"x": {"name": "x:0", "dtype": "DT_FLOAT", "tensorShape": shape}},
        "outputs": {"y": {"name": "model/block/tanh:0", "dtype": "DT_FLOAT", "tensorShape": shape}},
    }
    topology = {"node": nodes, "library": {}, "versions": {"producer": 1645}}
    document = {"format": "graph-model", "modelTopology": topology, "signature": signature}
    tfjs.write_model(folder, document, [[("model/block/w", ArrayTensor(floats(10, 2, 2)))]])


def write_einsum(folder: Path) -> None:
    """What the wasm backend of TF.js lacks."""
    equation = {"s": base64.b64encode(b"ij,kj->ik").decode()}
    attributes = {"equation": equation, "N": {"i": "2"}, "T": {"type": "DT_FLOAT"}}
    nodes = [placeholder("x", "DT_FLOAT", -1, 3), node("Einsum", "y", "x", "x", **attributes)]
    write_graph_model(folder, nodes, inputs={"x": "x"}, outputs={"y": "y"})
