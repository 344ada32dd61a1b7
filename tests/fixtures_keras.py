"""The model files of many versions of Keras in fixtures/keras, for tests to run over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "fixtures" / "keras"
# Endings of file names, longest first, and what such a file is.
FORMATS = {
    ".weights.json": "sharded",  # Keras 3 weights in several files
    ".weights.h5": "weights",  # Keras 3 layout, without topology
    "-weights.h5": "legacy-weights",  # Keras 2 layout, without topology
    "-gzip.h5": "h5",  # a whole model in compressed chunks
    ".keras": "keras",
    ".h5": "h5",
}


@dataclass(frozen=True)
class Weight:
    layer: str  # path through nested models, as in `outer/inner/dense`
    name: str  # as that version of Keras calls it
    shape: tuple[int, ...]
    crc32: int  # of its values as little-endian float32


@dataclass(frozen=True)
class Fixture:
    version: str
    model: str
    format: str
    path: Path
    precision: str  # the dtype policy
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]  # names of the output layers, or the keys of a dict of outputs; empty for Sequential
    reload_error: str | None  # what Keras itself said to this file, if it could not read it back

    @property
    def id(self) -> str:
        return f"{self.version}/{self.path.name}"

    def xs(self) -> list[NDArray[Any]]:
        return self._arrays("x")

    def ys(self) -> list[NDArray[Any]]:
        """What Keras predicts, computed in the model's precision."""
        return self._arrays("y")

    def float32_ys(self) -> list[NDArray[Any]]:
        """What Keras predicts from the stored weights when it computes in float32."""
        return self._arrays("r") or self.ys()

    def weights(self) -> list[Weight]:
        rows = _index(self.version)["models"][self.model]["weights"]
        return [Weight(layer, name, tuple(shape), crc) for layer, many in rows for name, shape, crc in many]

    def _arrays(self, kind: str) -> list[NDArray[Any]]:
        with np.load(FOLDER / self.version / f"{self.model}.npz") as archive:
            count = sum(name.startswith(kind) for name in archive)
            return [archive[f"{kind}{index}"] for index in range(count)]


def fixtures(*formats: str) -> list[Fixture]:
    """All of these formats (of any, when none is given)."""
    return [one for one in _all() if not formats or one.format in formats]


@cache
def _all() -> tuple[Fixture, ...]:
    return tuple(one for folder in sorted(FOLDER.glob("*/models.json")) for one in _of(folder.parent.name))


@cache
def _index(version: str) -> Any:
    return json.loads((FOLDER / version / "models.json").read_text(encoding="utf-8"))


def _of(version: str) -> Iterator[Fixture]:
    for model, about in _index(version)["models"].items():
        for file, state in about["files"].items():
            ending = next(ending for ending in FORMATS if file.endswith(ending))
            yield Fixture(
                version=version,
                model=model,
                format=FORMATS[ending],
                path=FOLDER / version / file,
                precision=about["precision"],
                inputs=tuple(about["inputs"]),
                outputs=tuple(about["outputs"]),
                reload_error=state["reload_error"],
            )
