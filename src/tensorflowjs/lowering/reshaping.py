"""Layers that only move values: shapes, padding, cropping, upsampling."""

from __future__ import annotations

import numpy as np

from tensorflowjs.catalog.geometry import is_channels_first, numbers, pairs
from tensorflowjs.catalog.resampling import matrix
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import dense, product_of, sizes_of, tile
from tensorflowjs.lowering.layout import channels_last, cropped, over_space, padded
from tensorflowjs.lowering.values import FLOAT, Size, Traced, product

RESIZES = {"nearest": "ResizeNearestNeighbor", "bilinear": "ResizeBilinear"}


def flatten(site: Site) -> Outputs:
    x = site.x
    if x.rank > 2 and is_channels_first(site.config):
        x = channels_last(x, x.rank - 2)
    if x.rank == 2:
        return x
    if x.rank == 1:
        return x.expand(1)
    size = product(x.dims[1:])
    return x.reshape([x.size(0), product_of(sizes_of(x)[1:]) if size is None else size])


def reshape(site: Site) -> Outputs:
    x = site.x
    target = [-1 if dim is None else int(dim) for dim in site.config["target_shape"]]
    total, known = product(x.dims[1:]), product([dim for dim in target if dim >= 0]) or 1
    if target.count(-1) == 1:
        rest: Size = product_of(sizes_of(x)[1:]) if total is None else total // known
        if isinstance(rest, int):
            target[target.index(-1)] = rest
    return x.reshape([x.size(0), *target])


def permute(site: Site) -> Outputs:
    return site.x.transpose([0, *site.config["dims"]])


def repeat_vector(site: Site) -> Outputs:
    return tile(site.x.expand(1), [1, int(site.config["n"]), 1])


# ---------------------------------------------------------------------------- sizes


def zero_padding(rank: int) -> Write:
    def write(site: Site) -> Outputs:
        amounts = pairs(site.config["padding"], rank)
        return over_space(site, rank, lambda x: padded(x, amounts), floats=False)

    return write


def cropping(rank: int) -> Write:
    def write(site: Site) -> Outputs:
        amounts = pairs(site.config["cropping"], rank)
        return over_space(site, rank, lambda x: cropped(x, amounts), floats=False)

    return write


def upsampling(rank: int) -> Write:
    def write(site: Site) -> Outputs:
        factors = numbers(site.config["size"], rank)
        how = str(site.config.get("interpolation") or "nearest").lower()
        if rank == 2:
            return over_space(site, 2, lambda x: _enlarged(site, x, factors, how))
        return over_space(site, rank, lambda x: _repeated(x, factors), floats=False)

    return write


def _repeated(x: Traced, factors: tuple[int, ...]) -> Traced:
    for axis, factor in enumerate(factors, start=1):
        if factor > 1:
            sizes = sizes_of(x)
            times: list[Size] = [1] * (x.rank + 1)
            times[axis + 1] = factor
            together = [*sizes[:axis], sizes[axis] * factor, *sizes[axis + 1 :]]
            x = tile(x.expand(axis + 1), times).reshape(together)
    return x


def _enlarged(site: Site, x: Traced, factors: tuple[int, ...], how: str) -> Traced:
    sizes: list[Size] = [x.size(axis) * factor for axis, factor in enumerate(factors, start=1)]
    return resized(site, x, sizes, how)


def resized(site: Site, x: Traced, sizes: list[Size], how: str, antialias: bool = False) -> Traced:
    """An image with channels last in another size. Every method is linear, so matrices do what TF.js has no op for."""
    if how in RESIZES and not (antialias and how != "nearest"):
        dims = (x.dims[0], *(size if isinstance(size, int) else None for size in sizes), x.dims[-1])
        attrs = {"align_corners": False, "half_pixel_centers": True}
        return x.builder.put(RESIZES[how], [x.cast(FLOAT), x.builder.sizes(sizes)], FLOAT, dims, **attrs)
    old = site.known(x.dims[1:3])
    new = site.known(tuple(size if isinstance(size, int) else None for size in sizes))
    try:
        rows, columns = (matrix(a, b, how, antialias) for a, b in zip(old, new, strict=True))
    except KeyError:
        site.refuse(f'interpolation="{how}", which is unknown', "use bilinear")
    return along_axis(site, along_axis(site, x, 1, rows), 2, columns)


def along_axis(site: Site, x: Traced, axis: int, weights: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> Traced:
    """One axis of an image times a matrix."""
    if weights.shape[0] == weights.shape[1] and np.array_equal(weights, np.eye(len(weights))):
        return x
    order = [0, 3, 2, 1] if axis == 1 else [0, 1, 3, 2]
    kernel = site.builder.const(weights)
    return dense(x.transpose(order), kernel).transpose(order)


LAYERS: dict[str, Write] = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat_vector,
    **{f"ZeroPadding{rank}D": zero_padding(rank) for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": cropping(rank) for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": upsampling(rank) for rank in (1, 2, 3)},
}
