"""The old API's `convert(arguments)`: the command, called from Python."""

from __future__ import annotations


def convert(arguments: list[str]) -> None:
    """Run `tensorflowjs_converter` with these words; errors are raised, not printed."""
    from tensorflowjs.cli.arguments import parse
    from tensorflowjs.cli.converter import run

    run(parse(arguments))
