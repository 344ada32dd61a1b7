"""Constant factors, and constants added, that could go into no filter get one of their own.

%a = Mul(%x, %scale)
%b = AddV2(%a, %shift)                %a = DepthwiseConv2dNative(%x, %scale) {strides: [1, 1, 1, 1]}
%y = Relu(%b)                  ->     %b = BiasAdd(%a, %shift)
                                      %y = Relu(%b)

with a filter of one element for each channel; it fuses with its bias and its activation. The same is done to batch
normalisation, and to a single constant in front of an activation. Measured in WebAssembly: a third of the time of batch
normalisation and activation, half of that of an addition and an activation.

Images that stand alone or in a batch can be convolved; for other ranks batch normalisation of mean 0 and variance 1
does both in one node.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Value
from tensorflowjs.passes.optimising.arithmetic.affine import BATCH_NORMS, MOST_CHANNELS, Affine, affine
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.arithmetic.constants import batch_norm, later
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

if TYPE_CHECKING:
    from numpy.typing import NDArray

ACTIVATIONS = ("Relu", "Relu6", "Elu", "Sigmoid", "Prelu")  # that depthwise convolutions fuse with
_RANKS_OF_IMAGES = (3, 4)


def own_filter(at: Spot) -> Value | None:
    found = affine(at, at.old)
    if found is None:
        return None
    found = _with_factor(at, found)
    activated = _is_activated(at)
    if not activated and (found.scale is None or found.shift is None):
        return None
    channels, rank = at.shapes.dim(found.source, -1), at.shapes.rank(found.source)
    if channels is None or rank is None or channels > MOST_CHANNELS:
        at.missed("how many channels there are is not known")
        return None
    whole = replace(found, channels=channels)
    if rank in _RANKS_OF_IMAGES:
        return _convolved(at, whole)
    pair = found.scale is not None and found.shift is not None
    return batch_norm(at, whole) if pair and found.node.op not in BATCH_NORMS else None


def _with_factor(at: Spot, added: Affine) -> Affine:
    """The constant added together with the factor before it."""
    if added.shift is None or added.node.op in BATCH_NORMS or not read_by(added.source, at.old):
        return added
    scaled = affine(at, added.source.node)
    if scaled is None or scaled.scale is None or scaled.shift is not None:
        return added
    scale = scaled.scale if added.scale is None else scaled.scale * added.scale
    return replace(added, source=scaled.source, scale=scale)


def _is_activated(at: Spot) -> bool:
    """Whether an activation follows that fuses, and nothing else."""
    result = at.old.output
    reader = result.only_user
    return reader is not None and reader.op in ACTIVATIONS and read_by(result, reader) and reader.inputs[0] is result


def _convolved(at: Spot, whole: Affine) -> Value:
    channels = whole.channels
    scale: NDArray[Any] = np.broadcast_to(np.float64(1) if whole.scale is None else whole.scale, (channels,))
    kernel = at.const(scale.reshape(1, 1, channels, 1), "float32")
    attrs: dict[str, Attr] = {"padding": b"VALID", "data_format": b"NHWC", "explicit_paddings": []}
    attrs |= {"strides": [1, 1, 1, 1], "dilations": [1, 1, 1, 1]}
    result = at("DepthwiseConv2dNative", whole.source, kernel, **attrs)
    if whole.shift is None:
        return result
    return at("BiasAdd", result, later(at, whole.shift, channels, rank=1), data_format=b"NHWC")


PASS = Pass(
    "leftovers",
    "constant factors and constants added that are left over",
    rules=dict.fromkeys(("Add", "AddV2", "Sub", "Mul", "RealDiv", *BATCH_NORMS), own_filter),
)
