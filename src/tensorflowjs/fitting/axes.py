"""Work along axes that are not the last one, or are several: moved to the end, merged, and put back afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting import layout
from tensorflowjs.fitting.engine import Site
from tensorflowjs.ir.layers import Ref

Dims = list[Dim]
Form = Callable[[Dims, Dim], Dims]


def kept(others: Dims, size: Dim) -> Dims:
    """The other axes as they are, then the merged ones."""
    return [*others, size]


def flat(others: Dims, size: Dim) -> Dims:
    """The other axes merged as well, if there are several."""
    return [product(others), size] if len(others) > 1 else [*others, size]


def rows(others: Dims, size: Dim) -> Dims:
    """An image of one column: each vector a row of its own."""
    return [product(others), 1, size]


def product(sizes: Sequence[Dim]) -> Dim:
    known = [size for size in sizes if size is not None]
    return prod(known) if len(known) == len(sizes) else None


def along_last(
    site: Site, axes: Sequence[int], apply: Callable[[Ref, str | None], Ref], form: Form = kept, *, owner: bool = False
) -> Ref:
    """What `apply` makes of the site's input, with `axes` (positive, in order) merged into the last one.

    `apply` gets the tensor and the part name for its layer. The site's own name goes to the layer of `apply` if it
    is an owner of weights, else to whatever gives the output.
    """
    shape = site.known_shape()
    others = [axis for axis in range(1, len(shape)) if axis not in axes]
    order = [*others, *axes]
    before = [shape[axis] for axis in order]
    inside = form([shape[axis] for axis in others], product([shape[axis] for axis in axes]))
    moved, merged = order != list(range(1, len(shape))), inside != before or form is rows
    ref = site.inputs[0]
    if moved:
        ref = layout.permuted(site, ref, order, "axes_last")
    if merged:
        ref = layout.reshaped(site, ref, inside, "merged")
    ref = apply(ref, None if owner or not (moved or merged) else "inside")
    if merged:
        ref = layout.reshaped(site, ref, before, "parted" if owner or moved else None)
    if moved:
        back = [order.index(axis) + 1 for axis in range(1, len(shape))]
        ref = layout.permuted(site, ref, back, "axes_back" if owner else None)
    return ref
