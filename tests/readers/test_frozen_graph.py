"""Frozen graphs in binary and text form."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import ConversionError, CorruptInputError, MissingInputError, UnknownFormatError, UsageError
from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.readers import frozen_graph
from tests.readers.in_tensorflow import run

FIXTURES = Path(__file__).parent.parent / "fixtures" / "tensorflow"
FROZEN = FIXTURES / "tf-1.15" / "frozen.pb"

pytestmark = pytest.mark.oracle


def read(path: Path, **options: Any) -> GraphModel:
    with ExitStack() as stack:
        return frozen_graph.read(path, stack, **options)


@pytest.mark.parametrize("suffix", [".pb", ".pbtxt"])
@pytest.mark.parametrize("release", ["tf-1.8", "tf-1.13", "tf-1.15", "tf-2.19"])
def test_computes_what_tensorflow_computed(release: str, suffix: str) -> None:
    folder = FIXTURES / release
    model = read(folder / f"frozen{suffix}", output_node_names="y")
    with np.load(folder / "frozen.npz") as arrays:
        got = run(model, {"x": arrays["in:x"]})
        np.testing.assert_allclose(got["y"], arrays["out:y"], rtol=1e-6)


def test_outputs_by_index_and_by_default() -> None:
    with np.load(FROZEN.with_suffix(".npz")) as arrays:
        x, y = arrays["in:x"], arrays["out:y"]
    got = run(read(FROZEN, output_node_names="pieces:2, y,pieces"), {"x": x})
    assert list(got) == ["pieces:2", "y", "pieces"]
    np.testing.assert_allclose(got["pieces:2"], y[:, 2:], rtol=1e-6)
    np.testing.assert_allclose(got["pieces"], y[:, :1], rtol=1e-6)
    model = read(FROZEN)
    assert [port.key for port in model.signature.outputs] == ["pieces"]
    assert [(port.key, port.shape.dims) for port in model.signature.inputs] == [("x", (None, 4))]


def test_an_unknown_output() -> None:
    with pytest.raises(UsageError, match=r'no node "z", "y:one"(.|\n)*"pieces"'):
        read(FROZEN, output_node_names=["z", "y", "y:one"])


@pytest.mark.parametrize("size", [0, 1, 7, 100])
def test_a_file_that_is_cut_off(tmp_path: Path, size: int) -> None:
    path = tmp_path / "cut.pb"
    path.write_bytes(FROZEN.read_bytes()[:size])
    with pytest.raises(ConversionError):
        read(path)


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"<!doctype html><p>Not found", ConversionError),
        (b"\x89HDF\r\n\x1a\n....", ConversionError),
        (b"node { name: 3", CorruptInputError),
        (b"\xff" * 100, ConversionError),
    ],
)
def test_another_kind_of_file(tmp_path: Path, content: bytes, error: type[Exception]) -> None:
    path = tmp_path / "other.pb"
    path.write_bytes(content)
    with pytest.raises(error):
        read(path)


def test_a_saved_model_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError, match="not a frozen graph"):
        read(FIXTURES / "tf-2.19" / "module" / "saved_model.pb")
    with pytest.raises(MissingInputError):
        read(tmp_path / "nothing.pb")
