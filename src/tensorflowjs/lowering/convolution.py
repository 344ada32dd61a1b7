"""Convolutions: plain, depthwise, separable, locally connected."""

from __future__ import annotations

from dataclasses import replace
from math import prod

from tensorflowjs.catalog.connections import Connections
from tensorflowjs.catalog.geometry import Window, channels_of, is_channels_first, space_of
from tensorflowjs.lowering.activations import activated
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import add_bias, concat, dense, split
from tensorflowjs.lowering.layout import over_space, padded
from tensorflowjs.lowering.values import FLOAT, Traced

LARGEST_KERNEL = 2**26  # of a locally connected layer, written out as that of a Dense layer
NAMES = {2: "NHWC", 3: "NDHWC"}


def convolved(x: Traced, kernel: Traced, window: Window) -> Traced:
    """Conv2D or Conv3D; a sequence is an image of one row."""
    if len(window.size) == 1:
        return convolved(x.expand(1), kernel, _on_row(window)).squeeze([1])
    rank = len(window.size)
    if rank == 3 and x.dims[-1] != kernel.dims[-2]:
        return _in_groups(x, kernel, window)
    return _windowed(x, kernel, window, f"Conv{rank}D", kernel.dims[-1] or 0)


def _in_groups(x: Traced, kernel: Traced, window: Window) -> Traced:
    """A convolution for each group of channels; of volumes even TensorFlow has no other."""
    channels, filters = kernel.dims[-2] or 1, kernel.dims[-1] or 0
    count = (x.dims[-1] or channels) // channels
    inputs, kernels = split(x, [channels] * count, -1), split(kernel, [filters // count] * count, -1)
    return concat([convolved(a, b, window) for a, b in zip(inputs, kernels, strict=True)], -1)


def depthwise(x: Traced, kernel: Traced, window: Window) -> Traced:
    if len(window.size) == 1:
        return depthwise(x.expand(1), kernel, _on_row(window)).squeeze([1])
    return _windowed(x, kernel, window, "DepthwiseConv2dNative", prod(dim or 0 for dim in kernel.dims[-2:]))


def _on_row(window: Window) -> Window:
    size, strides, dilation = (1, *window.size), (1, *window.strides), (1, *window.dilation)
    return replace(window, size=size, strides=strides, dilation=dilation)


def _windowed(x: Traced, kernel: Traced, window: Window, op: str, channels: int) -> Traced:
    space = window.output(x.dims[1:-1])
    return x.builder.put(
        op,
        [x, kernel],
        FLOAT,
        (x.dims[0], *space, channels),
        strides=[1, *window.strides, 1],
        dilations=[1, *window.dilation, 1],
        padding=window.padding.upper().encode(),
        data_format=NAMES[len(window.size)].encode(),
        explicit_paddings=[],
    )


def kernel_of(site: Site, name: str, rank: int) -> Traced:
    """A kernel; for sequences as one for images of one row."""
    if rank > 1:
        return site.weight(name)
    return site.derived(name, "of_row", (1, *site.tensor(name).shape), lambda values: values)


def with_bias(site: Site, y: Traced) -> Traced:
    return add_bias(y, site.weight("bias")) if site.has("bias") else y


def convolution(rank: int) -> Write:
    def write(site: Site) -> Outputs:
        window = Window.of_kernel(site.config, rank)
        kernel = kernel_of(site, "kernel", rank)

        def on(x: Traced) -> Traced:
            x, moved = causal(x, window)
            return with_bias(site, convolved(x, kernel, moved))

        return activated(site, over_space(site, rank, on))

    return write


def causal(x: Traced, window: Window) -> tuple[Traced, Window]:
    """With zeros in front instead of on both sides."""
    if window.padding != "causal":
        return x, window
    return padded(x, [(reach - 1, 0) for reach in window.reach]), window.valid


def depthwise_convolution(rank: int) -> Write:
    def write(site: Site) -> Outputs:
        window = Window.of_kernel(site.config, rank)
        kernel = kernel_of(site, "depthwise_kernel", rank)

        def on(x: Traced) -> Traced:
            x, moved = causal(x, window)
            return with_bias(site, depthwise(x, kernel, moved))

        return activated(site, over_space(site, rank, on))

    return write


def separable(rank: int) -> Write:
    def write(site: Site) -> Outputs:
        window = Window.of_kernel(site.config, rank)
        deep, wide = kernel_of(site, "depthwise_kernel", rank), kernel_of(site, "pointwise_kernel", rank)

        def on(x: Traced) -> Traced:
            x, moved = causal(x, window)
            point = Window((1,) * rank, (1,) * rank, (1,) * rank, "valid")
            return with_bias(site, convolved(depthwise(x, deep, moved), wide, point))

        return activated(site, over_space(site, rank, on))

    return write


# ---------------------------------------------------------------------------- locally connected


def locally_connected(rank: int) -> Write:
    """A matrix product of all inputs, with zeros where nothing connects."""

    def write(site: Site) -> Outputs:
        x, first = site.floats, is_channels_first(site.config)
        space, (channels,) = site.known(space_of(x.dims, rank, first)), site.known((channels_of(x.dims, rank, first),))
        window = Window.of_kernel(site.config, rank)
        links = Connections(window, tuple(space), channels, int(site.config["filters"]), first)
        rows, columns = links.dense_shape
        if rows * columns > LARGEST_KERNEL:
            site.refuse(f"written out as that of a Dense layer its kernel has {rows * columns:,} values")
        way = int(site.config.get("implementation", 1))
        kernel = site.derived("kernel", "of_all", (rows, columns), lambda values: links.dense(way, values))
        bias = None
        if site.has("bias"):
            bias = site.derived("bias", "of_all", (columns,), lambda values: values)
        y = dense(x.reshape([-1, rows]), kernel, bias)
        return activated(site, y.reshape([-1, *links.shapes[1]]))

    return write


LAYERS: dict[str, Write] = {
    **{f"Conv{rank}D": convolution(rank) for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": depthwise_convolution(rank) for rank in (1, 2)},
    **{f"SeparableConv{rank}D": separable(rank) for rank in (1, 2)},
    **{f"LocallyConnected{rank}D": locally_connected(rank) for rank in (1, 2)},
}
