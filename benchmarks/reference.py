"""The reference converter, `tensorflowjs` 4.22.0 of the TensorFlow.js project, in an environment of its own.

Its requirements cannot be installed as they stand: it asks for `tensorflow` where `tensorflow-cpu` does, and for
`tensorflow-decision-forests`, which its start-up imports, works with that one build of TensorFlow only, and
no Keras model needs. It gets an empty module of that name, which spares it about a second.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

CONSTRAINTS = Path(__file__).resolve().parent.parent / "constraints.txt"
NEWEST_PYTHON = (3, 12)  # there is no TensorFlow 2.19 for newer ones
WITHOUT_DEPENDENCIES = ("tensorflowjs==4.22.0", "tf-keras==2.19.0", "tensorflow-hub==0.16.1")
REQUIREMENTS = (
    "tensorflow-cpu==2.19.0; sys_platform != 'darwin'",
    "tensorflow==2.19.0; sys_platform == 'darwin'",
    "h5py",
    "importlib_resources==6.5.2",
    "jax==0.6.2",
    "jaxlib==0.6.2",
    "keras",
    "packaging==23.2",
    "setuptools==80.9.0",  # tensorflow-hub uses its pkg_resources
    "six==1.17.0",
)
EMPTY_MODULE = "tensorflow_decision_forests"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": "", "PYTHONWARNINGS": "ignore"}


class NotAvailable(Exception):
    """The reference converter cannot be installed here."""


class Reference:
    """An environment in `folder`, made when it is not there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        self.command = self.python.with_name("tensorflowjs_converter" + self.python.suffix)

    @property
    def installed(self) -> bool:
        return self._stamp.exists() and self._stamp.read_text() == _wanted()

    @property
    def _stamp(self) -> Path:
        return self.folder / ".installed"

    def install(self) -> None:
        if self.installed:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        _run([find_python(), "-m", "venv", self.folder])
        self._pip("--no-deps", *WITHOUT_DEPENDENCIES)
        self._pip("--constraint", CONSTRAINTS, *REQUIREMENTS)
        packages = _run([self.python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"])
        module = Path(packages.strip()) / EMPTY_MODULE
        module.mkdir()
        (module / "__init__.py").touch()
        _run([self.python, "-c", "import tensorflowjs"])
        self._stamp.write_text(_wanted())

    def _pip(self, *arguments: str | Path) -> None:
        _run([self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments])


def _wanted() -> str:
    return "\n".join((*WITHOUT_DEPENDENCIES, *REQUIREMENTS))


def find_python() -> str:
    """This Python, or an older one where there is no TensorFlow for it."""
    if sys.version_info[:2] <= NEWEST_PYTHON:
        return sys.executable
    for minor in (12, 11, 10):
        if found := shutil.which(f"python3.{minor}"):
            return found
    raise NotAvailable("TensorFlow 2.19, which it needs, is for Python 3.10 to 3.12, and none of them is here")


def _run(command: Sequence[str | Path]) -> str:
    environment = {**os.environ, **QUIET}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        what = " ".join(map(str, command[1:5]))
        raise NotAvailable(f"{what} … failed: {done.stderr.strip()[-500:]}")
    return done.stdout
