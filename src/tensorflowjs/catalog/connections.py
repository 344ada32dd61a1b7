"""What a locally connected layer connects, and its weights as the kernel of one Dense layer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from tensorflowjs.catalog.geometry import Numbers, Window

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
