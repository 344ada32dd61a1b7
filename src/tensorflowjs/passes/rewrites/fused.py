"""What TensorFlow's own optimiser has put together, taken apart: TF.js has not all of it."""

from __future__ import annotations

from collections.abc import Iterator

from tensorflowjs.ir.graph import Attr, Value
from tensorflowjs.passes.building import number
from tensorflowjs.passes.rewrites.site import Rule, Site

_OF_WINDOWS = ("strides", "padding", "explicit_paddings", "data_format", "dilations")
_PLAIN = {
    "_FusedConv2D": ("Conv2D", _OF_WINDOWS),
    "_FusedDepthwiseConv2dNative": ("DepthwiseConv2dNative", _OF_WINDOWS),
    "_FusedMatMul": ("MatMul", ("transpose_a", "transpose_b")),
}
_ACTIVATIONS = ("Relu", "Relu6", "Elu", "Tanh", "Sigmoid", "LeakyRelu", "GeluExact", "GeluApproximate", "_FusedSwish")


def unfuse(at: Site) -> Value | None:
    """_FusedConv2D(x, k, bias) {fused_ops: ["BiasAdd", "Relu"]} -> Conv2D, BiasAdd, Relu"""
    fused = at.old.attrs.get("fused_ops")
    names = [each.decode() for each in fused if isinstance(each, bytes)] if isinstance(fused, list) else []
    op, keys = _PLAIN[at.old.op]
    attrs = {key: at.old.attrs[key] for key in keys if key in at.old.attrs}
    result: Value | None = at(op, *at.inputs[:2], **attrs)
    waiting = iter(at.inputs[2:])
    for name in names:
        result = _step(at, name, result, waiting) if result is not None else None
    return None if next(waiting, None) is not None else result


def _step(at: Site, name: str, x: Value, waiting: Iterator[Value]) -> Value | None:
    """One of the ops that were fused; None if there is no telling what it does."""
    layout: dict[str, Attr] = {"data_format": at.old.attrs.get("data_format", b"NHWC")}
    if name == "BiasAdd":
        return at("BiasAdd", x, next(waiting), **layout)
    if name == "Add":
        return at("AddV2", x, next(waiting))
    if name == "FusedBatchNorm":
        statistics = [next(waiting) for _ in range(4)]
        epsilon = number(at.old, "epsilon", 1e-4)
        return at("FusedBatchNormV3", x, *statistics, epsilon=epsilon, is_training=False, **layout)
    if name == "LeakyRelu":
        return at("LeakyRelu", x, alpha=number(at.old, "leakyrelu_alpha", 0.2))
    if name in ("GeluExact", "GeluApproximate"):
        return _gelu(at, x, exact=name == "GeluExact")
    if name == "_FusedSwish":
        return at("Mul", x, at("Sigmoid", x))
    return at(name, x) if name in _ACTIVATIONS else None


def _gelu(at: Site, x: Value, *, exact: bool) -> Value:
    half, one = at.like(0.5, x), at.like(1, x)
    if exact:
        share = at("Erf", at("Mul", x, at.like(0.5**0.5, x)))
    else:
        cube = at("Mul", at.like(0.044715, x), at("Mul", x, at("Square", x)))
        share = at("Tanh", at("Mul", at.like(0.7978845608028654, x), at("AddV2", x, cube)))
    return at("Mul", at("Mul", half, x), at("AddV2", one, share))


RULES: dict[str, Rule] = dict.fromkeys(_PLAIN, unfuse)
