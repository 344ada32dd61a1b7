"""Whole architectures, saved by TensorFlow and converted as SavedModels, give its numbers in the real TF.js."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf  # noqa: F401  (which marks these tests as ones that compare with it)

import tensorflowjs
from tensorflowjs.verify import TfjsRunner, Tolerance, compare
from tests.tfjs import architectures

TOLERANCE = Tolerance(1e-3, 1e-4)


@pytest.mark.parametrize(("name", "library"), architectures.CASES)
def test_equals_tensorflow(name: str, library: str, tfjs: TfjsRunner, tmp_path: Path) -> None:
    sample = architectures.save(name, library, tmp_path / "saved")
    tensorflowjs.convert(tmp_path / "saved", tmp_path / "web", input_format="tf_saved_model")
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    assert set(sample.inputs) == {spec.name for spec in loaded.input_specs}
    for comparison in compare(sample.outputs, loaded.predict(sample.inputs), loaded.output_names):
        assert comparison.ok(TOLERANCE), f"{comparison} {comparison.worst(TOLERANCE)}"
    loaded.close()
    for output in sample.outputs:
        assert_alive(output)


def assert_alive(output: np.ndarray) -> None:
    """Neither constant nor saturated, nor the same for every sample: a mistake would show."""
    values = np.asarray(output, "float64")
    assert np.isfinite(values).all()
    assert values.std() > 1e-3 * np.abs(values).max()
    if len(values) > 1:
        assert np.abs(values - values[:1]).max() > 1e-2 * values.std()
