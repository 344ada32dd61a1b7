"""Pooling: over windows, over everything, and to a given size."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tensorflowjs.catalog.geometry import Window, is_channels_first, numbers
from tensorflowjs.catalog.windows import Windows
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import concat, product_of, sizes_of
from tensorflowjs.lowering.layout import over_space
from tensorflowjs.lowering.values import FLOAT, Traced

OPS = {"Max": "MaxPool", "Average": "AvgPool"}
REDUCTIONS = {"Max": "Max", "Average": "Mean"}


def pooled(x: Traced, kind: str, window: Window) -> Traced:
    """Over windows of a sequence, an image or a volume with its channels last."""
    match len(window.size):
        case 1:
            size, strides = (1, *window.size), (1, *window.strides)
            row = Window(size, strides, (1, 1), window.padding)
            return _pooled(x.expand(1), OPS[kind], row).squeeze([1])
        case 2:
            return _pooled(x, OPS[kind], window)
    return _max_of_volume(x, window) if kind == "Max" else _pooled(x, "AvgPool3D", window)


def _pooled(x: Traced, op: str, window: Window) -> Traced:
    return x.builder.put(
        op,
        [x],
        FLOAT,
        (x.dims[0], *window.output(x.dims[1:-1]), x.dims[-1]),
        ksize=[1, *window.size, 1],
        strides=[1, *window.strides, 1],
        padding=window.padding.upper().encode(),
        data_format=b"NDHWC" if len(window.size) == 3 else b"NHWC",
    )


def _max_of_volume(x: Traced, window: Window) -> Traced:
    """Over height and width, then over depth: on one backend of TF.js (4.22) MaxPool3D never gets below zero."""
    planes = Window(window.size[1:], window.strides[1:], (1, 1), window.padding)
    depths = Window((window.size[0], 1), (window.strides[0], 1), (1, 1), window.padding)
    batch, depth, *plane, channels = sizes_of(x)
    y = _pooled(x.reshape([product_of([batch, depth]), *plane, channels]), "MaxPool", planes)
    smaller = sizes_of(y)[1:-1]
    y = _pooled(y.reshape([batch, depth, product_of(smaller), channels]), "MaxPool", depths)
    return y.reshape([y.size(0), y.size(1), *smaller, channels])


def pooling(kind: str, rank: int) -> Write:
    def write(site: Site) -> Outputs:
        window = Window.of_pool(site.config, rank)
        return over_space(site, rank, lambda x: pooled(x, kind, window))

    return write


# ---------------------------------------------------------------------------- over everything


def global_pooling(kind: str, rank: int) -> Write:
    def write(site: Site) -> Outputs:
        x, first = site.floats, is_channels_first(site.config)
        axes = list(range(2, rank + 2) if first else range(1, rank + 1))
        keep = bool(site.config.get("keepdims"))
        if kind == "Average" and rank == 1 and site.mask is not None:
            return _average_of_steps(x, site.mask, axes[0], keep)
        return x.reduce(REDUCTIONS[kind], axes, keep)

    return write


def _average_of_steps(x: Traced, mask: Traced, axis: int, keep: bool) -> Traced:
    """Of those that count; without any of them not a number."""
    counts = mask.cast(FLOAT).expand(2 if axis == 1 else 1)
    return (x * counts).sum([axis], keep) / counts.sum([axis], keep)


# ---------------------------------------------------------------------------- to a given size


def adaptive_pooling(kind: str, rank: int) -> Write:
    def write(site: Site) -> Outputs:
        counts = numbers(site.config["output_size"], rank)

        def on(x: Traced) -> Traced:
            space = site.known(x.dims[1:-1])
            windows = [Windows.to(length, count) for length, count in zip(space, counts, strict=True)]
            if all(each.are_regular for each in windows):
                sizes, steps = tuple(each.size for each in windows), tuple(each.step for each in windows)
                return pooled(x, kind, Window(sizes, steps, (1,) * rank, "valid"))
            for axis, each in enumerate(windows, start=1):
                x = _along(x, axis, each, lambda part, axis: part.reduce(REDUCTIONS[kind], [axis], keep=True))
            return x

        return over_space(site, rank, on)

    return write


def _along(x: Traced, axis: int, windows: Windows, reduce: Callable[[Traced, int], Traced]) -> Traced:
    parts: Sequence[Traced] = [reduce(x.part(axis, start, stop), axis) for start, stop in windows.spans]
    return concat(parts, axis)


LAYERS: dict[str, Write] = {
    **{f"{kind}Pooling{rank}D": pooling(kind, rank) for kind in OPS for rank in (1, 2, 3)},
    **{f"Global{kind}Pooling{rank}D": global_pooling(kind, rank) for kind in OPS for rank in (1, 2, 3)},
    **{f"Adaptive{kind}Pooling{rank}D": adaptive_pooling(kind, rank) for kind in OPS for rank in (1, 2, 3)},
}
