"""Measures a converted model without a page to look at, as the page does it: first run, warm runs, memory, kernels."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import numpy as np

from tensorflowjs.errors import ConversionError, MissingInputError, RuntimeFailure, UsageError
from tensorflowjs.serve.devtools import headless_page
from tensorflowjs.serve.folder import Folder
from tensorflowjs.serve.models import MODEL_FILE, describe, list_models
from tensorflowjs.serve.server import running
from tensorflowjs.verify import TfjsRunner, random_inputs
from tensorflowjs.verify.session import Backend, Kind

MEASURE = Path(__file__).resolve().parent / "page" / "measure.mjs"
RUNS = 30
IN_NODE = ("cpu", "wasm")
IN_BROWSER = ("cpu", "wasm", "webgl", "webgpu")
TIMEOUT = 600.0


def benchmark(
    path: str | os.PathLike[str],
    *,
    browser: bool = False,
    backends: Sequence[str] | None = None,
    runs: int = RUNS,
    batch: int = 1,
    seed: int = 1,
    timeout: float = TIMEOUT,
) -> dict[str, Any]:
    """Measure the model at `path` (its model.json, or the folder of it) on each backend; what the page saves as JSON.

    In Node, or in Chromium where `browser` is true. Without `backends`, all that are there. A backend that cannot run
    the model has its `error` in place of figures; if none can, that is an error here too.
    """
    possible = IN_BROWSER if browser else IN_NODE
    _check(backends, possible, runs, batch)
    root, place = find_model(Path(path))
    row = describe(place, Folder(root))
    if "problem" in row:
        raise MissingInputError(f"{root / place} cannot be measured: {row['problem']}.")
    kind = "graph" if row["format"] == "graph-model" else "layers"
    options = {"runs": runs, "batch": batch, "seed": seed, "explicit": backends is not None}
    wanted = tuple(backends or possible)
    if browser:
        found = _in_browser(root, place, wanted, options, timeout)
    else:
        found = _in_node(root / place, cast(Kind, kind), wanted, options, timeout)
    _require_figures(root / place, found["backends"])
    return {"model": f"{root.name}/{place}", "format": kind, "weightBytes": row["weightBytes"], **found}


def find_model(path: Path) -> tuple[Path, str]:
    """The only model at or below `path`: a folder, and the place of model.json in it."""
    if path.is_file():
        return path.parent.resolve(), path.name
    if not path.is_dir():
        raise MissingInputError(f"There is nothing at {path}.")
    root = path.resolve()
    if (root / MODEL_FILE).is_file():
        return root, MODEL_FILE
    places = [row["path"] for row in list_models(Folder(root))["models"]]
    if len(places) == 1:
        return root, places[0]
    if not places:
        raise MissingInputError(f"There is no {MODEL_FILE} in {path} or below it.")
    raise UsageError(f"There are {len(places)} models below {path}.", hint=f"Choose one: {', '.join(places[:10])}")


def _check(backends: Sequence[str] | None, possible: Sequence[str], runs: int, batch: int) -> None:
    unknown = [name for name in backends or () if name not in possible]
    if unknown:
        hint = "Backends webgl and webgpu need --browser." if set(unknown) <= set(IN_BROWSER) else None
        raise UsageError(f"There is no backend {', '.join(unknown)} here, but {', '.join(possible)}.", hint=hint)
    if runs < 1 or batch < 1:
        raise UsageError("Runs and batch must be at least 1.")


def _require_figures(path: Path, backends: dict[str, Any]) -> None:
    failures = [f"{name}: {found['error']}" for name, found in backends.items() if "error" in found]
    if not backends or len(failures) == len(backends):
        reasons = "\n".join(failures) or "There is no backend for it."
        raise RuntimeFailure(f"{path} could not be measured.", hint=reasons)


# ------------------------------------------------------------------------------------------ in Node


def _in_node(
    path: Path, kind: Kind, backends: Sequence[str], options: dict[str, Any], timeout: float
) -> dict[str, Any]:
    """Each backend in a process of its own, so that none warms anything up for the next."""
    measured: dict[str, Any] = {}
    about: dict[str, Any] = {"inputs": [], "environment": {}}
    for backend in backends:
        try:
            measured[backend], about = _on_backend(path, kind, cast(Backend, backend), options, timeout)
        except RuntimeFailure as error:
            measured[backend] = {"error": str(error)}
    return {"unit": "ms", "batch": options["batch"], **about, "backends": measured}


def _on_backend(
    path: Path, kind: Kind, backend: Backend, options: dict[str, Any], timeout: float
) -> tuple[dict[str, Any], dict[str, Any]]:
    with TfjsRunner(timeout=timeout) as runner:
        model = runner.load(path, kind, backend)
        inputs = random_inputs(model.input_specs, seed=options["seed"], batch=options["batch"])
        figures = model.benchmark(inputs, MEASURE, runs=options["runs"])
        versions = runner.versions
    dtypes = {spec.name: spec.dtype for spec in model.input_specs}
    shapes = {name: list(np.shape(value)) for name, value in inputs.items()}
    rows = [{"name": name, "dtype": dtypes[name], "shape": shape} for name, shape in shapes.items()]
    environment = {
        "tfjs": versions["tfjs"],
        "runtime": f"Node {versions['node'].removeprefix('v')}",
        "processors": os.cpu_count(),
        "renderer": None,
    }
    return {"load": model.load_time, **figures}, {"inputs": rows, "environment": environment}


# ------------------------------------------------------------------------------------------ in Chromium


def _in_browser(
    root: Path, place: str, backends: Sequence[str], options: dict[str, Any], timeout: float
) -> dict[str, Any]:
    arguments = json.dumps([f"/{quote(place)}", list(backends), options])
    with running(root) as address, headless_page() as page:
        page.open(f"{address}?model=")  # the page without a model
        call = f"import('/-/page/headless.mjs').then(({{ benchmark }}) => benchmark(...{arguments}))"
        found = page.evaluate(call, timeout)
    if not isinstance(found, dict):
        raise ConversionError("The browser gave no figures.")
    return found
