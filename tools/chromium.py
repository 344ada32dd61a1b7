"""Finds Chromium or Chrome, and installs it where a package manager can do so without asking.

The environment variable CHROMIUM, where set, names the one to use.
"""

from __future__ import annotations

import os
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

# As the package does it, which need not be installed yet.
_FINDER = runpy.run_path(str(Path(__file__).parents[1] / "src" / "tensorflowjs" / "serve" / "chromium.py"))
find = _FINDER["find"]
ADVICE = f"The browser tests need Chromium or Chrome, and none was found. {_FINDER['HOW_TO_INSTALL']}"


def install() -> bool:
    """True once there is a browser; asks apt for one where that needs no password and none was named."""
    if find():
        return True
    if os.environ.get("CHROMIUM") or not shutil.which("apt-get"):
        return False
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and not without_password(root):
        return False
    print("· installing Chromium with apt", flush=True)
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    for step in (["update"], ["install", "--yes", "--no-install-recommends", "chromium", "fonts-liberation"]):
        subprocess.run([*apt, "--quiet=2", *step], stdout=subprocess.DEVNULL, check=False)
    return find() is not None


def without_password(sudo: list[str]) -> bool:
    return shutil.which(sudo[0]) is not None and not subprocess.run([*sudo, "true"], check=False).returncode


if __name__ == "__main__":
    sys.exit(print(found) if (found := find()) else ADVICE)
