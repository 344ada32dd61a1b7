"""Finds the smallest types for the weights with which the outputs, measured in TF.js, stay close enough.

Large weights start as one byte a value. While the outputs are too far off, those that suffer most (their own signal
to noise) get two bytes, then four: how many is found by halving. At last each of them is tried once more as
one byte, the largest first. Biases and other small tensors are left alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.errors import UsageError
from tensorflowjs.formats.precision import precision
from tensorflowjs.pipeline import prepared as preparation
from tensorflowjs.pipeline.opening import PathLike, opened
from tensorflowjs.pipeline.options import Options, QuantizationMap
from tensorflowjs.pipeline.prepared import Prepared
from tensorflowjs.tensors import Tensor
from tensorflowjs.verify import TfjsRunner, random_inputs
from tensorflowjs.verify.session import Kind

LEAST_VALUES = 256  # of a weight that is worth it
MOST_SECOND_TRIES = 12
SMALLEST, SMALLER = "uint8", "uint16"
Choice = Mapping[str, str]  # weight -> dtype; those not in it stay as they are


@dataclass(frozen=True)
class Quantising:
    """`error` is the largest of any output, as a share of the largest value of that output."""

    chosen: dict[str, str]
    error: float
    measured: int  # how many sets of types were tried
    kept: tuple[str, ...] = field(default=())  # weights that had to stay float32

    @property
    def dtype_map(self) -> QuantizationMap:
        """As `convert` takes it."""
        return {
            dtype: [_literally(name) for name, chosen in self.chosen.items() if chosen == dtype]
            for dtype in dict.fromkeys(self.chosen.values())
        }


def choose_types(
    input_path: PathLike,
    input_format: str | None,
    output_format: str | None,
    options: Options,
    *,
    max_error: float,
    seed: int = 0,
    batch: int = 4,
) -> Quantising:
    """The types for `convert` with which no output is off by more than `max_error` of its largest value."""
    if not max_error > 0:
        raise UsageError(f"The largest error must be a number above 0, not {max_error}.")
    with opened(input_path, input_format, output_format, options.graph) as found, TfjsRunner() as runner:
        ready = found.journey.prepare(found.model, options)
        kind: Kind = "graph" if found.route.target == "tfjs_graph_model" else "layers"
        meter = _Meter(ready, options, runner, kind, seed, batch)
        return _search(dict(ready.tensors), meter, max_error)


def _search(tensors: Mapping[str, Tensor], error: _Meter, most: float) -> Quantising:
    names = _by_harm(tensors)
    everything = dict.fromkeys(names, SMALLEST)
    wide = _fewest(len(names), lambda count: error({**everything, **dict.fromkeys(names[:count], SMALLER)}) <= most)
    chosen: dict[str, str] = {**everything, **dict.fromkeys(names[:wide], SMALLER)}
    if error(chosen) > most:
        kept = _fewest(len(names), lambda count: error(_without(chosen, names[:count])) <= most)
        chosen = _without(chosen, names[:kept])
    largest_first = sorted(
        (name for name in names if chosen.get(name) == SMALLER), key=lambda name: -tensors[name].count
    )
    for name in largest_first[:MOST_SECOND_TRIES]:
        if error({**chosen, name: SMALLEST}) <= most:
            chosen[name] = SMALLEST
    kept_names = tuple(name for name in names if name not in chosen)
    return Quantising(chosen, error(chosen), error.measured, kept_names)


def _by_harm(tensors: Mapping[str, Tensor]) -> list[str]:
    """The weights that are worth it, those first that one byte a value harms most."""
    large = {name: tensor for name, tensor in tensors.items() if _is_worth_it(tensor)}
    harm = {name: precision(tensor, SMALLEST, name) for name, tensor in large.items()}
    return sorted((name for name in large if harm[name].dtype == SMALLEST), key=lambda name: harm[name].snr_db)


def _is_worth_it(tensor: Tensor) -> bool:
    return tensor.dtype == "float32" and len(tensor.shape) > 1 and tensor.count >= LEAST_VALUES


def _without(chosen: Choice, names: Sequence[str]) -> dict[str, str]:
    return {name: dtype for name, dtype in chosen.items() if name not in names}


def _fewest(count: int, enough: Callable[[int], bool]) -> int:
    """The smallest number up to `count` for which `enough` holds, taken to hold for all larger ones; else `count`."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


class _Meter:
    """Measures how far the outputs are off with some choice of types."""

    def __init__(
        self, ready: Prepared, options: Options, runner: TfjsRunner, kind: Kind, seed: int, batch: int
    ) -> None:
        self._ready, self._options, self._runner, self._kind = ready, options, runner, kind
        self._draw = seed, batch
        self._known: dict[tuple[tuple[str, str], ...], float] = {}
        self._inputs: Any = None
        self._expected = self._outputs({})

    @property
    def measured(self) -> int:
        return len(self._known)

    def __call__(self, chosen: Choice) -> float:
        key = tuple(sorted(chosen.items()))
        if key not in self._known:
            pairs = zip(self._expected, self._outputs(chosen), strict=True)
            self._known[key] = max((_error(one, other) for one, other in pairs), default=0.0)
        return self._known[key]

    def _outputs(self, chosen: Choice) -> list[Any]:
        quantising = Quantising(dict(chosen), 0.0, 0)
        with tempfile.TemporaryDirectory() as folder:
            options = Options(quantising.dtype_map, graph=self._options.graph)
            preparation.write(self._ready, Path(folder), options)
            with closing(self._runner.load(folder, self._kind)) as loaded:
                if self._inputs is None:
                    seed, batch = self._draw
                    self._inputs = random_inputs(loaded.input_specs, seed=seed, batch=batch)
                return loaded.predict(self._inputs)


def _error(expected: Any, actual: Any) -> float:
    if expected.dtype.kind in "SUO" or expected.shape != actual.shape:
        return 0.0 if np.array_equal(expected, actual) else 1.0
    wanted, got = expected.astype(np.float64), actual.astype(np.float64)
    if not np.array_equal(np.isfinite(wanted), np.isfinite(got)):
        return float("inf")
    finite = np.isfinite(wanted)
    scale = float(np.abs(wanted[finite]).max(initial=0.0)) or 1.0
    return float(np.abs(wanted[finite] - got[finite]).max(initial=0.0)) / scale


def _literally(name: str) -> str:
    """A pattern that only `name` matches."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
