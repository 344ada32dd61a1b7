"""SavedModels to graph models, beside the reference converter: nodes, latency in TF.js, time and memory.

The models are seeded, so what the reference made of them in an earlier run can be used again.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from processes import Command, CommandFailed, Run, Runs, alternated, measured

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.verify import TfjsRunner, Tolerance, compare
from tensorflowjs.verify.node import find_node

HERE = Path(__file__).resolve().parent
WEB = HERE.parent / "web" / "node_modules"
TOLERANCE = Tolerance(1e-3, 1e-3)
BACKENDS = ("wasm", "cpu")
WARM_UP = 3
FEW_ROUNDS = 3  # where there is nothing to compare with
SECONDS = 8.0  # that two models are compared for at least: a few runs of a small one differ by some percent by chance
NOWHERE, NOT_CONVERTED, OTHER_NUMBERS = "nowhere", "cannot be converted", "gives other numbers"


@dataclass(frozen=True)
class Export:
    """A SavedModel with a sample of what goes in and comes out; `theirs` is what the reference made of it."""

    name: str
    library: str
    folder: Path

    @property
    def saved(self) -> Path:
        return self.folder / "saved"

    @property
    def ours(self) -> Path:
        return self.folder / "ours"

    @property
    def theirs(self) -> Path:
        return self.folder / "theirs"

    @property
    def title(self) -> str:
        return f"{self.name} of {'Keras 3' if self.library == 'keras' else self.library}"

    def sample(self) -> tuple[dict[str, Any], list[Any]]:
        with np.load(self.folder / "sample.npz") as arrays:
            inputs = {key[3:]: arrays[key] for key in arrays if key.startswith("in:")}
            return inputs, [arrays[f"out:{at}"] for at in range(len(arrays.files) - len(inputs))]


def exported(cache: Path, python: str | Path, name: str, library: str, environment: Mapping[str, str]) -> Export:
    """Made by `python`, unless an earlier run has done it."""
    export = Export(name, library, cache / f"{name}-{library}")
    if not (export.folder / "sample.npz").exists():
        shutil.rmtree(export.folder, ignore_errors=True)
        export.folder.mkdir(parents=True)
        make = (python, HERE / "exports.py", "architecture", export.folder, name, library)
        measured(Command(make, export.folder / "made", environment))
    return export


# ---------------------------------------------------------------------------------- conversions


def converted(
    export: Export, ours: Command, theirs: Command, rounds: int, *, warm_up: int = 1, reuse: bool = False
) -> dict[str, Runs]:
    """What both took, in turns; both outputs stay. Where the reference fails, what it said stays.

    With `reuse`, what they took in an earlier run, and what the reference made then.
    """
    took = export.folder / "took.json"
    if reuse and took.exists():
        measured(ours)
        return _remembered(took)
    shutil.rmtree(export.theirs, ignore_errors=True)
    try:
        runs = alternated({"ours": ours, "theirs": theirs}, rounds, warm_up)
    except CommandFailed as failure:
        if failure.command is not theirs:
            raise
        shutil.rmtree(export.theirs, ignore_errors=True)
        (export.folder / "theirs.log").write_text(str(failure))
        runs = alternated({"ours": ours}, rounds, warm_up)
    shutil.rmtree(export.folder / "rubbish", ignore_errors=True)
    took.write_text(json.dumps({name: [vars(run) for run in each.each] for name, each in runs.items()}))
    return runs


def _remembered(took: Path) -> dict[str, Runs]:
    runs = json.loads(took.read_text())
    return {name: Runs(tuple(Run(**run) for run in each)) for name, each in runs.items()}


# ---------------------------------------------------------------------------------- what is in a model


def operations(folder: Path) -> Counter[str]:
    """How often each op is there, functions included."""
    topology = json.loads((folder / "model.json").read_bytes())["modelTopology"]
    functions = topology.get("library", {}).get("function", [])
    nodes = [*topology["node"], *(node for function in functions for node in function.get("nodeDef", []))]
    return Counter(node["op"] for node in nodes)


def runs_on(runner: TfjsRunner, export: Export, folder: Path) -> str:
    """The first backend on which the model in `folder` gives TensorFlow's numbers; else why there is none."""
    if not (folder / "model.json").exists():
        return NOT_CONVERTED
    inputs, outputs = export.sample()
    found = NOWHERE
    for backend in BACKENDS:
        try:
            loaded = runner.load(folder, "graph", backend)
            names, actual = in_order(loaded.output_names, loaded.predict(inputs))
            alike = _alike(outputs, actual, names)
            loaded.close()
        except RuntimeFailure:
            continue
        if alike:
            return backend
        found = OTHER_NUMBERS
    return found


def in_order(names: Sequence[str], outputs: Sequence[Any]) -> tuple[list[str], list[Any]]:
    """By the numbers in their names, output_0 before output_1: the reference lists several in any order."""

    def number(row: tuple[str, Any]) -> int:
        digits = re.search(r"_(\d+)(:\d+)?$", row[0])
        return int(digits[1]) if digits else 0

    rows = sorted(zip(names, outputs, strict=True), key=number)
    return [name for name, _ in rows], [output for _, output in rows]


def _alike(expected: Sequence[Any], actual: Sequence[Any], names: Sequence[str]) -> bool:
    try:
        return all(one.ok(TOLERANCE) for one in compare(expected, actual, names))
    except ValueError:  # another number of outputs
        return False


@dataclass(frozen=True)
class Latency:
    """Milliseconds of each run, and milliseconds of the processor, which other programs disturb less."""

    wall: list[float]
    processor: list[float]


def latencies(export: Export, folders: Mapping[str, Path], rounds: int, seconds: float = 0) -> dict[str, Latency]:
    """All models in turns in wasm, in one process of Node: at least so many rounds, and for so long."""
    inputs, _ = export.sample()
    request = {
        "backend": "wasm",
        "warmUp": WARM_UP,
        "rounds": rounds,
        "seconds": seconds,
        "models": {name: str(folder / "model.json") for name, folder in folders.items()},
        "inputs": [
            {"name": name, "dtype": str(array.dtype), "shape": array.shape, "values": array.ravel().tolist()}
            for name, array in inputs.items()
        ],
    }
    file = export.folder / "latency.json"
    file.write_text(json.dumps(request))
    command = [find_node(), HERE / "latency.cjs", WEB, file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{export.title}: {done.stderr[-2000:]}")
    return {name: Latency(**each) for name, each in json.loads(done.stdout).items()}


# ---------------------------------------------------------------------------------- figures


@dataclass(frozen=True)
class Figures:
    """One architecture, ours beside the reference's; what only one of them has is None."""

    model: str
    library: str
    nodes: int  # constants not counted
    all_nodes: int
    runs_on: str
    seconds: float
    their_nodes: int | None = None
    all_their_nodes: int | None = None
    they_run_on: str = ""
    milliseconds: float | None = None
    their_milliseconds: float | None = None
    processor: float | None = None  # ratio of the medians of processor time
    their_seconds: float | None = None
    conversion_processor: float | None = None  # how many times less processor time

    @property
    def they_run(self) -> bool:
        return self.they_run_on in BACKENDS

    @property
    def node_ratio(self) -> float | None:
        return self.nodes / self.their_nodes if self.their_nodes and self.they_run else None

    @property
    def latency(self) -> float | None:
        """Ours to theirs, by the medians."""
        both = self.milliseconds is not None and self.their_milliseconds is not None
        return self.milliseconds / self.their_milliseconds if both else None  # type: ignore[operator]

    @property
    def faster(self) -> float | None:
        return self.their_seconds / self.seconds if self.their_seconds else None


def figures(runner: TfjsRunner, export: Export, took: Mapping[str, Runs], rounds: int) -> Figures:
    ours = operations(export.ours)
    on, they_on = (runs_on(runner, export, folder) for folder in (export.ours, export.theirs))
    return Figures(
        model=export.name,
        library=export.library,
        nodes=without_constants(ours),
        all_nodes=ours.total(),
        runs_on=on,
        seconds=took["ours"].seconds,
        they_run_on=they_on,
        **_their_nodes(export),
        **_their_conversion(took),
        **_latency(export, on == "wasm", they_on == "wasm", rounds),
    )


def _their_nodes(export: Export) -> dict[str, Any]:
    if not (export.theirs / "model.json").exists():
        return {}
    theirs = operations(export.theirs)
    return {"their_nodes": without_constants(theirs), "all_their_nodes": theirs.total()}


def _their_conversion(took: Mapping[str, Runs]) -> dict[str, Any]:
    if "theirs" not in took:
        return {}
    ours, theirs = took["ours"], took["theirs"]
    ratio = theirs.processor / ours.processor if theirs.processor and ours.processor else None
    return {"their_seconds": theirs.seconds, "conversion_processor": ratio}


def _latency(export: Export, ours: bool, theirs: bool, rounds: int) -> dict[str, Any]:
    folders = {"ours": export.ours} if ours else {}
    folders |= {"theirs": export.theirs} if theirs else {}
    if not folders:
        return {}
    each = latencies(export, folders, *((rounds, SECONDS) if ours and theirs else (FEW_ROUNDS,)))
    wall = {name: median(times.wall) for name, times in each.items()}
    found = {"milliseconds": wall.get("ours"), "their_milliseconds": wall.get("theirs")}
    if ours and theirs:
        found["processor"] = median(each["ours"].processor) / median(each["theirs"].processor)
    return found


def without_constants(ops: Counter[str]) -> int:
    return ops.total() - ops["Const"]


def geometric_mean(values: Iterable[float | None]) -> float:
    logarithms = [math.log(value) for value in values if value]
    return math.exp(sum(logarithms) / len(logarithms)) if logarithms else math.nan


def known(values: Iterable[float | None]) -> Iterator[float]:
    return (value for value in values if value is not None)
