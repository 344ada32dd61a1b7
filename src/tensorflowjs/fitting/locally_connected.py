"""Locally connected layers, as Dense layers from all inputs to all outputs with zeros where nothing connects them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.catalog.geometry import Numbers, Window, channels_of, is_channels_first, space_of
from tensorflowjs.fitting import kernels, layout
from tensorflowjs.fitting.convolved import activated, two_activations
from tensorflowjs.fitting.engine import Outputs, Rule, Site

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A Dense kernel of more values than this is refused.
LARGEST_KERNEL = 2**26


@dataclass(frozen=True)
class Connections:
    """What a locally connected layer connects; arrays have the axes (*input, *output), in the layer's layout."""

    window: Window
    space: Numbers
    channels: int
    filters: int
    channels_first: bool

    @property
    def rank(self) -> int:
        return len(self.space)

    @property
    def output_space(self) -> Numbers:
        return tuple(dim or 0 for dim in self.window.output(self.space))

    @property
    def shapes(self) -> tuple[Numbers, Numbers]:
        """Of the layer's input and output."""
        if self.channels_first:
            return (self.channels, *self.space), (self.filters, *self.output_space)
        return (*self.space, self.channels), (*self.output_space, self.filters)

    @property
    def dense_shape(self) -> tuple[int, int]:
        before, after = self.shapes
        return prod(before), prod(after)

    def dense(self, implementation: int, values: NDArray[Any]) -> NDArray[Any]:
        """The Dense kernel of a layer that stores `values` in the way of one of Keras' three implementations."""
        if implementation == 1:
            whole = self._from_windows(values)
        elif implementation == 2:
            whole = values * self._seen()
        else:
            seen = np.broadcast_to(self._seen(), (*self.shapes[0], *self.shapes[1])).reshape(self.dense_shape)
            whole = np.zeros(self.dense_shape[::-1], np.float32)
            whole[seen.T] = values
            whole = whole.T
        return whole.reshape(self.dense_shape)

    def _from_windows(self, values: NDArray[Any]) -> NDArray[Any]:
        """From one matrix per output position, whose rows run over the window and its channels."""
        whole = np.zeros((*self.space, self.channels, *self.output_space, self.filters), np.float32)
        for place, position in zip(values, np.ndindex(*self.output_space), strict=True):
            if self.channels_first:
                block = np.moveaxis(place.reshape(self.channels, *self.window.size, self.filters), 0, -2)
            else:
                block = place.reshape(*self.window.size, self.channels, self.filters)
            starts = [index * step for index, step in zip(position, self.window.strides, strict=True)]
            inputs = [slice(start, start + size) for start, size in zip(starts, self.window.size, strict=True)]
            whole[(*inputs, slice(None), *position, slice(None))] = block
        return self._in_layout(whole)

    def _seen(self) -> NDArray[Any]:
        """Which output position sees which input position, with axes of size 1 for channels and filters."""
        lines = []
        for length, spans in zip(self.space, self.window.spans(self.space), strict=True):
            line = np.zeros((length, len(spans)), bool)
            for output, span in enumerate(spans):
                line[span.start : span.stop, output] = True
            lines.append(line)
        both = reduce(np.multiply.outer, lines)  # axes: in, out, in, out
        order = [*range(0, 2 * self.rank, 2), *range(1, 2 * self.rank, 2)]
        seen = both.transpose(order).reshape(*self.space, 1, *self.output_space, 1)
        return self._in_layout(seen)

    def _in_layout(self, array: NDArray[Any]) -> NDArray[Any]:
        if not self.channels_first:
            return array
        rank, last = self.rank, 2 * self.rank + 1
        return array.transpose(rank, *range(rank), last, *range(rank + 1, last))


def locally_connected1d(site: Site) -> Outputs:
    """A Dense layer from all inputs to all outputs."""
    return _connected(site, 1)


def locally_connected2d(site: Site) -> Outputs:
    """A Dense layer from all inputs to all outputs."""
    return _connected(site, 2)


def _connected(site: Site, rank: int) -> Outputs:
    shape, first = site.known_shape(), is_channels_first(site.config)
    space, channels = space_of(shape, rank, first), channels_of(shape, rank, first)
    connections = Connections(
        Window.of_kernel(site.config, rank), _known(site, space), _known(site, [channels])[0],
        int(site.config["filters"]), first,
    )  # fmt: skip
    rows, columns = connections.dense_shape
    if rows * columns > LARGEST_KERNEL:
        site.refuse(f"written out for TF.js as a Dense layer its kernel has {rows * columns:,} values")
    inner, after = two_activations(site.config)
    ref = layout.reshaped(site, site.inputs[0], [rows], "flat")
    implementation = int(site.config.get("implementation", 1))
    kernel = kernels.computed(
        site.weights["kernel"], (rows, columns), lambda values: connections.dense(implementation, values)
    )
    weights = {"kernel": kernel}
    if "bias" in site.weights:
        weights["bias"] = kernels.in_shape(site.weights["bias"], (columns,))
    config = {"units": columns, "activation": inner, "use_bias": "bias" in weights}
    ref = site.put("Dense", config, [ref], weights=weights)
    return activated(site, layout.reshaped(site, ref, connections.shapes[1], "unflattened"), after)


def _known(site: Site, dims: Sequence[int | None]) -> Numbers:
    known = tuple(dim for dim in dims if dim is not None)
    if len(known) != len(dims):
        site.refuse("an input of unknown size: it needs a kernel for every position")
    return known


RULES: dict[str, Rule] = {"LocallyConnected1D": locally_connected1d, "LocallyConnected2D": locally_connected2d}
