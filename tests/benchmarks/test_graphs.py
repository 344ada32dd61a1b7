"""That graph models are compared by what they do: nodes counted, outputs judged, runs timed in turns."""

from __future__ import annotations

import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf  # noqa: F401  (which marks these tests as ones that compare with it)

import tensorflowjs
from tensorflowjs.verify import TfjsRunner
from tests.tfjs import networks


@pytest.fixture
def export(tmp_path: Path) -> Any:
    """A small network, with the same conversion as ours and as the reference's."""
    from graphs import Export

    made = Export("CNN", "tensorflow", tmp_path)
    inputs, outputs = networks.save_version_1(made.saved, 2)
    arrays = {f"in:{key}": array for key, array in inputs.items()}
    np.savez(tmp_path / "sample.npz", **arrays, **{f"out:{at}": array for at, array in enumerate(outputs)})
    tensorflowjs.convert(made.saved, made.ours)
    shutil.copytree(made.ours, made.theirs)
    return made


def test_one_model_beside_itself(export: Any) -> None:
    from graphs import figures
    from processes import Run, Runs
    from report import document, markdown_table, model_lines

    took = {"ours": Runs((Run(0.5, None, None),)), "theirs": Runs((Run(4.0, None, None),))}
    with TfjsRunner() as runner:
        found = figures(runner, export, took, 3)
    assert found.runs_on == found.they_run_on == "wasm"
    assert found.node_ratio == 1
    assert found.all_nodes > found.nodes > 5
    assert found.latency is not None
    assert 0.1 < found.latency < 10
    assert found.faster == 8
    line = markdown_table(model_lines(document([("architectures", found)]))).splitlines()[-1]
    assert line.startswith(f"| CNN | tensorflow | {found.nodes} / {found.nodes} | 1.00 | wasm / wasm |")
    assert line.endswith("| 0.50 s / 4.0 s | 8.0 times |")


def test_what_gives_other_numbers_does_not_run(export: Any) -> None:
    from graphs import NOT_CONVERTED, OTHER_NUMBERS, runs_on

    shard = next(export.theirs.glob("*.bin"))
    weights = np.frombuffer(shard.read_bytes(), "<f4").copy()
    weights[np.abs(weights) > 1e-6] *= 0.9  # what is smaller are integers
    shard.write_bytes(weights.tobytes())
    with TfjsRunner() as runner:
        assert runs_on(runner, export, export.ours) == "wasm"
        assert runs_on(runner, export, export.theirs) == OTHER_NUMBERS
        assert runs_on(runner, export, export.folder / "nothing") == NOT_CONVERTED


def test_outputs_are_compared_in_the_order_of_their_numbers() -> None:
    from graphs import in_order

    assert in_order(["out_10", "out_2", "out_0"], "cba") == (["out_0", "out_2", "out_10"], ["a", "b", "c"])
    assert in_order(["Identity_1:0", "Identity:0"], "ba") == (["Identity:0", "Identity_1:0"], ["a", "b"])


def test_models_take_turns(export: Any) -> None:
    from graphs import latencies

    found = latencies(export, {"one": export.ours, "other": export.theirs}, 4)
    assert list(found) == ["one", "other"]
    for times in (each for latency in found.values() for each in (latency.wall, latency.processor)):
        assert len(times) == 4
        assert all(0 < milliseconds < 10_000 for milliseconds in times)


def test_a_reference_that_fails_leaves_what_it_said(export: Any) -> None:
    import sys

    from graphs import converted
    from processes import Command

    ours = Command((sys.executable, "-c", ""), export.folder / "ours")
    theirs = Command((sys.executable, "-c", "raise SystemExit('no such op')"), export.theirs)
    first, again = (converted(export, ours, theirs, 1, reuse=reuse) for reuse in (False, True))
    assert list(first) == ["ours"]
    assert again == first
    assert "no such op" in (export.folder / "theirs.log").read_text()
    assert not export.theirs.exists()


def test_checkpoints_have_the_size_that_was_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import exports

    monkeypatch.setattr(exports, "WIDTH", 64)
    exports.checkpoint(tmp_path, str(5 * 64 * 64 * 4))
    data = (tmp_path / "saved" / "variables" / "variables.data-00000-of-00001").stat().st_size
    assert 5 * 64 * 64 * 4 <= data < 6 * 64 * 64 * 4
    tensorflowjs.convert(tmp_path / "saved", tmp_path / "web")
    assert (tmp_path / "web" / "model.json").exists()


def test_summary_judges_by_mean_and_by_the_worst() -> None:
    from graph_cases import summary
    from graphs import Figures

    terms: dict[str, Any] = {"they_run_on": "wasm", "their_milliseconds": 10.0, "their_seconds": 9.0}
    good = Figures("a", "keras", 50, 60, "wasm", 1.0, 100, 120, milliseconds=5.0, **terms)
    worse = Figures("b", "keras", 110, 60, "wasm", 1.0, 100, 120, milliseconds=10.2, **terms)
    rows = {row.what: row for row in summary([good, worse])}
    assert rows["nodes beside the reference, geometric mean"].result == f"{math.sqrt(0.5 * 1.1):.3f}"
    assert [rows[f"nodes beside the reference, {which}"].met for which in ("geometric mean", "the most")] == [
        True,
        False,
    ]
    assert rows["latency beside the reference, the most"].met
    assert rows["converting all of them, beside the reference"].met
