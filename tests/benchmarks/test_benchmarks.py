"""That the benchmarks run and tell the truth; what they measure is for `make bench`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
MEGABYTE = 1_000_000


def test_a_quick_run_measures_everything_that_needs_no_reference(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    command = [sys.executable, BENCHMARKS / "run.py", "--quick", "--work", tmp_path / "work", "--json", result]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = json.loads(result.read_text())["rows"]
    for words in ("a tiny .h5", "a tiny .keras", "2 MiB .h5, beyond start-up", "to uint8", "to float16"):
        assert any(words in row["what"] for row in rows)
    assert all(row["ours"]["seconds"] > 0 for row in rows)
    assert list((tmp_path / "work").iterdir()) == []


def test_a_process_is_measured_without_the_memory_of_the_one_that_starts_it(tmp_path: Path) -> None:
    from processes import Command, measured

    large = np.ones(200 * MEGABYTE, np.uint8)
    grow = "import sys; b = b'x' * int(sys.argv[1])"
    small, grown = (
        measured(Command((sys.executable, "-c", grow, str(size)), tmp_path / "out")) for size in (0, 100 * MEGABYTE)
    )
    if not hasattr(os, "wait4"):
        assert small.memory is grown.memory is None  # Windows does not tell
        return
    assert small.memory is not None
    assert grown.memory is not None
    assert small.memory < large.nbytes / 2
    assert grown.memory - small.memory > 90 * MEGABYTE


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    from processes import Command, CommandFailed, measured

    with pytest.raises(CommandFailed, match="no such thing"):
        measured(Command((sys.executable, "-c", "raise SystemExit('no such thing')"), tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_every_run_starts_without_the_output_of_the_one_before(tmp_path: Path) -> None:
    from processes import Command, alternated

    code = "import pathlib, sys; pathlib.Path(sys.argv[1]).mkdir()"  # fails if it is there
    commands = {name: Command((sys.executable, "-c", code, tmp_path / name), tmp_path / name) for name in "ab"}
    runs = alternated(commands, 2)
    assert [len(runs[name].each) for name in "ab"] == [2, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "rubbish"]


def written(folder: Path, order: str, values: dict[str, bytes], scale: float = 0.5) -> Path:
    folder.mkdir()
    terms = {"shape": [4], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": scale, "min": 0}}
    weights = [{"name": name, **terms} for name in order]
    (folder / "model.json").write_text(json.dumps({"weightsManifest": [{"paths": ["1.bin"], "weights": weights}]}))
    (folder / "1.bin").write_bytes(b"".join(values[name] for name in order))
    return folder


def test_outputs_are_the_same_only_if_every_weight_is(tmp_path: Path) -> None:
    from outputs import compared

    values = {"a": b"1234", "b": b"5678"}
    ours = written(tmp_path / "ours", "ab", values)
    assert compared(ours, written(tmp_path / "same", "ab", values)) == (True, "1 shard, every byte the same")
    alike, words = compared(ours, written(tmp_path / "reordered", "ba", values))
    assert alike
    assert "another order" in words
    assert not compared(ours, written(tmp_path / "changed", "ab", {**values, "b": b"5679"}))[0]
    assert not compared(ours, written(tmp_path / "scaled", "ab", values, scale=0.25))[0]


def test_a_missed_target_shows() -> None:
    from cases import Row
    from report import document, lines, markdown_table, text_tables

    this, that = Row("this", "2 s", "at most 1 s", met=False), Row("that", "1 s", "at most 1 s", met=True)
    found = document([("some", this), ("some", that)])
    for table in (text_tables(found), markdown_table(lines(found))):
        last = table.splitlines()[-2:]
        assert [("MISSED" in line, "met" in line) for line in last] == [(True, False), (False, True)]


def test_cases_that_were_not_run_keep_their_figures() -> None:
    from cases import Row
    from report import document, together

    earlier = document([("a", Row("old a", "1")), ("b", Row("old b", "1"))])
    merged = together(earlier, document([("a", Row("new a", "2")), ("a", Row("more a", "3"))]), ["a", "b"])
    assert [row["what"] for row in merged["rows"]] == ["new a", "more a", "old b"]


def test_the_page_shows_the_recorded_figures() -> None:
    from report import PAGE, RESULTS, TABLES, markdown_table

    results, page = json.loads(RESULTS.read_text(encoding="utf-8")), PAGE.read_text(encoding="utf-8")
    for table in TABLES.values():
        assert markdown_table(table(results)) in page
