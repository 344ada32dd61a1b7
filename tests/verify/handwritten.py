"""Writes small models straight into model.json and shards, so that these tests need no conversion."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
_DTYPES = {"f": "float32", "i": "int32", "b": "bool"}


def layer(class_name: str, name: str, *inbound: Sequence[Any], **config: Any) -> dict[str, Any]:
    """An entry of a functional model; `inbound` are the inputs of its only call."""
    calls = [[[*reference, {}] for reference in inbound]] if inbound else []
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": calls}


def input_layer(name: str, *sizes: int | None, dtype: str = "float32") -> dict[str, Any]:
    return layer("InputLayer", name, batch_input_shape=[None, *sizes], dtype=dtype)


def functional(layers: Sequence[dict[str, Any]], inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, Any]:
    ends = {"input_layers": inputs, "output_layers": outputs}
    references = {key: [[name, 0, 0] for name in names] for key, names in ends.items()}
    return {"class_name": "Functional", "config": {"name": "model", "layers": list(layers), **references}}


def sequential(*layers: dict[str, Any]) -> dict[str, Any]:
    kept = [{key: entry[key] for key in ("class_name", "config")} for entry in layers]
    return {"class_name": "Sequential", "config": {"name": "model", "layers": kept}}


def dense_model(units: int = 3, inputs: int = 4, activation: str = "linear") -> dict[str, Any]:
    return sequential(input_layer("x", inputs), layer("Dense", "d", units=units, activation=activation))


def write_layers_model(
    folder: Path, topology: Mapping[str, Any], weights: Mapping[str, Array], *, shards: int = 1, **top: Any
) -> Path:
    """Write model.json and the weights' bytes in `shards` files, cut wherever that falls; returns `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    data = b"".join(np.ascontiguousarray(array).tobytes() for array in weights.values())
    size = -(-len(data) // shards)
    paths = [f"group1-shard{number + 1}of{shards}.bin" for number in range(shards)]
    for number, path in enumerate(paths):
        (folder / path).write_bytes(data[number * size : (number + 1) * size])
    specs = [
        {"name": name, "shape": list(array.shape), "dtype": _DTYPES[array.dtype.kind]}
        for name, array in weights.items()
    ]
    manifest = [{"paths": paths, "weights": specs}]
    content = {"format": "layers-model", "modelTopology": topology, "weightsManifest": manifest, **top}
    (folder / "model.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def placeholder(name: str, dtype: str, *sizes: int) -> dict[str, Any]:
    shape = {"dim": [{"size": str(size)} for size in sizes]}
    return {"name": name, "op": "Placeholder", "attr": {"dtype": {"type": dtype}, "shape": {"shape": shape}}}


def node(op: str, name: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": op, "input": list(inputs), "attr": attributes}


def write_graph_model(folder: Path, nodes: Sequence[dict[str, Any]], **signature: Mapping[str, str]) -> Path:
    """Write a graph without weights; the signature maps keys to nodes, as inputs=... and outputs=..."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {side: {key: {"name": f"{name}:0"} for key, name in ends.items()} for side, ends in signature.items()}
    topology = {"node": list(nodes), "library": {}, "versions": {"producer": 1645}}
    content = {"format": "graph-model", "modelTopology": topology, "signature": named, "weightsManifest": []}
    (folder / "model.json").write_text(json.dumps(content), encoding="utf-8")
    return folder
