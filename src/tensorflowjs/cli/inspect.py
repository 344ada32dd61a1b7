"""`tensorflowjs inspect`: what is in a model, and whether TF.js can run it."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from tensorflowjs.report.amounts import size

if TYPE_CHECKING:
    from tensorflowjs.pipeline.inspection import Inspection, Road, Value

MOST_ROWS = 20
EXAMPLES = """\
examples:
  tensorflowjs inspect model.keras
  tensorflowjs inspect saved_model --signature_name=serving_default
  tensorflowjs inspect web_model --json | jq .inputs
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", help="any model that can be converted, or has been")
    parser.add_argument("--input_format", metavar="FORMAT", help="checked when given, detected when not")
    parser.add_argument("--signature_name", help="signature of a SavedModel or Hub module")
    parser.add_argument("--saved_model_tags", help="tags of the graph to load, comma separated")
    parser.add_argument("--output_node_names", help="outputs of a frozen model, comma separated")
    parser.add_argument("--all", action="store_true", help=f"all rows of each table, not only {MOST_ROWS}")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")


def run(arguments: argparse.Namespace) -> None:
    from tensorflowjs.pipeline.inspection import as_json, inspect

    found = inspect(
        arguments.path,
        arguments.input_format,
        signature_name=arguments.signature_name,
        saved_model_tags=arguments.saved_model_tags,
        output_node_names=arguments.output_node_names,
    )
    if arguments.json:
        print(json.dumps(as_json(found), indent=2))
    else:
        print("\n".join(lines(found, None if arguments.all else MOST_ROWS)))


def lines(found: Inspection, most: int | None = MOST_ROWS) -> Iterator[str]:
    yield f"{found.path}: {found.what}" + (f", by {found.producer}" if found.producer else "")
    yield f"  {found.parameters:,} parameters, {size(found.weight_bytes)} of weights"
    yield from _values("inputs", found.inputs)
    yield from _values("outputs", found.outputs)
    layers = [(row.name, row.class_name, f"{row.parameters:,}") for row in found.layers]
    yield from table("layers", ("name", "class", "parameters"), layers, most)
    yield from table("ops", ("op", "nodes"), [(op, str(count)) for op, count in found.ops.items()], most)
    largest = sorted(found.weights, key=lambda row: -row.nbytes)
    weights = [(row.name, row.dtype, "x".join(map(str, row.shape)) or "scalar", size(row.nbytes)) for row in largest]
    yield from table("weights", ("name", "type", "shape", "size"), weights, most)
    yield ""
    for road in found.roads:
        yield from _road(road)
    yield from (f"note: {note}" for note in found.notes)


def _values(title: str, values: Iterable[Value]) -> Iterator[str]:
    rows = [(value.name, value.dtype, _shape(value)) for value in values]
    yield from table(title, (), rows, None)


def _shape(value: Value) -> str:
    if value.shape is None:
        return ""
    return "[" + ", ".join("?" if dim is None else str(dim) for dim in value.shape) + "]"


def table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]], most: int | None) -> Iterator[str]:
    """Rows under a title, in columns as wide as they must be; nothing if there are none."""
    if not rows:
        return
    shown = rows[:most]
    everything = [heads, *shown] if heads else shown
    widths = [max(len(row[column]) for row in everything) for column in range(len(shown[0]))]
    yield ""
    yield f"{title} ({len(rows):,})"
    for row in everything:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield f"  {'  '.join(cells)}".rstrip()
    if len(rows) > len(shown):
        yield f"  ... and {len(rows) - len(shown):,} more (--all shows them)"


def _road(road: Road) -> Iterator[str]:
    name = {"tfjs_layers_model": "tf.loadLayersModel", "tfjs_graph_model": "tf.loadGraphModel"}[road.output_format]
    if road.open:
        yield f"{name}: yes ({road.output_format})"
        return
    yield f"{name}: no ({road.output_format})"
    yield from (f"  - {problem}" for problem in road.problems)
    if road.hint:
        yield f"  {road.hint}"
