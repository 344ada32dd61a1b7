"""Runs passes of the optimiser on graphs in text form."""

from __future__ import annotations

from textwrap import dedent

from tensorflowjs.ir.text import parse, show
from tensorflowjs.passes.optimising.driver import optimise
from tensorflowjs.passes.optimising.journal import Journal
from tensorflowjs.passes.optimising.passes import Pass


def improved(text: str, *passes: Pass) -> str:
    """The graph after the passes, all in one stage."""
    model = parse(text)
    optimise(model, [passes], Journal())
    return show(model)


def same(text: str) -> str:
    """A graph in the spelling of `improved`."""
    return show(parse(text))


def reasons(text: str, *passes: Pass) -> set[str]:
    """Why passes have left nodes alone."""
    journal = Journal()
    optimise(parse(dedent(text)), [passes], journal)
    return set(journal.missed.values())
