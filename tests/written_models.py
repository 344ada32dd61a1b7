"""Model files written by hand: what no Keras would write, or not so easily."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Json = dict[str, Any]
Named = Mapping[str, Sequence[tuple[str, Array]]]  # weights by layer, as Keras 2 stores them
ByPath = Mapping[str, Sequence[Array]]  # variables by object path, as Keras 3 stores them


# ------------------------------------------------------------------------------------- configurations


def entry(class_name: str, name: str, inbound: Sequence[Any] = (), **config: Any) -> Json:
    """A layer of a Functional model, called once for each item of `inbound`: the names of what it is called on."""
    calls = [[ref if isinstance(ref, list) else [ref, 0, 0, {}] for ref in _as_list(call)] for call in inbound]
    return {"class_name": class_name, "name": name, "config": {"name": name, **config}, "inbound_nodes": calls}


def _as_list(call: Any) -> list[Any]:
    return list(call) if isinstance(call, list | tuple) else [call]


def input_layer(name: str, *shape: int | None, dtype: str = "float32") -> Json:
    return entry("InputLayer", name, batch_input_shape=[None, *shape], dtype=dtype, sparse=False)


def dense(name: str, units: int, before: Any, **config: Any) -> Json:
    return entry("Dense", name, [before], units=units, **{"activation": "tanh", "use_bias": True, **config})


def functional(layers: Sequence[Json], inputs: Sequence[Any], outputs: Sequence[Any], name: str = "model") -> Json:
    ends = {"input_layers": [_triple(ref) for ref in inputs], "output_layers": [_triple(ref) for ref in outputs]}
    return {"class_name": "Functional", "config": {"name": name, "layers": list(layers), **ends}}


def _triple(ref: Any) -> Any:
    return [ref, 0, 0] if isinstance(ref, str) else ref


def sequential(*layers: Json, name: str = "sequential") -> Json:
    plain = [{key: layer[key] for key in ("class_name", "config")} for layer in layers]
    return {"class_name": "Sequential", "config": {"name": name, "layers": plain}}


def nested(model: Json, *calls: Any) -> Json:
    """A model as a layer of another one; Keras 2 counts its calls from 1."""
    inbound = [[[ref, 0, 0, {}] for ref in _as_list(call)] for call in calls]
    return {**model, "name": model["config"]["name"], "inbound_nodes": inbound}


# ------------------------------------------------------------------------------------- files


def write_h5(path: Path, topology: Any, weights: Named, **attributes: Any) -> Path:
    """A whole-model file in the layout of Keras 2; attributes of None are left out."""
    text = topology if isinstance(topology, str | bytes) else json.dumps(topology)
    given = {"keras_version": "2.15.0", "backend": "tensorflow", "model_config": text, **attributes}
    with h5py.File(path, "w") as file:
        for key, value in given.items():
            if value is not None:
                file.attrs[key] = value
        write_layers(file.create_group("model_weights"), weights)
    return path


def write_layers(group: h5py.Group, weights: Named) -> None:
    group.attrs["layer_names"] = [name.encode() for name in weights]
    for layer, named in weights.items():
        inside = group.create_group(layer)
        inside.attrs["weight_names"] = [name.encode() for name, _ in named]
        for name, values in named:
            inside.create_dataset(name, data=values)


def write_keras(path: Path, topology: Any, variables: ByPath, version: str = "3.15.1") -> Path:
    """An archive as Keras 3 writes it."""
    text = topology if isinstance(topology, str | bytes) else json.dumps(topology)
    members = {"metadata.json": json.dumps({"keras_version": version}), "config.json": text}
    return write_zip(path, {**members, "model.weights.h5": variables_bytes(variables)})


def write_zip(path: Path, members: Mapping[str, str | bytes], method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def variables_bytes(variables: ByPath) -> bytes:
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for owner, arrays in variables.items():
            group = file.create_group(f"{owner}/vars")
            for index, values in enumerate(arrays):
                group.create_dataset(str(index), data=values)
    return buffer.getvalue()


# ------------------------------------------------------------------------------------- values


def random_dense(seed: int, inputs: int, units: int) -> tuple[Array, Array]:
    """Kernel and bias."""
    random = np.random.default_rng(seed)
    return random.normal(size=(inputs, units)).astype("float32"), random.normal(size=units).astype("float32")


def dense_weights(name: str, kernel: Array, bias: Array) -> list[tuple[str, Array]]:
    return [(f"{name}/kernel:0", kernel), (f"{name}/bias:0", bias)]
