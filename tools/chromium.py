"""Finds Chromium or Chrome, and installs it where a package manager can do so without asking.

The environment variable CHROMIUM, where set, names the one to use.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/usr/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
ADVICE = """\
The browser tests need Chromium or Chrome, and none was found. Install one, for example:
    Debian, Ubuntu   sudo apt install chromium
    Fedora           sudo dnf install chromium
    macOS            brew install --cask google-chrome
    Windows          winget install Google.Chrome
or say where it is: CHROMIUM=/path/to/chrome make test"""


def find() -> Path | None:
    """The first candidate that is there and really starts (Ubuntu's `chromium` may be an empty shell)."""
    return next((path for path in candidates() if starts(path)), None)


def candidates() -> Iterator[Path]:
    if named := os.environ.get("CHROMIUM"):
        yield Path(named)
        return
    yield from (Path(found) for name in NAMES if (found := shutil.which(name)))
    yield from map(Path, PLACES)


def starts(path: Path) -> bool:
    if not path.is_file():
        return False
    if os.name == "nt":  # `--version` opens a window there
        return True
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


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
