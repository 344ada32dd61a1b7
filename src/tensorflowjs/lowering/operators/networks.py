"""Operators that networks are made of: activations, products, pooling, normalisation, resizing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tensorflowjs.catalog.geometry import Window, numbers
from tensorflowjs.lowering import functions
from tensorflowjs.lowering.activations import FUNCTIONS
from tensorflowjs.lowering.engine import Outputs, Site
from tensorflowjs.lowering.functions import matmul, softmax
from tensorflowjs.lowering.layout import channels_first, channels_last
from tensorflowjs.lowering.operators.operands import axes_of, tensor
from tensorflowjs.lowering.pooling import pooled
from tensorflowjs.lowering.reshaping import resized
from tensorflowjs.lowering.values import FLOAT, Dims, Traced

Operator = Callable[..., Outputs]


def activation(name: str) -> Operator:
    """As the activation of that name, with its arguments."""

    def written(site: Site, x: Any, **options: Any) -> Traced:
        given = {key: value for key, value in options.items() if value is not None}
        return FUNCTIONS[name](tensor(site, x).cast(FLOAT), **given)

    return written


def along_axis(log: bool) -> Operator:
    def written(site: Site, x: Any, axis: Any = -1) -> Traced:
        value = tensor(site, x)
        if axis is None and "tensorflow" not in site.config:
            site.refuse("a softmax over all axes, the batch among them")
        return softmax(value, -1 if axis is None else axes_of(site, axis, value.rank), log=log)

    return written


def product(
    site: Site, x1: Any, x2: Any, transpose_a: bool = False, transpose_b: bool = False, adjoint_a: bool = False,
    adjoint_b: bool = False,
) -> Outputs:  # fmt: skip
    one, two = tensor(site, x1), tensor(site, x2)
    if one.rank < 2 or two.rank < 2:
        site.refuse("a product with a vector", "give the vector an axis of size 1")
    return matmul(one, two, a_turned=bool(transpose_a or adjoint_a), b_turned=bool(transpose_b or adjoint_b))


def einstein(site: Site, operands: Any, subscripts: Any = None) -> Outputs:
    """Einsum, whose result has the sizes of its letters."""
    told = [each for each in operands if isinstance(each, str)]
    formula = str(subscripts or "".join(told)).replace(" ", "")
    given = [each for each in operands if not isinstance(each, str)]
    if "->" not in formula or "." in formula:
        site.refuse(f"einsum of the form {formula}")
    values = [tensor(site, each).cast(FLOAT) for each in given]
    inputs, output = formula.split("->")
    sizes: dict[str, int | None] = {}
    for letters, value in zip(inputs.split(","), values, strict=True):
        sizes.update(dict(zip(letters, value.dims, strict=True)))
    dims: Dims = tuple(sizes[letter] for letter in output)
    return site.builder.put("Einsum", values, FLOAT, dims, equation=formula.encode(), N=len(values))


def pooling(kind: str) -> Operator:
    def written(
        site: Site, inputs: Any, pool_size: Any, strides: Any = None, padding: str = "valid", data_format: Any = None
    ) -> Traced:
        value = tensor(site, inputs).cast(FLOAT)
        rank, first = value.rank - 2, data_format == "channels_first"
        size = numbers(pool_size, rank)
        window = Window(size, size if strides is None else numbers(strides, rank), (1,) * rank, str(padding).lower())
        y = pooled(channels_last(value, rank) if first else value, kind, window)
        return channels_first(y, rank) if first else y

    return written


def resize(
    site: Site, images: Any = None, x: Any = None, size: Any = None, interpolation: str = "bilinear",
    antialias: bool = False, data_format: Any = None, **options: Any,
) -> Outputs:  # fmt: skip
    value = tensor(site, x if images is None else images)
    unusual = [key for key in ("crop_to_aspect_ratio", "pad_to_aspect_ratio") if options.get(key)]
    if unusual or value.rank != 4 or value.dtype != FLOAT:
        site.refuse(f"a resize of {unusual[0] if unusual else 'what is no batch of images of floats'}")
    first = data_format == "channels_first"
    y = resized(site, channels_last(value, 2) if first else value, list(size), interpolation, bool(antialias))
    return channels_first(y, 2) if first else y


def batch_normalization(
    site: Site, x: Any, mean: Any, variance: Any, axis: int = -1, offset: Any = None, scale: Any = None,
    epsilon: float = 1e-3,
) -> Outputs:  # fmt: skip
    value = tensor(site, x).cast(FLOAT)
    sizes = [-1 if at == axis % value.rank else 1 for at in range(value.rank)]
    about, spread = (tensor(site, each).reshape(sizes) for each in (mean, variance))
    factor = (spread + float(epsilon)).each("Rsqrt")
    factor = factor if scale is None else factor * tensor(site, scale).reshape(sizes)
    y = (value - about) * factor
    return y if offset is None else y + tensor(site, offset).reshape(sizes)


def dot(site: Site, x1: Any, x2: Any) -> Outputs:
    """Of matrices, or of a value with a matrix or a vector."""
    one, two = tensor(site, x1), tensor(site, x2)
    if two.rank != 2 or one.rank < 2:
        site.refuse("a dot product of other than a value with a matrix")
    return functions.dense(one, two.cast(FLOAT))


NAMES = {"log_softmax", "softmax", "linear", "swish", "hard_swish", "exponential"}
OPERATORS: dict[str, Operator] = {
    **{name: activation(name) for name in FUNCTIONS if name not in NAMES},
    "softmax": along_axis(log=False),
    "log_softmax": along_axis(log=True),
    "matmul": product,
    "dot": dot,
    "einsum": einstein,
    "max_pool": pooling("Max"),
    "average_pool": pooling("Average"),
    "resize": resize,
    "batch_normalization": batch_normalization,
    "batch_norm": batch_normalization,
}
