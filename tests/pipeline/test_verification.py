"""Does verify see what is the same and what is not?"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tensorflowjs.errors import ConversionError, UsageError
from tensorflowjs.pipeline.run import convert
from tensorflowjs.pipeline.verification import PLAINLY, verify
from tests.fixtures_keras import FOLDER
from tests.verify.test_isolated import PICK, reshape, write

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
SAVED = FOLDER.parent / "tensorflow" / "tf-2.19" / "variables"


def damage(folder: Path, weight: str | None = None) -> None:
    """Add one to all values of a weight of the model, the first of several values if none is named."""
    manifest = json.loads((folder / "model.json").read_bytes())["weightsManifest"][0]
    at = 0
    for entry in manifest["weights"]:
        size = 4 * int(np.prod(entry["shape"]))
        if entry["name"] == weight or (weight is None and size > 4 and entry["dtype"] == "float32"):
            path = folder / manifest["paths"][0]
            data = bytearray(path.read_bytes())
            values = np.frombuffer(data, "<f4", size // 4, at) + 1
            data[at : at + size] = values.astype("<f4").tobytes()
            path.write_bytes(data)
            return
        at += size
    raise AssertionError(f"no weight {weight}")


@pytest.mark.oracle
@pytest.mark.parametrize(
    ("source", "target", "who"),
    [
        (KERAS, "tfjs_layers_model", "keras 3"),
        (KERAS, "tfjs_graph_model", "keras 3"),
        (FOLDER / "tf-2.15" / "mlp.h5", "tfjs_layers_model", "keras"),
        (SAVED, "tfjs_graph_model", "TensorFlow 2"),
    ],
    ids=["keras-to-layers", "keras-to-graph", "h5-to-layers", "saved-model"],
)
def test_beside_the_source_itself(source: Path, target: str, who: str, tmp_path: Path) -> None:
    convert(source, tmp_path, output_format=target)
    found = verify(tmp_path, source, seed=5)
    assert found.ok and found.apart is None and found.without is None, found
    assert who in found.oracle


@pytest.mark.parametrize("source", [KERAS, SAVED], ids=["keras", "saved-model"])
def test_beside_a_plain_conversion(source: Path, tmp_path: Path) -> None:
    convert(source, tmp_path)
    found = verify(tmp_path, source, oracle=False)
    assert found.ok and found.oracle == PLAINLY and found.without


def test_where_a_layers_model_parts(tmp_path: Path) -> None:
    convert(KERAS, tmp_path)
    damage(tmp_path, "frozen/kernel")
    found = verify(tmp_path, KERAS, oracle=False)
    assert not found.ok and (found.apart or "").startswith("frozen ")


def test_where_a_graph_model_parts(tmp_path: Path) -> None:
    convert(SAVED, tmp_path)
    damage(tmp_path)
    found = verify(tmp_path, SAVED, oracle=False)
    assert not found.ok and found.apart


def test_quantised_weights_are_asked_for_less(tmp_path: Path) -> None:
    convert(KERAS, tmp_path, quantization_dtype_map={"uint8": True})
    found = verify(tmp_path, KERAS, oracle=False)
    assert found.stored_as == "uint8" and found.ok
    assert not verify(tmp_path, KERAS, oracle=False, tolerance=1e-6).ok


def test_another_model(tmp_path: Path) -> None:
    convert(KERAS, tmp_path)
    with pytest.raises(ConversionError, match="input"):
        verify(tmp_path, FOLDER.parent.parent.parent / "examples" / "shapes" / "shapes.keras", oracle=False)


def test_weights_alone_cannot_be_run(tmp_path: Path) -> None:
    source = FOLDER / "keras-3.15.1" / "mlp.weights.h5"
    convert(source, tmp_path)
    with pytest.raises(UsageError, match="holds weights alone, so there is nothing to run"):
        verify(tmp_path, source)


def test_cpu_takes_over_where_wasm_dies(tmp_path: Path) -> None:
    source = write(tmp_path / "source", PICK.format(op="Identity"))
    convert(source, tmp_path / "web")
    found = verify(tmp_path / "web", source)
    assert found.ok and found.backend == "cpu" and found.comparisons[0].shape == (1, 4)


def test_larger_images_where_small_ones_fail(tmp_path: Path) -> None:
    source = reshape(tmp_path / "source", "?", 1, 128, 128, 3)
    convert(source, tmp_path / "web")
    found = verify(tmp_path / "web", source)
    assert found.ok and found.backend == "wasm" and found.comparisons[0].shape == (1, 128, 128, 3)
