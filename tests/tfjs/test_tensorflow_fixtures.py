"""Models of TensorFlow 1.8 to 2.19 give in the real TF.js what TensorFlow gave when it saved them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tensorflowjs
from tensorflowjs.verify import TfjsRunner

FOLDER = Path(__file__).parents[1] / "fixtures" / "tensorflow"
# Layers models have tests of their own; forests need an add-on to TF.js, see tests/readers/test_decision_forests.py.
ELSEWHERE = ("keras", "forest")
MODELS = sorted(path.with_suffix("") for path in FOLDER.glob("*/*.npz") if path.stem not in ELSEWHERE)
FORMATS = {"frozen": "tf_frozen_model", "hub": "tf_hub"}
SUFFIXES = {"frozen": ".pb"}


@pytest.mark.parametrize("path", MODELS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_same_outputs(path: Path, tfjs: TfjsRunner, tmp_path: Path) -> None:
    kind = path.name
    with np.load(path.with_suffix(".npz") if kind == "frozen" else path.with_name(f"{kind}.npz")) as arrays:
        inputs = {key[3:]: arrays[key] for key in arrays if key.startswith("in:")}
        expected = {key[4:]: arrays[key] for key in arrays if key.startswith("out:")}
    source = path.with_suffix(SUFFIXES.get(kind, ""))
    named = {"output_node_names": ",".join(expected)} if kind == "frozen" else {}
    tensorflowjs.convert(source, tmp_path / "web", input_format=FORMATS.get(kind, "tf_saved_model"), **named)
    loaded = tfjs.load(tmp_path / "web", kind="graph")
    found = dict(zip(loaded.output_names, loaded.predict(inputs), strict=True))
    assert set(found) == set(expected)
    for key, values in expected.items():
        if values.dtype.kind == "S":
            assert found[key].tolist() == values.tolist()
        else:
            assert found[key].shape == values.shape
            np.testing.assert_allclose(found[key], values, rtol=1e-5, atol=1e-6)
