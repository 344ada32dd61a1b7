"""Windows, paddings and sizes of layers that work along space or time: how Keras writes them, and what comes out.

Shapes are those of one value, batch first. `rank` is the number of spatial dimensions: 1 for sequences, 2 for
images, 3 for volumes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.ir.layers import Config

Numbers = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


def numbers(value: Any, rank: int) -> Numbers:
    """One number per dimension, from one for all of them or a list."""
    listed = list(value) if isinstance(value, list | tuple) else [value]
    return tuple(int(item) for item in (listed * rank if len(listed) == 1 else listed))


def pairs(value: Any, rank: int) -> Pairs:
    """What is added or cut before and after each dimension, from any of the forms Keras takes."""
    if rank == 1:
        before, after = numbers(value, 2)
        return ((before, after),)
    listed = list(value) if isinstance(value, list | tuple) else [value] * rank
    spread = [numbers(item, 2) for item in listed]
    return tuple((item[0], item[1]) for item in spread)


def is_channels_first(config: Config) -> bool:
    return config.get("data_format") == "channels_first"


def space_of(shape: tuple[Dim, ...], rank: int, channels_first: bool) -> tuple[Dim, ...]:
    """The spatial dimensions of a shape."""
    return shape[-rank:] if channels_first else shape[-rank - 1 : -1]


def channels_of(shape: tuple[Dim, ...], rank: int, channels_first: bool) -> Dim:
    return shape[-rank - 1] if channels_first else shape[-1]


def reshaped(shape: tuple[Dim, ...], space: Sequence[Dim], channels: Dim, channels_first: bool) -> tuple[Dim, ...]:
    """`shape` with other spatial dimensions and channels, in the same layout."""
    batch = shape[: -len(space) - 1]
    return (*batch, channels, *space) if channels_first else (*batch, *space, channels)


@dataclass(frozen=True)
class Window:
    """How a kernel or a pool moves over its input."""

    size: Numbers
    strides: Numbers
    dilation: Numbers
    padding: str

    @classmethod
    def of_kernel(cls, config: Config, rank: int) -> Window:
        return cls(
            numbers(config["kernel_size"], rank),
            numbers(config.get("strides") or 1, rank),
            numbers(config.get("dilation_rate") or 1, rank),
            str(config.get("padding") or "valid").lower(),
        )

    @classmethod
    def of_pool(cls, config: Config, rank: int) -> Window:
        size = numbers(config.get("pool_size") or 2, rank)
        strides = numbers(config.get("strides") or size, rank)
        return cls(size, strides, (1,) * rank, str(config.get("padding") or "valid").lower())

    @property
    def reach(self) -> Numbers:
        """How far the window stretches in each dimension, with the gaps of its dilation."""
        return tuple((size - 1) * gap + 1 for size, gap in zip(self.size, self.dilation, strict=True))

    @property
    def is_dilated(self) -> bool:
        return max(self.dilation) > 1

    @property
    def is_mixed(self) -> bool:
        """Whether it has both strides and dilation, which TF.js does not combine."""
        return self.is_dilated and max(self.strides) > 1

    @property
    def valid(self) -> Window:
        """The same window over an input that has been padded already."""
        return replace(self, padding="valid")

    @property
    def without_gaps(self) -> Window:
        """The window of the same reach that needs no dilation: its kernel has zeros in the gaps."""
        return replace(self, size=self.reach, dilation=(1,) * len(self.size))

    @property
    def on_image(self) -> Window:
        """A window over sequences, as one over images of width 1."""
        size, strides, dilation = (*self.size, 1), (*self.strides, 1), (*self.dilation, 1)
        return replace(self, size=size, strides=strides, dilation=dilation)

    def output(self, space: Sequence[Dim]) -> tuple[Dim, ...]:
        """The spatial dimensions after a convolution or pooling."""
        dims = zip(space, self.reach, self.strides, strict=True)
        return tuple(None if dim is None else self._length(dim, reach, step) for dim, reach, step in dims)

    def _length(self, dim: int, reach: int, step: int) -> int:
        positions = dim - reach + 1 if self.padding == "valid" else dim
        return max(0, -(-positions // step))

    def spans(self, space: Sequence[int]) -> tuple[list[range], ...]:
        """For each dimension and output of a locally connected layer: the inputs it sees.

        With `same` padding Keras centres these windows in its own way, not as convolutions do.
        """
        moves = zip(space, self.size, self.strides, self.output(space), strict=True)
        return tuple(
            [
                range(max(0, index * step - before), min(length, index * step - before + size))
                for index in range(count or 0)
            ]
            for length, size, step, count in moves
            for before in (size // 2 if self.padding == "same" else 0,)
        )

    def upward_output(self, space: Sequence[Dim], output_padding: Any = None) -> tuple[Dim, ...]:
        """The spatial dimensions after a transposed convolution."""
        return tuple(
            None if dim is None else (dim - 1) * step + last
            for dim, step, last in zip(space, self.strides, self.lasts(output_padding), strict=True)
        )

    def lasts(self, output_padding: Any = None) -> Numbers:
        """How many values a transposed convolution gives from the start of the last input's window on."""
        rank = len(self.size)
        if output_padding is None:
            same = self.strides
            valid = tuple(max(reach, step) for reach, step in zip(self.reach, self.strides, strict=True))
            return same if self.padding == "same" else valid
        added = numbers(output_padding, rank)
        kept = tuple(reach % 2 if self.padding == "same" else reach for reach in self.reach)
        return tuple(size + more for size, more in zip(kept, added, strict=True))
