"""Convolutions with axes in any order: channels are brought to the end, which is all that TF.js takes.

JAX spreads the input (`lhs_dilation`, for transposed convolutions), pads it, and moves a spread kernel over it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tensorflowjs.catalog.geometry import Numbers, Pairs, Window
from tensorflowjs.lowering.convolution import convolved, depthwise
from tensorflowjs.lowering.functions import concat, inverse, pad, sizes_of, split
from tensorflowjs.lowering.jax.shapes import cut, with_between
from tensorflowjs.lowering.jax.walking import Site, Write
from tensorflowjs.lowering.values import FLOAT, Size, Traced


@dataclass(frozen=True)
class _Geometry:
    strides: Numbers
    padding: Pairs
    spread: Numbers  # of the input
    dilation: Numbers  # of the kernel
    groups: int

    @property
    def rank(self) -> int:
        return len(self.strides)


def convolution(site: Site) -> Traced:
    if site.dtype != FLOAT:
        site.refuse("TF.js convolves floats only")
    if site.params["batch_group_count"] != 1:
        site.refuse("a convolution in groups of the batch, which only gradients have")
    geometry = _geometry(site)
    if not 1 <= geometry.rank <= 3:
        site.refuse(f"TF.js convolves along 1 to 3 axes, not {geometry.rank}")
    spec = site.params["dimension_numbers"]
    x = site.x.transpose(_last_first(spec.lhs_spec))
    kernel = site.input(1).transpose([*spec.rhs_spec[2:], spec.rhs_spec[1], spec.rhs_spec[0]])
    y = _convolved(site, x, kernel, geometry)
    return y.transpose(inverse(_last_first(spec.out_spec)))


def _last_first(spec: Sequence[int]) -> list[int]:
    """The order that brings the batch to the front and the channels to the end."""
    batch, channels, *space = spec
    return [batch, *space, channels]


def _geometry(site: Site) -> _Geometry:
    params = site.params
    padding = [tuple(site.fixed(size, "padding") for size in pair) for pair in params["padding"]]
    return _Geometry(
        tuple(params["window_strides"]),
        tuple((low, high) for low, high in padding),
        tuple(params["lhs_dilation"]),
        tuple(params["rhs_dilation"]),
        int(params["feature_group_count"]),
    )


def _convolved(site: Site, x: Traced, kernel: Traced, geometry: _Geometry) -> Traced:
    if max(geometry.spread) > 1:
        if _is_transposed(geometry):
            return _transposed(x, kernel, geometry)
        for axis, step in enumerate(geometry.spread, start=1):
            x = with_between(x, axis, step - 1)
    window, kernel = _window(kernel, geometry)
    x = padded(x, geometry.padding)
    channels, filters = x.dims[-1] or 0, kernel.dims[-1] or 0
    kernel = kernel.expand(0) if geometry.rank == 1 else kernel  # sequences are images of one row
    if geometry.groups == 1:
        return convolved(x, kernel, window)
    if geometry.groups == channels and geometry.rank < 3:
        return depthwise(x, kernel.reshape([*sizes_of(kernel)[:-2], channels, filters // channels]), window)
    inputs = split(x, [channels // geometry.groups] * geometry.groups, -1)
    kernels = split(kernel, [filters // geometry.groups] * geometry.groups, -1)
    return concat([convolved(a, b, window) for a, b in zip(inputs, kernels, strict=True)], -1)


def _window(kernel: Traced, geometry: _Geometry) -> tuple[Window, Traced]:
    """TF.js does not take strides and a dilation together: then the zeros go into the kernel."""
    size = tuple(dim or 0 for dim in kernel.dims[:-2])
    window = Window(size, geometry.strides, geometry.dilation, "valid")
    if window.is_mixed:
        for axis, gap in enumerate(geometry.dilation):
            kernel = with_between(kernel, axis, gap - 1)
        window = window.without_gaps
    return window, kernel


def padded(x: Traced, amounts: Pairs, number: float = 0.0) -> Traced:
    """With more around the axes of space, or less of them where an amount is negative."""
    whole = [(0, 0), *amounts, (0, 0)]
    x = pad(x, [(max(0, low), max(0, high)) for low, high in whole], number)
    return cut(x, [(max(0, -low), max(0, -high)) for low, high in whole])


# ---------------------------------------------------------------------------- transposed


def _is_transposed(geometry: _Geometry) -> bool:
    """Whether TF.js has an operation for it."""
    return geometry.rank < 3 and geometry.groups == 1 and max(geometry.strides) == max(geometry.dilation) == 1


def _transposed(x: Traced, kernel: Traced, geometry: _Geometry) -> Traced:
    """Conv2DBackpropInput gives the result for a padding of one less than the kernel; the rest is cut off."""
    space = list(range(geometry.rank))
    flipped = x.builder.put("ReverseV2", [kernel, x.builder.ints(space)], FLOAT, kernel.dims)
    flipped = flipped.transpose([*space, geometry.rank + 1, geometry.rank])
    size = [dim or 0 for dim in kernel.dims[:-2]]
    full: list[Size] = [
        (x.size(axis) - 1) * step + length
        for axis, (step, length) in enumerate(zip(geometry.spread, size, strict=True), start=1)
    ]
    amounts = tuple(
        (low - length + 1, high - length + 1) for (low, high), length in zip(geometry.padding, size, strict=True)
    )
    return padded(_backwards(x, flipped, full, geometry.spread), amounts)


def _backwards(x: Traced, kernel: Traced, full: Sequence[Size], strides: Numbers) -> Traced:
    if len(full) == 1:
        return _backwards(x.expand(1), kernel.expand(0), [1, *full], (1, *strides)).squeeze([1])
    filters = kernel.dims[-2] or 0
    return x.builder.put(
        "Conv2DBackpropInput",
        [x.builder.sizes([x.size(0), *full, filters]), kernel, x],
        FLOAT,
        (x.dims[0], *(size if isinstance(size, int) else None for size in full), filters),
        strides=[1, *strides, 1],
        dilations=[1, 1, 1, 1],
        padding=b"VALID",
        data_format=b"NHWC",
        explicit_paddings=[],
    )


PRIMITIVES: dict[str, Write] = {"conv_general_dilated": convolution}
