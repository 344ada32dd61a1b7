"""What a conversion would do is what it then does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tensorflowjs.formats.tfjs import read_model
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.pipeline.plan import as_json, plan
from tensorflowjs.pipeline.run import convert
from tests.fixtures_keras import FOLDER

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
SAVED = FOLDER.parent / "tensorflow" / "tf-2.19" / "variables"


@pytest.mark.parametrize("source", [KERAS, SAVED], ids=["keras", "saved-model"])
@pytest.mark.parametrize("dtype", ["float16", "uint8", "uint16"])
def test_sizes_and_names_are_those_of_the_conversion(source: Path, dtype: str, tmp_path: Path) -> None:
    found = plan(source, options=Options({dtype: True}))
    result = convert(source, tmp_path / "web", quantization_dtype_map={dtype: True})
    assert found.written_bytes == result.written_bytes
    assert found.weight_bytes == result.weight_bytes
    assert (found.layers, found.nodes, found.passes) == (result.layers, result.nodes, result.passes)
    assert found.notes == result.notes
    written = [weight for group in read_model(tmp_path / "web").groups for weight in group]
    assert [weight.name for weight in written] == [weight.name for weight in found.weights]
    for weight, stored in zip(found.weights, written, strict=True):
        assert weight.stored.dtype == stored.entry.get("quantization", {}).get("dtype", stored.entry["dtype"])


def test_precision_is_that_of_the_written_values(tmp_path: Path) -> None:
    convert(KERAS, tmp_path / "exact")
    convert(KERAS, tmp_path / "rough", quantization_dtype_map={"uint8": True})
    exact, rough = (read_model(tmp_path / name).groups[0] for name in ("exact", "rough"))
    for weight, one, other in zip(plan(KERAS, options=Options({"uint8": True})).weights, exact, rough, strict=True):
        error = abs(one.tensor.read().astype("f8") - other.tensor.read()).max()
        assert weight.stored.max_abs == pytest.approx(error, rel=1e-6)


def test_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "model.keras").write_bytes(KERAS.read_bytes())
    plan(tmp_path / "model.keras", options=Options({"uint8": True}))
    assert [path.name for path in tmp_path.iterdir()] == ["model.keras"]


def test_passes_left_out_do_nothing() -> None:
    everything = plan(SAVED)
    without = plan(SAVED, options=Options(graph=GraphOptions(disabled_passes=("identities",))))
    none = plan(SAVED, options=Options(graph=GraphOptions(passes=())))
    assert everything.passes.get("identities") and not without.passes.get("identities")
    assert not none.passes and none.nodes > everything.nodes


def test_as_json() -> None:
    found = as_json(plan(KERAS))
    assert (found["inputFormat"], found["outputFormat"]) == ("keras_keras", "tfjs_layers_model")
    assert found["weightBytes"] == found["writtenBytes"] > 0
