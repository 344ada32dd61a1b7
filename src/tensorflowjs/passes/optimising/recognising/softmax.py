"""Softmax and LogSoftmax that are spelled out, over the last axis, which is the only one TF.js has kernels for.

%m = Max(%x, -1) {keep_dims: true}
%d = Sub(%x, %m)
%e = Exp(%d)
%s = Sum(%e, -1) {keep_dims: true}
%y = RealDiv(%e, %s)                     ->  %y = Softmax(%x)

Sub(%d, Log(%s)), Log(Softmax(%x))       ->  LogSoftmax(%x)

Without the Max the results are the same as long as no Exp overflows; Softmax never does.
"""

from __future__ import annotations

from tensorflowjs.ir.graph import Node, Type, Value
from tensorflowjs.passes.building import flag
from tensorflowjs.passes.optimising.passes import Pass
from tensorflowjs.passes.optimising.spot import Spot

_FLOAT = Type("float32")


def softmax(at: Spot) -> Value | None:
    """RealDiv(e, Sum(e)) or Mul(e, Reciprocal(Sum(e))) where e is Exp(x)"""
    if at.dtype != "float32":
        return None
    exponential, total = at.inputs
    if at.old.op == "Mul":
        exponential, total = (total, exponential) if exponential.node.op == "Reciprocal" else (exponential, total)
        if total.node.op != "Reciprocal":
            return None
        total = total.node.inputs[0]
    if exponential.node.op != "Exp" or not _sums(at, total.node, exponential):
        return None
    return at("Softmax", _without_maximum(at, exponential.node.inputs[0]), T=_FLOAT)


def log_softmax(at: Spot) -> Value | None:
    """Sub(d, Log(Sum(Exp(d))))"""
    d, logarithm = at.inputs
    if at.dtype != "float32" or logarithm.node.op != "Log":
        return None
    total = logarithm.node.inputs[0].node
    if total.op != "Sum" or total.inputs[0].node.op != "Exp" or total.inputs[0].node.inputs[0] is not d:
        return None
    if not _sums(at, total, total.inputs[0]):
        return None
    return at("LogSoftmax", _without_maximum(at, d), T=_FLOAT)


def log_of_softmax(at: Spot) -> Value | None:
    """Log(Softmax(x)) -> LogSoftmax(x), which has no Log(0)"""
    inner = at.own(at.x, "Softmax")
    return None if inner is None else at("LogSoftmax", inner.inputs[0], T=_FLOAT)


def _sums(at: Spot, node: Node, value: Value) -> bool:
    return node.op == "Sum" and node.inputs[0] is value and _over_last_axis(at, node)


def _over_last_axis(at: Spot, node: Node) -> bool:
    rank = at.shapes.rank(node.inputs[0])
    if not rank or not flag(node, "keep_dims"):
        return False
    if at.shapes.axes(node.inputs[1], rank) != [rank - 1]:
        at.missed("TF.js has a kernel for the last axis only")
        return False
    return True


def _without_maximum(at: Spot, value: Value) -> Value:
    """x of x - Max(x), or the value itself: what is taken away from all is of no account."""
    node = value.node
    if node.op != "Sub":
        return value
    x, most = node.inputs
    while most.node.op in ("StopGradient", "Identity"):
        most = most.node.inputs[0]
    is_maximum = most.node.op == "Max" and most.node.inputs[0] is x and _over_last_axis(at, most.node)
    return x if is_maximum else value


PASS = Pass(
    "softmax",
    "Softmax and LogSoftmax that are spelled out",
    rules={"RealDiv": softmax, "Mul": softmax, "Sub": log_softmax, "Log": log_of_softmax},
)
