"""The format of an input is found in what it holds, whatever it is called."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import h5py
import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError, InputError, MissingInputError, UnknownFormatError, UsageError
from tensorflowjs.pipeline.detect import input_format
from tests.fixtures_keras import FOLDER, Fixture, fixtures
from tests.written_models import dense, functional, input_layer, random_dense, variables_bytes

FORMATS = {
    "h5": "keras", "weights": "keras", "legacy-weights": "keras", "keras": "keras_keras", "sharded": "keras_weights",
}  # fmt: skip


@pytest.mark.parametrize("fixture", fixtures(), ids=lambda fixture: fixture.id)
def test_what_all_versions_of_keras_wrote(fixture: Fixture) -> None:
    assert input_format(fixture.path, None) == FORMATS[fixture.format]


@pytest.mark.parametrize("name", ["model", "model.txt", "model.keras", "MODEL.H5", "model.pb"])
def test_the_name_does_not_matter(name: str, tmp_path: Path) -> None:
    for source, expected in (("mlp.h5", "keras"), ("mlp.keras", "keras_keras")):
        (tmp_path / name).write_bytes((FOLDER / "tf-2.15" / source).read_bytes())
        assert input_format(tmp_path / name, None) == expected


@pytest.mark.parametrize("block", [512, 1024, 4096])
def test_hdf5_behind_a_block_of_the_users_own(block: int, tmp_path: Path) -> None:
    with h5py.File(tmp_path / "model.bin", "w", userblock_size=block) as file:
        file["data"] = [1, 2]
    assert input_format(tmp_path / "model.bin", None) == "keras"


@pytest.mark.parametrize("place", [512, 1024, 2048, 4096, 8192])
def test_archives_whose_hdf5_lies_where_hdf5_is_looked_for(place: int, tmp_path: Path) -> None:
    """By chance one in some thousand archives is such: it must not be taken for the weights alone."""
    kernel, bias = random_dense(1, 4, 3)
    topology = functional([input_layer("x", 4), dense("scores", 3, "x")], ["x"], ["scores"])
    weights = variables_bytes({"layers/dense": [kernel, bias]})
    path = archive_with_weights_at(tmp_path / "model.keras", json.dumps(topology), weights, place)
    assert path.read_bytes()[place:].startswith(b"\x89HDF")
    assert input_format(path, None) == "keras_keras"
    result = tensorflowjs.convert(path, tmp_path / "out")
    assert json.loads(result.model_json.read_text())["modelTopology"]["model_config"]["class_name"] == "Functional"


def archive_with_weights_at(path: Path, config: str, weights: bytes, place: int) -> Path:
    """An archive padded by a member so that the weights begin at `place`, or at double that, ..."""
    for padding in range(8192):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("metadata.json", '{"keras_version": "3.15.1"}')
            if place > 512:
                archive.writestr("config.json", config)
            archive.writestr("assets.txt", b" " * padding)
            archive.writestr("model.weights.h5", weights)
            if place <= 512:
                archive.writestr("config.json", config)
        found = buffer.getvalue().index(b"\x89HDF")
        if found == place:
            path.write_bytes(buffer.getvalue())
            return path
        assert found < place, "the place is too early"
    raise AssertionError("no padding fits")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"modelTopology": {}, "weightsManifest": []}, "tfjs_layers_model"),
        ({"format": "layers-model", "modelTopology": None}, "tfjs_layers_model"),
        ({"format": "graph-model", "modelTopology": {}}, "tfjs_graph_model"),
        ({"metadata": {}, "weight_map": {}}, "keras_weights"),
    ],
    ids=str,
)
def test_json(document: dict[str, object], expected: str, tmp_path: Path) -> None:
    (tmp_path / "some.name").write_text("\n " + json.dumps(document))
    assert input_format(tmp_path / "some.name", None) == expected


@pytest.mark.parametrize("text", ["{}", '{"a": 1}', "[1]", "{", '"x"', "{" * 100_000])
def test_json_that_is_none_of_ours(text: str, tmp_path: Path) -> None:
    (tmp_path / "some.json").write_text(text)
    with pytest.raises(UnknownFormatError):
        input_format(tmp_path / "some.json", None)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["saved_model.pb"], "tf_saved_model"),
        (["saved_model.pb", "keras_metadata.pb"], "tf_saved_model"),
        (["saved_model.pbtxt"], "tf_saved_model"),
        (["tfhub_module.pb"], "tf_hub"),
    ],
    ids=str,
)
def test_folders(files: list[str], expected: str, tmp_path: Path) -> None:
    for name in files:
        (tmp_path / name).touch()
    assert input_format(tmp_path, None) == expected


def test_a_folder_of_tfjs(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"format": "graph-model"}')
    assert input_format(tmp_path, None) == "tfjs_graph_model"


def test_a_frozen_graph_is_known_by_its_ending_only(tmp_path: Path) -> None:
    (tmp_path / "graph.pb").write_bytes(b"\x0a\x10")
    assert input_format(tmp_path / "graph.pb", None) == "tf_frozen_model"


# ------------------------------------------------------------------------------------- what was asked for


def test_asked_and_found_are_compared() -> None:
    h5, keras = FOLDER / "tf-2.15" / "mlp.h5", FOLDER / "tf-2.15" / "mlp.keras"
    assert input_format(h5, "keras") == "keras"
    assert input_format(keras, "keras") == "keras_keras", "as users of the old converter say"
    assert input_format(h5, "keras_keras") == "keras"
    with pytest.raises(UnknownFormatError, match=r"mlp\.h5 is an HDF5 file .*, not a SavedModel folder"):
        input_format(h5, "tf_saved_model")
    with pytest.raises(UsageError, match=r"no input format 'onnx'"):
        input_format(h5, "onnx")


def test_saved_models_serve_for_each_other(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").touch()
    for asked in ("tf_saved_model", "keras_saved_model", "tf_hub"):
        assert input_format(tmp_path, asked) == asked


def test_what_is_not_recognised_is_what_it_is_said_to_be(tmp_path: Path) -> None:
    """Its reader then says what is wrong."""
    (tmp_path / "model").write_bytes(b"something")
    assert input_format(tmp_path / "model", "keras") == "keras"
    with pytest.raises(ConversionError, match="not an HDF5 file"):
        tensorflowjs.convert(tmp_path / "model", tmp_path / "out", "keras")


# ------------------------------------------------------------------------------------- what cannot be looked at


@pytest.mark.parametrize("name", ["missing", "missing/below", "with\0zero", "x" * 5000])
def test_paths_that_lead_nowhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        input_format(tmp_path / name, None)


def test_a_link_to_nothing(tmp_path: Path) -> None:
    try:
        (tmp_path / "link").symlink_to(tmp_path / "nothing")
    except OSError:
        return  # Windows lets not everybody make links
    with pytest.raises(MissingInputError):
        input_format(tmp_path / "link", None)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.h5")
    with pytest.raises(InputError, match="neither a file nor a folder"):
        input_format(tmp_path / "pipe.h5", None)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no device without end here")
def test_a_device_is_not_read() -> None:
    with pytest.raises(InputError, match="neither a file nor a folder"):
        input_format(Path("/dev/zero"), None)
