"""`tensorflowjs` and its sub-commands, as users run them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tensorflowjs.cli.main import COMMANDS, main, parser
from tensorflowjs.formats.tfjs import read_model
from tensorflowjs.version import version
from tests.fixtures_keras import FOLDER

KERAS = FOLDER / "keras-3.15.1" / "mlp.keras"
SAVED = FOLDER.parent / "tensorflow" / "tf-2.19" / "variables"


class Ended:
    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def command(*words: object) -> Ended:
        code = main([str(word) for word in words])
        return Ended(code, *capsys.readouterr())

    return command


# ------------------------------------------------------------------------------------- the command itself


@pytest.mark.parametrize("words", [(), ("--help",), ("help",)], ids=["none", "flag", "word"])
def test_overview(words: tuple[str, ...], run: Any) -> None:
    ended = run(*words)
    assert (ended.code, ended.err) == (0, "")
    assert all(name in ended.out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_has_examples(name: str, run: Any) -> None:
    ended = run(name, "--help")
    assert (ended.code, ended.err) == (0, "")
    assert f"usage: tensorflowjs {name}" in ended.out and "examples:" in ended.out


def test_version(run: Any) -> None:
    assert run("--version").out == f"tensorflowjs {version}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["convrt"], "There is no command 'convrt'."),
        (["--flag"], "There is no option '--flag'."),
        (["inspect"], "The following arguments are required: path."),
        (["inspect", "a", "b"], "Unrecognized arguments: b."),
        (["convert"], "The input_path is missing."),
        (["convert", "a", "--max_error", "1"], "--max_error goes with --quantize auto."),
        (["convert", "a", "--quantize", "uint8", "--quantize_float16"], "--quantize cannot be combined"),
        (["convert", "a", "b", "--passes", "nothing"], "There is no file or folder a"),
        (["completion", "tcsh"], "Argument shell: invalid choice: 'tcsh'"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, list) else "",
)
def test_wrong_words(words: list[str], message: str, run: Any) -> None:
    ended = run(*words)
    assert ended.code in (1, 2) and ended.out == ""
    assert ended.err.startswith(f"error: {message}"), ended.err


def test_only_what_is_needed_is_imported() -> None:
    code = "import sys; from tensorflowjs.cli.main import main; main(['inspect', '--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split())
    assert not loaded & {"numpy", "h5py", "google.protobuf", "rich", "starlette", "questionary"}


# ------------------------------------------------------------------------------------- convert


def test_convert_to_a_folder_beside_the_model(run: Any, tmp_path: Path) -> None:
    shutil.copy(KERAS, tmp_path / "model.keras")
    ended = run("convert", tmp_path / "model.keras")
    assert (ended.code, ended.err) == (0, "")
    assert f"Wrote {tmp_path / 'model_web' / 'model.json'}" in ended.out
    assert "await tf.loadLayersModel('model_web/model.json')" in ended.out


def test_dry_run(run: Any, tmp_path: Path) -> None:
    ended = run("convert", KERAS, tmp_path / "web", "--dry-run", "--quantize", "uint8")
    assert (ended.code, ended.err) == (0, "")
    assert f"Would write {tmp_path / 'web'} (tfjs_layers_model)" in ended.out
    assert "largest error" in ended.out and "first/kernel" in ended.out
    assert not (tmp_path / "web").exists()
    found = json.loads(run("convert", SAVED, tmp_path / "web", "--dry-run", "--json").out)
    assert found["outputFormat"] == "tfjs_graph_model" and found["passes"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("back.h5", "keras"), ("back.KERAS", "keras_keras"), ("again", "tfjs_layers_model"), ("", "tfjs_layers_model")],
)
def test_the_output_is_what_its_name_says(name: str, kind: str, run: Any, tmp_path: Path) -> None:
    run("convert", KERAS, tmp_path / "web")
    ended = run("convert", tmp_path / "web", *([tmp_path / name] if name else []))
    assert (ended.code, ended.err) == (0, "")
    assert f"({kind}) from {tmp_path / 'web'} (tfjs_layers_model)" in ended.out


def test_a_name_that_the_input_cannot_have_is_one_of_a_folder(run: Any, tmp_path: Path) -> None:
    assert f"Wrote {tmp_path / 'web.h5' / 'model.json'}" in run("convert", KERAS, tmp_path / "web.h5").out


def test_only_what_tfjs_runs_is_verified(run: Any, tmp_path: Path) -> None:
    run("convert", KERAS, tmp_path / "web")
    ended = run("convert", tmp_path / "web", tmp_path / "back.h5", "--verify")
    assert ended.code == 2 and "--verify runs models in TF.js, and the output is an HDF5 file" in ended.err
    assert not (tmp_path / "back.h5").exists()


def test_json(run: Any, tmp_path: Path) -> None:
    found = json.loads(run("convert", SAVED, tmp_path / "web", "--json").out)
    assert found["output"] == str(tmp_path / "web") and found["nodes"] > 0 and found["writtenBytes"] > 0


def test_disabled_passes(run: Any, tmp_path: Path) -> None:
    plain = json.loads(run("convert", SAVED, tmp_path / "a", "--passes=", "--json").out)
    fewer = json.loads(run("convert", SAVED, tmp_path / "b", "--disable_pass", "identities", "--json").out)
    assert plain["passes"] == {} and "identities" not in fewer["passes"] and fewer["passes"]
    ended = run("convert", SAVED, tmp_path / "c", "--disable_pass", "nothing")
    assert ended.code == 2 and "There is no pass named 'nothing'" in ended.err


def test_measured_types(run: Any, tmp_path: Path) -> None:
    source = FOLDER.parent.parent.parent / "examples" / "shapes" / "shapes.keras"
    ended = run("convert", source, tmp_path / "web", "--quantize", "auto", "--max_error", "0.1")
    assert ended.code == 0 and "outputs are off by" in ended.out
    assert any("quantization" in weight.entry for weight in read_model(tmp_path / "web").groups[0])


@pytest.mark.oracle
def test_proof_and_report(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "deep" / "report.html"
    ended = run("convert", KERAS, tmp_path / "web", "--verify", "--report", page, "--quantize", "float16")
    assert (ended.code, ended.err) == (0, ""), ended.err
    assert "  same  " in ended.out and "keras 3" in ended.out
    text = page.read_text(encoding="utf-8")
    assert "Every output agrees with that of keras 3" in text and "first/kernel" in text and "float16" in text


# ------------------------------------------------------------------------------------- verify, inspect


def test_verify(run: Any, tmp_path: Path) -> None:
    run("convert", SAVED, tmp_path, "-q")
    ended = run("verify", tmp_path, SAVED, "--without_oracle")
    assert (ended.code, ended.err) == (0, "") and ended.out.count("  same  ") == 4


def test_verify_says_what_differs(run: Any, tmp_path: Path) -> None:
    run("convert", KERAS, tmp_path, "--quantize", "uint8", "-q")
    ended = run("verify", tmp_path, KERAS, "--without_oracle", "--tolerance", "1e-9")
    assert ended.code == 1 and "DIFFERS" in ended.out and "first to differ" in ended.out
    assert "does not give the numbers of" in ended.err and "--quantize auto" in ended.err
    found = json.loads(run("verify", tmp_path, KERAS, "--without_oracle", "--tolerance", "1e-9", "--json").out)
    assert found["ok"] is False and found["firstDifference"] and found["outputs"][0]["maxAbsolute"] > 0


def test_inspect(run: Any) -> None:
    ended = run("inspect", KERAS)
    assert (ended.code, ended.err) == (0, "")
    for part in ("keras 3.15.1", "115 parameters", "[?, 6]", "BatchNormalization", "tf.loadLayersModel: yes"):
        assert part in ended.out
    assert json.loads(run("inspect", SAVED, "--json").out)["format"] == "tf_saved_model"


# ------------------------------------------------------------------------------------- completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_knows_every_flag(shell: str, run: Any) -> None:
    text = run("completion", shell).out
    for name in COMMANDS:
        assert name in text
        for action in parser(name)._actions:
            assert all(flag.lstrip("-") in text for flag in action.option_strings)


def completed(words: str) -> list[str]:
    script = f"""
source <("{sys.executable}" -c 'from tensorflowjs.cli.main import main; main(["completion", "bash"])')
COMP_WORDS=({words}) COMP_CWORD=$(({len(words.split())} - 1))
[[ "{words}" == *" " ]] && COMP_WORDS+=("") && COMP_CWORD=$((COMP_CWORD + 1))
_tensorflowjs
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run([shutil.which("bash") or "bash", "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to complete for")
def test_completion_in_bash() -> None:
    assert completed("tensorflowjs con") == ["convert"]
    assert completed("tensorflowjs inspect --js") == ["--json"]
    assert set(completed("tensorflowjs ")) == set(COMMANDS)


def test_options_of_weight_files_where_there_are_none(run: Any, tmp_path: Path) -> None:
    run("convert", KERAS, tmp_path / "web", "-q")
    for flag in ("--hash_shards", "--quantize=uint8", "--weight_shard_size_bytes=1000"):
        ended = run("convert", tmp_path / "web", tmp_path / "back.h5", flag)
        assert ended.code == 2 and "the output is an HDF5 file (.h5) written by Keras" in ended.err
    assert not (tmp_path / "back.h5").exists()
    ended = run("convert", tmp_path / "web", tmp_path / "back.h5")
    assert ended.code == 0 and "shard" not in ended.out


def test_other_addresses(run: Any, tmp_path: Path) -> None:
    ended = run("convert", "http://example.org/model", tmp_path / "web")
    assert ended.code == 2 and "https:// addresses only" in ended.err


def test_the_snippet_of_a_forest(run: Any, tmp_path: Path) -> None:
    ended = run("convert", SAVED.with_name("forest"), tmp_path / "web")
    assert ended.code == 0 and "await tfdf.loadTFDFModel('web/model.json')" in ended.out
