"""Runs a live Keras model as a graph model, written without TensorFlow, in the real TF.js."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tensorflowjs.converters import save_keras_graph_model
from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.randomised import Array


def run_as_graph(
    runner: TfjsRunner,
    model: Any,
    inputs: Sequence[Array],
    folder: Path,
    *,
    backend: Any = "auto",
    timeout: float = 60,
    **options: Any,
) -> list[Array]:
    """What the graph of `model` gives for `inputs`; both in the order of the model."""
    save_keras_graph_model(model, folder, **options)
    names = [str(tensor.name).split(":")[0] for tensor in model.inputs]
    found = predict(runner, folder, dict(zip(names, inputs, strict=True)), backend=backend, timeout=timeout)
    return [found[key] for key in output_keys(model)]


def predict(
    runner: TfjsRunner, folder: Path, inputs: dict[str, Array], *, backend: Any = "auto", timeout: float = 60
) -> dict[str, Array]:
    """Outputs by their keys in the signature, for inputs by theirs."""
    signature = json.loads((folder / "model.json").read_text())["signature"]
    given = {signature["inputs"][key]["name"].removesuffix(":0"): value for key, value in inputs.items()}
    loaded = runner.load(folder, kind="graph", backend=backend, timeout=timeout)
    try:
        return dict(zip(signature["outputs"], loaded.predict(given, timeout=timeout), strict=True))
    finally:
        with contextlib.suppress(RuntimeFailure):  # the process may be gone; that error is on its way already
            loaded.close()


def output_keys(model: Any) -> list[str]:
    """The names under which Keras exports the outputs, in the order of the model."""
    if any(base.__module__.startswith("tf_keras") for base in type(model).__mro__):
        return list(model.output_names)
    structure = getattr(model, "_outputs_struct", None)
    if isinstance(structure, dict):
        return sorted(structure)
    return [f"output_{index}" for index in range(len(model.outputs))]
