"""What ops are rewritten into runs in TF.js, with the results of TensorFlow."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tensorflowjs.passes.checking import check_ops
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import Options
from tensorflowjs.verify import TfjsRunner
from tensorflowjs.verify.session import Backend
from tests.passes.rewrite_cases import CASES, COMPLEX, SPECTRAL, Case
from tests.passes.tensorflow_oracle import narrow, prepared, traced

# There are no complex numbers in WebAssembly.
RUNS = [
    (case, backend)
    for case in CASES
    for backend in ("cpu", "wasm")
    if backend == "cpu" or case not in SPECTRAL + COMPLEX
]


@pytest.mark.parametrize(("case", "backend"), RUNS, ids=lambda part: part if isinstance(part, str) else part.name)
def test_same_results_in_tfjs(case: Case, backend: Backend, tfjs: TfjsRunner, tmp_path: Path) -> None:
    concrete, model = traced(case.function, case.specs())
    prepared(model)
    assert not check_ops(model)
    graphs.write(model, tmp_path / "model", Options())
    with closing(tfjs.load(tmp_path / "model", kind="graph", backend=backend)) as loaded:
        values = case.values(seed=1)
        wanted = [narrow(each) for each in tf.nest.flatten(concrete(*map(tf.constant, values)))]
        found = loaded.predict([narrow(value) for value in values])
    for one, other in zip(wanted, found, strict=True):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        np.testing.assert_allclose(other, one, rtol=10 * case.tolerance, atol=10 * case.tolerance)
