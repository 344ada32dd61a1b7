"""The shapes of what ops return, family by family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tensorflowjs.dtypes import DTYPES
from tensorflowjs.ir.graph import Node, Shape, Type, Value
from tensorflowjs.passes.building import flag, integer, integers
from tensorflowjs.passes.dims import Dim, Dims, all_known, broadcast, common
from tensorflowjs.passes.window_rules import WINDOWS
from tensorflowjs.tensors import Tensor

if TYPE_CHECKING:
    from tensorflowjs.passes.shapes import Shapes


def _declared(shapes: Shapes, value: Value) -> Dims:
    shape = value.node.attrs.get("shape")
    if isinstance(shape, Shape):
        return shape.dims
    return shapes.of(value.node.inputs[0]) if value.node.inputs else None


def _constant(shapes: Shapes, value: Value) -> Dims:
    tensor = value.node.attrs.get("value")
    return tensor.shape if isinstance(tensor, Tensor) else None


def _same_index(shapes: Shapes, value: Value) -> Dims:
    inputs = value.node.inputs
    return shapes.of(inputs[value.index]) if value.index < len(inputs) else None


def _merge(shapes: Shapes, value: Value) -> Dims:
    if value.index == 1:
        return ()
    inputs = value.node.inputs
    declared = value.node.attrs.get("shape")
    if isinstance(declared, Shape):
        return declared.dims
    if any(each.node.op == "NextIteration" for each in inputs):
        return None  # what a loop turns round may change its shape
    return common([shapes.of(each) for each in inputs])


def _results(shapes: Shapes, value: Value) -> Dims:
    """Loops and branches may say what they return."""
    declared = value.node.attrs.get("output_shapes")
    if isinstance(declared, list) and value.index < len(declared):
        shape = declared[value.index]
        return shape.dims if isinstance(shape, Shape) else None
    return None


def _reduction(shapes: Shapes, value: Value) -> Dims:
    node = value.node
    dims = shapes.of(node.inputs[0])
    axes = shapes.axes(node.inputs[1], len(dims)) if dims else []
    if dims is None or axes is None:
        return None
    if flag(node, "keep_dims"):
        return tuple(1 if axis in axes else dim for axis, dim in enumerate(dims))
    return tuple(dim for axis, dim in enumerate(dims) if axis not in axes)


def _arg_reduction(shapes: Shapes, value: Value) -> Dims:
    dims = shapes.of(value.node.inputs[0])
    axes = shapes.axes(value.node.inputs[1], len(dims)) if dims else None
    return None if dims is None or axes is None else tuple(dim for axis, dim in enumerate(dims) if axis not in axes)


def _shape_value(shapes: Shapes, value: Value) -> Dims:
    return (shapes.rank(value.node.inputs[value.index]),)


def _scalar(shapes: Shapes, value: Value) -> Dims:
    return ()


def _reshape(shapes: Shapes, value: Value) -> Dims:
    data, wanted = value.node.inputs[:2]
    numbers = shapes.numbers(wanted)
    if numbers is None:
        length = shapes.dim(wanted, 0)
        return None if length is None else (None,) * length
    if numbers.count(-1) != 1 or None in numbers:
        return tuple(None if number == -1 else number for number in numbers)
    known = shapes.known(data)
    rest = int(np.prod([number for number in numbers if number is not None and number != -1]))
    free = None if known is None or not rest else int(np.prod(known)) // rest
    return tuple(free if number == -1 else number for number in numbers)


def _sized_by(position: int) -> Callable[[Shapes, Value], Dims]:
    """Ops whose input at `position` holds the shape of their output."""

    def rule(shapes: Shapes, value: Value) -> Dims:
        numbers = shapes.numbers(value.node.inputs[position])
        if numbers is not None:
            return tuple(None if number is None or number < 0 else number for number in numbers)
        length = shapes.dim(value.node.inputs[position], 0)
        return None if length is None else (None,) * length

    return rule


def _transpose(shapes: Shapes, value: Value) -> Dims:
    data, order = value.node.inputs[:2]
    dims, numbers = shapes.of(data), all_known(shapes.numbers(order))
    if dims is None:
        return None
    return (None,) * len(dims) if numbers is None else tuple(dims[number] for number in numbers)


def _expand_dims(shapes: Shapes, value: Value) -> Dims:
    data, axis = value.node.inputs[:2]
    dims, numbers = shapes.of(data), all_known(shapes.numbers(axis))
    if dims is None or not numbers:
        return None
    at = numbers[0] % (len(dims) + 1)
    return (*dims[:at], 1, *dims[at:])


def _squeeze(shapes: Shapes, value: Value) -> Dims:
    dims = shapes.of(value.node.inputs[0])
    axes = integers(value.node, "squeeze_dims")
    if dims is None or (not axes and None in dims):
        return None
    if not axes:
        return tuple(dim for dim in dims if dim != 1)
    gone = {axis % len(dims) for axis in axes}
    return tuple(dim for axis, dim in enumerate(dims) if axis not in gone)


def _concat(shapes: Shapes, value: Value) -> Dims:
    *parts, axis = value.node.inputs
    found = [shapes.of(part) for part in parts]
    numbers = all_known(shapes.numbers(axis))
    known = [dims for dims in found if dims is not None]
    if len(known) != len(found) or not numbers or len({len(dims) for dims in known}) != 1:
        return None
    at = numbers[0] % len(known[0])
    sizes = all_known(tuple(dims[at] for dims in known))
    joined = broadcast(known)
    assert joined is not None
    return (*joined[:at], sum(sizes) if sizes is not None else None, *joined[at + 1 :])


def _pack(shapes: Shapes, value: Value) -> Dims:
    found = common([shapes.of(part) for part in value.node.inputs])
    if found is None:
        return None
    at = integer(value.node, "axis") % (len(found) + 1)
    return (*found[:at], len(value.node.inputs), *found[at:])


def _unpack(shapes: Shapes, value: Value) -> Dims:
    dims = shapes.of(value.node.inputs[0])
    if not dims:
        return None
    at = integer(value.node, "axis") % len(dims)
    return (*dims[:at], *dims[at + 1 :])


def _split(shapes: Shapes, value: Value) -> Dims:
    axis, data = value.node.inputs[:2]
    dims, numbers = shapes.of(data), all_known(shapes.numbers(axis))
    if not dims or not numbers:
        return None
    at, parts = numbers[0] % len(dims), integer(value.node, "num_split", 1)
    size = dims[at]
    return (*dims[:at], None if size is None else size // parts, *dims[at + 1 :])


def _split_v(shapes: Shapes, value: Value) -> Dims:
    data, sizes, axis = value.node.inputs[:3]
    dims, lengths, numbers = shapes.of(data), shapes.numbers(sizes), all_known(shapes.numbers(axis))
    if not dims or not numbers:
        return None
    at = numbers[0] % len(dims)
    length = lengths[value.index] if lengths is not None and value.index < len(lengths) else None
    return (*dims[:at], None if length is None or length < 0 else length, *dims[at + 1 :])


def _gather(shapes: Shapes, value: Value) -> Dims:
    data, indices = (shapes.of(each) for each in value.node.inputs[:2])
    if data is None or indices is None:
        return None
    axis: tuple[int, ...] | None = (0,)
    if len(value.node.inputs) > 2:
        axis = all_known(shapes.numbers(value.node.inputs[2]))
    if not axis or not data:
        return None
    at = axis[0] % len(data)
    return (*data[:at], *indices[integer(value.node, "batch_dims") :], *data[at + 1 :])


def _gather_nd(shapes: Shapes, value: Value) -> Dims:
    data, indices = (shapes.of(each) for each in value.node.inputs[:2])
    if data is None or not indices or indices[-1] is None:
        return None
    return (*indices[:-1], *data[indices[-1] :])


def _matmul(shapes: Shapes, value: Value) -> Dims:
    left, right = (shapes.of(each) for each in value.node.inputs[:2])
    if left is None or right is None or len(left) < 2 or len(right) < 2:
        return None
    node = value.node
    rows = left[-1] if flag(node, "transpose_a") or flag(node, "adj_x") else left[-2]
    columns = right[-2] if flag(node, "transpose_b") or flag(node, "adj_y") else right[-1]
    batch = broadcast([left[:-2], right[:-2]])
    return None if batch is None else (*batch, rows, columns)


def _slice(shapes: Shapes, value: Value) -> Dims:
    data, begin, size = value.node.inputs[:3]
    dims, starts, sizes = shapes.of(data), shapes.numbers(begin), shapes.numbers(size)
    if dims is None or sizes is None:
        return None if dims is None else (None,) * len(dims)
    result: list[Dim] = []
    for axis, (dim, count) in enumerate(zip(dims, sizes, strict=True)):
        start = starts[axis] if starts is not None else None
        if count == -1:
            result.append(dim - start if dim is not None and start is not None else None)
        else:
            result.append(count)
    return tuple(result)


def _strided_slice(shapes: Shapes, value: Value) -> Dims:
    dims = shapes.of(value.node.inputs[0])
    bounds = [_bounds(shapes, each) for each in value.node.inputs[1:4]]
    begin, end, strides = bounds
    if dims is None or begin is None or end is None or strides is None:
        return None
    return sliced(value.node, dims, begin, end, strides)


def _bounds(shapes: Shapes, value: Value) -> Sequence[Dim] | None:
    """The numbers of a list, at least how many there are."""
    numbers = shapes.numbers(value)
    if numbers is not None:
        return numbers
    length = shapes.dim(value, 0)
    return None if length is None else [None] * length


def _rfft(shapes: Shapes, value: Value) -> Dims:
    """Half of the length and one; of an inverse transform, the length."""
    dims, length = shapes.of(value.node.inputs[0]), shapes.numbers(value.node.inputs[1])
    if not dims:
        return None
    size = length[0] if length is not None and len(length) == 1 else None
    if size is not None and value.node.op == "RFFT":
        size = size // 2 + 1
    return (*dims[:-1], size)


def sliced(node: Node, dims: tuple[Dim, ...], begin: Sequence[Dim], end: Sequence[Dim], strides: Sequence[Dim]) -> Dims:
    """The shape of a strided slice, spec by spec."""
    masks = {key: integer(node, f"{key}_mask") for key in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")}
    specs = len(begin)
    taken = sum(not (masks["new_axis"] >> at & 1) and not (masks["ellipsis"] >> at & 1) for at in range(specs))
    result: list[Dim] = []
    axis = 0
    for at in range(specs):
        if masks["ellipsis"] >> at & 1:
            width = len(dims) - taken
            result += dims[axis : axis + width]
            axis += width
        elif masks["new_axis"] >> at & 1:
            result.append(1)
        elif axis >= len(dims):
            return None
        else:
            if not masks["shrink_axis"] >> at & 1:
                start = None if masks["begin"] >> at & 1 else (begin[at],)
                stop = None if masks["end"] >> at & 1 else (end[at],)
                result.append(_range_length(dims[axis], start, stop, strides[at]))
            axis += 1
    return (*result, *dims[axis:])


def _range_length(dim: Dim, start: tuple[Dim] | None, stop: tuple[Dim] | None, step: Dim) -> Dim:
    """How many indices a slice of an axis takes; None in place of an end means up to the edge."""
    if step is None or step == 0 or (start is not None and start[0] is None) or (stop is not None and stop[0] is None):
        return None
    if dim is None:
        return None
    bounds = slice(start[0] if start else None, stop[0] if stop else None, step)
    return len(range(*bounds.indices(dim)))


def _one_hot(shapes: Shapes, value: Value) -> Dims:
    dims, depth = shapes.of(value.node.inputs[0]), shapes.numbers(value.node.inputs[1])
    if dims is None:
        return None
    axis = integer(value.node, "axis", -1)
    at = len(dims) if axis == -1 else axis
    return (*dims[:at], depth[0] if depth else None, *dims[at:])


def _tile(shapes: Shapes, value: Value) -> Dims:
    dims, counts = shapes.of(value.node.inputs[0]), shapes.numbers(value.node.inputs[1])
    if dims is None or counts is None:
        return None if dims is None else (None,) * len(dims)
    return tuple(None if dim is None or times is None else dim * times for dim, times in zip(dims, counts, strict=True))


def _element_sizes(shapes: Shapes, value: Value) -> Dims:
    dims = shapes.of(value.node.inputs[0])
    return None if dims is None or value.index else dims


def _bitcast(shapes: Shapes, value: Value) -> Dims:
    """Between dtypes of one size the shape stays."""
    sizes = [DTYPES[each.name].size for key in ("T", "type") if isinstance(each := value.node.attrs.get(key), Type)]
    return shapes.of(value.node.inputs[0]) if len(sizes) == 2 and sizes[0] == sizes[1] else None


def _top(shapes: Shapes, value: Value) -> Dims:
    dims, count = shapes.of(value.node.inputs[0]), shapes.numbers(value.node.inputs[1])
    return None if not dims else (*dims[:-1], count[0] if count else None)


def _range_of(shapes: Shapes, value: Value) -> Dims:
    ends = [all_known(shapes.numbers(each)) for each in value.node.inputs]
    known = [end[0] for end in ends if end]
    return (len(range(known[0], known[1], known[2])),) if len(known) == 3 and known[2] else (None,)


def _listed(position: int, *, stacked: bool) -> Callable[[Shapes, Value], Dims]:
    """What comes out of a list of tensors, whose shape is an input of the op."""

    def rule(shapes: Shapes, value: Value) -> Dims:
        numbers = shapes.numbers(value.node.inputs[position])
        if numbers is None or (shapes.rank(value.node.inputs[position]) == 0):
            return None
        dims = tuple(None if number is None or number < 0 else number for number in numbers)
        return (None, *dims) if stacked else dims

    return rule


def _switch(shapes: Shapes, value: Value) -> Dims:
    return shapes.of(value.node.inputs[0])


def _select(shapes: Shapes, value: Value) -> Dims:
    return shapes.of(value.node.inputs[1])


SAME = frozenset(
    {"Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BiasAdd", "Cast", "Ceil", "ClipByValue", "Cos", "Cosh",
     "Cumprod", "Cumsum", "Elu", "Enter", "Erf", "Erfc", "Exit", "Exp", "Expm1", "FFT", "FFT2D", "IFFT2D",
     "Real", "Imag", "ComplexAbs",
     "Floor", "HashTableV2", "IFFT",
     "Identity", "Inv", "Invert", "IsFinite", "IsInf", "IsNan", "LRN", "LeakyRelu", "Log", "Log1p", "LogSoftmax",
     "LogicalNot", "LoopCond", "MatrixBandPart", "Neg", "OnesLike", "Prelu", "Reciprocal", "Relu", "Relu6", "Reverse",
     "ReverseSequence", "ReverseV2", "Rint", "Roll", "Round", "Rsqrt", "Selu", "Sigmoid", "Sign", "Sin", "Sinh",
     "Softmax", "Softplus", "Softsign", "Sqrt", "Square", "Tan", "Tanh", "TensorScatterAdd", "TensorScatterSub",
     "TensorScatterUpdate", "ZerosLike", "StopGradient", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars",
     "FakeQuantWithMinMaxVarsPerChannel", "Bucketize", "AdjustContrastv2", "AdjustHue", "AdjustSaturation",
     "RGBToHSV", "HSVToRGB", "Conj", "NextIteration", "MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"}
)  # fmt: skip

BROADCAST = frozenset(
    {"Add", "AddN", "AddV2", "Atan2", "Div", "DivNoNan", "Equal", "FloorDiv", "FloorMod", "Greater", "GreaterEqual",
     "Less", "LessEqual", "LogicalAnd", "LogicalOr", "Maximum", "Minimum", "Mod", "Mul", "MulNoNan",
     "NotEqual", "Pow", "RealDiv", "SelectV2", "SquaredDifference", "Sub", "TruncateDiv", "TruncateMod", "Xdivy",
     "Xlog1py", "Xlogy", "BitwiseAnd", "Complex"}
)  # fmt: skip

SHAPES: dict[str, Callable[[Shapes, Value], Dims]] = {
    "Placeholder": _declared,
    "PlaceholderWithDefault": _declared,
    "Arg": _declared,
    "Const": _constant,
    "IdentityN": _same_index,
    "Bitcast": _bitcast,
    "TopKV2": _top,
    "Range": _range_of,
    **WINDOWS,
    "TensorListStack": _listed(1, stacked=True),
    "TensorListGetItem": _listed(2, stacked=False),
    "Switch": _switch,
    "Merge": _merge,
    "Select": _select,
    **dict.fromkeys(("If", "StatelessIf", "While", "StatelessWhile"), _results),
    **dict.fromkeys(("Sum", "Mean", "Max", "Min", "Prod", "All", "Any", "EuclideanNorm"), _reduction),
    **dict.fromkeys(("ArgMax", "ArgMin"), _arg_reduction),
    **dict.fromkeys(("Shape", "ShapeN"), _shape_value),
    **dict.fromkeys(("Size", "Rank"), _scalar),
    "Reshape": _reshape,
    "Fill": _sized_by(0),
    "Zeros": _sized_by(0),
    "Ones": _sized_by(0),
    "BroadcastTo": _sized_by(1),
    "EnsureShape": _declared,
    "ScatterNd": _sized_by(2),
    **dict.fromkeys(("RandomUniform", "RandomStandardNormal", "TruncatedNormal"), _sized_by(0)),
    "Transpose": _transpose,
    "ExpandDims": _expand_dims,
    "Squeeze": _squeeze,
    "ConcatV2": _concat,
    "Pack": _pack,
    "Unpack": _unpack,
    "Split": _split,
    "SplitV": _split_v,
    "Gather": _gather,
    "GatherV2": _gather,
    "GatherNd": _gather_nd,
    **dict.fromkeys(("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "_FusedMatMul"), _matmul),
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "OneHot": _one_hot,
    **dict.fromkeys(("RFFT", "IRFFT"), _rfft),
    "Tile": _tile,
    "Conv2DBackpropInput": _sized_by(0),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _element_sizes),
}
