"""Small functions of TensorFlow that between them use every op of TF.js, in groups that are converted as one model."""

from __future__ import annotations

from tests.passes.traced_case import Case
from tests.tfjs.op_cases import axes, choices, elementwise, lists, matrices, moves, reductions, text, windows

GROUPS: dict[str, list[Case]] = {
    name: cases
    for family in (elementwise, axes, reductions, windows, moves, matrices, choices, lists, text)
    for name, cases in family.GROUPS.items()
}
