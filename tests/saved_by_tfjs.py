"""Models that TF.js itself created, trained and saved (fixtures/tfjs), with what it predicts from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "fixtures" / "tfjs"
NAMES = tuple(sorted(path.parent.name for path in FOLDER.glob("*/model.json")))

Array = NDArray[Any]


@dataclass(frozen=True)
class Saved:
    folder: Path

    @property
    def inputs(self) -> list[Array]:
        return self._samples("inputs")

    @property
    def outputs(self) -> list[Array]:
        return self._samples("outputs")

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "model.json").read_text()))

    def _samples(self, which: str) -> list[Array]:
        document = json.loads((self.folder / "samples.json").read_text())
        return [np.array(one["values"], "float32").reshape(one["shape"]) for one in document[which]]


def saved(name: str) -> Saved:
    return Saved(FOLDER / name)
