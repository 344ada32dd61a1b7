"""Transposed convolutions: output padding and dilation, which TF.js ignores, and sequences.

With stride s the input at i adds its value times kernel[j] to the full output at i*s + j. Keras keeps of that a
stretch which begins at some j for the first input and ends `last` values behind the start of the last input. TF.js
keeps `same` (last = s) or `valid` (all of it, last = max(kernel, s)); any other stretch is cut out of `valid`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tensorflowjs import events
from tensorflowjs.catalog.geometry import Numbers, Pairs, Window, is_channels_first
from tensorflowjs.fitting import images, kernels, layout
from tensorflowjs.fitting.convolved import activated, arguments, in_one_batch, two_activations
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref
from tensorflowjs.tensors import Tensor


def conv1d_transpose(site: Site) -> Outputs:
    """A transposed convolution over an image of width 1."""
    first = is_channels_first(site.config)
    inner, after = two_activations(site.config)
    window = Window.of_kernel(site.config, 1)
    lasts = (*window.lasts(site.config.get("output_padding")), 1)
    ref = layout.channels_last(site, site.inputs[0]) if first else site.inputs[0]
    ref = layout.as_image(site, ref)
    kernel = kernels.on_image(site.weights["kernel"])
    ref, cropping = _transposed(site, ref, "Conv2DTranspose", window.on_image, lasts, kernel, False, inner)
    if any(map(any, cropping)):
        ref = images.over_image(site, ref, images.CROPPING, cropping, part="cropped")
    ref = layout.as_sequence(site, ref)
    ref = layout.channels_first(site, ref) if first else ref
    return activated(site, ref, after)


def conv2d_transpose(site: Site) -> Outputs:
    """Dilation becomes a kernel with zeros in its gaps, output padding a valid convolution that is cropped."""
    return _over_space(site, 2)


def conv3d_transpose(site: Site) -> Outputs:
    """Dilation becomes a kernel with zeros in its gaps, output padding a valid convolution that is cropped."""
    events.note("TF.js's wasm backend computes it wrongly (4.22); run the model on another backend", site.where)
    return _over_space(site, 3)


def _over_space(site: Site, rank: int) -> Ref | list[Ref]:
    window = Window.of_kernel(site.config, rank)
    if rank == 3 and site.generation == 2:  # Keras 2 took a dilation for volumes, and forgot it
        window = replace(window, dilation=(1, 1, 1))
    lasts = window.lasts(site.config.get("output_padding"))
    if lasts == window.lasts() and not window.is_dilated:
        return site.keep()
    first, kernel = is_channels_first(site.config), site.weights["kernel"]
    inner, after = two_activations(site.config)
    class_name = f"Conv{rank}DTranspose"
    ref, cropping = _transposed(site, site.inputs[0], class_name, window, lasts, kernel, first, inner)
    if any(map(any, cropping)):
        crop = images.over_image if rank == 2 else images.over_volume
        ref = crop(site, ref, images.CROPPING, cropping, channels_first=first, part="cropped")
    return activated(site, ref, after)


def _transposed(
    site: Site,
    ref: Ref,
    class_name: str,
    window: Window,
    lasts: Numbers,
    kernel: Tensor,
    channels_first: bool,
    activation: Any,
) -> tuple[Ref, Pairs]:
    """A transposed convolution of TF.js that gives at least what is asked for, and what to crop from it."""
    kernel, window = kernels.with_gaps(kernel, window.dilation), window.without_gaps
    cropping: Pairs = ((0, 0),) * len(lasts)
    if lasts != window.lasts():
        starts = _starts(window, lasts)
        ends = tuple(start + last for start, last in zip(starts, lasts, strict=True))
        size = tuple(map(max, window.size, ends))
        kernel = kernels.with_zeros_behind(kernel, size)
        window = Window(size, window.strides, window.dilation, "valid")
        cropping = tuple((start, all_ - end) for start, end, all_ in zip(starts, ends, window.lasts(), strict=True))
    config = arguments(site, class_name, window, channels_first, activation=activation)
    return site.put(class_name, config, [ref], weights={**site.weights, "kernel": kernel}), cropping


def _starts(window: Window, lasts: Numbers) -> Numbers:
    """Where in the full output Keras begins: `same` padding centres what it keeps."""
    if window.padding != "same":
        return (0,) * len(lasts)
    return tuple(max(0, size - last) // 2 for size, last in zip(window.size, lasts, strict=True))


RULES: dict[str, Rule] = {
    "Conv1DTranspose": in_one_batch(1, conv1d_transpose),
    "Conv2DTranspose": in_one_batch(2, conv2d_transpose),
    "Conv3DTranspose": in_one_batch(3, conv3d_transpose),
}
