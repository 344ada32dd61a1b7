"""Layers that take several values and give one. Masks change the numbers of some of them, from Keras 3.4 on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from tensorflowjs.catalog import masks as table
from tensorflowjs.catalog.layers.merging import dot_axes
from tensorflowjs.lowering.engine import Outputs, Site, Write
from tensorflowjs.lowering.functions import concat, l2_normalize, matmul, product_of, sizes_of, where
from tensorflowjs.lowering.values import FLOAT, Mask, Traced

Combine = Callable[[Traced, Traced], Traced]


def _aligned(site: Site) -> list[Traced]:
    """Inputs of the same rank: Keras gives those of lower rank new axes behind the batch."""
    rank = max(x.rank for x in site.inputs)
    return [_with_rank(x, rank) for x in site.inputs]


def _with_rank(x: Traced, rank: int) -> Traced:
    while x.rank < rank:
        x = x.expand(1)
    return x


def merged(combine: Combine) -> Write:
    return lambda site: reduce(combine, _aligned(site))


def add(site: Site) -> Outputs:
    inputs = _aligned(site)
    if len(inputs) > 2 and len({x.dims for x in inputs}) == 1 and len({x.dtype for x in inputs}) == 1:
        return site.builder.put("AddN", inputs, inputs[0].dtype, inputs[0].dims, N=len(inputs))
    return reduce(Traced.__add__, inputs)


def average(site: Site) -> Outputs:
    inputs = _aligned(site)
    return reduce(Traced.__add__, inputs) / float(len(inputs))


def with_masks(write: Write, masked: Callable[[Site, list[Traced], Sequence[Mask]], Traced]) -> Write:
    """`write`, or `masked` where an input has a mask and the version of Keras looks at it."""

    def chosen(site: Site) -> Outputs:
        masks = [*site.given_masks, *[None] * len(site.inputs)][: len(site.inputs)]
        if all(mask is None for mask in masks) or not table.merges_any(site.version):
            return write(site)
        return masked(site, _aligned(site), masks)

    return chosen


def _beside(x: Traced, mask: Traced) -> Traced:
    """`mask` with axes of size 1 for those that only `x` has."""
    while mask.rank < x.rank:
        mask = mask.expand(-1)
    return mask


def multiplied_with_masks(site: Site, inputs: list[Traced], masks: Sequence[Mask]) -> Traced:
    """Masked steps count as ones, and give zero where they are masked in all inputs."""
    result: Traced | None = None
    anywhere: Mask = None
    for x, mask in zip(inputs, masks, strict=True):
        factor = x if mask is None else where(_beside(x, mask), x, 1.0)
        result = factor if result is None else result * factor
        if mask is not None:
            anywhere = _beside(x, mask) if anywhere is None else anywhere | _beside(x, mask)
    assert result is not None
    if any(mask is None for mask in masks) or anywhere is None:
        return result
    return where(anywhere, result, 0.0)


def extreme_with_masks(combine: Combine) -> Callable[[Site, list[Traced], Sequence[Mask]], Traced]:
    """Where an input is masked, those before it stand in for it."""

    def written(site: Site, inputs: list[Traced], masks: Sequence[Mask]) -> Traced:
        (output, *others), (joint, *rest) = inputs, masks
        for x, mask in zip(others, rest, strict=True):
            value = x if mask is None else where(_beside(x, mask), x, output)
            if joint is not None:
                output = where(_beside(output, joint), output, value)
            joint = joint | mask if joint is not None and mask is not None else None
            output = combine(output, value)
        return output

    return written


def concatenate(site: Site) -> Outputs:
    return concat(site.inputs, site.config["axis"])


def dot(site: Site) -> Outputs:
    """Sums of products along an axis of each input, example by example."""
    one, two = (x.cast(FLOAT) for x in site.inputs)
    first, second = dot_axes(site.config["axes"], (one.rank, two.rank))
    if 0 in (first, second):
        site.refuse("axes that include the batch", "reshape the inputs first")
    if site.config.get("normalize"):
        epsilon = 1e-12 if site.generation == 2 else 1e-14
        one, two = l2_normalize(one, [first], epsilon), l2_normalize(two, [second], epsilon)
    a, rows = _matrix(one, first)
    b, columns = _matrix(two, second)
    found = matmul(a, b, b_turned=True)
    sizes = [*rows, *columns]
    return found.reshape([found.size(0), *(sizes or [1])])


def _matrix(x: Traced, axis: int) -> tuple[Traced, list[int | Traced]]:
    """[batch, all other axes, the axis to be summed], and the sizes of the other axes."""
    others = [at for at in range(1, x.rank) if at != axis]
    moved = x.transpose([0, *others, axis])
    sizes = sizes_of(moved)
    return moved.reshape([sizes[0], product_of(sizes[1:-1]), sizes[-1]]), sizes[1:-1]


def custom_scale(site: Site) -> Outputs:
    """Of Inception-ResNet: the second input is scaled, then added."""
    first, second = site.inputs
    return first + second * float(site.config["scale"])


def layer_scale(site: Site) -> Outputs:
    return site.floats * site.weight("gamma")


LAYERS: dict[str, Write] = {
    "Add": add,
    "Subtract": merged(Traced.__sub__),
    "Multiply": with_masks(merged(Traced.__mul__), multiplied_with_masks),
    "Average": average,
    "Maximum": with_masks(merged(Traced.maximum), extreme_with_masks(Traced.maximum)),
    "Minimum": with_masks(merged(Traced.minimum), extreme_with_masks(Traced.minimum)),
    "Concatenate": concatenate,
    "Dot": dot,
    "CustomScaleLayer": custom_scale,
    "LayerScale": layer_scale,
}
