"""A convolution or matrix product, its bias and its activation in one node, as far as TF.js has kernels for that.

%c = Conv2D(%x, %w)
%b = BiasAdd(%c, %bias)
%y = Relu6(%b)              ->  %y = _FusedConv2D(%x, %w, %bias) {fused_ops: ["BiasAdd", "Relu6"], num_args: 1, ...}

    Conv2D                     _FusedConv2D                  Relu Relu6 Elu Sigmoid Prelu LeakyRelu
    DepthwiseConv2dNative      FusedDepthwiseConv2dNative    Relu Relu6 Elu Sigmoid Prelu
    MatMul, BatchMatMulV2      _FusedMatMul                  Relu Relu6 Elu Sigmoid Prelu LeakyRelu

That is what all backends take: a bias is a vector in WebAssembly, one that never was of another shape, not even before
a Reshape, and goes wrong with several or transposed matrices; slopes of LeakyRelu get lost on the way to depthwise
convolutions; those of Prelu may be taken for a bias where there is none, so they come with one of zeros. Shapes in
between move behind.
"""

from __future__ import annotations

import numpy as np

from tensorflowjs.ir.graph import Attr, Node, Type, Value
from tensorflowjs.passes.building import flag, integers, number, text
from tensorflowjs.passes.optimising.arithmetic.between import RESHAPES, again, behind_reshapes, read_by
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot
from tensorflowjs.passes.types import type_of

_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2")
_CONVOLUTIONS = {"Conv2D": "_FusedConv2D", "DepthwiseConv2dNative": "FusedDepthwiseConv2dNative"}
_FUSED: dict[str, str] = {**_CONVOLUTIONS, **dict.fromkeys(_PRODUCTS, "_FusedMatMul")}
_PLAIN = ("Relu", "Relu6", "Elu")
_TAKES: dict[str, tuple[str, ...]] = {
    "_FusedConv2D": (*_PLAIN, "Sigmoid", "Prelu", "LeakyRelu"),
    "FusedDepthwiseConv2dNative": (*_PLAIN, "Sigmoid", "Prelu"),
    "_FusedMatMul": (*_PLAIN, "Sigmoid", "Prelu", "LeakyRelu"),
}


def with_bias(at: Spot) -> Value | None:
    """BiasAdd of a vector behind what can add it itself"""
    inner, passed = behind_reshapes(at, at.x, at.old)
    node = inner.node
    if node.op not in _FUSED or not _can_fuse(node):
        return None
    if not read_by(inner, passed[-1] if passed else at.old):
        at.missed(f"something else reads the {node.op} as well")
        return None
    if node.op in _PRODUCTS and not _is_plain_product(at, node):
        at.missed("only a product of two matrices, none of them transposed, takes a bias in WebAssembly")
        return None
    channels, bias = at.shapes.dim(inner, -1), at.shapes.of(at.inputs[1])
    if bias is None or len(bias) != 1 or bias[0] is None or bias[0] != channels:
        at.missed("the bias is not known to be a vector of all channels")
        return None
    if not _is_constant(at.inputs[1]):
        at.missed("the bias is not a constant")
        return None
    return again(at, _fused(at, node, [at.inputs[1]], [b"BiasAdd"]), passed)


def _is_constant(value: Value) -> bool:
    """Whether `value` is a constant, even in a loop. Others may share memory with what has another shape."""
    node = value.node
    while node.op in ("Identity", "Enter"):
        node = node.inputs[0].node
    return node.op == "Const"


def _is_plain_product(at: Spot, node: Node) -> bool:
    turned = any(flag(node, key) for key in ("transpose_a", "transpose_b", "adj_x", "adj_y"))
    return not turned and all(at.shapes.rank(value) == 2 for value in node.inputs[:2])


def with_activation(at: Spot) -> Value | None:
    """An activation behind what can compute it itself"""
    value, reader, passed = at.x, at.old, []
    while at.old.op != "Prelu" and value.node.op in RESHAPES and read_by(value, reader) and not value.node.controls:
        reader = value.node
        passed.append(reader)
        value = reader.inputs[0]
    node = value.node
    takes = _TAKES.get(_FUSED.get(node.op, node.op))
    if takes is None or not _can_fuse(node):
        return None
    if at.old.op not in takes:
        at.missed(f"no fused {node.op} has this activation")
        return None
    if not read_by(value, reader):
        at.missed(f"something else reads the {node.op} as well")
        return None
    return _activated(at, node, passed)


def _activated(at: Spot, node: Node, passed: list[Node]) -> Value | None:
    op = at.old.op.encode()
    extra, attrs = _of_activation(at, node)
    if extra is None:
        return None
    if node.op in _FUSED:
        if not extra:
            return again(at, _fused(at, node, [], [b"NoOp", op], **attrs), passed)
        if node.op in _PRODUCTS and not _is_plain_product(at, node):
            at.missed("only a product of two matrices, none of them transposed, takes slopes in WebAssembly")
            return None
        zeros = at.const(np.zeros(at.shapes.dim(node.output, -1) or 0), "float32")
        return again(at, _fused(at, node, [zeros, *extra], [b"BiasAdd", op]), passed)
    ops = node.attrs.get("fused_ops")
    if ops != [b"BiasAdd"]:
        at.missed("there is an activation already")
        return None
    changes: dict[str, Attr] = {**node.attrs, **attrs, "fused_ops": [b"BiasAdd", op], "num_args": 1 + len(extra)}
    return again(at, at(node.op, *node.inputs, *extra, **changes), passed)


def _of_activation(at: Spot, node: Node) -> tuple[list[Value] | None, dict[str, Attr]]:
    """What an activation needs besides its input: values and attributes. None where not all backends take them."""
    if at.old.op == "LeakyRelu":
        return [], {"leakyrelu_alpha": number(at.old, "alpha", 0.2)}
    if at.old.op != "Prelu":
        return [], {}
    slopes = at.shapes.of(at.inputs[1])
    if slopes is None or len(slopes) != 1 or slopes[0] is None or slopes[0] != at.shapes.dim(node.output, -1):
        at.missed("the slopes are not a vector of all channels")
        return None, {}
    return [at.inputs[1]], {}


def _can_fuse(node: Node) -> bool:
    """Whether all backends run the fused form of `node` wherever they run `node`."""
    if node.controls or type_of(node.output) != "float32":
        return False
    if text(node, "data_format", "NHWC") != "NHWC":
        return False
    return node.op not in _CONVOLUTIONS or min(max(integers(node, "strides", [1])), max(_dilations(node))) == 1


def _dilations(node: Node) -> list[int]:
    return integers(node, "dilations", [1])


def _fused(at: Spot, node: Node, extra: list[Value], ops: list[bytes], **more: Attr) -> Value:
    attrs: dict[str, Attr] = {
        "T": Type("float32"),
        "fused_ops": list(ops),
        "num_args": len(extra),
        **more,
    }
    if node.op in _PRODUCTS:
        attrs["transpose_a"] = flag(node, "transpose_a") or flag(node, "adj_x")
        attrs["transpose_b"] = flag(node, "transpose_b") or flag(node, "adj_y")
    else:
        for key in ("strides", "padding", "explicit_paddings", "data_format", "dilations"):
            if key in node.attrs:
                attrs[key] = node.attrs[key]
    return at(_FUSED[node.op], *node.inputs[:2], *extra, **attrs)


BIASES = Pass("fuse_biases", "biases into convolutions and matrix products", rules={"BiasAdd": with_bias})
ACTIVATIONS = Pass(
    "fuse_activations",
    "activations into convolutions and matrix products",
    rules=dict.fromkeys((*_PLAIN, "Sigmoid", "Prelu", "LeakyRelu"), with_activation),
)
