"""Converts Keras models by every route and compares the result in the real TF.js with Keras itself."""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.errors import RuntimeFailure, UnsupportedError
from tensorflowjs.events import Note, listening
from tensorflowjs.verify import Comparison, TfjsRunner, Tolerance, compare
from tests.tfjs.lowered import run_as_graph
from tests.tfjs.randomised import Array, outputs_of, random_model_inputs, randomise_weights, settle_statistics

Route = Literal["h5", "keras", "live", "graph"]
ROUTES: tuple[Route, ...] = ("h5", "keras", "live")
BACKENDS = ("auto", "cpu")
Inputs = Array | Sequence[Array] | Mapping[str, Array]


@dataclass(frozen=True)
class Parity:
    """What one route and one backend gave."""

    route: Route
    backend: str
    comparisons: list[Comparison]
    notes: list[str]


def convert_by(model: Any, route: Route, target: Path, **options: Any) -> list[str]:
    """Convert `model` into the folder `target`; files on the way are written beside it. Returns the notes."""
    notes: list[str] = []
    with listening(lambda event: notes.append(str(event)) if isinstance(event, Note) else None):
        if route == "live":
            from tensorflowjs.converters import save_keras_model

            save_keras_model(model, str(target), **options)
        else:
            source = target.with_name(f"{target.name}.{route}")
            save_file(model, source)
            tensorflowjs.convert(str(source), str(target), **options)
    return notes


def save_file(model: Any, path: Path) -> None:
    """Save without the advice that both Keras lines give about HDF5."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.save(str(path))
    finally:
        logging.disable(before)


def assert_parity(
    runner: TfjsRunner,
    model: Any,
    inputs: Inputs | None = None,
    *,
    rtol: float = 1e-4,
    atol: float = 1e-5,
    routes: Sequence[Route] = ROUTES,
    backends: Sequence[str] = BACKENDS,
    seed: int = 0,
    randomise: bool = True,
    allow_weak: bool = False,
    timeout: float = 60,
    graph: bool = True,
    **options: Any,
) -> list[Parity]:
    """Convert `model` with random weights by each route; fail unless TF.js gives what Keras gives.

    It has to give the same once more as a graph model, if `graph` and nothing is asked of the conversion.
    `atol` is a share of each output's largest value. `options` go to the conversion. Outputs that prove nothing
    (all zeros, constant, the same for every sample) fail too, unless `allow_weak`.
    """
    given = random_model_inputs(model, seed=seed) if inputs is None else as_list(model, inputs)
    if randomise:
        randomise_weights(model, seed)
        settle_statistics(model, given, seed)
    expected = outputs_of(model, given)
    tolerance = Tolerance(rtol, atol)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for route in routes:
            target = Path(folder, route)
            notes = convert_by(model, route, target, **options)
            for backend in backends:
                compared = run(runner, target, backend, given, expected, timeout=timeout)
                results.append(Parity(route, backend, compared, notes))
        if graph and not options:
            actual = run_as_graph(runner, model, given, Path(folder, "graph"), timeout=timeout)
            compared = compare(expected, actual, [f"output {index}" for index in range(len(actual))])
            _check([Parity("graph", "auto", compared, [])], tolerance, allow_weak)
    _check(results, tolerance, allow_weak)
    return results


def as_list(model: Any, inputs: Inputs) -> list[Array]:
    """In the order of `model.inputs`, whatever form the caller chose."""
    if isinstance(inputs, Mapping):
        return [np.asarray(inputs[tensor.name.split(":")[0]]) for tensor in model.inputs]
    return [inputs] if isinstance(inputs, np.ndarray) else [np.asarray(array) for array in inputs]


def run(
    runner: TfjsRunner,
    target: Path,
    backend: Any,
    inputs: Sequence[Array],
    expected: Sequence[Array],
    *,
    timeout: float = 60,
) -> list[Comparison]:
    """Load the model in `target`, run it once and compare its outputs, both in order."""
    loaded = runner.load(target, backend=backend, timeout=timeout)
    try:
        actual = loaded.predict(inputs, timeout=timeout)
        return compare(expected, actual, loaded.output_names)
    finally:
        with contextlib.suppress(RuntimeFailure):  # the process may be gone; that error is on its way already
            loaded.close()


def _check(results: Sequence[Parity], tolerance: Tolerance, allow_weak: bool) -> None:
    lines = [line for result in results for line in _complaints(result, tolerance, allow_weak)]
    if lines:
        pytest.fail("TF.js and Keras differ:\n" + "\n".join(lines), pytrace=False)


def _complaints(result: Parity, tolerance: Tolerance, allow_weak: bool) -> Iterator[str]:
    where = f"[{result.route}, {result.backend}]"
    for comparison in result.comparisons:
        if not comparison.ok(tolerance):
            yield f"{where} {comparison}  {comparison.worst(tolerance)}"
        elif comparison.weak and not allow_weak:
            yield f"{where} {comparison}: equal, but this proves nothing"


def assert_refused(
    model: Any, *needles: str, routes: Sequence[Route] = ROUTES, randomise: bool = True, **options: Any
) -> list[UnsupportedError]:
    """Conversion must raise UnsupportedError, its text must hold every needle, and nothing may be written."""
    if randomise:
        randomise_weights(model)
    return [_refused_by(model, route, needles, options) for route in routes]


def _refused_by(model: Any, route: Route, needles: Sequence[str], options: Mapping[str, Any]) -> UnsupportedError:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "target")
        with pytest.raises(UnsupportedError) as caught:
            convert_by(model, route, target, **options)
        assert not target.exists(), f"[{route}] something was written"
        left = {path.name for path in Path(folder).iterdir()} - {f"target.{route}"}
        assert not left, f"[{route}] left behind: {left}"
    text = str(caught.value)
    missing = [needle for needle in needles if needle not in text]
    assert not missing, f"[{route}] not in the error: {missing}\n{text}"
    return caught.value


AssertParity = Callable[..., list[Parity]]
