"""The wizard, in a pseudo-terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tensorflowjs.formats.tfjs import read_model
from tests.cli.terminal import on_a_terminal, plain
from tests.fixtures_keras import FOLDER

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
CODE = "import sys; from tensorflowjs.cli.wizard import main; sys.exit(main())"
ENTER, DOWN = "\r", "\x1b[B"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")


def test_asks_shows_the_command_and_runs_it(tmp_path: Path) -> None:
    source, target = tmp_path / "model.keras", tmp_path / "model_web"
    source.write_bytes(KERAS.read_bytes())
    code, seen = on_a_terminal(
        CODE,
        [],
        [
            ("Where is the model", str(tmp_path / "missing") + ENTER),
            ("Where is the model", str(source) + ENTER),
            ("Where to put the result", ENTER),
            ("What should it become", ENTER),
            ("How should the weights be stored", DOWN + DOWN + ENTER),
            ("compare", "y"),
            ("Do it now", "y"),
        ],
    )
    text = plain(seen)
    assert code == 0, text
    assert f"There is no file or folder {tmp_path / 'missing'}" in text
    assert "This is a .keras archive written by Keras, with 115 parameters." in text
    command = f"tensorflowjs convert {source} {target} --output_format=tfjs_layers_model --quantize=uint8 --verify"
    assert command in text
    assert "same  " in text and "tf.loadLayersModel" in text
    kernels = [weight for weight in read_model(target).groups[0] if weight.name.endswith("kernel")]
    assert kernels and all(weight.entry["quantization"]["dtype"] == "uint8" for weight in kernels)


def test_does_nothing_unless_told_to(tmp_path: Path) -> None:
    code, seen = on_a_terminal(
        CODE,
        [KERAS],
        [
            ("Where to put the result", "\x15" + str(tmp_path / "out") + ENTER),
            ("What should it become", DOWN + ENTER),
            ("How should the weights be stored", ENTER),
            ("compare", "n"),
            ("Do it now", "n"),
        ],
    )
    assert code == 0, plain(seen)
    assert f"{KERAS} {tmp_path / 'out'} --output_format=tfjs_graph_model\r\n" in plain(seen)
    assert not (tmp_path / "out").exists()


def test_stops_at_ctrl_c() -> None:
    code, seen = on_a_terminal(CODE, [], [("Where is the model", "\x03")])
    assert code == 1 and "Stopped." in plain(seen)


def test_where_nobody_can_answer() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith("error: The wizard asks questions, and nobody is here")
