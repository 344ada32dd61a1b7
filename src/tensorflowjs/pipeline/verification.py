"""Does a converted model give the numbers of its source? Asked in the real TF.js, on random inputs.

The source is run by Keras or TensorFlow where they are installed, or else is converted once more, with no
optimisation and no quantisation, and run in TF.js beside the model.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.errors import ConversionError, UsageError
from tensorflowjs.formats.tfjs import StoredModel, read_model
from tensorflowjs.pipeline.opening import PathLike, find_route
from tensorflowjs.pipeline.run import convert
from tensorflowjs.verify import Comparison, LoadedModel, TfjsRunner, Tolerance, compare
from tensorflowjs.verify import oracle as oracles
from tensorflowjs.verify.isolated import IsolatedModel
from tensorflowjs.verify.rounding import is_beyond, with_rounding
from tensorflowjs.verify.session import Backend, Kind

# What is asked of a model by the coarsest type among its weights.
TOLERANCES = {
    "float32": Tolerance(relative=1e-3, floor=1e-4),
    "float16": Tolerance(relative=1e-2, floor=1e-2),
    "uint16": Tolerance(relative=1e-2, floor=1e-2),
    "uint8": Tolerance(relative=0.1, floor=0.1),
}
PLAINLY = "the same model, neither optimised nor quantised, in TF.js"
_STEP = 64  # nodes looked into at a time
_BACKENDS: tuple[Backend, ...] = ("cpu", "wasm")
Arrays = Mapping[str, Any]


@dataclass(frozen=True)
class Verification:
    """`oracle` says who gave the expected numbers; `apart` is the first node or layer that differs."""

    model: str
    source: str
    oracle: str
    backend: str
    seed: int
    stored_as: str
    tolerance: Tolerance
    comparisons: tuple[Comparison, ...]
    apart: str | None = None
    without: str | None = None  # why neither Keras nor TensorFlow was asked

    @property
    def ok(self) -> bool:
        return all(each.ok(self.tolerance) for each in self.comparisons)


def verify(
    model_dir: PathLike,
    source: PathLike,
    *,
    seed: int = 0,
    batch: int = 2,
    backend: Backend = "auto",
    tolerance: float | None = None,
    oracle: bool = True,
    input_format: str | None = None,
    **graph_options: Any,
) -> Verification:
    """Compare the model in `model_dir` with the `source` that it was converted from.

    `tolerance` is relative to the largest value of each output; its default depends on how the weights are
    stored, and where they are stored in full, then more is allowed to a model that amplifies rounding. The other
    options are those the source was converted with.
    """
    stored = read_model(Path(model_dir))
    if not stored.document.get("modelTopology"):
        raise UsageError(f"{model_dir} holds weights alone, so there is nothing to run and compare.")
    coarsest = _coarsest(stored)
    wanted = TOLERANCES[coarsest] if tolerance is None else Tolerance(tolerance, tolerance)
    with ExitStack() as stack:
        model = IsolatedModel(stack.enter_context(TfjsRunner()), stored.path, _kind(stored), backend)
        reference = _Reference(stack, _kind(stored), source, input_format, graph_options)
        inputs, actual = model.run_at_random(seed=seed, batch=batch)
        loaded = model.loaded
        trial = _Trial(stored, loaded, reference, inputs)
        answer = trial.ask_source() if oracle else "nobody was asked to"
        expected, who = trial.expected(answer)
        comparisons = compare(expected, actual, loaded.output_names)
        if tolerance is None and coarsest == "float32":
            comparisons = trial.with_rounding(comparisons, wanted)
        same = all(each.ok(wanted) for each in comparisons)
        return Verification(
            model=str(model_dir),
            source=str(source),
            oracle=who,
            backend=loaded.backend,
            seed=seed,
            stored_as=coarsest,
            tolerance=wanted,
            comparisons=tuple(comparisons),
            apart=None if same else trial.apart(wanted),
            without=answer if isinstance(answer, str) else None,
        )


def _kind(stored: StoredModel) -> Kind:
    return "graph" if stored.document.get("format") == "graph-model" else "layers"


class _Reference:
    """The source converted plainly, when somebody wants to look at it."""

    def __init__(self, stack: ExitStack, kind: Kind, source: PathLike, input_format: str | None, wish: Arrays) -> None:
        self._stack, self.kind = stack, kind
        self.source, self.route = find_route(source, input_format, f"tfjs_{kind}_model")
        self.wish = dict(wish)
        self._folder: Path | None = None
        self._models: dict[Backend, IsolatedModel] = {}

    def on(self, backend: Backend) -> IsolatedModel:
        if backend not in self._models:
            runner = self._stack.enter_context(TfjsRunner())
            self._models[backend] = IsolatedModel(runner, self._converted(), self.kind, backend)
        return self._models[backend]

    def _converted(self) -> Path:
        if self._folder is None:
            folder = self._stack.enter_context(tempfile.TemporaryDirectory())
            plainly = {**self.wish, "passes": ()} if self.kind == "graph" else self.wish
            convert(self.source, folder, self.route.source, self.route.target, **plainly)
            self._folder = Path(folder)
        return self._folder


@dataclass
class _Trial:
    """One set of inputs for the model and its source."""

    stored: StoredModel
    loaded: LoadedModel
    reference: _Reference
    inputs: Arrays

    def ask_source(self) -> oracles.Answer | str:
        """What Keras or TensorFlow makes of the inputs, or why they cannot be asked."""
        given = _by_key(self.stored, self.inputs)
        route = self.reference.route
        return oracles.ask(Path(self.reference.source), route.source, given, self.reference.wish.get("signature_name"))

    def expected(self, answer: oracles.Answer | str) -> tuple[list[Any], str]:
        """The outputs to compare with, and whose they are."""
        if isinstance(answer, str):
            return self._plain().run(self.inputs), PLAINLY
        return _in_order(answer, self.stored, self.loaded), answer.who

    def _plain(self) -> IsolatedModel:
        """The plain conversion on the backend of the model, where it can."""
        return self.reference.on("cpu" if self.loaded.backend == "cpu" else "auto")

    def with_rounding(self, comparisons: list[Comparison], tolerance: Tolerance) -> list[Comparison]:
        """Ask the plain conversion, on two backends, whether what is out of tolerance is rounding."""
        if self.loaded.backend != "wasm" or not any(is_beyond(each, tolerance) for each in comparisons):
            return comparisons
        try:
            cpu, wasm = (self.reference.on(backend).run(self.inputs) for backend in _BACKENDS)
        except ConversionError:  # too slow for cpu, say
            return comparisons
        return with_rounding(comparisons, compare(cpu, wasm, self.loaded.output_names), tolerance)

    def apart(self, tolerance: Tolerance) -> str | None:
        """The first node or layer whose results differ from those of the plain conversion."""
        try:
            plain = self._plain().loaded
            known = set(_names_in_order(read_model(plain.path)))
            for names in _parts([name for name in _names_in_order(self.stored) if name in known]):
                expected, actual = plain.inside(self.inputs, names), self.loaded.inside(self.inputs, names)
                for comparison in compare(expected, actual, names):
                    if not comparison.ok(tolerance):
                        return str(comparison)
        except ConversionError:  # TF.js cannot look into every model
            return None
        return None


def _coarsest(stored: StoredModel) -> str:
    """The type with the fewest digits among those the weights are stored as."""
    used = {weight.entry.get("quantization", {}).get("dtype", "float32") for group in stored.groups for weight in group}
    return next(dtype for dtype in ("uint8", "uint16", "float16", "float32") if dtype in {*used, "float32"})


def _by_key(stored: StoredModel, inputs: Arrays) -> dict[str, Any]:
    """Inputs by the names that the source's signature has for them."""
    ports = (stored.document.get("signature") or {}).get("inputs") or {}
    keys = {port.get("name", "").partition(":")[0]: key for key, port in ports.items()}
    return {keys.get(name.partition(":")[0], name): value for name, value in inputs.items()}


def _in_order(answer: oracles.Answer, stored: StoredModel, loaded: LoadedModel) -> list[Any]:
    """The outputs of the source in the order of the model's, in types that TF.js has."""
    outputs = answer.outputs
    keys = list((stored.document.get("signature") or {}).get("outputs") or ())
    if answer.keys is not None and sorted(answer.keys) == sorted(keys):
        outputs = [outputs[answer.keys.index(key)] for key in keys]
    if len(outputs) != len(loaded.output_names):
        raise UsageError(
            f"The source has {len(outputs)} outputs, the model {len(loaded.output_names)}.",
            hint="Is this the file that it was converted from?",
        )
    return [_narrow(output) for output in outputs]


def _narrow(values: Any) -> Any:
    kinds = {"int64": np.int32, "float64": np.float32, "float16": np.float32}
    return values.astype(kinds[str(values.dtype)]) if str(values.dtype) in kinds else values


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), _STEP):
        yield names[start : start + _STEP]


def _names_in_order(stored: StoredModel) -> list[str]:
    topology: Any = stored.document.get("modelTopology") or {}
    if "node" in topology:
        return [node["name"] for node in topology["node"] if node["op"] not in ("Const", "Placeholder")]
    layers = topology.get("model_config", topology).get("config", {})
    rows = layers.get("layers", []) if isinstance(layers, dict) else layers
    return [row["config"]["name"] for row in rows if row["class_name"] != "InputLayer"]
