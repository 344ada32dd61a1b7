"""Zeros that a Pad adds in front of a convolution are added by the convolution itself.

%p = Pad(%x, [[0, 0], [1, 1], [1, 1], [0, 0]])
%y = Conv2D(%p, %w) {padding: "VALID"}      ->   %y = Conv2D(%x, %w) {padding: "EXPLICIT", explicit_paddings: [...]}

Or {padding: "SAME"}, where that adds as many. Pools cannot do that.
"""

from __future__ import annotations

from tensorflowjs.ir.graph import Attr, Value
from tensorflowjs.passes.building import constant, integers, text
from tensorflowjs.passes.optimising.arithmetic.between import adds_zeros
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

Widths = list[tuple[int, int]]  # before and behind, of height and width


def into_convolution(at: Spot) -> Value | None:
    node = at.x.node
    if node.op not in ("Pad", "PadV2", "MirrorPad") or node.controls or text(at.old, "data_format", "NHWC") != "NHWC":
        return None
    own = _own_padding(at)
    if not adds_zeros(node) or own is None:
        at.missed("what is added is not only zeros around the image")
        return None
    widths = constant(node.inputs[1])
    if widths is None or widths.shape != (4, 2) or widths[0].any() or (widths < 0).any():
        return None
    total = [(int(a) + c, int(b) + d) for (a, b), (c, d) in zip(widths[1:3], own, strict=True)]
    return at.again(node.inputs[0], *at.inputs[1:], **_attributes(at, node.inputs[0], total))


def _own_padding(at: Spot) -> Widths | None:
    """What the convolution adds already, if that does not depend on what comes in."""
    padding = text(at.old, "padding")
    if padding == "VALID":
        return [(0, 0), (0, 0)]
    flat = integers(at.old, "explicit_paddings")
    if padding != "EXPLICIT" or len(flat) != 8:
        return None
    return [(flat[2], flat[3]), (flat[4], flat[5])]


def _attributes(at: Spot, x: Value, widths: Widths) -> dict[str, Attr]:
    if widths == [(0, 0), (0, 0)]:
        return {"padding": b"VALID", "explicit_paddings": []}
    if widths == _same(at, x):
        return {"padding": b"SAME", "explicit_paddings": []}
    flat = [0, 0, *widths[0], *widths[1], 0, 0]
    return {"padding": b"EXPLICIT", "explicit_paddings": list(flat)}


def _same(at: Spot, x: Value) -> Widths | None:
    """What SAME adds. Where it would have to cut off, WebAssembly computes zeros."""
    kernel, strides = at.shapes.of(at.inputs[1]), integers(at.old, "strides")
    dilations = integers(at.old, "dilations", [1] * 4)
    found: Widths = []
    for axis in (1, 2):
        size, window = at.shapes.dim(x, axis), kernel[axis - 1] if kernel is not None else None
        if size is None or window is None:
            return None
        reach = (window - 1) * dilations[axis] + 1
        total = (-(-size // strides[axis]) - 1) * strides[axis] + reach - size
        if total < 0:
            return None
        found.append((total // 2, total - total // 2))
    return found


PASS = Pass(
    "padding",
    "zeros added in front of a convolution",
    rules=dict.fromkeys(("Conv2D", "DepthwiseConv2dNative"), into_convolution),
)
