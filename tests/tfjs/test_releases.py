"""A conversion that asks for a newer TF.js needs it, and one that does not loads in the oldest."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.verify import TfjsRunner
from tests.tfjs.branches import Case, branches, case
from tests.tfjs.parity import convert_by

pytestmark = pytest.mark.oracle

CASES = (
    case("Dense", units=3, activation="relu6"),
    case("Dense", units=3, activation="mish"),
    case("Dense", units=3, activation="gelu"),
    case("Dense", units=3, activation="hard_silu"),
    case("Rescaling", scale=0.5),
    case("ReLU", threshold=0.5),
    case("ReLU", threshold=0.5, negative_slope=0.1),
    case("LayerNormalization"),
    case("LayerNormalization", center=False),
    case("Normalization", mean=0.5, variance=2.0),
    case("LSTM", units=3, recurrent_activation="hard_silu"),
)


@pytest.mark.parametrize("layer", CASES, ids=lambda layer: "_".join(map(str, (layer[0], *layer[1].values()))))
def test_the_noted_release_is_needed(older_tfjs: TfjsRunner, layer: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "target")
        notes = convert_by(branches("keras", (4, 6), [layer]), "live", target)
        needed = [match[1] for note in notes if (match := re.search(r"needs TensorFlow.js ([0-9.]+)", note))]
        new_enough = not needed or _numbers(needed[0]) <= _numbers(older_tfjs.versions["tfjs"])
        assert _loads(older_tfjs, target) == new_enough, notes


def _loads(runner: TfjsRunner, target: Path) -> bool:
    try:
        model = runner.load(target, backend="cpu")
    except RuntimeFailure:
        return False
    try:
        return bool(model.predict([np.full((1, 4, 6), 0.5, "float32")]))
    except RuntimeFailure:
        return False
    finally:
        model.close()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
