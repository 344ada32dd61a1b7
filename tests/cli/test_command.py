"""The command as users run it: formats, paths, flags, what it prints, and how it ends."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.cli.converter import main
from tensorflowjs.version import version
from tests.fixtures_keras import FOLDER
from tests.written_models import dense, dense_weights, functional, input_layer, random_dense, write_h5

H5 = FOLDER / "tf-2.15" / "mlp.h5"
KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
NESTED = FOLDER / "keras-3.15.1" / "nested.keras"
WEIGHTS = FOLDER / "tf-2.15" / "mlp-weights.h5"
SHARDED = FOLDER / "keras-3.15.1" / "nested.weights.json"


class Ended:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    """The command in this process."""

    def command(*words: object) -> Ended:
        code = main([str(word) for word in words])
        return Ended(code, *capsys.readouterr())

    return command


def document(folder: Path) -> Any:
    return json.loads((folder / "model.json").read_text(encoding="utf-8"))


def shards(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.bin"))


# ------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("source", [H5, KERAS, WEIGHTS, SHARDED], ids=lambda path: path.name)
@pytest.mark.parametrize("asked", [None, "keras", "keras_keras", "keras_weights"])
def test_any_keras_format_serves_for_any_keras_file(source: Path, asked: str | None, run: Any, tmp_path: Path) -> None:
    """`--input_format=keras` is what users of the old converter say, whatever Keras saved."""
    flags = [f"--input_format={asked}"] if asked else []
    ended = run(*flags, source, tmp_path)
    assert (ended.code, ended.err) == (0, ""), ended.err
    assert (document(tmp_path)["modelTopology"] is None) == (source in (WEIGHTS, SHARDED))


def test_the_ending_of_the_name_does_not_matter(run: Any, tmp_path: Path) -> None:
    for source, name in ((H5, "model"), (KERAS, "model.zip"), (KERAS, "model.h5"), (H5, "MODEL.KERAS")):
        (tmp_path / name).write_bytes(source.read_bytes())
        assert run(tmp_path / name, tmp_path / "out").code == 0


@pytest.mark.parametrize("asked", ["tf_saved_model", "tfjs_layers_model", "tf_frozen_model"])
def test_a_format_that_contradicts_the_file(asked: str, run: Any, tmp_path: Path) -> None:
    ended = run(f"--input_format={asked}", KERAS, tmp_path / "out")
    assert ended.code == 1
    assert "mlp.keras is a .keras archive written by Keras, not" in ended.err
    assert "--input_format=keras_keras" in ended.err


@pytest.mark.parametrize("flag", ["--input_format", "--output_format"])
def test_a_format_that_does_not_exist(flag: str, run: Any, tmp_path: Path) -> None:
    ended = run(flag, "pytorch", KERAS, tmp_path / "out")
    assert ended.code == 2 and "'pytorch'" in ended.err and "keras" in ended.err


@pytest.mark.parametrize("wanted", ["keras", "keras_saved_model", "tf_frozen_model"])
def test_an_output_format_that_is_not_made(wanted: str, run: Any, tmp_path: Path) -> None:
    ended = run(f"--output_format={wanted}", KERAS, tmp_path / "out")
    assert ended.code == 2
    assert f"no conversion from keras_keras to {wanted}" in ended.err
    assert "keras_keras to tfjs_layers_model" in ended.err
    assert not (tmp_path / "out").exists()


def test_the_output_format_that_it_is_anyway(run: Any, tmp_path: Path) -> None:
    assert run("--output_format=tfjs_layers_model", KERAS, tmp_path).code == 0


# ------------------------------------------------------------------------------------- paths


@pytest.mark.parametrize("name", ["with space", "ünï 日本", "a.b.c", "deep/er/still", "quo'te"])
def test_paths_of_any_name(name: str, run: Any, tmp_path: Path) -> None:
    source = tmp_path / name / "my model.keras"
    source.parent.mkdir(parents=True)
    source.write_bytes(KERAS.read_bytes())
    ended = run(source, tmp_path / name / "web model")
    assert ended.code == 0 and (tmp_path / name / "web model" / "model.json").exists()
    assert f"Wrote {tmp_path / name / 'web model' / 'model.json'}" in ended.out


def test_relative_paths(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "model.keras").write_bytes(KERAS.read_bytes())
    monkeypatch.chdir(tmp_path / "here")
    assert run("../model.keras", ".").code == 0
    assert run("../model.keras", "web/").code == 0
    assert (tmp_path / "here" / "model.json").exists() and (tmp_path / "here" / "web" / "model.json").exists()


def test_the_home_folder(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A shell leaves `~` alone in quotes, and Windows always does."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.keras").write_bytes(KERAS.read_bytes())
    assert run("~/model.keras", "~/web").code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.keras", "web"]


# ------------------------------------------------------------------------------------- flags for weights


def test_weight_shard_size_bytes(run: Any, tmp_path: Path) -> None:
    assert run("--weight_shard_size_bytes", "100", KERAS, tmp_path).code == 0
    total = sum((tmp_path / name).stat().st_size for name in shards(tmp_path))
    assert len(shards(tmp_path)) == -(-total // 100) > 1


@pytest.mark.parametrize("size", ["0", "-5"])
def test_a_shard_size_that_is_none(size: str, run: Any, tmp_path: Path) -> None:
    ended = run(f"--weight_shard_size_bytes={size}", KERAS, tmp_path / "out")
    assert ended.code == 2 and f"positive number of bytes, not {size}" in ended.err


def test_split_weights_by_layer(run: Any, tmp_path: Path) -> None:
    assert run("--split_weights_by_layer", KERAS, tmp_path).code == 0
    groups = document(tmp_path)["weightsManifest"]
    layers = [{weight["name"].split("/")[0] for weight in group["weights"]} for group in groups]
    assert layers == [{"first"}, {"batch_normalization"}, {"frozen"}, {"dense"}]
    assert shards(tmp_path) == [f"group{number}-shard1of1.bin" for number in (1, 2, 3, 4)]


def test_split_weights_by_layer_of_weights_alone(run: Any, tmp_path: Path) -> None:
    assert run("--split_weights_by_layer", WEIGHTS, tmp_path).code == 0
    assert len(document(tmp_path)["weightsManifest"]) == 4


def test_metadata(run: Any, tmp_path: Path) -> None:
    (tmp_path / "labels.json").write_text('["Katze", "Hündin"]', encoding="utf-8")
    (tmp_path / "about.json").write_text('{"epochs": 3}', encoding="utf-8")
    flag = f"--metadata=labels:{tmp_path / 'labels.json'},about:{tmp_path / 'about.json'}"
    assert run(flag, KERAS, tmp_path / "out").code == 0
    given = document(tmp_path / "out")["userDefinedMetadata"]
    assert given == {"labels": ["Katze", "Hündin"], "about": {"epochs": 3}}


def test_metadata_that_cannot_be_read(run: Any, tmp_path: Path) -> None:
    ended = run(f"--metadata=labels:{tmp_path / 'nowhere.json'}", KERAS, tmp_path / "out")
    assert ended.code == 2 and "nowhere.json cannot be read" in ended.err


def test_the_deprecated_flag_works_and_says_so(run: Any, tmp_path: Path) -> None:
    ended = run("--quantization_bytes", "2", KERAS, tmp_path)
    assert ended.code == 0
    assert ended.err == "--quantization_bytes is deprecated. Please use --quantize_uint16.\n"
    weights = document(tmp_path)["weightsManifest"][0]["weights"]
    assert {weight["quantization"]["dtype"] for weight in weights} == {"uint16"}


# ------------------------------------------------------------------------------------- what it prints


def test_the_summary(run: Any, tmp_path: Path) -> None:
    ended = run(NESTED, tmp_path / "web")
    assert ended.out.splitlines() == [
        f"Wrote {tmp_path / 'web' / 'model.json'} (tfjs_layers_model) from {NESTED} (keras_keras).",
        "  layers   4",
        "  weights  18 tensors, 167 parameters",
        "  written  668 B in 1 shard",
        '  note     same_name: renamed to "same_name_1": TF.js needs plain names that differ in all nested models',
        '  note     norm: renamed to "norm_1": TF.js needs plain names that differ in all nested models',
        "",
        "const model = await tf.loadLayersModel('web/model.json');",
        "const output = model.predict(tf.zeros([1, 5]));",
    ]
    assert ended.err == ""


def test_the_summary_of_quantised_weights(run: Any, tmp_path: Path) -> None:
    ended = run("--quantize_uint8", "--weight_shard_size_bytes=100", NESTED, tmp_path)
    assert "  written  167 B in 2 shards, quantised from 668 B (4.0 times smaller)\n" in ended.out


def test_the_summary_of_weights_alone(run: Any, tmp_path: Path) -> None:
    ended = run(WEIGHTS, tmp_path)
    assert "layers" not in ended.out.split("\n", 1)[1] and "  weights  8 tensors" in ended.out


def test_quiet(run: Any, tmp_path: Path) -> None:
    ended = run("--quiet", "--quantization_bytes=1", NESTED, tmp_path)
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    ended = run("-q", tmp_path / "missing.h5", tmp_path)
    assert ended.code == 1 and ended.err.startswith("error: There is no file or folder")


def test_version(run: Any) -> None:
    for flag in ("--version", "-v"):
        ended = run(flag)
        assert ended.code == 0 and ended.err == ""
        assert ended.out.startswith(f"tensorflowjs {version}\n")
        assert f"numpy {np.__version__}" in ended.out


def test_help(run: Any) -> None:
    ended = run("--help")
    assert ended.code == 0 and ended.err == ""
    for needle in ("--quantize_uint8", "--input_format", "tfjs_layers_model", "model.keras web_model"):
        assert needle in ended.out
    assert max(map(len, ended.out.splitlines())) <= 110


@pytest.mark.parametrize(
    ("words", "needle"),
    [
        ([], "The input_path is missing."),
        (["model.keras"], "The output_path is missing."),
        (["model.keras", "web", "more"], "Unrecognized arguments: more."),
        (["--frobnicate", "model.keras", "web"], "Unrecognized arguments: --frobnicate."),
        (["--weight_shard_size_bytes=4MB", "model.keras", "web"], "invalid int value: '4MB'."),
        (["--quantization_bytes=3", "model.keras", "web"], "invalid choice: 3"),
        (["--strip_debug_ops=perhaps", "model.keras", "web"], "expected true or false, not 'perhaps'."),
        (["--metadata=labels", "model.keras", "web"], "--metadata takes key:file.json"),
        (["model.keras", "web", "--input_format"], "expected one argument"),
    ],
)
def test_commands_that_make_no_sense(words: list[str], needle: str, run: Any) -> None:
    ended = run(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: ") and needle in ended.err and len(ended.err.splitlines()) <= 2


def test_debug_shows_where(run: Any, tmp_path: Path) -> None:
    ended = run("--debug", tmp_path / "missing.keras", tmp_path / "out")
    assert ended.code == 1
    assert "Traceback" in ended.err and "MissingInputError" in ended.err
    assert ended.err.splitlines()[-2].startswith("error: There is no file or folder")


def test_what_should_not_happen(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr("tensorflowjs.pipeline.layers.write", broken)
    ended = run(KERAS, tmp_path / "out")
    assert ended.code == 1 and "Traceback" not in ended.err
    assert "this should not have happened (RuntimeError: a bug of ours)" in ended.err and "--debug" in ended.err


# ------------------------------------------------------------------------------------- in a process of its own


def process(*words: object, **environment: str) -> subprocess.CompletedProcess[bytes]:
    arguments = [sys.executable, "-m", "tensorflowjs.cli.converter", *map(str, words)]
    return subprocess.run(arguments, capture_output=True, env={**os.environ, **environment}, timeout=60)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_any_name_on_any_terminal(encoding: str, tmp_path: Path) -> None:
    """Names that the terminal has no letters for are printed in another way; nothing fails for that."""
    name = "шаг 日本"
    kernel, bias = random_dense(1, 4, 3)
    topology = functional([input_layer("x", 4), dense(name, 3, "x")], ["x"], [name])
    source = write_h5(tmp_path / "модель.h5", topology, {name: dense_weights("d", kernel, bias)})
    ended = process(source, tmp_path / "наружу", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert (ended.returncode, ended.stderr) == (0, b"")
    text = ended.stdout.decode(encoding)
    assert ("шаг" if encoding == "utf-8" else r"\u0448") in text
    failed = process(tmp_path / "нет.h5", tmp_path / "наружу", PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    assert failed.returncode == 1 and failed.stderr.startswith(b"error: There is no file or folder")


def test_a_reader_that_has_seen_enough(tmp_path: Path) -> None:
    arguments = [sys.executable, "-m", "tensorflowjs.cli.converter", str(KERAS), str(tmp_path / "out")]
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(arguments, stdout=writing, stderr=subprocess.PIPE, timeout=60)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert (tmp_path / "out" / "model.json").exists()


def test_no_progress_where_nobody_looks(tmp_path: Path) -> None:
    ended = process(KERAS, tmp_path)
    assert ended.returncode == 0 and ended.stderr == b"" and b"\x1b" not in ended.stdout


# ------------------------------------------------------------------------------------- on a terminal


def on_a_terminal(*words: object, before: str = "pass") -> tuple[int, str]:
    """Exit code and all that a terminal gets to see, of the command run after some Python."""
    import pty

    code = f"import sys; {before}; from tensorflowjs.cli.converter import main; sys.exit(main())"
    process, terminal = pty.fork()
    if process == 0:  # pragma: no cover
        os.environ.update(TERM="xterm-256color", COLUMNS="100")
        os.execv(sys.executable, [sys.executable, "-c", code, *map(str, words)])
    seen = b""
    while True:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), seen.decode()


SLOWLY = """
import time
from tensorflowjs import events
heard = events.progress
events.progress = lambda *given: (time.sleep(0.15), heard(*given))
""".strip().replace("\n", "; ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_progress_of_long_work_on_a_terminal(tmp_path: Path) -> None:
    kernel = np.random.default_rng(1).normal(size=(1024, 12 * 1024)).astype("float32")
    topology = functional([input_layer("x", 1024), dense("big", 12 * 1024, "x", use_bias=False)], ["x"], ["big"])
    source = write_h5(tmp_path / "large.h5", topology, {"big": [("big/kernel:0", kernel)]})
    code, seen = on_a_terminal(source, tmp_path / "out", before=SLOWLY)
    assert code == 0
    assert "Writing weights" in seen and "tensor 1 of 1" in seen and "MB" in seen
    last = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen).split("Wrote ")[-1]
    assert "  written  50.3 MB in 12 shards" in last.splitlines()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_no_progress_of_short_work_on_a_terminal(tmp_path: Path) -> None:
    patiently = "import tensorflowjs.cli.progress as progress; progress.PATIENCE = 60.0"
    code, seen = on_a_terminal(KERAS, tmp_path / "out", before=patiently)
    assert code == 0, seen
    assert "\x1b" not in seen and seen.startswith("Wrote ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
def test_quiet_on_a_terminal(tmp_path: Path) -> None:
    assert on_a_terminal(KERAS, tmp_path / "out", "--quiet", before=SLOWLY) == (0, "")
