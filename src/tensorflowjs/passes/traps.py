"""Ops that TF.js runs with other results than TensorFlow, unless their attributes are as it expects.

A trap gets a node whose op TF.js has, and says what is wrong with it, or None.
"""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, flag, integer, integers, text
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.passes.types import type_of

Trap = Callable[[Node], str | None]


def trap(node: Node) -> str | None:
    """What TF.js would do otherwise with this node."""
    found = _TRAPS.get(node.op)
    said = found(node) if found is not None else None
    return said or _channels_first(node)


def _channels_first(node: Node) -> str | None:
    if text(node, "data_format").startswith("NC"):
        return "TF.js takes images with channels last only"
    return None


def _batch_norm(node: Node) -> str | None:
    if _reads_beyond_first(node):
        return "TF.js does not return the statistics of a batch"
    return "TF.js normalises by given statistics only" if flag(node, "is_training", True) else None


def _reads_beyond_first(node: Node) -> bool:
    graph = node.graph
    return any(
        value.index and (value.users or (graph is not None and graph.is_output(value))) for value in node.outputs
    )


def _one_hot(node: Node) -> str | None:
    return "TF.js has the new axis at the end only" if integer(node, "axis", -1) != -1 else None


def _band(node: Node) -> str | None:
    lower, upper = (constant(value) for value in node.inputs[1:3])
    if lower is None or upper is None or int(lower) != int(upper):
        return "TF.js takes as many diagonals above as below, and here they are not known to be equal"
    return None


def _integers(node: Node) -> str | None:
    return "TF.js rounds quotients of integers down, not towards 0" if type_of(node.output) == "int32" else None


def _remainder(node: Node) -> str | None:
    return "TF.js gives remainders the sign of the divisor"


def _quantised(node: Node) -> str | None:
    return "TF.js hands its input on as it is, and its bounds are not constant"


def _pool(node: Node) -> str | None:
    return "TF.js pools without paddings of one's own" if text(node, "padding") == "EXPLICIT" else None


def _convolution(node: Node) -> str | None:
    if max(integers(node, "strides", [1])) > 1 and max(integers(node, "dilations", [1])) > 1:
        return "TF.js takes strides or dilations, not both, and the size of its input is not known"
    return None


def _transposed(node: Node) -> str | None:
    return "TF.js ignores its dilations" if max(integers(node, "dilations", [1])) > 1 else None


def _random_integers(node: Node) -> str | None:
    return "TF.js draws nothing but zeros"


def _fourier(node: Node) -> str | None:
    if constant(node.inputs[1]) is None or _fits(node.inputs[0], node):
        return None
    return "TF.js ignores the length it is given, and that of its input is another or not known"


def _fits(x: Value, node: Node) -> bool:
    """Whether the length asked for is the one that the input has by itself."""
    graph = node.graph
    assert graph is not None
    size, length = Shapes(graph).dim(x, -1), int(constant(node.inputs[1]).reshape(-1)[0])  # type: ignore[union-attr]
    return size is not None and length == (size if node.op == "RFFT" else 2 * (size - 1))


def _einsum(node: Node) -> str | None:
    equation = text(node, "equation")
    if len(node.inputs) > 2:
        return "TF.js takes two operands at most"
    if "." in equation:
        return "TF.js has no ellipses, and it is not known for how many axes this one stands"
    if any(len(set(term)) != len(term) for term in equation.replace("->", ",").split(",")):
        return "TF.js takes no axis of an operand twice"
    return _capitals(equation)


def _capitals(*texts: str) -> str | None:
    return "TF.js reads capitals as small letters" if any(each != each.lower() for each in texts) else None


def _regex(node: Node) -> str | None:
    return _capitals(text(node, "pattern"), text(node, "rewrite"))


def _n_grams(node: Node) -> str | None:
    return _capitals(text(node, "separator"), text(node, "left_pad"), text(node, "right_pad"))


_TRAPS: dict[str, Trap] = {
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _batch_norm),
    "OneHot": _one_hot,
    "MatrixBandPart": _band,
    **dict.fromkeys(("Div", "RealDiv"), _integers),
    "Mod": _remainder,
    "FakeQuantWithMinMaxVars": _quantised,
    **dict.fromkeys(("MaxPool", "AvgPool"), _pool),
    **dict.fromkeys(("Conv2D", "DepthwiseConv2dNative"), _convolution),
    "Conv2DBackpropInput": _transposed,
    "RandomUniformInt": _random_integers,
    **dict.fromkeys(("RFFT", "IRFFT"), _fourier),
    "Einsum": _einsum,
    "StaticRegexReplace": _regex,
    "StringNGrams": _n_grams,
}
