"""The JavaScript that loads one converted model and runs it, ready to be pasted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tensorflowjs.catalog.ops import tfjs_ops

_DTYPES = {"DT_FLOAT": "float32", "DT_INT32": "int32", "DT_INT64": "int32", "DT_BOOL": "bool", "DT_STRING": "string"}
_WAITED_FOR = frozenset({"control", "dynamic", "hash_table"})  # kinds of ops that TF.js runs asynchronously


@dataclass(frozen=True)
class Input:
    name: str
    dtype: str
    shape: tuple[int | None, ...]


def snippet(model_json: Path) -> str:
    """Lines of JavaScript for the model at `model_json`; none for weights without a model."""
    document = json.loads(model_json.read_bytes())
    if not document.get("modelTopology"):
        return ""
    address = f"{model_json.parent.name}/{model_json.name}"
    if document.get("format") == "graph-model":
        return _graph(document, address)
    return _layers(document, address)


def _layers(document: dict[str, Any], address: str) -> str:
    inputs = list(_layers_inputs(document.get("modelTopology") or {}))
    values = [_value(each) for each in inputs]
    given = values[0] if len(values) == 1 else f"[{', '.join(values)}]"
    lines = [f"const model = await tf.loadLayersModel('{address}');", f"const output = model.predict({given});"]
    return "\n".join(lines if inputs else lines[:1])


def _graph(document: dict[str, Any], address: str) -> str:
    inputs = list(_graph_inputs(document))
    call = "await model.executeAsync" if _waits(document) else "model.execute"
    loader = "tfdf.loadTFDFModel" if _has_forest(document) else "tf.loadGraphModel"
    lines = [f"const model = await {loader}('{address}');"]
    if len(inputs) == 1:
        lines.append(f"const output = {call}({_value(inputs[0])});")
    else:
        lines.append(f"const output = {call}({{")
        lines += [f"  '{each.name}': {_value(each)}," for each in inputs]
        lines.append("});")
    return "\n".join(lines)


def _layers_inputs(topology: dict[str, Any]) -> Iterator[Input]:
    model = topology.get("model_config", topology)
    config = model.get("config", {}) if isinstance(model, dict) else {}
    layers = config if isinstance(config, list) else config.get("layers", [])
    if model.get("class_name") == "Sequential":
        yield from (_layer_input(layer) for layer in layers[:1])
        return
    named = {layer["config"].get("name"): layer for layer in layers}
    calls = config.get("input_layers", [])
    calls = [calls] if calls and isinstance(calls[0], str) else calls
    yield from (_layer_input(named[call[0]]) for call in calls)


def _layer_input(layer: dict[str, Any]) -> Input:
    config = layer["config"]
    return Input(config.get("name", ""), config.get("dtype") or "float32", tuple(config.get("batch_input_shape") or ()))


def _graph_inputs(document: dict[str, Any]) -> Iterator[Input]:
    ports = (document.get("signature") or {}).get("inputs") or {}
    for port in ports.values():
        if "resourceId" in port:
            continue
        sizes = [int(dim.get("size", -1)) for dim in (port.get("tensorShape") or {}).get("dim", [])]
        shape = tuple(None if size < 0 else size for size in sizes)
        yield Input(port["name"], _DTYPES.get(port.get("dtype", ""), "float32"), shape)


def _waits(document: dict[str, Any]) -> bool:
    """Whether TF.js has to wait for results on its way through the graph."""
    rows = tfjs_ops()
    nodes = document["modelTopology"]["node"]
    return any(node["op"] in rows and rows[node["op"]].category in _WAITED_FOR for node in nodes)


def _has_forest(document: dict[str, Any]) -> bool:
    """Whether the model needs the add-on for decision forests."""
    return any(node["op"].startswith("SimpleML") for node in document["modelTopology"]["node"])


def _value(given: Input) -> str:
    shape = [1 if size is None else size for size in given.shape]
    if given.dtype == "string":
        return "tf.tensor(['a word'])" if len(shape) < 2 else f"tf.fill({json.dumps(shape)}, 'a word', 'string')"
    kind = "" if given.dtype == "float32" else f", '{given.dtype}'"
    return f"tf.zeros({json.dumps(shape)}{kind})"
