"""What `verify` says of models that amplify rounding, and of wrong ones that do so too.

The models take the difference of two products that are nearly the same, and multiply it by `gain`. That which is
verified has a factor multiplied into its weights, as an optimiser does.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs.cli.verify import as_json, lines
from tensorflowjs.errors import RuntimeFailure
from tensorflowjs.ir.graph import Port, Shape, Type
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import GraphOptions, Options
from tensorflowjs.pipeline.verification import Verification, verify
from tensorflowjs.report.page import _proof
from tensorflowjs.tensors import ArrayTensor
from tensorflowjs.verify.isolated import IsolatedModel
from tests.passes.optimising.float_graphs import model_of

GAIN = 100
SENSITIVE = """
%x = Placeholder() {{shape: shape[?, 256]}}
%w = float32[256, 32]
%s = positive[32]
%v = float32[256, 32]
%a = MatMul(%x, %w)
%b = Mul(%a, %s)
%c = MatMul(%x, %v)
%d = Sub(%b, %c)
%g = float32[]{{{gain}.0}}
%e = Mul(%d, %g)
%y = Sigmoid(%e)
"""


def write(folder: Path, gain: int, *, folded: bool, off: float = 1.0) -> Path:
    model = model_of(SENSITIVE.format(gain=gain))
    model.signature.inputs = [Port("x", Type("float32"), Shape((None, 256)))]
    model.signature.outputs = [Port("y", Type("float32"), Shape(None))]
    nodes = model.graph.nodes
    w, s = (nodes[name].tensor.read() for name in "ws")
    difference = np.random.default_rng(1).standard_normal(w.shape) / (8 * gain)
    v = (w.astype(np.float64) * s + difference).astype(np.float32)
    v[3, 5] *= off
    values = {"w": w * s, "s": np.ones_like(s), "v": v} if folded else {"w": w, "s": s, "v": v}
    for name, array in values.items():
        nodes[name].attrs["value"] = ArrayTensor(array)
    graphs.write(model, folder, Options(graph=GraphOptions(passes=())))
    return folder


def verified(folder: Path, gain: int = GAIN, off: float = 1.0, **options: Any) -> Verification:
    source = write(folder / "source", gain, folded=False)
    return verify(write(folder / "model", gain, folded=True, off=off), source, **options)


def test_as_much_as_the_backends_differ_by(tmp_path: Path) -> None:
    found = verified(tmp_path)
    assert found.ok and found.apart is None and found.backend == "wasm"
    text = list(lines(found))
    assert text[1].startswith("  same  y ") and "cpu and wasm differ by" in text[1] and "amplifies rounding" in text[1]
    assert "expected" not in "".join(text)  # no worst element of what is the same
    (row,) = as_json(found)["outputs"]
    assert row["ok"] and "amplifies rounding" in row["rounding"]
    page = _proof(found)
    assert "Every output agrees" in page and "<td>yes, about as much as the two backends" in page


@pytest.mark.parametrize(
    ("gain", "off", "options"),
    [
        (GAIN, 1.01, {}),
        (30 * GAIN, 1.0, {}),
        (GAIN, 1.0, {"tolerance": 1e-4}),
    ],
    ids=["one weight of 8192 is off by a hundredth", "too much to tell", "a tolerance is kept to"],
)
def test_more_than_that(gain: int, off: float, options: Mapping[str, Any], tmp_path: Path) -> None:
    found = verified(tmp_path, gain, off, **options)
    assert not found.ok and found.apart
    (row,) = as_json(found)["outputs"]
    assert not row["ok"] and row["rounding"] is None
    assert list(lines(found))[1].startswith("  DIFFERS  y ")


def test_what_cpu_cannot_tell_stays_different(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = IsolatedModel.run

    def too_slow_on_cpu(self: IsolatedModel, inputs: Mapping[str, Any]) -> Any:
        if self.loaded.backend == "cpu":
            raise RuntimeFailure("no answer within 300 s")
        return run(self, inputs)

    monkeypatch.setattr(IsolatedModel, "run", too_slow_on_cpu)
    assert not verified(tmp_path).ok


def test_cpu_beside_cpu(tmp_path: Path) -> None:
    """Where the model runs on cpu, so does what it is compared with, or backends would be compared."""
    found = verify(write(tmp_path, 30 * GAIN, folded=False), tmp_path, backend="cpu")
    assert found.ok and found.comparisons[0].max_abs == 0
