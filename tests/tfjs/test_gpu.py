"""The ops, and what the optimiser makes of them, on WebGL: in the shaders of TF.js, which WebAssembly has none of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.events import Event, listening
from tensorflowjs.pipeline.graphs import write
from tensorflowjs.pipeline.options import GraphOptions, Options
from tests.passes.optimising.random_graphs import random_inputs, random_model
from tests.passes.tensorflow_oracle import narrow
from tests.passes.traced_case import Case
from tests.tfjs.op_cases import GROUPS
from tests.tfjs.test_ops import differences, traced_together
from tests.tfjs.test_optimised import differing
from tests.tfjs.webgl import WebglPage, webgl_page

pytestmark = pytest.mark.browser

GRAPHS = 30

# GLSL leaves open what becomes of infinities and of what is no number.
LEFT_OUT = frozenset({"special numbers"})

_ANGLES = frozenset({"Cos", "Sin", "Tan", "Acos", "complex FFT", "complex FFT2D", "RFFT 8", "RFFT 16", "RFFT 5"})
_COARSE = 1e-3  # Chromium's own sines, where there is no GPU, are right to four digits

_RANKS = "knows no more than six axes"
_TURNED = "turns no more than six axes"
_FIRST = "takes the first box from the first image, whatever the indices say"
_LARGEST = "starts from 1e20 in search of the smallest"
_FLOATS = "returns places as floats"
_NOTHING = "computes sizes of NaN where there is nothing to reduce"
_BESIDE = "multiplies what the functions make of the nothing beside odd rows, where both operands have it"
# What WebGL does in TF.js.
FAILING = {
    **{f"rank {rank} {op}": _RANKS for rank in (7, 8) for op in ("Tanh", "Sum")},
    **{f"rank {rank} Transpose": _TURNED for rank in (7, 8)},
    **{f"CropAndResize {how}": _FIRST for how in ("bilinear 0.0", "bilinear 0.7", "nearest 0.0", "nearest 0.7")},
    "CropAndResize of one pixel": _FIRST,
    **{f"UnsortedSegment{op}": _LARGEST for op in ("Max float", "Min float", "Min int")},
    **{f"MaxPoolWithArgmax of any size {padding}": _FLOATS for padding in ("SAME", "VALID")},
    **{f"{functions} of odd sizes": _BESIDE for functions in ("exponentials", "soft signs")},
    **{f"{op} of nothing": _NOTHING for op in ("Sum", "EuclideanNorm")},
}
NOTED = {_FIRST, _FLOATS, _TURNED}  # in the summary of the conversion


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebglPage]:
    with webgl_page(tmp_path_factory.mktemp("site")) as page:
        yield page


@pytest.mark.parametrize(
    "name", [name for name in GROUPS if name not in LEFT_OUT], ids=lambda name: name.replace(" ", "-")
)
def test_same_results(name: str, page: WebglPage) -> None:
    cases = [_coarse(case) for case in GROUPS[name] if case.name not in FAILING]
    assert wrong_results(cases, page, name) == []


def _coarse(case: Case) -> Case:
    return replace(case, tolerance=_COARSE) if case.name in _ANGLES else case


def wrong_results(cases: Sequence[Case], page: WebglPage, name: str) -> list[str]:
    found = traced_together(cases)
    write(found.model, page.root / name, Options())
    values = found.values()
    inputs = {port.key: narrow(value) for port, value in zip(found.model.signature.inputs, values, strict=True)}
    results = iter(page.predict(page.root / name, inputs))
    wanted = iter(tf.nest.flatten(found.function(*map(tf.constant, values))))
    return [
        said
        for case, length in zip(found.cases, found.lengths, strict=True)
        for said in differences(case, length, wanted, results)
    ]


CASES_FAILING = [case for cases in GROUPS.values() for case in cases if case.name in FAILING]


@pytest.mark.parametrize("case", CASES_FAILING, ids=lambda case: case.name.replace(" ", "-"))
def test_cases_that_fail_still_do(case: Case, page: WebglPage) -> None:
    """And are noted where numbers are wrong in models that there are."""
    notes: list[Event] = []
    try:
        with listening(notes.append):
            assert wrong_results([case], page, case.name)
    except RuntimeFailure:
        page.start()
    assert any("WebGL" in str(note) for note in notes) == (FAILING[case.name] in NOTED)


def test_every_exception_is_a_case() -> None:
    assert {case.name for case in CASES_FAILING} == set(FAILING)


def test_optimised_graphs(page: WebglPage) -> None:
    wanted, found = (random_results(page, passes) for passes in ((), None))
    assert differing(wanted, found) == []


def random_results(page: WebglPage, passes: tuple[str, ...] | None) -> dict[str, np.ndarray[Any, Any]]:
    model = random_model(1, GRAPHS)
    folder: Path = page.root / f"random {passes}"
    write(model, folder, Options(graph=GraphOptions(passes=passes)))
    inputs = dict(zip((port.key for port in model.signature.inputs), random_inputs(1), strict=True))
    return dict(zip((port.key for port in model.signature.outputs), page.predict(folder, inputs), strict=True))
