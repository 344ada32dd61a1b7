"""The rows as a table for people, as JSON, and in docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cases import Row
from processes import Runs

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
START, END = "<!-- figures -->\n", "<!-- end of figures -->"
VERDICTS = {True: "met", False: "MISSED", None: ""}


def document(rows: Sequence[Row]) -> dict[str, Any]:
    machine = {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}
    return {"machine": machine, "rows": [plain(row) for row in rows]}


def plain(row: Row) -> dict[str, Any]:
    """Without what is not there, and with times as one reads them."""
    values = {
        name: summary(value) if isinstance(value, Runs) else round(value, 3) if isinstance(value, float) else value
        for name, value in vars(row).items()
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def summary(runs: Runs) -> dict[str, Any]:
    memory = runs.memory
    return {
        "runs": len(runs.each),
        "seconds": round(runs.seconds, 3),
        "best": round(runs.best, 3),
        "processor": None if runs.processor is None else round(runs.processor, 3),
        "memory_megabytes": None if memory is None else round(memory / 1e6, 1),
    }


def cells(row: dict[str, Any]) -> list[str]:
    texts = [row.get(name, "") for name in ("what", "result", "fastest", "processor", "target")]
    return [*texts, VERDICTS[row.get("met")]]


TITLES = ("measured", "result", "fastest runs", "processor time", "target", "")


def text_table(found: dict[str, Any]) -> str:
    table = [list(TITLES), *(cells(row) for row in found["rows"])]
    widths = [max(len(line[column]) for line in table) for column in range(len(TITLES))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def markdown_table(found: dict[str, Any]) -> str:
    table = [list(TITLES), ["---"] * len(TITLES), *(cells(row) for row in found["rows"])]
    return "".join(f"| {' | '.join(line)} |\n" for line in table)


def record(found: dict[str, Any]) -> None:
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(START)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + START + "\n" + markdown_table(found) + "\n" + END + after, encoding="utf-8")
