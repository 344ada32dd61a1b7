"""Dtype policies: TF.js computes in float32, whatever the model was made for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from tensorflowjs import events
from tensorflowjs.catalog.policies import is_quantised, policy_of
from tensorflowjs.errors import Problem
from tensorflowjs.ir.layers import LayersModel

_OTHER_FLOATS = ("float16", "bfloat16", "float64")


def check_policies(model: LayersModel) -> Iterator[Problem]:
    """A problem for each layer whose weights are quantised; a note on every other precision that is given up."""
    others: Counter[str] = Counter()
    for layer in model.walk():
        policy = policy_of(layer) or "float32"
        if is_quantised(layer):
            yield Problem(
                f"{layer.name} ({layer.class_name})",
                f'its dtype policy "{policy}" quantises it, and TF.js has no such arithmetic',
                "save the model before quantize() was called on it; the converter quantises weights: --quantize_uint8",
            )
        elif policy.removeprefix("mixed_") in _OTHER_FLOATS:
            others[policy] += 1
    for policy, count in others.items():
        layers = "1 layer has" if count == 1 else f"{count} layers have"
        events.note(f"{layers} the dtype policy {policy}; TF.js stores and computes in float32")
