"""THE list of what the optimiser does, in order: stages, each repeated until nothing changes any more."""

from __future__ import annotations

from collections.abc import Collection

from tensorflowjs.errors import UsageError
from tensorflowjs.passes.optimising import fusing, identities
from tensorflowjs.passes.optimising.arithmetic import (
    batch_norms,
    biases,
    cheaper,
    constants,
    depthwise_windows,
    factors,
    hidden_factors,
    leading,
    leftovers,
    padding,
    pooled_first,
    siblings,
    sums,
    transposed,
    turned,
)
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.recognising import activations, gelu, layer_norm, prelu, softmax, whole_pools
from tensorflowjs.passes.optimising.simplifying import (
    dead_branches,
    dilations,
    duplicates,
    early_strides,
    folding,
    joining,
    known_sizes,
    materialised,
    matrices,
    neutral,
    reshapes,
    sinking,
    subsampling,
    transposes,
    unchanged,
)

# What may have something to do whatever else has been done.
_BASICS = (duplicates.PASS, identities.PASS, folding.PASS, neutral.PASS, unchanged.PASS, reshapes.PASS)

# What only moves values, or computes where they go.
_SHAPES = (
    known_sizes.PASS, materialised.PASS, joining.PASS, transposes.PASS, matrices.PASS, sinking.PASS,
    subsampling.PASS, dilations.PASS,
)  # fmt: skip

# What multiplies by constants and adds constants, to where it costs nothing.
_CONSTANTS = (
    batch_norms.PASS, factors.PASS, biases.PASS, leading.PASS, hidden_factors.PASS, constants.PASS, padding.PASS,
    turned.PASS, transposed.TURNED,
)  # fmt: skip

# What takes more nodes than it has to.
_SPELLINGS = (
    activations.PASS, prelu.PASS, gelu.PASS, softmax.PASS, layer_norm.PASS, whole_pools.PASS, cheaper.PASS,
    pooled_first.PASS,
)  # fmt: skip

STAGES: dict[str, tuple[Pass, ...]] = {
    "simplify": (*_BASICS, *_SHAPES, dead_branches.PASS),
    "fold": (*_BASICS, *_SPELLINGS, *_CONSTANTS),
    # Once nothing around convolutions can be folded; early strides leave more of them to be summed.
    "merge": (*_BASICS, early_strides.PASS, joining.PASS, sums.PASS, *_CONSTANTS),
    "fuse": (
        *_BASICS,
        siblings.PASS,
        prelu.LEAKY,
        depthwise_windows.PASS,
        fusing.BIASES,
        fusing.ACTIVATIONS,
        leftovers.PASS,
        transposed.PIXELS,
    ),
}

NAMES: tuple[str, ...] = tuple(dict.fromkeys(each.name for stage in STAGES.values() for each in stage))


def chosen(only: Collection[str] | None, without: Collection[str]) -> list[tuple[Pass, ...]]:
    """The stages with only those passes (all, if None) that the user wants."""
    unknown = [name for name in (*(only or ()), *without) if name not in NAMES]
    if unknown:
        raise UsageError(
            f"There is no pass named {', '.join(map(repr, unknown))}.", hint=f"There are: {', '.join(NAMES)}."
        )
    wanted = set(NAMES if only is None else only) - set(without)
    return [tuple(each for each in stage if each.name in wanted) for stage in STAGES.values()]
