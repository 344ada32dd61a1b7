"""`tensorflowjs wizard`: asks what matters for one model, shows the command that does it, and runs it."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tensorflowjs.cli.convert import default_output
from tensorflowjs.errors import ConversionError, MissingExtraError, UsageError

if TYPE_CHECKING:
    from tensorflowjs.pipeline.inspection import Inspection

EXAMPLES = """\
examples:
  tensorflowjs wizard
  tensorflowjs wizard model.keras
"""
KINDS = {
    "tfjs_layers_model": "a layers model, which can be trained on in the browser",
    "tfjs_graph_model": "a graph model, which only runs, but faster",
}
SIZES = {
    "": "as they are, 4 bytes each",
    "float16": "2 bytes each, hardly any difference",
    "uint8": "1 byte each, small differences",
    "auto": "as few bytes as measurements in TensorFlow.js allow (needs Node)",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", nargs="?", help="the model: a file or a folder")


def run(arguments: argparse.Namespace) -> None:
    questions = _questions()
    path, found = _model(questions, arguments.path)
    words = ["convert", path, _output(questions, path), *_kind(questions, found), *_size(questions)]
    if _answer(
        questions.confirm("Run the result in TensorFlow.js and compare it with the model?", default=_has_node())
    ):
        words.append("--verify")
    print(f"\n  {command(words)}\n")
    if not _answer(questions.confirm("Do it now?")):
        return
    from tensorflowjs.cli.convert import parse
    from tensorflowjs.cli.convert import run as convert

    convert(parse(words[1:]))


def command(words: Sequence[str]) -> str:
    """What the user could have typed."""
    return f"tensorflowjs {shlex.join(words)}"


def _questions() -> Any:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError(
            "The wizard asks questions, and nobody is here to answer: this is no terminal.",
            hint="Try: tensorflowjs convert model.keras web_model",
        )
    try:
        import questionary
    except ImportError as error:
        raise MissingExtraError(
            "The wizard needs the package questionary.", hint='Install it with: pip install "tensorflowjs[wizard]"'
        ) from error
    return questionary


def _answer(question: Any) -> Any:
    """The answer; ctrl-C ends everything as it does elsewhere."""
    given = question.ask()
    if given is None:
        raise KeyboardInterrupt
    return given


def _model(questions: Any, path: str | None) -> tuple[str, Inspection]:
    """Ask for the model until there is one that can be converted."""
    while True:
        path = path or str(_answer(questions.path("Where is the model (a file or a folder)?"))).strip()
        try:
            found = _looked_at(path)
        except ConversionError as error:
            print(error)
        else:
            print(f"  This is {found.what}, with {found.parameters:,} parameters.")
            if any(road.open for road in found.roads):
                return path, found
            print("TensorFlow.js cannot run it:")
            print("\n".join(f"  - {problem}" for road in found.roads for problem in road.problems))
        path = None


def _looked_at(path: str) -> Inspection:
    from tensorflowjs.cli.converter import at_home
    from tensorflowjs.pipeline.inspection import inspect

    return inspect(at_home(path))


def _output(questions: Any, path: str) -> str:
    while True:
        folder = str(_answer(questions.path("Where to put the result?", default=default_output(path)))).strip()
        if not Path(folder, "model.json").exists():
            return folder
        if _answer(questions.confirm(f"There is a model in {folder} already. Replace it?", default=False)):
            return folder


def _kind(questions: Any, found: Inspection) -> list[str]:
    """Which kind of model, if there is a choice."""
    kinds = [road.output_format for road in found.roads if road.open]
    if len(kinds) == 1:
        return [f"--output_format={kinds[0]}"] if len(found.roads) > 1 else []
    choices = [questions.Choice(KINDS[kind], value=kind) for kind in kinds]
    return [f"--output_format={_answer(questions.select('What should it become?', choices=choices))}"]


def _size(questions: Any) -> list[str]:
    choices = [questions.Choice(what, value=name or "plain") for name, what in SIZES.items()]
    chosen = _answer(questions.select("How should the weights be stored?", choices=choices))
    return [] if chosen == "plain" else [f"--quantize={chosen}"]


def _has_node() -> bool:
    from tensorflowjs.verify.node import find_node

    try:
        find_node()
    except MissingExtraError:
        return False
    return True


def main() -> int:
    """`tensorflowjs_wizard`, the name of old."""
    from tensorflowjs.cli.main import main as command_main

    return command_main(["wizard", *sys.argv[1:]])
