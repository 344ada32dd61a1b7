"""Padding, cropping, upsampling and pooling of images, and of sequences and volumes looked at as images.

Amounts stand per spatial dimension: (before, after) for padding and cropping, a factor for upsampling, (size, stride)
for pooling.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tensorflowjs.catalog.geometry import channels_of, space_of
from tensorflowjs.catalog.schema import Dim
from tensorflowjs.fitting.engine import Site
from tensorflowjs.fitting.layout import permuted, reshaped, shape_of
from tensorflowjs.ir.layers import Call, Config, Layer, Model, Ref

Amount = Any  # (before, after), a factor, or (size, stride)


@dataclass(frozen=True)
class ImageLayer:
    """A class of TF.js that changes height and width of an image, and the amount that changes nothing."""

    class_name: str
    what: str
    nothing: Amount
    arguments: Callable[[Sequence[Amount]], Config]


PADDING = ImageLayer("ZeroPadding2D", "padding", (0, 0), lambda amounts: {"padding": list(map(list, amounts))})
CROPPING = ImageLayer("Cropping2D", "cropping", (0, 0), lambda amounts: {"cropping": list(map(list, amounts))})
UPSAMPLING = ImageLayer(
    "UpSampling2D", "upsampling", 1, lambda amounts: {"size": list(amounts), "interpolation": "nearest"}
)


def pooling(kind: str, padding: str) -> ImageLayer:
    """Pooling of a kind (Max, Average)."""

    def arguments(amounts: Sequence[Amount]) -> Config:
        sizes, strides = zip(*amounts, strict=True)
        return {"pool_size": list(sizes), "strides": list(strides), "padding": padding}

    return ImageLayer(f"{kind}Pooling2D", "pooling", (1, 1), arguments)


# Above this TF.js, which divides by the factor in single precision, picks a wrong neighbour here and there.
LARGEST_FACTOR = 40


Step = tuple[ImageLayer, Sequence[Amount]]


def over_image(
    site: Site,
    ref: Ref,
    kind: ImageLayer,
    amounts: Sequence[Amount],
    *,
    channels_first: bool = False,
    part: str | None,
) -> Ref:
    """Change height and width of an image, or of each image of a stack of them."""
    steps: list[Step] = [(kind, amounts)]
    if kind is CROPPING:
        steps = _cropping(site, space_of(shape_of(site, ref), 2, channels_first), amounts)
    elif kind is UPSAMPLING:
        steps = [(kind, factors) for factors in in_steps(site, amounts)]
    layout = "channels_first" if channels_first else "channels_last"
    layers = [(kind.class_name, {**kind.arguments(some), "data_format": layout}) for kind, some in steps]
    if len(shape_of(site, ref)) > 4:
        return _for_each_image(site, ref, layers, part)
    for number, (class_name, config) in enumerate(layers):
        name = part if number == len(layers) - 1 else f"{part or kind.what}_{number}"
        ref = site.put(class_name, config, [ref], part=name)
    return ref


def _for_each_image(site: Site, ref: Ref, layers: list[tuple[str, Config]], part: str | None) -> Ref:
    """Layers for images, called on each image of a stack as if these were time steps."""
    name = f"{site.layer.name}_{part or 'image'}"
    (batch, _, *image), before = shape_of(site, ref), site.fitter.fresh_name(f"{name}_input")
    entry_config = {"batch_shape": [batch, *image], "dtype": "float32", "sparse": False}
    chain = [Layer(before, "InputLayer", entry_config, [Call()])]
    for class_name, config in layers:
        chain.append(Layer(site.fitter.fresh_name(name), class_name, config, [Call([Ref(before)])]))
        before = chain[-1].name
    inner = chain[-1]
    inner.calls = inner.calls if len(layers) > 1 else []
    if len(layers) > 1:
        model = Model(name, "Functional", chain, [Ref(chain[0].name)], [Ref(before)])
        inner = Layer(name, "Functional", model=model)
    return site.put("TimeDistributed", {}, [ref], part=part, children={"layer": inner})


def _cropping(site: Site, space: tuple[Dim, ...], amounts: Sequence[tuple[int, int]]) -> list[Step]:
    """TF.js's Cropping2D makes a number of an unknown size (null - 2 is -2), and layers behind it believe that.

    ZeroPadding2D takes a negative number for unknown; so pad by nothing afterwards, and before it by one where
    nothing is cropped, so that the number becomes negative. In between a Sequential would object to it.
    """
    if None not in space:
        return [(CROPPING, amounts)]
    site.leave_sequential()
    more = [(0, int(dim is None and not any(pair))) for dim, pair in zip(space, amounts, strict=True)]
    cut = [(before, after + extra) for (before, after), (_, extra) in zip(amounts, more, strict=True)]
    widening: list[Step] = [(PADDING, more)] if any(map(any, more)) else []
    return [*widening, (CROPPING, cut), (PADDING, [PADDING.nothing] * 2)]


def in_steps(site: Site, factors: Sequence[int]) -> list[tuple[int, ...]]:
    """Factors as a chain of ones that TF.js gets right."""
    chains = [_divided(site, factor) for factor in factors]
    length = max(len(chain) for chain in chains)
    return list(zip(*(chain + [1] * (length - len(chain)) for chain in chains), strict=True))


def _divided(site: Site, factor: int) -> list[int]:
    if factor <= LARGEST_FACTOR:
        return [factor]
    step = next((step for step in range(LARGEST_FACTOR, 1, -1) if factor % step == 0), None)
    if step is None:
        site.refuse(f"upsampling by {factor}: TF.js repeats wrong values for large prime factors")
    return [step, *_divided(site, factor // step)]


# ---------------------------------------------------------------------------- sequences and volumes


def over_sequence(
    site: Site,
    ref: Ref,
    kind: ImageLayer,
    amount: Amount,
    *,
    channels_first: bool = False,
    part: str | None = None,
) -> Ref:
    """Change the length of a sequence, looked at as an image [steps, 1, channels] or [channels, steps, 1]."""
    _, *dims = shape_of(site, ref)
    apart = (*dims, 1) if channels_first else (dims[0], 1, dims[1])
    amounts = (kind.nothing, amount) if channels_first else (amount, kind.nothing)
    image = reshaped(site, ref, apart, "as_image")
    changed = over_image(site, image, kind, amounts, part=f"{kind.what}_steps")
    _, *found = shape_of(site, changed)
    return reshaped(site, changed, found[:2] if channels_first else (found[0], found[2]), part)


def over_volume(
    site: Site,
    ref: Ref,
    kind: ImageLayer,
    amounts: Sequence[Amount],
    *,
    channels_first: bool = False,
    part: str | None = None,
) -> Ref:
    """Change depth, height and width of a volume, two of its dimensions at a time.

    The volume has four dimensions [a, b, c, d], looked at as [a*b, c, d] and then as [a, b, c*d].
    """
    if shape_of(site, ref)[1:].count(None) > 1:
        return _over_slices(site, ref, kind, amounts, channels_first, part)
    depth, height, width = amounts
    first, second = (kind.nothing, width), (depth, height)
    if channels_first:
        first, second = (height, width), (depth, kind.nothing)
    name = kind.what
    _, a, b, c, d = shape_of(site, ref)
    if any(amount != kind.nothing for amount in first):
        ref = reshaped(site, ref, (_product(a, b), c, d), f"{name}_planes_as_image")
        ref = over_image(site, ref, kind, first, channels_first=channels_first, part=f"{name}_planes")
        _, _, c, d = shape_of(site, ref)
    if any(amount != kind.nothing for amount in second):
        ref = reshaped(site, ref, (a, b, _product(c, d)), f"{name}_depth_as_image")
        ref = over_image(site, ref, kind, second, channels_first=channels_first, part=f"{name}_depth")
        _, a, b, _ = shape_of(site, ref)
    return reshaped(site, ref, (a, b, c, d), part)


def _over_slices(
    site: Site,
    ref: Ref,
    kind: ImageLayer,
    amounts: Sequence[Amount],
    channels_first: bool,
    part: str | None,
) -> Ref:
    """The same without a reshape, which can find no more than one size: slice by slice, as time steps."""
    depth, height, width = amounts
    name = kind.what
    if channels_first:  # slices [depth, height, width], with the last or the first dimension in place of channels
        ref = over_image(site, ref, kind, (depth, height), part=f"{name}_depth")
        return over_image(site, ref, kind, (kind.nothing, width), channels_first=True, part=part)
    if depth == kind.nothing:
        return over_image(site, ref, kind, (height, width), part=part)
    ref = over_image(site, ref, kind, (height, width), part=f"{name}_planes")
    ref = permuted(site, ref, (2, 1, 3, 4), f"{name}_height_first")
    ref = over_image(site, ref, kind, (depth, kind.nothing), part=f"{name}_depth")
    return permuted(site, ref, (2, 1, 3, 4), part)


def _product(a: Dim, b: Dim) -> Dim:
    return None if a is None or b is None else a * b


def channels_cropped(site: Site, ref: Ref, start: int, stop: int, *, channels_first: bool, part: str | None) -> Ref:
    """Channels `start` to `stop` of an image: cropping in the other layout reaches the channels."""
    channels = channels_of(shape_of(site, ref), 2, channels_first)
    assert channels is not None
    cut, nothing = (start, channels - stop), (0, 0)
    amounts = (cut, nothing) if channels_first else (nothing, cut)
    return over_image(site, ref, CROPPING, amounts, channels_first=not channels_first, part=part)
