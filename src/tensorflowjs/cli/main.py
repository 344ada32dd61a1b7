"""`tensorflowjs`: one command with a sub-command for each thing one does with a model.

A sub-command is a module of this package with `WHAT`, `add_arguments(parser)` and `run(arguments)`; only the one that
is asked for gets imported.
"""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from tensorflowjs.cli.converter import guarded
from tensorflowjs.errors import UsageError
from tensorflowjs.version import version as __version__

# name -> module, and what it does in a few words
COMMANDS: dict[str, tuple[str, str]] = {
    "convert": ("convert", "turn a Keras or TensorFlow model into one for TensorFlow.js"),
    "inspect": ("inspect", "show what is in a model, and whether TensorFlow.js can run it"),
    "verify": ("verify", "run a converted model in TensorFlow.js and compare it with its source"),
    "serve": ("serve", "serve models, and a page that shows, runs and measures them"),
    "benchmark": ("benchmark", "measure how fast a converted model runs"),
    "wizard": ("wizard", "convert a model, asked what matters"),
    "completion": ("completion", "print what makes your shell complete this command"),
}

EXAMPLES = """\
examples:
  tensorflowjs convert model.keras web_model
  tensorflowjs inspect model.keras
  tensorflowjs verify web_model model.keras
  tensorflowjs serve web_model

`tensorflowjs COMMAND --help` tells about one of them.
"""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are sentences like all others."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}.", hint=f"See: {self.prog} --help")


def main(argv: list[str] | None = None) -> int:
    """Run the command; 0 when all went well, 1 when something is wrong with a model, 2 with the command."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy makes threads that nobody needs
    words = sys.argv[1:] if argv is None else argv
    return guarded(lambda: run(words), debug="--debug" in words)


def run(words: list[str]) -> None:
    name = words[0] if words else "--help"
    if name in ("--version", "-v"):
        print(f"tensorflowjs {__version__}")
        return
    if name in ("--help", "-h", "help"):
        overview().print_help()
        return
    if name not in COMMANDS:
        kind = "option" if name.startswith("-") else "command"
        raise UsageError(f"There is no {kind} {name!r}.", hint=f"There are: {', '.join(COMMANDS)}.")
    command = module(name)
    parse = getattr(command, "parse", None)  # for one whose words need more than a parser
    command.run(parse(words[1:]) if parse is not None else parser(name).parse_args(words[1:]))


def module(name: str) -> ModuleType:
    return import_module(f"tensorflowjs.cli.{COMMANDS[name][0]}")


def parser(name: str) -> argparse.ArgumentParser:
    """The parser of one sub-command."""
    command = module(name)
    made = Parser(
        f"tensorflowjs {name}",
        description=f"{COMMANDS[name][1][:1].upper()}{COMMANDS[name][1][1:]}.",
        epilog=getattr(command, "EXAMPLES", None),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    command.add_arguments(made)
    made.add_argument("--debug", action="store_true", help="show the Python traceback of an error")
    return made


def overview() -> argparse.ArgumentParser:
    """A parser that only knows what the commands do, to print as help."""
    made = Parser(
        "tensorflowjs",
        description="Takes Keras and TensorFlow models to the browser.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", "-v", action="store_true", help="print the version and exit")
    commands = made.add_subparsers(title="commands", metavar="COMMAND")
    for name, (_, what) in COMMANDS.items():
        commands.add_parser(name, help=what, add_help=False)
    return made


if __name__ == "__main__":
    sys.exit(main())
