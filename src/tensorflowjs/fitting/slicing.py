"""Operators that take parts of a tensor: `x[...]`, slice, split.

A part along one axis is cut out by Cropping2D, with the axes before it and behind it merged so that it is the
middle one of an image. Steps are taken by a pooling window of size 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import prod
from typing import Any

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting import layout
from tensorflowjs.fitting.arithmetic import GRAPH_MODEL
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.operands import operands
from tensorflowjs.ir.layers import Ref


@dataclass(frozen=True)
class Cut:
    """What an axis of known size is reduced to."""

    axis: int
    start: int
    stop: int
    step: int = 1

    @property
    def size(self) -> int:
        return max(0, -(-(self.stop - self.start) // self.step))


def take(site: Site, ref: Ref, cut: Cut, part: str | None) -> Ref:
    """The part of `ref` that `cut` says, in the same rank."""
    shape = layout.shape_of(site, ref)
    size = shape[cut.axis]
    assert size is not None
    if cut == Cut(cut.axis, 0, size):
        return ref
    prefix = part or "part"
    before, behind = shape[1 : cut.axis], shape[cut.axis + 1 :]
    merged = [_product(site, before, shape), size, _product(site, behind, shape)]
    image = layout.reshaped(site, ref, merged, f"{prefix}_as_image")
    cropping = [[0, 0], [cut.start, size - cut.stop]]
    image = site.put("Cropping2D", {"cropping": cropping}, [image], part=f"{prefix}_cropped")
    if cut.step > 1:
        window = {"pool_size": [1, 1], "strides": [1, cut.step], "padding": "valid", "data_format": "channels_last"}
        image = site.put("MaxPooling2D", window, [image], part=f"{prefix}_stepped")
    return layout.reshaped(site, image, [*before, cut.size, *behind], part)


def _product(site: Site, dims: tuple[Dim, ...], shape: tuple[Dim, ...]) -> int:
    if None in dims:
        site.refuse(f"a part of a tensor of shape {layout.shown(shape)}, in which sizes are unknown", GRAPH_MODEL)
    return prod(dim for dim in dims if dim is not None)


def get_item(site: Site) -> Outputs:
    """Cropping between two Reshapes; whole numbers and new axes by a Reshape."""
    given = operands(site)
    ref, key = given["x"], given.get("key")
    shape = layout.shape_of(site, ref)
    items = _expanded(site, list(key) if isinstance(key, list | tuple) else [key], len(shape))
    cuts, kept = _read(site, items, shape)
    for number, cut in enumerate(cuts):
        ref = take(site, ref, cut, f"axis_{number}")
    if None not in kept and tuple(layout.shape_of(site, ref)) == tuple(kept):
        return site.put("Activation", {"activation": "linear"}, [ref])
    return layout.reshaped(site, ref, kept[1:], None)


def _expanded(site: Site, items: list[Any], rank: int) -> list[Any]:
    """One item for each axis, and None for each new one."""
    items = [
        slice(*(item.get(k) for k in ("start", "stop", "step"))) if isinstance(item, dict) else item for item in items
    ]
    items = [Ellipsis if item == "..." else item for item in items]
    used = sum(item is not None and item is not Ellipsis for item in items)
    rest = [slice(None)] * (rank - used)
    if Ellipsis not in items:
        return [*items, *rest]
    at = items.index(Ellipsis)
    return [*items[:at], *rest, *items[at + 1 :]]


def _read(site: Site, items: list[Any], shape: tuple[Dim, ...]) -> tuple[list[Cut], list[Dim]]:
    """The cuts to make, and the shape when they are made, whole numbers dropped and new axes added."""
    cuts: list[Cut] = []
    kept: list[Dim] = []
    axis = 0
    for item in items:
        if item is None:
            kept.append(1)
            continue
        cut = _cut(site, item, axis, shape[axis])
        if cut is not None:
            cuts.append(cut)
        if isinstance(item, slice):
            kept.append(shape[axis] if cut is None else cut.size)
        axis += 1
    if not items or items[0] != slice(None) or not kept:
        site.refuse("a part of the batch", GRAPH_MODEL)
    return cuts, kept


def _cut(site: Site, item: Any, axis: int, size: Dim) -> Cut | None:
    if item == slice(None):
        return None
    if not isinstance(item, int | slice) or isinstance(item, bool):
        site.refuse(f"an index that is not a number or a slice: {item!r}"[:200], GRAPH_MODEL)
    if axis == 0:
        site.refuse("a part of the batch", GRAPH_MODEL)
    if size is None:
        site.refuse(f"a part of axis {axis}, whose size is unknown", "give the model's input a fixed size")
    if isinstance(item, int):
        return Cut(axis, item % size, item % size + 1)
    start, stop, step = item.indices(size)
    if step < 1 or stop <= start:
        site.refuse(f"the slice {item}: TF.js layers can neither turn an axis round nor give nothing", GRAPH_MODEL)
    return Cut(axis, start, stop, step)


def split(site: Site) -> Outputs:
    """Each part cut out by Cropping2D between two Reshapes."""
    given = operands(site)
    ref = given["x"]
    shape = layout.shape_of(site, ref)
    # TensorFlow's default axis, and Keras', is the batch.
    axis = (given.get("axis") or 0) % len(shape)
    size = shape[axis]
    if axis == 0 or size is None:
        site.refuse(f"a split along axis {axis}, whose size is not fixed", GRAPH_MODEL)
    bounds = _bounds(site, given.get("indices_or_sections"), size)
    cuts = [Cut(axis, start, stop) for start, stop in pairwise(bounds)]
    return [take(site, ref, cut, f"part_{number}") for number, cut in enumerate(cuts)]


def _bounds(site: Site, sections: Any, size: int) -> list[int]:
    """Where the parts begin and end. Keras gives the indices between them, TensorFlow the sizes."""
    if isinstance(sections, int) and sections > 0 and size % sections == 0:
        return list(range(0, size + 1, size // sections))
    if not isinstance(sections, list) or not all(isinstance(number, int) for number in sections):
        site.refuse(f"a split into {sections!r}"[:200], GRAPH_MODEL)
    if "tensorflow" not in site.config:
        return [0, *sections, size]
    bounds = [0]
    for width in sections:
        bounds.append(bounds[-1] + width)
    return bounds


OPERATORS: dict[str, Rule] = {"get_item": get_item, "split": split}
