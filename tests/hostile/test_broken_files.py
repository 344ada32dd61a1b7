"""What is no sound model ends in one clear error, quickly, in little memory, and nothing is written."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import tensorflowjs
from tensorflowjs.errors import ConversionError
from tests.hostile.broken_files import CASES, Case

SECONDS = 20  # what the slowest machine may take; a hang is longer
MEMORY = 1_500_000_000  # of address space, with all libraries

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def tree(folder: Path) -> dict[str, bytes | None]:
    """Everything in the folder: names, and what files hold."""
    return dict(_entries(folder))


def _entries(folder: Path) -> Iterator[tuple[str, bytes | None]]:
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder)), path.read_bytes() if path.is_file() else None


@cases
def test_the_error(case: Case, tmp_path: Path) -> None:
    source = case.make(tmp_path)
    before = tree(tmp_path)
    start = time.monotonic()
    with pytest.raises(ConversionError) as caught:
        tensorflowjs.convert(source, tmp_path / "web" / "model")
    assert time.monotonic() - start < SECONDS
    text = str(caught.value)
    assert type(caught.value) is case.error, text
    assert not [needle for needle in case.needles if needle not in text], text
    assert len(text) < 2000
    assert tree(tmp_path) == before


@cases
def test_the_command(case: Case, tmp_path: Path) -> None:
    source = case.make(tmp_path)
    before = tree(tmp_path)
    ended = subprocess.run(
        [sys.executable, "-m", "tensorflowjs.cli.converter", str(source), str(tmp_path / "out")],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        cwd=tmp_path,
        env={**os.environ, "PYTHONUTF8": "1"},
        preexec_fn=limit_memory if sys.platform == "linux" else None,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("error: ")
    assert not [needle for needle in case.needles if needle not in ended.stderr], ended.stderr
    assert not [word for word in ("Traceback", "should not have happened") if word in ended.stderr], ended.stderr
    assert tree(tmp_path) == before


def limit_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
