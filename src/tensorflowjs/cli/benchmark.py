"""`benchmark DIR`: how fast a converted model runs."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from tensorflowjs.report.amounts import size

EXAMPLES = """\
examples:
  tensorflowjs benchmark web_model
  tensorflowjs benchmark web_model --browser --backends wasm,webgl
  tensorflowjs benchmark web_model --runs 100 --json > figures.json
"""
MOST_KERNELS = 5
_HEADINGS = ("", "load", "first run", "median", "p90", "fastest", "memory")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="DIR", help="the folder of a converted model, or its model.json")
    parser.add_argument("--browser", action="store_true", help="measure in Chromium or Chrome rather than in Node")
    text = "comma separated: cpu, wasm; with --browser also webgl, webgpu (all there are)"
    parser.add_argument("--backends", metavar="NAMES", help=text)
    parser.add_argument("--runs", type=int, default=30, help="warm runs to measure, after the first one (30)")
    parser.add_argument("--batch", type=int, default=1, help="samples in a run (1)")
    parser.add_argument("--json", action="store_true", help="print all that was measured as JSON")


def run(arguments: argparse.Namespace) -> None:
    from tensorflowjs.serve.benchmark import benchmark

    names = None if arguments.backends is None else [name.strip() for name in arguments.backends.split(",")]
    found = benchmark(
        arguments.path, browser=arguments.browser, backends=names, runs=arguments.runs, batch=arguments.batch
    )
    if arguments.json:
        print(json.dumps(found, indent=2))
    else:
        print("\n".join(report(found)))


def report(found: Mapping[str, Any]) -> Iterator[str]:
    """The figures for people."""
    around = found["environment"]
    inputs = ", ".join(f"{row['name']} {'x'.join(map(str, row['shape']))}" for row in found["inputs"])
    yield f"{found['model']}: {found['format']} model, {size(found['weightBytes'])} of weights; input {inputs}"
    yield f"TensorFlow.js {around['tfjs']}, {around['runtime']}, {around['processors']} processors"
    if around.get("renderer"):
        yield f"drawn by {around['renderer']}"
    yield ""
    measured = {name: row for name, row in found["backends"].items() if "error" not in row}
    yield from _table([_HEADINGS, *(_cells(name, row) for name, row in measured.items())])
    for name, row in measured.items():
        yield from _kernels(name, row["kernels"])
    for name, row in found["backends"].items():
        if "error" in row:
            yield f"\nno figures for {name}: {row['error']}"


def _cells(name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    memory, warm = row["memory"], row["warm"]
    times = (row["load"], row["first"], warm["median"], warm["p90"], warm["min"])
    return (name, *map(_time, times), size(memory["gpuBytes"] or memory["bytes"]))


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
        yield "   ".join([first.ljust(widths[0]), *cells]).rstrip()


def _kernels(name: str, kernels: list[dict[str, Any]]) -> Iterator[str]:
    timed = [kernel for kernel in kernels if kernel["ms"] is not None]
    total = sum(kernel["ms"] for kernel in timed)
    if total:
        shares = ", ".join(f"{kernel['name']} {kernel['ms'] / total:.0%}" for kernel in timed[:MOST_KERNELS])
        yield f"\n{name} spends its time on {shares}"


def _time(milliseconds: float) -> str:
    digits = 0 if milliseconds >= 100 else 1 if milliseconds >= 10 else 2
    return f"{milliseconds:,.{digits}f} ms"
