"""Measures speed, memory and output, beside `cp` and beside the reference converter.

    python benchmarks/run.py              everything; installs the reference into .bench/ first (1.5 GB)
    python benchmarks/run.py --quick      the same with small models and no reference: does it all still run?

Exits with 1 if a target is missed (not with --quick, whose times mean nothing).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import cases
import graph_cases
import lowered
from cases import Bench, Row
from reference import NotAvailable, Reference
from report import ROOT, Found, document, record, text_tables

QUICK_BYTES = 2 * 2**20
CASES = {**cases.CASES, **graph_cases.CASES, **lowered.CASES}


def main() -> int:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    reference = None if options.quick or options.no_reference else installed_reference(options.work / "reference")
    with tempfile.TemporaryDirectory(prefix="run-", dir=options.work) as folder:
        bench = Bench(Path(folder), options.work / "exports", reference, reuse=options.reuse)
        if options.quick:
            bench = replace(bench, size=QUICK_BYTES, rounds=1, reference_rounds=1)
        if options.rounds:
            bench = replace(bench, rounds=options.rounds, reference_rounds=options.rounds)
        found = measure(bench, options.only or list(CASES), options.quick)
    rows = [row for _, row in found if isinstance(row, Row)]
    results = document(found)
    print(text_tables(results))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if options.record:
        record(results, list(CASES))
    return 1 if any(row.met is False for row in rows) else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small models, one round, no reference")
    parser.add_argument("--only", nargs="+", choices=list(CASES), help="these cases")
    parser.add_argument("--rounds", type=int, help="how often each thing is run")
    parser.add_argument("--no-reference", action="store_true", help="do not compare with the reference converter")
    parser.add_argument("--reuse", action="store_true", help="graph models: take the reference's of an earlier run")
    parser.add_argument("--work", type=Path, default=ROOT / ".bench", help="folder for large files (.bench)")
    parser.add_argument("--json", type=Path, help="write the results to this file")
    parser.add_argument("--record", action="store_true", help="write them to benchmarks/ and docs/")
    return parser.parse_args()


def installed_reference(folder: Path) -> Reference | None:
    reference = Reference(folder)
    try:
        if not reference.installed:
            print(f"installing the reference converter into {folder} …", flush=True)
        reference.install()
    except NotAvailable as reason:
        print(f"The reference converter is not compared with: {reason}.", file=sys.stderr)
        return None
    return reference


def measure(bench: Bench, names: list[str], quick: bool) -> list[Found]:
    found: list[Found] = []
    for name in names:
        print(f"measuring {name} …", file=sys.stderr, flush=True)
        for row in CASES[name](bench):
            if quick and isinstance(row, Row):  # times of small things mean nothing
                row = replace(row, target="", met=None)
            found.append((name, row))
    return found


if __name__ == "__main__":
    sys.exit(main())
