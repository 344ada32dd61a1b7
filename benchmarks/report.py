"""The rows as tables for people, as JSON, and in docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cases import Row
from graphs import Figures
from processes import Runs

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
VERDICTS = {True: "met", False: "MISSED", None: ""}

Found = tuple[str, Row | Figures]  # what a case, by its name, has found
Document = dict[str, Any]


def document(found: Sequence[Found]) -> Document:
    machine = {"cores": os.cpu_count(), "system": platform.system(), "python": platform.python_version()}
    rows = [{"case": case, **plain(row)} for case, row in found if isinstance(row, Row)]
    models = [{"case": case, **plain(row)} for case, row in found if isinstance(row, Figures)]
    return {"machine": machine, "rows": rows, "models": models}


def plain(row: Row | Figures) -> Document:
    """Without what is not there, and with times as one reads them."""
    values = {
        name: summary(value) if isinstance(value, Runs) else round(value, 3) if isinstance(value, float) else value
        for name, value in vars(row).items()
    }
    return {name: value for name, value in values.items() if value not in (None, "")}


def summary(runs: Runs) -> Document:
    memory = runs.memory
    return {
        "runs": len(runs.each),
        "seconds": round(runs.seconds, 3),
        "best": round(runs.best, 3),
        "processor": None if runs.processor is None else round(runs.processor, 3),
        "memory_megabytes": None if memory is None else round(memory / 1e6, 1),
    }


# ---------------------------------------------------------------------------------- tables

Line = Sequence[str]
TITLES = ("measured", "result", "fastest runs", "processor time", "target", "")
MODEL_TITLES = (
    "model", "of", "nodes", "ratio", "runs on", "latency", "ratio", "by processor time", "conversion", "faster"
)  # fmt: skip


def lines(found: Document) -> list[Line]:
    return [TITLES, *(cells(row) for row in found["rows"])]


def cells(row: Mapping[str, Any]) -> Line:
    texts = [row.get(name, "") for name in ("what", "result", "fastest", "processor", "target")]
    return [*texts, VERDICTS[row.get("met")]]


def model_lines(found: Document) -> list[Line]:
    return [MODEL_TITLES, *(model_cells(model) for model in found.get("models", []))]


def model_cells(model: Mapping[str, Any]) -> Line:
    figures = Figures(**{name: value for name, value in model.items() if name != "case"})
    return [
        figures.model,
        figures.library,
        beside(f"{figures.nodes}", number(figures.their_nodes, "d")),
        number(figures.node_ratio, ".2f"),
        beside(figures.runs_on, figures.they_run_on),
        beside(number(figures.milliseconds, ".1f", " ms"), number(figures.their_milliseconds, ".1f", " ms")),
        number(figures.latency, ".2f"),
        number(figures.processor, ".2f"),
        beside(f"{figures.seconds:.2f} s", number(figures.their_seconds, ".1f", " s")),
        number(figures.faster, ".1f", " times"),
    ]


def beside(ours: str, theirs: str) -> str:
    return f"{ours} / {theirs or '–'}" if ours else theirs


def number(value: float | None, form: str, unit: str = "") -> str:
    return "" if value is None else f"{value:{form}}{unit}"


def text_tables(found: Document) -> str:
    tables = [lines(found), *([model_lines(found)] if found["models"] else [])]
    return "\n\n".join(map(text_table, tables))


def text_table(table: Sequence[Line]) -> str:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    texts = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]
    return "\n".join([texts[0], "-" * len(texts[0]), *texts[1:]])


def markdown_table(table: Sequence[Line]) -> str:
    ruled = [table[0], ["---"] * len(table[0]), *table[1:]]
    return "".join(f"| {' | '.join(line)} |\n" for line in ruled)


# ---------------------------------------------------------------------------------- the page

TABLES = {"figures": lines, "models": model_lines}  # by the marks between which they stand


def record(found: Document, order: Sequence[str]) -> None:
    """Write what was found, and what was found earlier in cases that were not run now."""
    merged = together(json.loads(RESULTS.read_text(encoding="utf-8")), found, order)
    RESULTS.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
    page = PAGE.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        page = replaced(page, name, markdown_table(table(merged)))
    PAGE.write_text(page, encoding="utf-8")


def together(earlier: Document, found: Document, order: Sequence[str]) -> Document:
    now = {entry["case"] for entry in [*found["rows"], *found["models"]]}
    kept = {kind: [entry for entry in earlier.get(kind, []) if entry["case"] not in now] for kind in ("rows", "models")}
    rows = sorted([*kept["rows"], *found["rows"]], key=lambda row: order.index(row["case"]))
    return {"machine": found["machine"], "rows": rows, "models": [*kept["models"], *found["models"]]}


def replaced(page: str, name: str, table: str) -> str:
    """The page with another table between the marks called `name`."""
    start, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
    before, _, rest = page.partition(start)
    _, _, after = rest.partition(end)
    return before + start + "\n" + table + "\n" + end + after
