"""Types for weights, chosen by measuring in TF.js."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.errors import UsageError
from tensorflowjs.formats.tfjs import read_model
from tensorflowjs.pipeline.options import Options
from tensorflowjs.pipeline.quantising import LEAST_VALUES, choose_types
from tensorflowjs.pipeline.run import convert
from tensorflowjs.pipeline.verification import verify
from tests.written_models import dense, functional, input_layer, write_h5


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Three layers, of which the first suffers most from few digits: one of its weights is a thousand times larger."""
    rng = np.random.default_rng(7)
    names, widths = ["a", "b", "c"], [24, 32, 24, 16]
    layers, weights = [input_layer("x", 24)], {}
    for name, before, (rows, columns) in zip(names, ["x", "a", "b"], pairwise(widths), strict=True):
        layers.append(dense(name, columns, before))
        kernel, bias = rng.normal(size=(rows, columns)), rng.normal(size=columns)
        kernel[0, 0] *= 1000 if name == "a" else 1
        weights[name] = [(f"{name}/kernel:0", kernel.astype("f4")), (f"{name}/bias:0", bias.astype("f4"))]
    return write_h5(tmp_path / "model.h5", functional(layers, ["x"], ["c"]), weights)


@pytest.mark.parametrize("most", [0.3, 0.02, 1e-4])
def test_the_outputs_stay_within_what_was_asked(model: Path, most: float, tmp_path: Path) -> None:
    found = choose_types(model, None, None, Options(), max_error=most)
    assert found.error <= most
    convert(model, tmp_path / "web", quantization_dtype_map=found.dtype_map)
    assert verify(tmp_path / "web", model, oracle=False, batch=4, tolerance=1.01 * most).ok


def test_more_digits_where_more_is_asked(model: Path) -> None:
    chosen = [choose_types(model, None, None, Options(), max_error=most).chosen for most in (0.3, 0.02, 1e-4, 1e-9)]
    sizes = [
        sum({"uint8": 1, "uint16": 2}.get(types.get(f"{name}/kernel", ""), 4) for name in "abc") for types in chosen
    ]
    assert sizes == sorted(sizes) and sizes[0] == 3 and sizes[-1] == 12
    assert len(set(sizes)) > 2


def test_small_tensors_are_left_alone(model: Path, tmp_path: Path) -> None:
    found = choose_types(model, None, None, Options(), max_error=10)
    convert(model, tmp_path / "web", quantization_dtype_map=found.dtype_map)
    for weight in read_model(tmp_path / "web").groups[0]:
        assert ("quantization" in weight.entry) == (weight.tensor.count >= LEAST_VALUES), weight.name


def test_an_error_of_nothing(model: Path) -> None:
    with pytest.raises(UsageError, match="above 0"):
        choose_types(model, None, None, Options(), max_error=0)
