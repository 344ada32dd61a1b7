"""Load a converted model in TF.js, run it, train it, look at its weights: from Python.

TF.js runs in one long-lived Node process, so that a model costs milliseconds. Whatever goes wrong in
TF.js arrives as `RuntimeFailure`; a model that makes it hang is cut off after `timeout` seconds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from tensorflowjs.errors import MissingInputError, RuntimeFailure, UsageError
from tensorflowjs.verify import wire
from tensorflowjs.verify.node import find_node, find_tfjs
from tensorflowjs.verify.worker import Encoded, Reply, Worker

Kind = Literal["layers", "graph"]
Backend = Literal["auto", "wasm", "cpu"]
Inputs = Mapping[str, object] | Sequence[object]
DEFAULT_TIMEOUT = 300.0


@dataclass(frozen=True)
class InputSpec:
    """An input as TF.js sees it. Unknown sizes are None; so is the shape where not even its rank is known."""

    name: str
    dtype: str
    shape: tuple[int | None, ...] | None


@dataclass(frozen=True)
class WeightSpec:
    """A weight as TF.js holds it after loading."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class FitResult:
    """The loss over all samples before and after training, and of each epoch with all metrics by TF.js's names."""

    before: float
    after: float
    losses: tuple[float, ...]
    backend: str
    history: Mapping[str, tuple[float, ...]]


class TfjsRunner:
    """A Node process with TF.js in it. Starts with the first model; closing it frees all of them.

    `web` is a node_modules folder with another TF.js than the default one. Backend "auto" is wasm,
    and cpu from the moment that wasm lacks something.
    """

    def __init__(self, *, web: str | os.PathLike[str] | None = None, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.timeout = timeout
        self._worker = Worker(find_node(), find_tfjs(web).arguments)

    def __enter__(self) -> TfjsRunner:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._worker.stop()

    @property
    def versions(self) -> dict[str, str]:
        """The versions in use, as {"node": ..., "tfjs": ...}."""
        self._worker.start()
        return dict(self._worker.versions)

    def load(
        self,
        path: str | os.PathLike[str],
        kind: Kind = "layers",
        backend: Backend = "auto",
        *,
        timeout: float | None = None,
    ) -> LoadedModel:
        """Load the model.json at `path` (or in the folder `path`) as a browser would."""
        file = Path(path).resolve()
        file = file / "model.json" if file.is_dir() else file
        if not file.is_file():
            raise MissingInputError(f"There is no model.json at {path}.")
        doing = f"load {file}"
        wait = self.timeout if timeout is None else timeout
        reply = self._worker.request(doing, "load", timeout=wait, path=str(file), kind=kind, backend=backend)
        return LoadedModel(self._worker, file, kind, reply, self.timeout)

    def memory(self) -> dict[str, int]:
        """Loaded models, tensors alive and their bytes, and the resident memory of the process."""
        return self._worker.request("report its memory", "memory", timeout=self.timeout).result


class LoadedModel:
    """A model inside TF.js. Its calls return numpy arrays; strings come as object arrays of bytes."""

    def __init__(self, worker: Worker, path: Path, kind: Kind, reply: Reply, timeout: float) -> None:
        self._worker = worker
        self._generation = worker.generation
        self._number: int = reply.result["model"]
        self._timeout = timeout
        self.path = path
        self.kind = kind
        self.input_specs = tuple(_input_spec(spec) for spec in reply.result["inputs"])
        self.output_names: tuple[str, ...] = tuple(reply.result["outputNames"])
        self.compiled: bool = reply.result["compiled"]
        self.backend: str = reply.result["backend"]
        self.load_time: float = reply.result["loadTime"]  # milliseconds
        self.console = list(reply.console)

    def __repr__(self) -> str:
        return f"<LoadedModel {self.path} ({self.kind}, {self.backend})>"

    def predict(self, inputs: Inputs, *, timeout: float | None = None) -> list[wire.Array]:
        """The outputs, in the order of `output_names`, for arrays in the order of `input_specs` or by name.

        Values are cast to the dtype that the input declares.
        """
        return self._request("run", "predict", self._encode_inputs(inputs), timeout).arrays

    def inside(self, inputs: Inputs, names: Sequence[str], *, timeout: float | None = None) -> list[wire.Array]:
        """What the layers or nodes of these names return for `inputs`."""
        encoded = self._encode_inputs(inputs)
        return self._request("look into", "predict", encoded, timeout, inside=list(names)).arrays

    def benchmark(self, inputs: Inputs, script: Path, *, runs: int, timeout: float | None = None) -> dict[str, Any]:
        """Times, memory and kernels as the JavaScript module `script` measures them."""
        encoded = self._encode_inputs(inputs)
        return self._request("measure", "benchmark", encoded, timeout, script=str(script), runs=runs).result

    def weights(self) -> tuple[WeightSpec, ...]:
        """Names, dtypes and shapes of all weights."""
        found = self._request("list the weights of", "weights", (), None).result["weights"]
        return tuple(WeightSpec(row["name"], row["dtype"], tuple(row["shape"])) for row in found)

    def weight_values(self) -> dict[str, wire.Array]:
        """The values of all weights, as TF.js holds them."""
        reply = self._request("read the weights of", "weights", (), None, values=True)
        return dict(zip(reply.names, reply.arrays, strict=True))

    def fit(
        self,
        x: object,
        y: object,
        *,
        epochs: int = 5,
        batch_size: int = 32,
        compile: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> FitResult:
        """Train without shuffling. `x` and `y` are arrays or lists of arrays, one for each input and output.

        `compile` holds the arguments of TF.js's `model.compile`; without it the model must have come with a
        training configuration.
        """
        if self.kind != "layers":
            raise UsageError("Graph models cannot be trained in TF.js.")
        if not (self.compiled or compile):
            raise UsageError(f"{self.path} has no training configuration, so TF.js cannot train it.")
        tensors = [wire.encode("x", value) for value in _as_list(x)]
        tensors += [wire.encode("y", value) for value in _as_list(y)]
        arguments = {"epochs": epochs, "batchSize": batch_size, "compile": compile}
        result = self._request("train", "fit", tensors, timeout, **arguments).result
        history = {name: tuple(float(value) for value in values) for name, values in result["history"].items()}
        return FitResult(float(result["before"]), float(result["after"]), history["loss"], result["backend"], history)

    def close(self) -> None:
        """Free its memory in TF.js. Nothing to do if the process is gone."""
        if self._is_there():
            self._request("unload", "unload", (), None)
        self._generation = -1

    def _is_there(self) -> bool:
        return self._worker.alive and self._worker.generation == self._generation

    def _request(self, verb: str, command: str, tensors: Encoded, timeout: float | None, **arguments: Any) -> Reply:
        if not self._is_there():
            raise RuntimeFailure(f"{self.path} is no longer in TF.js.", hint="Load it again.")
        wait = self._timeout if timeout is None else timeout
        doing = f"{verb} {self.path}"
        reply = self._worker.request(doing, command, tensors, timeout=wait, model=self._number, **arguments)
        self.backend = reply.result.get("backend", self.backend)
        self.console.extend(reply.console)
        return reply

    def _encode_inputs(self, inputs: Inputs) -> Encoded:
        named = inputs if isinstance(inputs, Mapping) else self._by_position(inputs)
        dtypes = {spec.name: spec.dtype for spec in self.input_specs}
        unknown = sorted(set(named) - set(dtypes)) if self.kind == "layers" else []
        missing = sorted(set(dtypes) - set(named)) if self.kind == "layers" else []
        if unknown or missing:
            raise UsageError(f"The inputs are {', '.join(dtypes)}; given were {', '.join(named)}.")
        return [wire.encode(name, value, dtypes.get(name)) for name, value in named.items()]

    def _by_position(self, inputs: Sequence[object]) -> dict[str, object]:
        names = [spec.name for spec in self.input_specs]
        if len(inputs) != len(names):
            raise UsageError(f"The model takes {len(names)} inputs ({', '.join(names)}), given were {len(inputs)}.")
        return dict(zip(names, inputs, strict=True))


def _input_spec(row: Mapping[str, Any]) -> InputSpec:
    shape = None if row["shape"] is None else tuple(row["shape"])
    return InputSpec(row["name"], row["dtype"], shape)


def _as_list(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else [value]
