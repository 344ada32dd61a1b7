"""The same values in another layout: channels first or last, a sequence as an image of width 1, any reshape.

Each function calls one layer on `ref` and returns what comes out; `part` names that layer.
"""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting.engine import Refused, Site
from tensorflowjs.ir.layers import Ref


def shape_of(site: Site, ref: Ref) -> tuple[Dim, ...]:
    """The shape of a value; where it is unknown something before was refused, so the rest is moot."""
    shape = site.shape(ref)
    if shape is None:
        raise Refused
    return shape


def dtype_of(site: Site, ref: Ref) -> str | None:
    """The type of a value that comes straight from an input of the model; None for others, which are floats."""
    layer = next((layer for layer in site.source.layers if layer.name == ref.layer), None)
    return layer.config.get("dtype") if layer is not None and layer.class_name == "InputLayer" else None


def as_floats(site: Site, ref: Ref, part: str | None) -> Ref:
    """The same values, as floats where an input gives whole numbers. Without a `part` there is a new layer anyhow."""
    if str(dtype_of(site, ref) or "float").startswith(("float", "bfloat")):
        return ref if part else site.put("Activation", {"activation": "linear"}, [ref])
    return site.put("Rescaling", {"scale": 1.0, "offset": 0.0}, [ref], part=part)


def permuted(site: Site, ref: Ref, order: Sequence[int], part: str | None) -> Ref:
    """Dimensions in another order, counted from 1, without the batch."""
    return site.put("Permute", {"dims": list(order)}, [ref], part=part)


def channels_last(site: Site, ref: Ref, part: str | None = "channels_last") -> Ref:
    rank = len(shape_of(site, ref)) - 1
    return permuted(site, ref, [*range(2, rank + 1), 1], part)


def channels_first(site: Site, ref: Ref, part: str | None = "channels_first") -> Ref:
    rank = len(shape_of(site, ref)) - 1
    return permuted(site, ref, [rank, *range(1, rank)], part)


def reshaped(site: Site, ref: Ref, dims: Sequence[Dim], part: str | None) -> Ref:
    """Another shape, batch left out; TF.js can find at most one size by itself."""
    unknown = sum(dim is None for dim in dims)
    if unknown > 1:
        site.refuse(
            f"an input of shape {shown(shape_of(site, site.inputs[0]))}: TF.js cannot reshape with "
            f"{unknown} unknown sizes",
            "give the model's input a fixed size",
        )
    return site.put("Reshape", {"target_shape": [-1 if dim is None else dim for dim in dims]}, [ref], part=part)


def as_image(site: Site, ref: Ref, part: str | None = "as_image") -> Ref:
    """A sequence [steps, channels] as an image [steps, 1, channels]."""
    _, steps, channels = shape_of(site, ref)
    return reshaped(site, ref, (steps, 1, channels), part)


def as_sequence(site: Site, ref: Ref, part: str | None = "as_sequence") -> Ref:
    """An image [steps, 1, channels] as a sequence [steps, channels]."""
    _, steps, _, channels = shape_of(site, ref)
    return reshaped(site, ref, (steps, channels), part)


def shown(shape: tuple[Dim, ...]) -> str:
    return "[" + ", ".join("?" if dim is None else str(dim) for dim in shape) + "]"
