"""`tensorflowjs convert`: all that `tensorflowjs_converter` does, and the plan, the proof and the choice of types."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflowjs.cli import arguments as flags
from tensorflowjs.cli import verify
from tensorflowjs.cli.inspect import table
from tensorflowjs.errors import UsageError
from tensorflowjs.report.amounts import size

if TYPE_CHECKING:
    from tensorflowjs.pipeline.options import Options
    from tensorflowjs.pipeline.plan import Plan
    from tensorflowjs.pipeline.result import Conversion
    from tensorflowjs.pipeline.verification import Verification

EXAMPLES = """\
examples:
  tensorflowjs convert model.keras web_model
  tensorflowjs convert model.keras web_model --verify
  tensorflowjs convert saved_model web_model --quantize float16 --hash_shards
  tensorflowjs convert model.h5 web_model --quantize auto --max_error 0.01
  tensorflowjs convert model.keras --dry-run --quantize uint8
"""
MAX_ERROR = 0.01
MOST_WEIGHTS = 40
_VALUE_FLAGS = ("--quantize", "--max_error", "--report")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    flags.add_arguments(parser)
    group = parser.add_argument_group("more than tensorflowjs_converter")
    text = "types of all large weights; auto: the smallest with which no output is off by more than --max_error"
    group.add_argument("--quantize", choices=("float16", "uint8", "uint16", "auto"), help=text)
    text = f"with --quantize auto: as a share of each output's largest value ({MAX_ERROR})"
    group.add_argument("--max_error", type=float, metavar="SHARE", help=text)
    group.add_argument("--dry-run", "--dry_run", action="store_true", help="say what would be done, write nothing")
    group.add_argument("--verify", action="store_true", help="run the result in TF.js and compare it with the source")
    group.add_argument("--report", metavar="FILE.html", help="a page about the conversion, for people")
    group.add_argument("--json", action="store_true", help="say what was done as JSON")


def parse(words: list[str]) -> argparse.Namespace:
    from tensorflowjs.cli.main import parser

    return parser("convert").parse_intermixed_args(flags.joined(words, _VALUE_FLAGS))


def run(arguments: argparse.Namespace) -> None:
    _check_words(arguments)
    arguments.output_path = arguments.output_path or default_output(arguments.input_path)
    arguments.output_format = arguments.output_format or _output_format(arguments)
    if arguments.verify:
        _check_that_tfjs_runs_it(arguments)
    if arguments.dry_run:
        _show_plan(arguments)
    else:
        _convert(arguments)


def _check_words(arguments: argparse.Namespace) -> None:
    """What can be said before looking at any file."""
    from tensorflowjs.cli.converter import quantization_map

    if not arguments.input_path:
        raise UsageError("The input_path is missing.", hint="Try: tensorflowjs convert model.keras web_model")
    if arguments.max_error is not None and arguments.quantize != "auto":
        raise UsageError("--max_error goes with --quantize auto.")
    if arguments.quantize is not None and quantization_map(arguments):
        raise UsageError("--quantize cannot be combined with the flags --quantize_... and --quantization_bytes.")


def default_output(input_path: str) -> str:
    """Beside the model: `model.keras` goes to `model_web`."""
    path = Path(input_path.rstrip("/\\"))
    return str(path.with_name(f"{path.stem if path.suffix else path.name}_web"))


def _output_format(arguments: argparse.Namespace) -> str | None:
    """What the output's name asks for. A layers model that goes to a folder stays one: only files are for Keras."""
    from tensorflowjs.cli.converter import at_home
    from tensorflowjs.pipeline.opening import find_route, format_by_name

    source = at_home(arguments.input_path)
    by_name = format_by_name(source, arguments.input_format, at_home(arguments.output_path))
    stays = find_route(source, arguments.input_format, None)[1].source == "tfjs_layers_model"
    return by_name or ("tfjs_layers_model" if stays else None)


def _check_that_tfjs_runs_it(arguments: argparse.Namespace) -> None:
    from tensorflowjs.cli.converter import at_home
    from tensorflowjs.pipeline.opening import find_route
    from tensorflowjs.pipeline.routes import FORMATS

    _, route = find_route(at_home(arguments.input_path), arguments.input_format, arguments.output_format)
    if not route.target.startswith("tfjs_"):
        raise UsageError(f"--verify runs models in TF.js, and the output is {FORMATS[route.target].what}.")


def _convert(arguments: argparse.Namespace) -> None:
    from tensorflowjs.cli import converter
    from tensorflowjs.cli.summary import summary

    types = _types(arguments)
    result = converter.converted(arguments, types)
    if arguments.json:
        print(json.dumps(_result_as_json(result), indent=2))
    elif not arguments.quiet:
        print(summary(result))
    verification = _verified(arguments) if arguments.verify else None
    if arguments.report:
        _write_report(arguments, types, result, verification)
    if verification is not None:
        verify.say(verification, quiet=arguments.quiet or arguments.json)


def _write_report(
    arguments: argparse.Namespace, types: dict[str, Any], result: Conversion, verification: Verification | None
) -> None:
    from tensorflowjs.cli.converter import at_home
    from tensorflowjs.pipeline.plan import plan
    from tensorflowjs.report.page import write_report

    source, options = at_home(arguments.input_path), _options(arguments, types)
    planned = plan(source, arguments.input_format, arguments.output_format, options)
    write_report(Path(at_home(arguments.report)), result, planned, verification)


def _verified(arguments: argparse.Namespace) -> Verification:
    from tensorflowjs.cli.converter import at_home, graph_options
    from tensorflowjs.pipeline import verification

    wish = graph_options(arguments)
    folder, source = at_home(arguments.output_path), at_home(arguments.input_path)
    return verification.verify(folder, source, input_format=arguments.input_format, **wish)


def _types(arguments: argparse.Namespace) -> dict[str, Any]:
    """What is to be stored as what: by the old flags, or the new one."""
    from tensorflowjs.cli.converter import quantization_map

    if arguments.quantize is None:
        return quantization_map(arguments)
    return _measured_types(arguments) if arguments.quantize == "auto" else {arguments.quantize: True}


def _measured_types(arguments: argparse.Namespace) -> dict[str, Any]:
    from tensorflowjs.cli.converter import at_home
    from tensorflowjs.pipeline.quantising import choose_types

    most = MAX_ERROR if arguments.max_error is None else arguments.max_error
    source = at_home(arguments.input_path)
    found = choose_types(
        source, arguments.input_format, arguments.output_format, _options(arguments, {}), max_error=most
    )
    if not (arguments.quiet or arguments.json):
        count = len(found.chosen)
        print(
            f"{count} weights in smaller types: outputs are off by {found.error:.2g} at most ({found.measured} tried)."
        )
    return dict(found.dtype_map)


def _options(arguments: argparse.Namespace, quantization: dict[str, Any]) -> Options:
    from tensorflowjs.cli.converter import graph_options
    from tensorflowjs.pipeline.options import GraphOptions, Options

    return Options(quantization, arguments.split_weights_by_layer, graph=GraphOptions(**graph_options(arguments)))


# ---------------------------------------------------------------------------- --dry-run


def _show_plan(arguments: argparse.Namespace) -> None:
    from tensorflowjs.cli.converter import at_home
    from tensorflowjs.pipeline.plan import as_json, plan

    options = _options(arguments, _types(arguments))
    found = plan(at_home(arguments.input_path), arguments.input_format, arguments.output_format, options)
    if arguments.json:
        print(json.dumps(as_json(found), indent=2))
    else:
        print("\n".join(plan_lines(found, arguments.output_path)))


def plan_lines(found: Plan, output_path: str) -> Iterator[str]:
    yield f"Would write {output_path} ({found.output_format}) from {found.input_path} ({found.input_format})."
    if found.layers:
        yield f"  layers   {found.layers}"
    if found.nodes:
        yield f"  nodes    {found.nodes:,}"
    yield from (f"  pass     {name}: {count:,}" for name, count in sorted(found.passes.items()) if count)
    smaller = f", of {size(found.weight_bytes)}" if found.written_bytes < found.weight_bytes else ""
    yield f"  weights  {len(found.weights)} tensors, {size(found.written_bytes)}{smaller}"
    yield from (f"  note     {note}" for note in found.notes)
    quantised = sorted((row for row in found.weights if row.stored.dtype != row.dtype), key=lambda row: -row.nbytes)
    rows = [
        (row.name, "x".join(map(str, row.shape)), row.stored.dtype, size(row.nbytes), size(row.stored.nbytes),
         f"{row.stored.max_abs:.2g}", f"{row.stored.snr_db:.0f} dB")
        for row in quantised
    ]  # fmt: skip
    heads = ("weight", "shape", "stored as", "size", "becomes", "largest error", "signal to noise")
    yield from table("quantised", heads, rows, MOST_WEIGHTS)


def _result_as_json(result: Conversion) -> dict[str, Any]:
    return {
        "input": result.input_path,
        "output": str(result.output_dir),
        "inputFormat": result.input_format,
        "outputFormat": result.output_format,
        "layers": result.layers,
        "nodes": result.nodes,
        "passes": dict(result.passes),
        "weights": result.weights,
        "parameters": result.parameters,
        "weightBytes": result.weight_bytes,
        "writtenBytes": result.written_bytes,
        "shards": result.shards,
        "notes": [str(note) for note in result.notes],
    }
