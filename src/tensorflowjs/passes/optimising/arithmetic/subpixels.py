"""Transposed convolutions whose windows do not overlap compute the pixels of each as channels, then put them in place.

%t = Conv2DBackpropInput(%size, %w, %x) {strides: [1, 2, 2, 1]}        %y = _FusedConv2D(%x, %pixels, %biases) {...}
%b = BiasAdd(%t, %bias)                                          ->    %z = DepthToSpace(%y) {block_size: 2}
%z = Relu(%b)

Measured in WebAssembly, whose transposed convolution is a plain loop: a half to a fifth of the time, and there is a
kernel that takes the bias and the activation.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Attr, Value
from tensorflowjs.passes.building import integer, integers, text
from tensorflowjs.passes.optimising.arithmetic.linear import inflates, linear
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.tensors import Tensor

ELEMENTWISE = ("Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu")


def by_pixels(at: Spot) -> Value | None:
    old = linear(at, at.old)
    if old is None or at.dtype != "float32":
        return None
    block = integers(at.old, "strides", [1] * 4)[1]
    height, width, out, came = old.filter.shape
    if block < 2 or [height, width, block] != [*integers(at.old, "strides")[1:3], block] or height != width:
        at.missed("its windows overlap, or are not squares")
        return None
    if max(integers(at.old, "dilations", [1])) > 1 or text(at.old, "padding") == "EXPLICIT":
        return None
    if not _is_whole(at, old.data, block) or inflates(at, old):
        return None
    kernel = old.filter
    shape = (1, 1, came, block * block * out)
    pixels = at.computed(kernel, shape, lambda: kernel.read().transpose(3, 0, 1, 2).reshape(shape))
    attrs: dict[str, Attr] = {"padding": b"VALID", "data_format": b"NHWC", "explicit_paddings": []}
    attrs |= {"strides": [1, 1, 1, 1], "dilations": [1, 1, 1, 1]}
    return at("DepthToSpace", at("Conv2D", old.data, pixels, **attrs), block_size=block, data_format=b"NHWC")


def _is_whole(at: Spot, x: Value, block: int) -> bool:
    """Whether the result consists of whole windows, one for each pixel of `x`."""
    for axis in (1, 2):
        before, after = at.shapes.dim(x, axis), at.shapes.dim(at.old.output, axis)
        if before is None or after != before * block:
            at.missed("how large the result is is not known, or it is not made of whole windows")
            return False
    return True


def bias(at: Spot) -> Value | None:
    """A bias goes in front of DepthToSpace, once for each pixel."""
    node = at.own(at.x, "DepthToSpace")
    tensor = at.tensor_of(at.inputs[1])
    if node is None or tensor is None or len(tensor.shape) != 1 or not _computes_pixels(node.inputs[0]):
        return None
    times = integer(node, "block_size") ** 2
    repeated = _repeated(at, tensor, times)
    value = at("BiasAdd", node.inputs[0], repeated, data_format=b"NHWC")
    return at("DepthToSpace", value, **node.attrs)


def _repeated(at: Spot, tensor: Tensor, times: int) -> Value:
    return at.computed(tensor, (tensor.count * times,), lambda: np.tile(tensor.read(), times))


def _computes_pixels(value: Value) -> bool:
    node = value.node
    return node.op in ("Conv2D", "BiasAdd", "_FusedConv2D") and len(value.users) == 1


def activation(at: Spot) -> Value | None:
    """An activation does not care where a pixel is."""
    node = at.own(at.x, "DepthToSpace")
    if node is None or not _computes_pixels(node.inputs[0]):
        return None
    return at("DepthToSpace", at.again(node.inputs[0]), **node.attrs)


PASS = Pass(
    "subpixels",
    "transposed convolutions whose windows do not overlap",
    rules={"Conv2DBackpropInput": by_pixels, "BiasAdd": bias, **dict.fromkeys(ELEMENTWISE, activation)},
)
