"""The wheel, alone in a fresh environment: installs, converts, and needs nothing it does not say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "examples" / "shapes" / "shapes.keras"
PARAMETERS = 5_980  # as Keras counts them: model.count_params()
PACKAGE = ROOT / "src" / "tensorflowjs"

# What the build adds to the files of the repository.
TFJS = {
    f"tensorflowjs/web/{name}"
    for name in (
        "NOTICE.txt",
        "tf.es2017.min.js",
        "tf-backend-wasm.es2017.min.js",
        "tf-backend-webgpu.es2017.min.js",
        "tfjs-backend-wasm.wasm",
        "tfjs-backend-wasm-simd.wasm",
        "tfjs-backend-wasm-threaded-simd.wasm",
    )
}

# h5py, numpy, protobuf, rich and what these ask for; pip, and what `python -m venv` brings beside it.
INSTALLED = {"tensorflowjs", "h5py", "numpy", "protobuf", "rich", "markdown-it-py", "mdurl", "pygments"}
OF_THE_ENVIRONMENT = {"pip", "setuptools"}

# Notices whoever as much as tries to import one of these, installed or not, and even if the failure is caught.
WATCHMAN = """
import sys

class Watchman:
    tried = []
    def find_spec(self, name, path=None, target=None):
        if name in {"jax", "keras", "tensorflow", "tf_keras", "torch"}:
            self.tried.append(name)

sys.meta_path.insert(0, Watchman())
"""


@dataclass(frozen=True)
class Environment:
    """A Python environment with the wheel and its run-time dependencies in it."""

    folder: Path

    def run(self, program: str, *arguments: str | Path, cwd: Path | None = None) -> str:
        binaries = self.folder / ("Scripts" if os.name == "nt" else "bin")
        return run(binaries / program, *arguments, cwd=cwd or self.folder)


def run(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    done = subprocess.run(command, cwd=cwd, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    offline = ("--no-deps", "--no-build-isolation", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    folder = tmp_path_factory.mktemp("environment with a space")
    run(sys.executable, "-m", "venv", folder, cwd=folder)
    environment = Environment(folder)
    environment.run("python", "-m", "pip", "install", "--quiet", wheel)
    return environment


def test_the_wheel_is_pure_python_and_holds_every_file_of_the_package(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-any.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    assert inside == {path.relative_to(PACKAGE.parent).as_posix() for path in files} | TFJS


def test_the_wheel_brings_tfjs_with_it(wheel: Path, environment: Environment) -> None:
    find = (
        "from tensorflowjs.verify.node import find_tfjs; files = find_tfjs(); print(files.tf, files.wasm, files.webgpu)"
    )
    found = environment.run("python", "-c", find).replace(str(environment.folder), "").split()
    assert [Path(path).parts[-3:-1] for path in found] == [("tensorflowjs", "web")] * 3
    with zipfile.ZipFile(wheel) as archive:
        assert b"David Bau" in archive.read("tensorflowjs/web/NOTICE.txt")
        for name in sorted(TFJS):
            (original, *_) = [
                *ROOT.glob(f"web/node_modules/@tensorflow/*/dist/{Path(name).name}"),
                ROOT / "web/NOTICE.txt",
            ]
            assert archive.read(name) == original.read_bytes()


def test_serving_asks_for_its_extra(environment: Environment, tmp_path: Path) -> None:
    binaries = environment.folder / ("Scripts" if os.name == "nt" else "bin")
    done = subprocess.run([binaries / "tensorflowjs", "serve", tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert 'pip install "tensorflowjs[serve]"' in done.stderr


def test_installs_only_the_run_time_dependencies(environment: Environment) -> None:
    listed = json.loads(environment.run("python", "-m", "pip", "list", "--format=json"))
    assert {entry["name"].lower() for entry in listed} - OF_THE_ENVIRONMENT == INSTALLED
    assert environment.run("python", "-m", "pip", "check").strip() == "No broken requirements found."


def test_the_command_converts_in_a_folder_with_a_space_in_its_name(environment: Environment, tmp_path: Path) -> None:
    folder = tmp_path / "my models"
    folder.mkdir()
    (folder / "the shapes.keras").write_bytes(MODEL.read_bytes())
    environment.run("tensorflowjs_converter", "--input_format=keras_keras", "the shapes.keras", "web model", cwd=folder)
    assert_complete(folder / "web model")


def test_the_python_api_imports_no_framework(environment: Environment, tmp_path: Path) -> None:
    program = f"""{WATCHMAN}
import importlib.metadata
import tensorflowjs
tensorflowjs.convert({str(MODEL)!r}, {str(tmp_path / "web")!r})
print(tensorflowjs.__version__ == importlib.metadata.version("tensorflowjs"))
print(tensorflowjs.__file__, Watchman.tried, sep="\\n")
"""
    same_version, file, tried = environment.run("python", "-c", program).splitlines()
    assert same_version == "True"
    assert Path(file).is_relative_to(environment.folder)
    assert tried == "[]"
    assert_complete(tmp_path / "web")


def test_the_watchman_notices() -> None:
    program = f"{WATCHMAN}\ntry:\n    import torch.nn\nexcept ImportError:\n    pass\nprint(Watchman.tried)"
    assert "torch" in run(sys.executable, "-c", program, cwd=ROOT)


def assert_complete(output: Path) -> None:
    """model.json and exactly the shards that it names, holding as many bytes as its weights take."""
    model = json.loads((output / "model.json").read_text(encoding="utf-8"))
    assert model["format"] == "layers-model"
    shards = [path for group in model["weightsManifest"] for path in group["paths"]]
    assert shards
    assert {path.name for path in output.iterdir()} == {"model.json", *shards}
    assert sum((output / shard).stat().st_size for shard in shards) == 4 * PARAMETERS
