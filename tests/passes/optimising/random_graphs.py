"""Random small graphs of the ops that optimisers like to touch, many of them side by side in one model.

The same seed makes the same model again, so that one can be optimised and the other not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tensorflowjs.ir.graph import Attr, Graph, GraphModel, Node, Port, Shape, Type, Value
from tensorflowjs.passes.building import Builder
from tests.passes.optimising.random_shapes import SHAPES
from tests.passes.optimising.random_windows import WINDOWS

BATCH = 3  # what the unknown size is when the models run
INPUTS: tuple[tuple[int | None, ...], ...] = ((None, 6, 6, 4), (None, 5, 8), (None, 8), (2, 4, 4, 2))
STEPS = 9  # nodes of a graph, apart from constants

Sizes = tuple[int, ...]  # with BATCH for the unknown one


def random_model(seed: int, graphs: int) -> GraphModel:
    rng = np.random.default_rng(seed)
    model = GraphModel(Graph())
    for index, dims in enumerate(INPUTS):
        node = model.graph.add(Node(f"x{index}", "Placeholder", attrs={"dtype": Type("float32"), "shape": Shape(dims)}))
        model.graph.inputs.append(node)
        model.signature.inputs.append(Port(node.name, Type("float32"), Shape(dims)))
    for number in range(graphs):
        _Grower(model, number, rng).grow()
    return model


def random_inputs(seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(size=_sizes(dims)).astype(np.float32) for dims in INPUTS]


def _sizes(dims: Sequence[int | None]) -> Sizes:
    return tuple(BATCH if dim is None else dim for dim in dims)


@dataclass
class _Grown:
    value: Value
    sizes: Sizes
    batched: bool  # whether the first axis is the unknown one


class _Grower:
    """Grows one graph: a value, what is made of it step by step, and now and then of an earlier one."""

    def __init__(self, model: GraphModel, number: int, rng: np.random.Generator) -> None:
        self.model = model
        self.rng = rng
        self.build = Builder(model.graph, f"g{number}")
        self.number = number
        which = int(rng.integers(len(INPUTS)))
        start = model.graph.inputs[which].output
        self.grown = [_Grown(start, _sizes(INPUTS[which]), INPUTS[which][0] is None)]

    def grow(self) -> None:
        steps = int(self.rng.integers(2, STEPS))
        while len(self.grown) <= steps:
            at = self.grown[-1] if self.rng.random() < 0.8 else self.pick(self.grown)
            made = self.pick(GROWTHS)(self, at)
            if made is not None and np.prod(made.sizes) <= 4096:
                self.grown.append(made)
        self._output(self.grown[-1])
        if self.rng.random() < 0.3:
            self._output(self.pick(self.grown[1:]))

    def _output(self, grown: _Grown) -> None:
        graph = self.model.graph
        name = graph.fresh_name(f"out{self.number}")
        graph.outputs.append(graph.add(Node(name, "Identity", [grown.value], {"T": Type("float32")})).output)
        self.model.signature.outputs.append(Port(name, Type("float32"), Shape(None)))

    # -- what growths are made with

    def pick(self, choices: Sequence[Any]) -> Any:
        return choices[int(self.rng.integers(len(choices)))]

    def numbers(self, *sizes: int) -> Value:
        """A constant; now and then one that passes must not take for any other: zeros, ones, a power of two."""
        kind = self.rng.random()
        if kind < 0.08:
            values = np.full(sizes, self.pick([0.0, 1.0, -1.0, 2.0, 6.0]))
        else:
            values = self.rng.normal(size=sizes) + np.sign(self.rng.normal(size=sizes)) * 0.3
        return self.build.const(values.astype(np.float32), "float32")

    def op(self, op: str, *inputs: Value, **attrs: Attr) -> Value:
        return self.build(op, *inputs, **attrs)

    def like(self, at: _Grown, value: Value) -> _Grown:
        return _Grown(value, at.sizes, at.batched)


Growth = Callable[[_Grower, _Grown], "_Grown | None"]
_TAME = ("Relu", "Relu6", "Sigmoid", "Tanh", "Elu", "Neg", "Abs", "Softplus", "Identity", "Sin", "Selu")


def unary(g: _Grower, at: _Grown) -> _Grown:
    return g.like(at, g.op(g.pick(_TAME), at.value))


def leaky(g: _Grower, at: _Grown) -> _Grown:
    return g.like(at, g.op("LeakyRelu", at.value, alpha=0.3))


def squares(g: _Grower, at: _Grown) -> _Grown:
    tame = g.op("Tanh", at.value)
    kind = int(g.rng.integers(4))
    if kind == 0:
        return g.like(at, g.op("Square", tame))
    if kind == 1:
        return g.like(at, g.op("Mul", tame, tame))
    power = g.build.const(g.pick([2.0, 3.0, 1.0]), "float32")
    return g.like(at, g.op("Pow", tame, power) if kind == 2 else g.op("SquaredDifference", tame, g.numbers()))


def roots(g: _Grower, at: _Grown) -> _Grown:
    positive = g.op("AddV2", g.op("Abs", at.value), g.build.const(0.5, "float32"))
    kind = int(g.rng.integers(4))
    if kind == 0:
        return g.like(at, g.op("Rsqrt", positive))
    if kind == 1:
        return g.like(at, g.op("RealDiv", g.op("Neg", at.value), g.op("Sqrt", positive)))
    return g.like(at, g.op("Reciprocal" if kind == 2 else "Log", positive))


def with_constant(g: _Grower, at: _Grown) -> _Grown:
    """With a number, numbers along the last axis or the one before, one for each value, on either side."""
    op = g.pick(("Mul", "AddV2", "Sub", "Add", "Maximum", "Minimum"))
    rank = len(at.sizes)
    last = at.sizes[-1:]
    shapes: list[Sizes] = [(), last, last, (1,) * (rank - 1) + last, (1,) * rank, (1, *at.sizes[1:])]
    if rank > 1:
        shapes.append((*at.sizes[-2:-1], 1))
    other = g.numbers(*g.pick(shapes))
    pair = (at.value, other) if g.rng.random() < 0.7 else (other, at.value)
    return g.like(at, g.op(op, *pair))


def divided(g: _Grower, at: _Grown) -> _Grown:
    other = g.build.const(g.rng.uniform(0.5, 3, size=g.pick([(), at.sizes[-1:]])), "float32")
    return g.like(at, g.op("RealDiv", at.value, other))


def with_earlier(g: _Grower, at: _Grown) -> _Grown | None:
    others = [each for each in g.grown if each.sizes == at.sizes and each.batched == at.batched]
    other = g.pick(others)
    return g.like(at, g.op(g.pick(("Mul", "AddV2", "Sub", "Maximum")), at.value, g.op("Tanh", other.value)))


def clipped(g: _Grower, at: _Grown) -> _Grown:
    low, high = g.build.const(0.0, "float32"), g.build.const(g.pick([6.0, 1.5]), "float32")
    kind = int(g.rng.integers(4))
    if kind == 0:
        return g.like(at, g.op("ClipByValue", at.value, low, high))
    if kind == 1:
        return g.like(at, g.op("Minimum", g.op("Maximum", at.value, low), high))
    if kind == 2:
        return g.like(at, g.op("Minimum", g.op("Relu", at.value), high))
    slope = g.build.const(g.pick([0.1, -0.2, 1.7]), "float32")
    return g.like(at, g.op("Maximum", at.value, g.op("Mul", at.value, slope)))


def prelu(g: _Grower, at: _Grown) -> _Grown:
    alpha = g.numbers(*g.pick([at.sizes[-1:], (1,) * (len(at.sizes) - 2) + at.sizes[-1:], ()]))
    negative = g.op("Relu", g.op("Neg", at.value))
    pair = (alpha, negative) if g.rng.random() < 0.5 else (negative, alpha)
    op = "AddV2" if g.rng.random() < 0.5 else "Sub"
    return g.like(at, g.op(op, g.op("Relu", at.value), g.op("Mul", *pair)))


def swish(g: _Grower, at: _Grown) -> _Grown:
    shifted = g.op("Relu6", g.op("AddV2", at.value, g.build.const(3.0, "float32")))
    gate = g.op("Mul", shifted, g.build.const(1 / 6, "float32"))
    return g.like(at, g.op("Mul", at.value, g.pick([gate, g.op("Sigmoid", at.value)])))


def gelu(g: _Grower, at: _Grown) -> _Grown:
    erf = g.op("Erf", g.op("RealDiv", at.value, g.build.const(np.sqrt(2.0), "float32")))
    half = g.op("Mul", at.value, g.build.const(0.5, "float32"))
    return g.like(at, g.op("Mul", half, g.op("AddV2", g.build.const(1.0, "float32"), erf)))


def convolution(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) != 4 or min(at.sizes[1:3]) < 3:
        return None
    channels, filters = at.sizes[3], int(g.rng.integers(1, 6))
    depthwise = g.rng.random() < 0.35
    stride, size, dilation = g.pick([(1, 1, 1), (1, 3, 1), (2, 3, 1), (1, 2, 1), (1, 2, 2), (2, 1, 1)])
    padding = g.pick((b"SAME", b"VALID"))
    kernel = g.numbers(size, size, channels, min(filters, 2) if depthwise else filters)
    op = "DepthwiseConv2dNative" if depthwise else "Conv2D"
    attrs = {"strides": [1, stride, stride, 1], "dilations": [1, dilation, dilation, 1], "padding": padding}
    value = g.op(op, at.value, kernel, data_format=b"NHWC", explicit_paddings=[], **attrs)
    span = (size - 1) * dilation + 1
    height, width = (
        -(-axis // stride) if padding == b"SAME" else -(-(axis - span + 1) // stride) for axis in at.sizes[1:3]
    )
    out = channels * min(filters, 2) if depthwise else filters
    return _Grown(value, (at.sizes[0], height, width, out), at.batched)


def biased(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) < 2:
        return None
    return g.like(at, g.op("BiasAdd", at.value, g.numbers(at.sizes[-1]), data_format=b"NHWC"))


def normalized(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) != 4:
        return None
    size = at.sizes[-1]
    variance = g.build.const(g.rng.uniform(0.1, 2, size=size), "float32")
    inputs = (g.numbers(size), g.numbers(size), g.numbers(size), variance)
    return g.like(at, g.op("FusedBatchNormV3", at.value, *inputs, epsilon=1e-3, is_training=False, data_format=b"NHWC"))


def spelled_norm(g: _Grower, at: _Grown) -> _Grown:
    """As Keras 3 writes it."""
    size = at.sizes[-1]
    variance = g.build.const(g.rng.uniform(0.1, 2, size=size), "float32")
    mean, gamma, beta = g.numbers(size), g.numbers(size), g.numbers(size)
    scale = g.op("Mul", g.op("Rsqrt", g.op("AddV2", variance, g.build.const(1e-3, "float32"))), gamma)
    shift = g.op("Sub", beta, g.op("Mul", mean, scale))
    return g.like(at, g.op("AddV2", g.op("Mul", at.value, scale), shift))


def layer_norm(g: _Grower, at: _Grown) -> _Grown:
    mean = g.build.mean(at.value, [len(at.sizes) - 1], keep=True)
    variance = g.build.mean(g.op("SquaredDifference", at.value, mean), [len(at.sizes) - 1], keep=True)
    factor = g.op("Rsqrt", g.op("AddV2", variance, g.build.const(1e-2, "float32")))
    normal = g.op("Mul", g.op("Sub", at.value, mean), factor)
    return g.like(at, g.op("AddV2", g.op("Mul", normal, g.numbers(at.sizes[-1])), g.numbers(at.sizes[-1])))


def softmax(g: _Grower, at: _Grown) -> _Grown:
    if g.rng.random() < 0.5:
        return g.like(at, g.op("Softmax", at.value))
    axes = g.build.ints([len(at.sizes) - 1])
    powers = g.op("Exp", g.op("Sub", at.value, g.op("Max", at.value, axes, keep_dims=True)))
    return g.like(at, g.op("RealDiv", powers, g.op("Sum", powers, axes, keep_dims=True)))


def block(g: _Grower, at: _Grown) -> _Grown | None:
    """What networks are made of: perhaps a pad, a convolution or product, what scales and shifts it, an activation."""
    start = (padded(g, at) or at) if g.rng.random() < 0.4 else at
    made = convolution(g, start) or multiplied(g, start) or spread_out(g, start)
    for _ in range(int(g.rng.integers(0, 4))):
        made = made and (g.pick((biased, normalized, spelled_norm, scaled))(g, made) or made)
    return made and g.pick((unary, prelu, clipped, leaky, swish, scaled))(g, made)


def summed(g: _Grower, at: _Grown) -> _Grown | None:
    """Two convolutions that look at single places, of the same image, of another, or of one that is spread over it."""
    if len(at.sizes) != 4:
        return None
    filters = int(g.rng.integers(1, 6))
    spread = g.build.mean(at.value, [1, 2], keep=True)
    others = [at.value, g.op("Tanh", at.value), g.op("Sin", at.value), spread]
    terms = []
    for value in (at.value, g.pick(others)):
        kernel = g.numbers(1, 1, at.sizes[3], filters)
        attrs = {"strides": [1] * 4, "dilations": [1] * 4, "padding": g.pick((b"SAME", b"VALID"))}
        made = g.op("Conv2D", value, kernel, data_format=b"NHWC", explicit_paddings=[], **attrs)
        biased_ = g.op("BiasAdd", made, g.numbers(filters), data_format=b"NHWC")
        terms.append(g.pick([made, biased_]))
    return _Grown(g.op(g.pick(("Add", "AddV2")), *terms), (*at.sizes[:3], filters), at.batched)


def scaled(g: _Grower, at: _Grown) -> _Grown:
    """By a number or a vector, added or multiplied, of which some folds must not be fooled."""
    other = g.numbers(*g.pick([(), at.sizes[-1:], (1,) * (len(at.sizes) - 1) + at.sizes[-1:]]))
    pair = (at.value, other) if g.rng.random() < 0.7 else (other, at.value)
    return g.like(at, g.op(g.pick(("Mul", "AddV2", "Sub")), *pair))


def spread_out(g: _Grower, at: _Grown) -> _Grown | None:
    """A transposed convolution."""
    if len(at.sizes) != 4:
        return None
    filters, stride = int(g.rng.integers(1, 4)), int(g.rng.integers(1, 3))
    sizes = (at.sizes[0], at.sizes[1] * stride, at.sizes[2] * stride, filters)
    first = [g.build.ints([number]) for number in (0, 1, 1)]
    batch = g.op("StridedSlice", g.build.shape(at.value), *first, shrink_axis_mask=1)
    shape = g.op("Pack", batch, *map(g.build.ints, sizes[1:]), axis=0)
    kernel = g.numbers(2, 2, filters, at.sizes[3])
    attrs = {"strides": [1, stride, stride, 1], "dilations": [1, 1, 1, 1], "padding": b"SAME", "data_format": b"NHWC"}
    value = g.op("Conv2DBackpropInput", shape, kernel, at.value, explicit_paddings=[], **attrs)
    return _Grown(value, sizes, at.batched)


def whole(g: _Grower, at: _Grown) -> _Grown | None:
    """The mean of each channel."""
    if len(at.sizes) != 4:
        return None
    keep = bool(g.rng.random() < 0.5)
    value = g.build.mean(at.value, [1, 2], keep=keep)
    return _Grown(value, (at.sizes[0], *((1, 1) if keep else ()), at.sizes[3]), at.batched)


def padded(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) != 4:
        return None
    sides = g.rng.integers(0, 2, size=(2, 2))
    paddings = np.array([[0, 0], *sides.tolist(), [0, 0]])
    value = g.op("Pad", at.value, g.build.const(paddings, "int32"))
    sizes = tuple(int(size + sum(pair)) for size, pair in zip(at.sizes, paddings, strict=True))
    return _Grown(value, sizes, at.batched)


def pooled(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) != 4 or min(at.sizes[1:3]) < 2:
        return None
    attrs = {"ksize": [1, 2, 2, 1], "strides": [1, 2, 2, 1], "padding": b"VALID", "data_format": b"NHWC"}
    value = g.op(g.pick(("MaxPool", "AvgPool")), at.value, **attrs)
    return _Grown(value, (at.sizes[0], at.sizes[1] // 2, at.sizes[2] // 2, at.sizes[3]), at.batched)


def multiplied(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) not in (2, 3):
        return None
    units = int(g.rng.integers(1, 9))
    if len(at.sizes) == 3:
        other = g.numbers(*g.pick([(at.sizes[2], units), (1, at.sizes[2], units)]))
        value = g.op("BatchMatMulV2", at.value, other, adj_x=False, adj_y=False)
        return _Grown(value, (*at.sizes[:2], units), at.batched)
    turned = bool(g.rng.random() < 0.3)
    kernel = g.numbers(*((units, at.sizes[1]) if turned else (at.sizes[1], units)))
    value = g.op("MatMul", at.value, kernel, transpose_a=False, transpose_b=turned)
    return _Grown(value, (at.sizes[0], units), at.batched)


def attended(g: _Grower, at: _Grown) -> _Grown | None:
    """A batch of products of a value with its transpose."""
    if len(at.sizes) != 3:
        return None
    other = g.build.transpose(at.value, [0, 2, 1])
    value = g.op("Tanh", g.op("BatchMatMulV2", at.value, other, adj_x=False, adj_y=False))
    return _Grown(value, (*at.sizes[:2], at.sizes[1]), at.batched)


def transposed(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) < 3:
        return None
    order = [0, *(1 + g.rng.permutation(len(at.sizes) - 1))]
    return _Grown(g.build.transpose(at.value, order), tuple(at.sizes[axis] for axis in order), at.batched)


def reshaped(g: _Grower, at: _Grown) -> _Grown | None:
    """With the shape as numbers, or computed as Keras does."""
    count = int(np.prod(at.sizes[1:]))
    options = [(count,), at.sizes[1:], (1, *at.sizes[1:]), (*at.sizes[1:], 1)]
    options += [(part, count // part) for part in (2, 4) if count % part == 0]
    sizes = g.pick([option for option in options if len(option) <= 3])
    if g.rng.random() < 0.5:
        shape = g.build.ints([-1 if at.batched else at.sizes[0], *sizes])
    else:
        first = [g.build.ints([number]) for number in (0, 1, 1)]
        batch = g.op("StridedSlice", g.build.shape(at.value), *first, shrink_axis_mask=1)
        shape = g.op("Pack", batch, *map(g.build.ints, sizes), axis=0)
    return _Grown(g.build.reshape(at.value, shape), (at.sizes[0], *sizes), at.batched)


def expanded(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) > 3:
        return None
    axis = int(g.rng.integers(1, len(at.sizes) + 1))
    return _Grown(g.build.expand(at.value, axis), (*at.sizes[:axis], 1, *at.sizes[axis:]), at.batched)


def squeezed(g: _Grower, at: _Grown) -> _Grown | None:
    axes = [axis for axis, size in enumerate(at.sizes) if size == 1 and axis]
    if not axes or len(at.sizes) < 3:
        return None
    sizes = tuple(size for axis, size in enumerate(at.sizes) if axis not in axes)
    return _Grown(g.op("Squeeze", at.value, squeeze_dims=axes), sizes, at.batched)


def reduced(g: _Grower, at: _Grown) -> _Grown | None:
    if len(at.sizes) < 3:
        return None
    keep = bool(g.rng.random() < 0.5)
    axis = int(g.rng.integers(1, len(at.sizes)))
    value = g.op(g.pick(("Mean", "Sum", "Max")), at.value, g.build.ints([axis]), keep_dims=keep)
    return _Grown(value, (*at.sizes[:axis], *((1,) if keep else ()), *at.sizes[axis + 1 :]), at.batched)


def joined(g: _Grower, at: _Grown) -> _Grown:
    last = len(at.sizes) - 1
    other = g.pick([at.value, g.op("Tanh", at.value)])
    return _Grown(g.build.concat([at.value, other], last), (*at.sizes[:-1], 2 * at.sizes[-1]), at.batched)


def parted(g: _Grower, at: _Grown) -> _Grown | None:
    """Split and join again, perhaps in another order, or go on with one of the parts."""
    if at.sizes[-1] % 2:
        return None
    node = g.build.node("Split", g.build.ints(len(at.sizes) - 1), at.value, num_split=2)
    parts = [node.value(0), node.value(1)]
    if g.rng.random() < 0.5:
        return _Grown(g.pick(parts), (*at.sizes[:-1], at.sizes[-1] // 2), at.batched)
    if g.rng.random() < 0.5:
        parts.reverse()
    return g.like(at, g.build.concat(parts, len(at.sizes) - 1))


def sliced(g: _Grower, at: _Grown) -> _Grown | None:
    last = at.sizes[-1]
    if last < 2 or len(at.sizes) < 2:
        return None
    begin = int(g.rng.integers(0, last - 1))
    size = int(g.rng.integers(1, last - begin + 1))
    front = len(at.sizes) - 1
    value = g.build.slice(at.value, [0] * front + [begin], [-1] * front + [size])
    return _Grown(value, (*at.sizes[:-1], size), at.batched)


def selected(g: _Grower, at: _Grown) -> _Grown:
    condition = g.op("Greater", at.value, g.build.const(g.pick([0.0, 0.4]), "float32"))
    other = g.op("Mul", at.value, g.build.const(g.pick([0.2, 3.0]), "float32"))
    return g.like(at, g.op("SelectV2", condition, at.value, other))


def added_up(g: _Grower, at: _Grown) -> _Grown:
    others = [g.op("Tanh", at.value) for _ in range(int(g.rng.integers(0, 3)))]
    return g.like(at, g.op("AddN", at.value, *others))


def cast_back(g: _Grower, at: _Grown) -> _Grown:
    whole = g.build.cast(g.op("Mul", at.value, g.build.const(3.0, "float32")), "int32")
    return g.like(at, g.build.cast(whole, "float32"))


def of_constants(g: _Grower, at: _Grown) -> _Grown:
    """A subtree that is known before the model runs."""
    size = at.sizes[-1]
    left, right = g.numbers(size), g.numbers(size)
    sum_ = g.op("Tanh", g.op("AddV2", g.op("Mul", left, right), g.op("Neg", right)))
    return g.like(at, g.op(g.pick(("AddV2", "Mul")), at.value, sum_))


GROWTHS: tuple[Growth, ...] = (
    block, block, block, block, block, summed, spread_out, whole,
    unary, unary, leaky, squares, roots, with_constant, with_constant, with_constant, divided, with_earlier, clipped,
    prelu, swish, gelu, convolution, convolution, convolution, biased, biased, normalized, spelled_norm, layer_norm,
    softmax, padded, padded, pooled, multiplied, multiplied, attended, transposed, transposed, reshaped, reshaped,
    expanded, squeezed, reduced, joined, parted, sliced, selected, added_up, cast_back, of_constants,
    *SHAPES, *WINDOWS,
)  # fmt: skip
