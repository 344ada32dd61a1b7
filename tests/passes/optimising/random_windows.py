"""Growths of random graphs with windows that images are seldom looked at through, and averages behind single places."""

from __future__ import annotations

from typing import Any


def odd_windows(g: Any, at: Any) -> Any:
    """A depthwise convolution with a window of any form."""
    if len(at.sizes) != 4 or min(at.sizes[1:3]) < 3:
        return None
    window = [int(g.rng.integers(1, 5)) for _ in range(2)]
    stride = int(g.pick([1, 1, 2]))
    padding = g.pick((b"SAME", b"VALID"))
    lost = [each - 1 if padding == b"VALID" else 0 for each in window]
    sizes = [-(-(size - less) // stride) for size, less in zip(at.sizes[1:3], lost, strict=True)]
    if min(sizes) < 1:
        return None
    attrs = {"strides": [1, stride, stride, 1], "dilations": [1] * 4, "padding": padding}
    filter_ = g.numbers(*window, at.sizes[3], 1)
    value = g.op("DepthwiseConv2dNative", at.value, filter_, data_format=b"NHWC", explicit_paddings=[], **attrs)
    return type(at)(value, (at.sizes[0], *sizes, at.sizes[3]), at.batched)


def averaged(g: Any, at: Any) -> Any:
    """A convolution of single places, perhaps a bias, and an average of some places or of all."""
    if len(at.sizes) != 4 or min(at.sizes[1:3]) < 3:
        return None
    channels = int(g.rng.integers(1, 6))
    attrs = {"strides": [1] * 4, "dilations": [1] * 4, "padding": g.pick((b"SAME", b"VALID"))}
    filter_ = g.numbers(1, 1, at.sizes[3], channels)
    value = g.op("Conv2D", at.value, filter_, data_format=b"NHWC", explicit_paddings=[], **attrs)
    if g.rng.random() < 0.6:
        value = g.op("BiasAdd", value, g.numbers(channels), data_format=b"NHWC")
    if g.rng.random() < 0.3:
        return type(at)(g.build.mean(value, [1, 2], keep=True), (at.sizes[0], 1, 1, channels), at.batched)
    if g.rng.random() < 0.3:
        return type(at)(g.build.mean(value, [1, 2]), (at.sizes[0], channels), at.batched)
    size = int(g.pick([1, 2, 3]))
    attrs = {"ksize": [1, size, size, 1], "strides": [1, 2, 2, 1], "padding": b"SAME", "data_format": b"NHWC"}
    sizes = [-(-size // 2) for size in at.sizes[1:3]]
    return type(at)(g.op("AvgPool", value, **attrs), (at.sizes[0], *sizes, channels), at.batched)


WINDOWS = (odd_windows, averaged)
