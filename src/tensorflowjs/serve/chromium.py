"""Finds Chromium, Chrome or another of that family. The environment variable CHROMIUM, where set, names it.

Nothing but the standard library, since the tools that set up a checkout use this before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
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
HOW_TO_INSTALL = """\
Install one, for example:
    Debian, Ubuntu   sudo apt install chromium
    Fedora           sudo dnf install chromium
    macOS            brew install --cask google-chrome
    Windows          winget install Google.Chrome
or name it in the environment variable CHROMIUM."""


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
