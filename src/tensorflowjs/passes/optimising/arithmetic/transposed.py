"""Transposed convolutions are ordinary ones, where their windows do not overlap or lie next to each other.

With strides as large as the window, the pixels of a window are channels first, and put in their places then:

%t = Conv2DBackpropInput(%size, %w, %x) {strides: [1, 2, 2, 1]}
%b = BiasAdd(%t, %bias)
%y = Relu(%b)

%c = Conv2D(%x, %pixels)
%b = BiasAdd(%c, %biases)
%a = Relu(%b)
%r = Reshape(%a, [-1, width, 2, 2 * channels])
%p = Transpose(%r, [0, 2, 1, 3])
%y = Reshape(%p, [-1, 2 * height, 2 * width, channels])

Without strides, the filter is turned round:

%y = Conv2DBackpropInput(%size, %w, %x)     ->     %y = Conv2D(%x, %w_turned) {padding: "SAME"}

Measured in WebAssembly, whose transposed convolution is a plain loop: a ninth of the time, and half of that of
DepthToSpace; and there is a kernel that takes the bias and the activation.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Attr, Node, Value
from tensorflowjs.passes.building import integers, text
from tensorflowjs.passes.optimising.arithmetic.between import read_by
from tensorflowjs.passes.optimising.arithmetic.linear import Linear, inflates, linear
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

ELEMENTWISE = ("Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu")
_PLAIN: dict[str, Attr] = {
    "strides": [1, 1, 1, 1],
    "dilations": [1, 1, 1, 1],
    "padding": b"VALID",
    "data_format": b"NHWC",
    "explicit_paddings": [],
}


def turned_round(at: Spot) -> Value | None:
    """Without strides: what a window adds to is what a window of the turned filter reads."""
    old = linear(at, at.old)
    if old is None or at.dtype != "float32" or max(integers(at.old, "strides")) > 1 or not _is_plain(at, old.node):
        return None
    if inflates(at, old):
        return None
    kernel = old.filter
    height, width, out, came = kernel.shape
    shape = (height, width, came, out)
    turned = at.computed(kernel, shape, lambda: kernel.read()[::-1, ::-1].transpose(0, 1, 3, 2))
    pads = [pad for size in (height, width) for pad in _pads(at.old, size)]
    padding: dict[str, Attr] = {"padding": b"EXPLICIT", "explicit_paddings": [0, 0, *pads, 0, 0]}
    if not any(pads):
        padding = {}
    elif text(at.old, "padding") == "SAME" and height % 2 == width % 2 == 1:
        padding = {"padding": b"SAME"}
    return at("Conv2D", old.data, turned, **{**_PLAIN, **padding})


def _pads(node: Node, size: int) -> tuple[int, int]:
    """What the turned filter needs before and behind: the window, less what the convolution of old has added."""
    if text(node, "padding") == "VALID":
        return size - 1, size - 1
    before = (size - 1) // 2
    return size - 1 - before, before


def _is_plain(at: Spot, node: Node) -> bool:
    dilated = max(integers(node, "dilations", [1])) > 1
    return not dilated and text(node, "padding") in ("SAME", "VALID")


# ---------------------------------------------------------------------------- windows that do not overlap


def by_pixels(at: Spot) -> Value | None:
    """At the end of a transposed convolution, its bias and its activation."""
    if _goes_on(at.old):
        return None
    node, activation, bias = at.old, None, None
    if node.op in ELEMENTWISE:
        node, activation = at.x.node, node
    if node.op == "BiasAdd" and (activation is None or read_by(node.output, activation)):
        bias = at.tensor_of(node.inputs[1])
        reader, node = node, node.inputs[0].node
        if bias is None or len(bias.shape) != 1 or not read_by(node.output, reader):
            return None
    elif activation is not None and not read_by(node.output, activation):
        return None
    old = linear(at, node) if node.op == "Conv2DBackpropInput" else None
    block = None if old is None else _block(at, old)
    if old is None or block is None or (bias is not None and bias.count != old.channels_out):
        return None
    value = _convolved(at, old, block)
    if bias is not None:
        vector = bias
        repeated = at.computed(bias, (bias.count * block**2,), lambda: np.tile(vector.read(), block**2))
        value = at("BiasAdd", value, repeated, data_format=b"NHWC")
    if activation is not None:
        value = at(activation.op, value, **activation.attrs)
    return _placed(at, value, old, block)


def _goes_on(node: Node) -> bool:
    """Whether the next node can go in front as well, and does the whole."""
    users = node.output.users
    if len(users) != 1 or node.op in ELEMENTWISE or not read_by(node.output, users[0]):
        return False
    return users[0].op in ELEMENTWISE or (users[0].op == "BiasAdd" and node.op == "Conv2DBackpropInput")


def _block(at: Spot, old: Linear) -> int | None:
    """How many pixels wide and high the windows are, if they make up the result."""
    block = integers(old.node, "strides")[1]
    height, width = old.filter.shape[:2]
    if block == 1 or not _is_plain(at, old.node):
        return None
    if not height == width == block == integers(old.node, "strides")[2]:
        at.missed("its windows overlap, or are not squares")
        return None
    for axis in (1, 2):
        before, after = at.shapes.dim(old.data, axis), at.shapes.dim(old.node.output, axis)
        if before is None or after != before * block:
            at.missed("how large the result is is not known, or it is not made of whole windows")
            return None
    return None if inflates(at, old) else block


def _convolved(at: Spot, old: Linear, block: int) -> Value:
    """The pixels of each window as channels: rows first, then columns, then the channels of each."""
    kernel = old.filter
    shape = (1, 1, old.channels_in, block * block * old.channels_out)
    pixels = at.computed(kernel, shape, lambda: kernel.read().transpose(3, 0, 1, 2).reshape(shape))
    return at("Conv2D", old.data, pixels, **_PLAIN)


def _placed(at: Spot, value: Value, old: Linear, block: int) -> Value:
    height, width = at.shapes.dim(old.data, 1), at.shapes.dim(old.data, 2)
    assert height is not None and width is not None
    rows = at.reshape(value, [-1, width, block, block * old.channels_out])
    return at.reshape(at.transpose(rows, [0, 2, 1, 3]), [-1, block * height, block * width, old.channels_out])


TURNED = Pass(
    "turned_convolutions",
    "transposed convolutions without strides",
    rules={"Conv2DBackpropInput": turned_round},
)
PIXELS = Pass(
    "pixels",
    "transposed convolutions whose windows do not overlap",
    rules=dict.fromkeys(("Conv2DBackpropInput", "BiasAdd", *ELEMENTWISE), by_pixels),
)
