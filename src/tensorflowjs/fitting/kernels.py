"""Kernels of convolutions in the shape that another class or another window needs; computed when they are read.

The spatial dimensions of a kernel come first. Whatever the source stores, the result is float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.catalog.geometry import Numbers
from tensorflowjs.tensors import ComputedTensor, Tensor, cast

if TYPE_CHECKING:
    from numpy.typing import NDArray


def computed(source: Tensor, shape: tuple[int, ...], function: Callable[[NDArray[Any]], NDArray[Any]]) -> Tensor:
    """What `function` makes of the values of `source`."""
    values = cast(source, "float32")
    return ComputedTensor("float32", shape, lambda: function(values.read()), source.origin)


def in_shape(source: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The same values in another shape."""
    assert math.prod(shape) == source.count, (shape, source)
    return computed(source, shape, lambda values: values.reshape(shape))


def on_image(kernel: Tensor) -> Tensor:
    """A kernel for sequences as one for images of width 1."""
    return in_shape(kernel, (kernel.shape[0], 1, *kernel.shape[1:]))


def with_gaps(kernel: Tensor, dilation: Numbers) -> Tensor:
    """The kernel with zeros in the gaps of its dilation, so that it needs none."""
    sizes = kernel.shape[: len(dilation)]
    reach = tuple((size - 1) * gap + 1 for size, gap in zip(sizes, dilation, strict=True))
    return _placed(kernel, reach, tuple(slice(None, None, gap) for gap in dilation))


def with_zeros_behind(kernel: Tensor, size: Numbers) -> Tensor:
    """The kernel grown to `size` by zeros behind its values."""
    return _placed(kernel, size, tuple(slice(0, old) for old in kernel.shape[: len(size)]))


def _placed(kernel: Tensor, size: Numbers, places: tuple[slice, ...]) -> Tensor:
    shape = (*size, *kernel.shape[len(size) :])
    if shape == kernel.shape:
        return kernel

    def fill(values: NDArray[Any]) -> NDArray[Any]:
        grown = np.zeros(shape, np.float32)
        grown[places] = values
        return grown

    return computed(kernel, shape, fill)


def slice_of(tensor: Tensor, number: int, count: int) -> Tensor:
    """Slice `number` of `count` equal ones along the last axis."""
    width = tensor.shape[-1] // count
    start = number * width
    shape = (*tensor.shape[:-1], width)
    return computed(tensor, shape, lambda values: values[..., start : start + width])


def block_diagonal(kernel: Tensor, groups: int) -> Tensor:
    """The kernel of a grouped convolution as one over all channels: zero between different groups."""
    *size, inner, filters = kernel.shape
    shape = (*size, inner * groups, filters)
    width = filters // groups

    def fill(values: NDArray[Any]) -> NDArray[Any]:
        whole = np.zeros(shape, np.float32)
        for group in range(groups):
            own = slice(group * width, (group + 1) * width)
            whole[..., group * inner : (group + 1) * inner, own] = values[..., own]
        return whole

    return computed(kernel, shape, fill)
