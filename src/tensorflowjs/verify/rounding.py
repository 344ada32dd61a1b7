"""Is an error but rounding, of a model that makes much of it?

Backends sum up in different orders. If the very same graph, run on two of them, differs from itself by as much as is
out of tolerance, then the order of its sums matters that much to the model, and an optimised graph has another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tensorflowjs.verify.compare import Comparison, Tolerance

# How much more than between backends there may be, and how little that has to be: all together, and in each element,
# since a backend that is wrong in a few of them does not round.
_TIMES = 4
_NOISE = 60.0  # dB
_EACH = Tolerance(relative=1e-2, floor=1e-2)
_WORDS = "about as much as the two backends cpu and wasm differ by (max abs {:.2e}: this model amplifies rounding)"


def is_beyond(comparison: Comparison, tolerance: Tolerance) -> bool:
    """Whether it is a matter of tolerance, and out of it."""
    return comparison.problem is None and not comparison.ok(tolerance)


def with_rounding(
    comparisons: Sequence[Comparison], between: Sequence[Comparison], tolerance: Tolerance
) -> list[Comparison]:
    """The same, where it is so saying that what is out of tolerance is rounding; `between` compares the backends."""
    return [
        replace(each, rounding=_WORDS.format(by.max_abs))
        if is_beyond(each, tolerance) and _explains(by, each)
        else each
        for each, by in zip(comparisons, between, strict=True)
    ]


def _explains(backends: Comparison, found: Comparison) -> bool:
    little = backends.ok(_EACH) and backends.snr_db >= _NOISE
    return little and found.within(backends, _TIMES)
