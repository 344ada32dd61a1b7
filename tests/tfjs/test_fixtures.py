"""Every model file of every version of Keras: TF.js computes from it what Keras did, or it is refused."""

from __future__ import annotations

import json
import zlib
from collections import Counter
from pathlib import Path

import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError, CorruptInputError, UnsupportedError
from tensorflowjs.formats import tfjs as tfjs_files
from tensorflowjs.verify import TfjsRunner, compare
from tests.fixtures_keras import Fixture, fixtures

# By model, or by file where one version differs from the others.
REFUSED: dict[str, tuple[type[ConversionError], list[str]]] = {
    "custom_layer": (UnsupportedError, ["scaled (Demo>ScaleBy)", "tripled (Demo>Dense)", "custom class", "rebuild it"]),
    "keras-2.0.9/custom_layer.h5": (UnsupportedError, ["scaled (ScaleBy)", "a class that TF.js's layers do not have"]),
    "keras-2.3.1/custom_layer.h5": (UnsupportedError, ["scaled (ScaleBy)", "a class that TF.js's layers do not have"]),
    "lambda_layer": (UnsupportedError, ["twice (Lambda)", "Python code"]),
    "subclassed": (UnsupportedError, ["Net", "a subclassed model", "model.export"]),
    # It writes cells without their arguments, which no Keras can read back either.
    "keras-2.0.9/rnn_stacked.h5": (CorruptInputError, ["lstm_cell_1", "(LSTMCell)", 'no "units"', "before 2.1"]),
    # It makes the last output zero wherever the last step is masked.
    "tf-1.13/rnn.h5": (UnsupportedError, ["bidirectional", "zero_output_for_mask"]),
}

# Files without names of layers: older than Keras 3.6, by object path.
NAMELESS = ("keras-3.0.5", "tf-2.12", "tf-2.15", "tf_keras-2.19")


def refusal(fixture: Fixture) -> tuple[type[ConversionError], list[str]] | None:
    return REFUSED.get(fixture.id) or REFUSED.get(fixture.model)


MODELS = fixtures("h5", "keras")
WEIGHTS = fixtures("weights", "legacy-weights", "sharded")


@pytest.mark.parametrize("fixture", [one for one in MODELS if not refusal(one)], ids=lambda one: one.id)
def test_it_gives_the_same_numbers(fixture: Fixture, tfjs: TfjsRunner, tmp_path: Path) -> None:
    tensorflowjs.convert(fixture.path, tmp_path)
    model = tfjs.load(tmp_path)
    outputs = model.predict(fixture.xs())
    comparisons = compare(fixture.float32_ys(), outputs, model.output_names)
    model.close()
    assert not [str(one) for one in comparisons if not one.ok() or one.weak]


@pytest.mark.parametrize("fixture", [one for one in MODELS if refusal(one)], ids=lambda one: one.id)
def test_it_is_refused(fixture: Fixture, tmp_path: Path) -> None:
    expected, needles = refusal(fixture) or (ConversionError, [])
    with pytest.raises(ConversionError) as caught:
        tensorflowjs.convert(fixture.path, tmp_path / "out")
    assert type(caught.value) is expected
    assert not [needle for needle in needles if needle not in str(caught.value)], str(caught.value)
    assert not (tmp_path / "out").exists()


def test_all_refusals_are_of_files_that_exist() -> None:
    assert set(REFUSED) <= {one.id for one in MODELS} | {one.model for one in MODELS}


@pytest.mark.parametrize("fixture", WEIGHTS, ids=lambda one: one.id)
def test_weights_alone_have_the_same_names_and_values(fixture: Fixture, tmp_path: Path) -> None:
    result = tensorflowjs.convert(fixture.path, tmp_path)
    document = json.loads(result.model_json.read_text())
    assert document["modelTopology"] is None and document["generatedBy"] is None
    written = written_checksums(tmp_path)
    if fixture.format == "weights" and fixture.version in NAMELESS:
        assert Counter(written.values()) == Counter(weight.crc32 for weight in fixture.weights())
        assert any("does not tell the names" in note.text for note in result.notes)
    else:
        assert written == expected_checksums(fixture)


def written_checksums(folder: Path) -> dict[str, int]:
    stored = [weight for group in tfjs_files.read_model(folder).groups for weight in group]
    return {weight.name: zlib.crc32(weight.tensor.read().astype("<f4").tobytes()) for weight in stored}


def expected_checksums(fixture: Fixture) -> dict[str, int]:
    """By layer and kind; with the models around it in front where that occurs twice."""
    short = Counter(short_name(weight.layer, weight.name) for weight in fixture.weights())
    found = {}
    for weight in fixture.weights():
        name = short_name(weight.layer, weight.name)
        if short[name] > 1:
            name = f"{weight.layer.rpartition('/')[0]}/{name}"
        if name == "batch_normalization/beta" and fixture.model == "mlp" and fixture.format == "weights":
            name = "batch_normalization/variable_0"  # alone beside the statistics: gamma or beta?
        found[name] = weight.crc32
    return found


def short_name(layer: str, weight: str) -> str:
    return f"{layer.split('/')[-1]}/{weight.split('/')[-1].removesuffix(':0')}"


def test_nothing_is_written_beside_the_source(tmp_path: Path) -> None:
    fixture = next(one for one in fixtures("keras") if one.model == "mlp")
    source = tmp_path / "source"
    source.mkdir()
    (source / "mlp.keras").write_bytes(fixture.path.read_bytes())
    tensorflowjs.convert(source / "mlp.keras", tmp_path / "out")
    assert [path.name for path in source.iterdir()] == ["mlp.keras"]
