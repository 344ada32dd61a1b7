"""What multiplies by constants and adds constants, and could not go into a filter, becomes one batch normalisation.

%a = Mul(%x, %scale)
%y = AddV2(%a, %shift)     ->     %y = FusedBatchNormV3(%x, %scale, %shift, 0, 1) {epsilon: 0.0}

Measured in WebAssembly: one pass over the data rather than two, in half to two thirds of the time.
"""

from __future__ import annotations

from dataclasses import replace

from tensorflowjs.ir.graph import Value
from tensorflowjs.passes.optimising.arithmetic.affine import MOST_CHANNELS, affine
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.arithmetic.constants import batch_norm
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def as_batch_norm(at: Spot) -> Value | None:
    added = affine(at, at.old)
    if added is None or added.shift is None or not read_by(added.source, at.old):
        return None
    scaled = affine(at, added.source.node)
    if scaled is None or scaled.scale is None or scaled.shift is not None:
        return None
    channels = at.shapes.dim(scaled.source, -1)
    if channels is None or channels > MOST_CHANNELS:
        at.missed("how many channels there are is not known")
        return None
    scale = scaled.scale if added.scale is None else scaled.scale * added.scale
    return batch_norm(at, replace(added, source=scaled.source, channels=channels, scale=scale, shift=added.shift))


PASS = Pass(
    "affine_norms",
    "a constant factor and a constant added that are left over",
    rules=dict.fromkeys(("Add", "AddV2", "Sub", "BiasAdd"), as_batch_norm),
)
