"""`tfjs.converters.convert([...])`: the command, called from Python as with the old package."""

from __future__ import annotations

from pathlib import Path

import pytest

import tensorflowjs as tfjs
from tensorflowjs.errors import MissingInputError, UsageError
from tests.fixtures_keras import FOLDER

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"


def test_it_converts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--input_format=keras", "--output_format=tfjs_layers_model", str(KERAS), str(tmp_path / "web model")]
    tfjs.converters.convert(words)
    assert (tmp_path / "web model" / "model.json").exists()
    assert capsys.readouterr().out.startswith("Wrote ")


def test_errors_are_raised(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match="no file or folder"):
        tfjs.converters.convert([str(tmp_path / "missing.h5"), str(tmp_path / "out")])
    with pytest.raises(UsageError, match="input_path is missing"):
        tfjs.converters.convert([])
    with pytest.raises(UsageError, match="Unrecognized arguments"):
        tfjs.converters.convert(["--nonsense", str(KERAS), str(tmp_path)])


def test_help_and_version(capsys: pytest.CaptureFixture[str]) -> None:
    tfjs.converters.convert(["--version"])
    assert capsys.readouterr().out.startswith(f"tensorflowjs {tfjs.__version__}")
    with pytest.raises(SystemExit) as ended:
        tfjs.converters.convert(["--help"])
    assert ended.value.code == 0 and "--quantize_uint8" in capsys.readouterr().out


def test_signals_are_left_alone(tmp_path: Path) -> None:
    import signal

    before = signal.getsignal(signal.SIGTERM)
    tfjs.converters.convert([str(KERAS), str(tmp_path), "--quiet"])
    assert signal.getsignal(signal.SIGTERM) is before
