"""Dilated convolutions as they were meant, before TensorFlow spread their rows and columns over the batch."""

from __future__ import annotations

from tensorflowjs.ir.graph import Attr, Node, Value
from tensorflowjs.passes.building import constant, integers, text
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot


def dilate(at: Spot) -> Value | None:
    """A convolution between SpaceToBatchND and BatchToSpaceND looks at every second place, or every third.

    %s = SpaceToBatchND(%x, %two, %pads)
    %c = DepthwiseConv2dNative(%s, %w)
    %y = BatchToSpaceND(%c, %two, %crops)       ->  %y = DepthwiseConv2dNative(%x, %w) {dilations: [1, 2, 2, 1]}

    What is cut off behind was only added to make the sizes multiples; the other padding becomes the convolution's.
    """
    conv = at.own(at.x, "Conv2D", "DepthwiseConv2dNative")
    spread = conv.inputs[0].node if conv is not None else None
    if conv is None or spread is None or spread.op != "SpaceToBatchND" or not _is_plain(conv):
        return None
    block, before, pads, crops = (constant(each) for each in (at.inputs[1], *spread.inputs[1:3], at.inputs[2]))
    if block is None or before is None or pads is None or crops is None:
        at.missed("its blocks or paddings are not known")
        return None
    if block.tolist() != before.tolist() or block.size != 2:
        return None
    kept = pads - crops
    if crops[:, 0].any() or (kept < 0).any():
        at.missed("more is cut off than was added")
        return None
    around = [0, 0, *(int(width) for width in kept.reshape(-1)), 0, 0]
    attrs: dict[str, Attr] = {
        **conv.attrs,
        "dilations": [1, *(int(size) for size in block), 1],
        "padding": b"EXPLICIT" if any(around) else b"VALID",
        "explicit_paddings": [*around] if any(around) else [],
    }
    return at(conv.op, spread.inputs[0], conv.inputs[1], **attrs)


def _is_plain(conv: Node) -> bool:
    ones = {1} == {*integers(conv, "strides", [1]), *integers(conv, "dilations", [1])}
    return ones and text(conv, "padding") == "VALID"


PASS = Pass("dilations", "dilated convolutions spread over the batch", rules={"BatchToSpaceND": dilate})
