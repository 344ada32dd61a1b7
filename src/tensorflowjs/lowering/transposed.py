"""Transposed convolutions.

With stride s the input at i adds its value times kernel[j] to the full output at i*s + j. Keras keeps of that a
stretch which begins at some j for the first input and ends `last` values behind the start of the last input.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.catalog.geometry import Numbers, Window
from tensorflowjs.lowering.activations import activated
from tensorflowjs.lowering.convolution import convolved, with_bias
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import pad, sizes_of
from tensorflowjs.lowering.layout import cropped, over_space, padded
from tensorflowjs.lowering.values import FLOAT, Size, Traced


def images(rank: int) -> Write:
    """Conv2DBackpropInput, for sequences on images of one row; what TF.js does not cut itself is cropped."""

    def write(site: Site) -> Outputs:
        window = Window.of_kernel(site.config, rank)
        lasts = window.lasts(site.config.get("output_padding"))
        return activated(site, over_space(site, rank, lambda x: with_bias(site, _on_images(site, x, window, lasts))))

    return write


def _on_images(site: Site, x: Traced, window: Window, lasts: Numbers) -> Traced:
    rank = len(lasts)
    plain = lasts == window.lasts() and not window.is_dilated
    used = window.without_gaps if plain else replace(window.without_gaps, padding="valid")
    starts = (0,) * rank if plain else _starts(window, lasts)
    ends = tuple(start + last for start, last in zip(starts, lasts, strict=True))
    used = used if plain else replace(used, size=tuple(map(max, used.size, ends)))
    kernel = _spread_kernel(site, window, used.size)
    image, rows = (x.expand(1), (1,)) if rank == 1 else (x, ())
    full = [*rows, *(_length(x, axis, step, last) for axis, step, last in _moves(used))]
    y = x.builder.put(
        "Conv2DBackpropInput",
        [x.builder.sizes([x.size(0), *full, kernel.dims[-2] or 0]), kernel, image],
        FLOAT,
        (x.dims[0], *(size if isinstance(size, int) else None for size in full), kernel.dims[-2]),
        strides=[1, *rows, *used.strides, 1],
        dilations=[1, 1, 1, 1],
        padding=used.padding.upper().encode(),
        data_format=b"NHWC",
        explicit_paddings=[],
    )
    y = y.squeeze([1]) if rank == 1 else y
    if plain:
        return y
    cuts = [(start, all_ - end) for start, end, all_ in zip(starts, ends, used.lasts(), strict=True)]
    return cropped(y, cuts)


def _moves(window: Window) -> list[tuple[int, int, int]]:
    return list(zip(range(1, len(window.size) + 1), window.strides, window.lasts(), strict=True))


def _length(x: Traced, axis: int, step: int, last: int) -> Size:
    return (x.size(axis) - 1) * step + last


def _starts(window: Window, lasts: Numbers) -> Numbers:
    """Where in the full output Keras begins: `same` padding centres what it keeps."""
    if window.padding != "same":
        return (0,) * len(lasts)
    return tuple(max(0, size - last) // 2 for size, last in zip(window.reach, lasts, strict=True))


def _spread_kernel(site: Site, window: Window, size: Numbers) -> Traced:
    """The kernel with zeros in the gaps of its dilation and behind it; for sequences as one for a row."""
    shape = site.tensor("kernel").shape
    rows = (1,) if len(size) == 1 else ()
    if size == window.size:
        return (
            site.weight("kernel") if not rows else site.derived("kernel", "of_row", (1, *shape), lambda kernel: kernel)
        )
    wanted = (*size, *shape[-2:])
    return site.derived("kernel", "spread", (*rows, *wanted), lambda kernel: _spread(kernel, window.dilation, wanted))


def _spread(kernel: NDArray[np.float32], dilation: Numbers, shape: Numbers) -> NDArray[np.float32]:
    result = np.zeros(shape, np.float32)
    places = tuple(slice(0, (count - 1) * gap + 1, gap) for count, gap in zip(kernel.shape[:-2], dilation, strict=True))
    result[places] = kernel
    return result


# ---------------------------------------------------------------------------- volumes


def volumes(site: Site) -> Outputs:
    """A convolution with the kernel back to front, over the input with zeros between its values."""
    window = Window.of_kernel(site.config, 3)
    if site.generation == 2:  # which takes a dilation, and forgets it
        window = replace(window, dilation=(1, 1, 1))
    lasts = window.lasts(site.config.get("output_padding"))
    starts = _starts(window, lasts)
    amounts = [
        (reach - 1 - start, last + start - 1) for reach, start, last in zip(window.reach, starts, lasts, strict=True)
    ]
    *size, filters, channels = site.tensor("kernel").shape
    kernel = site.derived("kernel", "reversed", (*size, channels, filters), _back_to_front)
    dense_window = Window(window.size, (1, 1, 1), window.dilation, "valid")

    def on(x: Traced) -> Traced:
        for axis, step in enumerate(window.strides, start=1):
            x = _with_zeros_between(x, axis, step)
        return with_bias(site, convolved(padded(x, amounts), kernel, dense_window))

    return activated(site, over_space(site, 3, on))


def _back_to_front(kernel: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.swapaxes(kernel[::-1, ::-1, ::-1], -1, -2)


def _with_zeros_between(x: Traced, axis: int, step: int) -> Traced:
    if step == 1:
        return x
    sizes = sizes_of(x)
    apart = pad(x.expand(axis + 1), [(0, 0)] * (axis + 1) + [(0, step - 1)] + [(0, 0)] * (x.rank - axis - 1))
    together = apart.reshape([*sizes[:axis], sizes[axis] * step, *sizes[axis + 1 :]])
    return together.part(axis, 0, (sizes[axis] - 1) * step + 1)


LAYERS: dict[str, Write] = {
    "Conv1DTranspose": images(1),
    "Conv2DTranspose": images(2),
    "Conv3DTranspose": volumes,
}
