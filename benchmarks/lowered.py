"""Keras files to graph models, for which the reference loads TensorFlow and the model, saves and freezes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from cases import APPLICATIONS, HERE, Bench, Row, faster
from processes import Command, Runs, alternated, measured, remove
from reference import QUIET

TO_GRAPH = "--output_format=tfjs_graph_model"
LEAST_FASTER = 15


def keras_to_graph(bench: Bench) -> Iterator[Row]:
    """Models of tf_keras.applications, which it takes the reference's environment to make."""
    if bench.reference is None:
        return
    for name in APPLICATIONS:
        model = bench.work / f"{name}.h5"
        measured(Command((bench.reference.python, HERE / "applications.py", name, model), model, QUIET))
        yield faster(f"{name} .h5 to a graph model", _runs(bench, model), LEAST_FASTER)
        for path in (model, bench.output, bench.work / "theirs"):
            remove(path)


def _runs(bench: Bench, model: Path) -> dict[str, Runs]:
    theirs = bench.theirs(model)
    words = tuple(TO_GRAPH if str(word).startswith("--output_format") else word for word in theirs.argv)
    commands = {"ours": bench.ours(model, TO_GRAPH), "theirs": replace(theirs, argv=words)}
    return alternated(commands, bench.reference_rounds)


CASES: dict[str, Callable[[Bench], Iterator[Row]]] = {"keras to graph": keras_to_graph}
