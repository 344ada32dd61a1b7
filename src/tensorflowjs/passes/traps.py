"""Ops that TF.js runs with other results than TensorFlow, unless their attributes are as it expects.

A trap gets a node whose op TF.js has, and says what is wrong with it, or None.
"""

from __future__ import annotations

from collections.abc import Callable

from tensorflowjs.ir.graph import Node, Value
from tensorflowjs.passes.building import constant, flag, integer, integers, is_read, text
from tensorflowjs.passes.shapes import Shapes
from tensorflowjs.passes.types import type_of

Trap = Callable[[Node], str | None]


def trap(node: Node) -> str | None:
    """What TF.js would do otherwise with this node."""
    found = _TRAPS.get(node.op)
    said = found(node) if found is not None else None
    return said or _channels_first(node) or _dtype(node) or _results(node)


def _channels_first(node: Node) -> str | None:
    if text(node, "data_format").startswith("NC"):
        return "TF.js takes images with channels last only"
    return None


def _dtype(node: Node) -> str | None:
    """Most ops take numbers only, and neither strings nor complex ones."""
    if node.op in _NUMBERS_ONLY and any(type_of(value) == "string" for value in node.inputs):
        return "TF.js does this with numbers only, and here are strings"
    if node.op not in _WITH_COMPLEX and any(type_of(value) == "complex64" for value in node.inputs):
        return "TF.js does not do this with complex numbers"
    return None


_NUMBERS_ONLY = frozenset(
    {"Gather", "GatherV2", "Select", "SelectV2", "Reverse", "ReverseV2", "Split", "SplitV", "Pad", "PadV2", "MirrorPad",
     "Transpose", "BroadcastTo", "ZerosLike", "OnesLike", "ScatterNd", "ListDiff", "SparseFillEmptyRows", "AddV2",
     "Add", "TensorScatterUpdate"}
)  # fmt: skip

_WITH_COMPLEX = frozenset(
    {"Complex", "Real", "Imag", "ComplexAbs", "FFT", "IFFT", "IRFFT", "Concat", "ConcatV2", "Pack", "Reshape",
     "Transpose", "ExpandDims", "Squeeze", "Identity", "IdentityN", "ZerosLike", "OnesLike", "Shape", "ShapeN", "Size",
     "Rank", "Switch", "Merge", "Enter", "Exit", "NextIteration", "If", "StatelessIf", "While", "StatelessWhile",
     "StopGradient", "NoOp", "Add", "AddV2", "Sub", "Mul"}
)  # fmt: skip


def _results(node: Node) -> str | None:
    """TF.js returns fewer results of some ops."""
    count = _RETURNED.get(node.op)
    if count is not None and any(value.index >= count and is_read(value) for value in node.outputs):
        return f"TF.js returns {_COUNTED[count]}"
    return None


_RETURNED = {"NonMaxSuppressionV5": 2, "TensorListConcat": 1, "TensorListConcatV2": 1, "TensorArrayConcatV3": 1}
_COUNTED = {1: "its first result only", 2: "its first two results only"}


def _batch_norm(node: Node) -> str | None:
    if _reads_beyond_first(node):
        return "TF.js does not return the statistics of a batch"
    return "TF.js normalises by given statistics only" if flag(node, "is_training", True) else None


def _reads_beyond_first(node: Node) -> bool:
    return any(value.index and is_read(value) for value in node.outputs)


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
    pattern, replacement = text(node, "pattern"), text(node, "rewrite")
    if "\\" in replacement or "$" in replacement:
        return "JavaScript writes what a pattern has found another way"
    if any(part in pattern for part in _OF_RE2):
        return "JavaScript reads this pattern another way"
    return _capitals(pattern, replacement)


# Parts of patterns that mean something else, or nothing, in JavaScript.
_OF_RE2 = ("[[:", "(?i", "(?s", "(?m", "(?U", "(?P", "(?-", "\\p", "\\P", "\\Q", "\\A", "\\z", "\\C", "\\a", "\\x{")


def _n_grams(node: Node) -> str | None:
    return _capitals(text(node, "separator"), text(node, "left_pad"), text(node, "right_pad"))


def _running(node: Node) -> str | None:
    axis = constant(node.inputs[1])
    if axis is not None and int(axis) < 0:
        return "TF.js counts axes from the front only, and it is not known how many there are"
    return None


def _fused(node: Node) -> str | None:
    fused = node.attrs.get("fused_ops")
    names = [each.decode() for each in fused if isinstance(each, bytes)] if isinstance(fused, list) else []
    if names and names[0] in ("BiasAdd", "NoOp") and len(names) <= 2 and set(names[1:]) <= _FUSIBLE:
        return None
    return f"TF.js does not fuse {', '.join(names)} with it"


_FUSIBLE = frozenset({"Relu", "Relu6", "Elu", "Sigmoid", "LeakyRelu", "Prelu"})


def _integers_to_floats(node: Node) -> str | None:
    if type_of(node.output) == "int32":
        return "TF.js gives floats, and this is about integers"
    return None


def _padded_suppression(node: Node) -> str | None:
    return "TF.js does not pad its results" if flag(node, "pad_to_max_output_size") else None


def _popped(node: Node) -> str | None:
    return "TF.js returns the element and no list; only training does this"


def _split_list(node: Node) -> str | None:
    return "TF.js takes the rows out of the shape of each piece"


def _changed_twice(node: Node) -> str | None:
    users = node.inputs[0].users
    if sum(user.op in _CHANGING for user in users) > 1 or any(user.op in _TAKING_ALL for user in users):
        return "TF.js changes the list itself, and here it is still needed as it was"
    return None


_CHANGING = frozenset({"TensorListSetItem", "TensorListPushBack", "TensorListPopBack"})
_TAKING_ALL = frozenset({"TensorListStack", "TensorListConcat", "TensorListConcatV2", "TensorListGather"})


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
    **dict.fromkeys(("Cumsum", "Cumprod"), _running),
    "Mean": _integers_to_floats,
    **dict.fromkeys(("_FusedConv2D", "_FusedMatMul", "FusedDepthwiseConv2dNative"), _fused),
    "NonMaxSuppressionV5": _padded_suppression,
    "TensorListPopBack": _popped,
    "TensorListSplit": _split_list,
    **dict.fromkeys(("TensorListSetItem", "TensorListPushBack"), _changed_twice),
}
