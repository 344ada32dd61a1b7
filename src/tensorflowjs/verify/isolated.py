"""A model in a TF.js of its own, which begins again in a fresh one where running fails.

with TfjsRunner() as runner:
    model = IsolatedModel(runner, Path("web_model"), "graph")
    inputs, outputs = model.run_at_random(seed=1)
    print(model.loaded.backend)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.verify.random_inputs import UNKNOWN, random_inputs, sizes
from tensorflowjs.verify.session import Backend, InputSpec, Kind, LoadedModel, TfjsRunner
from tensorflowjs.verify.wire import Array

# Images whose sizes must be multiples of 32 are common, so are models with one image inside, and some cut off
# thousands of places of a sequence.
_FEW, _MANY = 128, 16_384
_MOST_VALUES = 1 << 24  # of all inputs, with the larger sizes
Shapes = dict[str, tuple[int, ...]]


class IsolatedModel:
    """`runner` is for this model alone: it is closed wherever the model has to begin again.

    Backend "auto" is wasm, and cpu if the model fails on wasm, in whatever way.
    """

    def __init__(self, runner: TfjsRunner, path: Path, kind: Kind, backend: Backend = "auto") -> None:
        self._runner, self._path, self._kind, self._backend = runner, path, kind, backend
        self._start(backend)

    def run(self, inputs: Mapping[str, Any]) -> list[Array]:
        """The outputs. Where cpu fails too, the error is that of wasm."""
        try:
            return self._run_on(self._backend, inputs)
        except RuntimeFailure:
            if self._backend == "auto" and self.loaded.backend != "cpu":
                with suppress(RuntimeFailure):
                    outputs = self._run_on("cpu", inputs)
                    self._backend = "cpu"
                    return outputs
            raise

    def run_at_random(self, *, seed: int = 0, batch: int = 2) -> tuple[dict[str, Array], list[Array]]:
        """Inputs and outputs. Sizes that the model leaves open are chosen, and others where it fails with those."""
        specs = self.loaded.input_specs
        tried: list[Shapes] = []
        failure: RuntimeFailure | None = None
        for first, others in _choices(specs, batch):
            inputs = random_inputs(specs, seed=seed, batch=first, unknown=others)
            tried.append({name: values.shape for name, values in inputs.items()})
            try:
                return inputs, self.run(inputs)
            except RuntimeFailure as error:
                failure = failure or error
        assert failure is not None
        raise _with_sizes(failure, tried) if _leaves_open(specs) else failure

    def _start(self, backend: Backend) -> None:
        self._runner.close()
        self._on: Backend | None = backend
        self.loaded: LoadedModel = self._runner.load(self._path, self._kind, backend)

    def _run_on(self, backend: Backend, inputs: Mapping[str, Any]) -> list[Array]:
        try:
            if backend != self._on:
                self._start(backend)
            return self.loaded.predict(inputs)
        except RuntimeFailure:
            self._on = None  # what failed may have left its memory in disorder
            raise


def _leaves_open(specs: Sequence[InputSpec]) -> bool:
    return any(size is None for spec in specs for size in (spec.shape or ())[1:])


def _choices(specs: Sequence[InputSpec], batch: int) -> Iterator[tuple[int, int]]:
    """The sizes to try in place of an unknown first one, and of any other unknown one."""
    yield batch, UNKNOWN
    known: list[list[tuple[int, ...]]] = []
    for first, others in ((batch, _FEW), (1, _FEW), (1, _MANY)) if _leaves_open(specs) else ():
        shapes = [sizes(spec, first, others) for spec in specs]
        if shapes not in known and sum(map(math.prod, shapes)) <= _MOST_VALUES:
            known.append(shapes)
            yield first, others


def _with_sizes(failure: RuntimeFailure, tried: Sequence[Shapes]) -> RuntimeFailure:
    shown = ", then ".join(" and ".join(f"{name} {list(shape)}" for name, shape in shapes.items()) for shapes in tried)
    chosen = (
        f"The model leaves sizes of its inputs open. Chosen were {shown}; the message is about the first. "
        "`tensorflowjs verify --batch` sets that of the batch."
    )
    return RuntimeFailure(failure.message, hint=f"{failure.hint}\n{chosen}" if failure.hint else chosen)
