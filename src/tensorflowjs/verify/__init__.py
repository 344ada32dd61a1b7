"""Runs models in the real TF.js (in Node) and compares numbers.

with TfjsRunner() as runner:
    model = runner.load("web_model/model.json")
    outputs = model.predict(random_inputs(model.input_specs, seed=1))
    for comparison in compare(expected, outputs, model.output_names):
        print(comparison)
"""

from __future__ import annotations

from tensorflowjs.verify.compare import Comparison, Tolerance, compare, compare_output
from tensorflowjs.verify.random_inputs import random_inputs
from tensorflowjs.verify.session import FitResult, InputSpec, LoadedModel, TfjsRunner, WeightSpec

__all__ = [
    "Comparison",
    "FitResult",
    "InputSpec",
    "LoadedModel",
    "TfjsRunner",
    "Tolerance",
    "WeightSpec",
    "compare",
    "compare_output",
    "random_inputs",
]
