"""Gives layers of TF.js the masks that Keras gives them.

TF.js hands masks on by its own rules, and one that it has used stays in force for every later layer that could
use one, until another mask comes along. So a recurrent layer that is to have no mask, in a model that has any,
gets one that leaves nothing out; and one whose own mask does not reach it gets it from an input that carries it:

    value ─────────────────────────────── Concatenate ── Dense (drops the added feature) ── recurrent layer
    ids ── Reshape [time, 1] ── Masking ──┘

Where Keras makes values zero at masked steps, or averages over the others, the mask is computed as numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tensorflowjs.catalog import masks as table
from tensorflowjs.fitting.engine import Outputs, Refusal, Rule, Site
from tensorflowjs.fitting.mask_terms import (
    ALWAYS,
    All,
    Differs,
    Joined,
    Mask,
    NonZero,
    Some,
    Term,
    Unclear,
    some,
)
from tensorflowjs.fitting.tfjs_masks import LOWEST
from tensorflowjs.ir.layers import Layer, Ref
from tensorflowjs.tensors import ArrayTensor, Tensor

HINT = "convert to a graph model instead: --output_format=tfjs_graph_model"
LARGE = 3e4  # in the range of half floats, which some devices compute with
GROWTHS = 11  # LARGE times itself so often brings the smallest number there is above 1


def sequence(site: Site) -> Ref:
    """The site's first input, carrying just the mask that Keras gives the layer."""
    value, mask = site.inputs[0], site.mask
    if mask is None or mask == ALWAYS:
        return unmasked(site, value)
    if site.carried(value) == mask:
        return value
    _check(site, mask)
    return value if site.hides_masks else masked(site, value, mask)


def unmasked(site: Site, value: Ref) -> Ref:
    """`value`, with no mask in force behind it."""
    if not site.has_masks or site.carried(value) == ALWAYS:
        return value
    return site.put("Masking", {"mask_value": LOWEST}, [value], part="unmasked")


def masked(site: Site, value: Ref, mask: Term) -> Ref:
    """`value`, carrying `mask`."""
    width = _width(site, value)
    carrier = _carrier(site, mask)
    both = site.put("Concatenate", {"axis": -1}, [site.stripped(value), carrier], part="masked")
    return dense(site, both, np.eye(_width(site, both), width), "sequence")


def zeroed(site: Site, value: Ref, mask: Mask, output: int = 0) -> Ref:
    """`value`, one of the site's outputs, made zero at masked steps, unless nothing looks at them."""
    if mask is None or mask == ALWAYS or site.is_ignored_where(mask, output):
        return value
    _check(site, mask)
    return site.put("Multiply", {}, [site.stripped(value), numbers(site, mask)], part="zeroed")


def begun(site: Site, layer: Layer) -> Ref | None:
    """Ones from the first step on that counts, zeros before, where Keras makes the output of `layer` zero until then.

    `layer` is recurrent and has initial states; for its last output, one number for the whole sequence.
    """
    mask = site.mask
    if mask is None or mask == ALWAYS or not table.outputs_start_at_zero(site.fitter.keras_version):
        return None
    if not layer.config.get("return_sequences"):
        _check(site, mask)
        return site.put("GlobalMaxPooling1D", {}, [numbers(site, mask)], part="begun")
    backwards = bool(layer.config.get("go_backwards"))
    if not backwards and site.is_ignored_where(mask):
        return None
    _check(site, mask)
    config = {
        "units": 1, "activation": "linear", "use_bias": False, "return_sequences": True,
        "go_backwards": backwards,
    }  # fmt: skip
    ones: dict[str, Tensor] = {name: ArrayTensor(np.ones((1, 1), "float32")) for name in ("kernel", "recurrent_kernel")}
    steps = unmasked(site, numbers(site, mask))
    counted = site.put("SimpleRNN", config, [steps], part="steps", weights=ones, fixed=True)
    return site.put("ReLU", {"max_value": 1.0}, [site.stripped(counted)], part="begun")


def behind(site: Site, value: Ref, other: Ref) -> Ref:
    """The sequence `value`, computed after `other`, since TF.js fails to run recurrent layers after one with states."""
    if len(site.shape(other) or ()) != 3:
        return value
    both = site.put("Concatenate", {"axis": -1}, [value, site.stripped(other)], part="behind")
    return dense(site, both, np.eye(_width(site, both), _width(site, value)), "kept")


def zeroed_until(site: Site, value: Ref, begin: Ref) -> Ref:
    return site.put("Multiply", {}, [site.stripped(value), begin], part="zeroed_until_begin")


def as_numbers(site: Site, mask: Term) -> Ref:
    """`mask` as ones and zeros of shape [time, 1], or a refusal."""
    _check(site, mask)
    return numbers(site, mask)


def numbers(site: Site, mask: Term) -> Ref:
    """`mask` as ones and zeros of shape [time, 1]."""
    return site.once(("numbers", mask), lambda: _numbers(site, mask))


def _numbers(site: Site, mask: Term) -> Ref:
    if isinstance(mask, All):
        return site.put("Multiply", {}, [numbers(site, part) for part in in_order(mask)], part="mask_numbers")
    found = features(site, mask)
    if isinstance(mask, Joined):
        return found
    if not isinstance(mask, NonZero):
        width = _width(site, found)
        both_signs = np.concatenate([np.eye(width), -np.eye(width)], axis=1)
        found = dense(site, found, both_signs, "distance", activation="relu")
        for _ in range(GROWTHS):
            found = dense(site, found, np.full((_width(site, found), 1), LARGE), "grown")
    return site.put("ReLU", {"max_value": 1.0}, [found], part="mask_numbers")


def _carrier(site: Site, mask: Term) -> Ref:
    """Some value that carries `mask`."""
    return site.once(("carrier", mask), lambda: _new_carrier(site, mask))


def _new_carrier(site: Site, mask: Term) -> Ref:
    if isinstance(mask, All):
        parts = [_carrier(site, part) for part in in_order(mask)]
        return site.put("Concatenate", {"axis": -1}, parts, part="masks")
    return site.put("Masking", {"mask_value": 0.0}, [features(site, mask)], part="mask")


def features(site: Site, mask: Term) -> Ref:
    """Features of which any is other than 0 at the steps that count, and none at the others."""
    return site.once(("features", mask), lambda: _new_features(site, mask))


def _new_features(site: Site, mask: Term) -> Ref:
    match mask:
        case NonZero(source):
            time = (site.shape(source) or (None, None))[1]
            column = site.put("Reshape", {"target_shape": [time, 1]}, [source], part="ids")
            return dense(site, column, np.eye(1), "ids_as_floats")
        case Differs(source, value):
            bare, width = site.stripped(source), _width(site, source)
            if value == 0:
                return bare
            return dense(site, bare, np.eye(width), f"less_{value:g}", bias=np.full(width, -value))
        case Some():
            found = [features(site, part) for part in in_order(mask)]
            return site.put("Concatenate", {"axis": -1}, found, part="any_mask")
        case All():
            return numbers(site, mask)
        case Joined(ordered):
            return site.put("Concatenate", {"axis": 1}, [numbers(site, part) for part in ordered], part="joined_mask")
    raise AssertionError(mask)


def in_order(mask: All | Some) -> list[Term]:
    """Parts in an order that is the same every time."""
    return sorted(mask.parts, key=repr)


def dense(
    site: Site,
    value: Ref,
    kernel: NDArray[Any],
    part: str,
    *,
    activation: str = "linear",
    bias: NDArray[Any] | None = None,
) -> Ref:
    """A Dense layer of fixed weights."""
    rows, columns = kernel.shape
    weights: dict[str, Tensor] = {"kernel": ArrayTensor(kernel.astype("float32"))}
    if bias is not None:
        weights["bias"] = ArrayTensor(bias.astype("float32"))
    config = {"units": columns, "activation": activation, "use_bias": bias is not None}
    return site.put("Dense", config, [value], part=f"{part}_{rows}", weights=weights, fixed=True)


def _width(site: Site, value: Ref) -> int:
    width = (site.shape(value) or (None,))[-1]
    if width is None:
        site.refuse("a mask on a sequence whose number of features is not fixed", HINT)
    return width


def _check(site: Site, mask: Term) -> None:
    """Refuse masks that cannot be made again."""
    reason = _obstacle(site, mask)
    if reason is None and len(site.known_shape()) != 3:
        reason = "it does not belong to a sequence of plain features"
    if reason is not None:
        site.refuse(f"TF.js cannot give this layer its mask: {reason}", HINT)


def _obstacle(site: Site, mask: Term) -> str | None:
    match mask:
        case Unclear(why):
            return why
        case Joined(ordered):
            if ALWAYS in ordered:
                return "it is put together along time, from sequences with and without a mask"
            return next((found for part in ordered if (found := _obstacle(site, part))), None)
        case NonZero(source):
            return None if len(site.shape(source) or ()) == 2 else "it has more axes than time"
        case Differs(source, _):
            return None if len(site.shape(source) or ()) == 3 else "it has more or fewer axes than time"
        case All(parts) | Some(parts):
            return next((found for part in parts if (found := _obstacle(site, part))), None)


# ---------------------------------------------------------------------------- layers other than recurrent ones


def average(site: Site) -> Outputs:
    """With a mask: a sum weighted by a softmax over the steps that count; without any of them not a number."""
    mask, value = site.mask, site.inputs[0]
    assert mask is not None
    _check(site, mask)
    if site.config.get("data_format") == "channels_first":
        site.refuse("a mask with data_format=channels_first", HINT)
    ones = numbers(site, mask)
    logits = dense(site, ones, np.full((1, 1), LARGE), "logits", bias=np.full(1, -LARGE))
    turned = site.put("Permute", {"dims": [2, 1]}, [logits], part="turned")
    shares = site.put("Activation", {"activation": "softmax"}, [turned], part="shares")
    summed = site.put("Dot", {"axes": [2, 1], "normalize": False}, [shares, site.stripped(value)], part="sum")
    keep = bool(site.config.get("keepdims"))
    checked = site.put("Add", {}, [summed, _nan_if_empty(site, ones)], part=None if keep else "checked")
    return checked if keep else site.put("Reshape", {"target_shape": [_width(site, value)]}, [checked])


def _nan_if_empty(site: Site, ones: Ref) -> Ref:
    """Zero for each sample with any step that counts; Keras divides by their number."""
    anything = site.put("GlobalMaxPooling1D", {}, [ones], part="anything")
    infinite = _others(site, anything)
    for _ in range(GROWTHS):
        infinite = dense(site, infinite, np.full((1, 1), LARGE), "grown")
    return dense(site, infinite, np.zeros((1, 1)), "not_a_number")


def multiply(site: Site) -> Outputs:
    """With masks, from Keras 3.4 on: masked steps count as ones, and give zero where they are masked in all."""
    given = site.given_masks
    present = [mask for mask in given if mask is not None]
    for mask in present:
        _check(site, mask)
    same_in_all = len(set(given)) == 1
    factors = [
        site.stripped(value) if mask is None or same_in_all else _or_one(site, value, mask)
        for value, mask in zip(site.inputs, given, strict=True)
    ]
    if len(present) == len(given):
        joint = some(present)
        _check(site, joint)
        factors.append(numbers(site, joint))
    return site.put("Multiply", {}, factors)


def _or_one(site: Site, value: Ref, mask: Term) -> Ref:
    ones = numbers(site, mask)
    kept = site.put("Multiply", {}, [site.stripped(value), ones], part="kept")
    return site.put("Add", {}, [kept, _others(site, ones)], part="or_one")


def _others(site: Site, ones: Ref) -> Ref:
    """Zeros for ones, and ones for zeros."""
    return dense(site, ones, np.full((1, 1), -1.0), "others", bias=np.ones(1))


def extremum(site: Site) -> Outputs:
    """With masks, from Keras 3.4 on: where an input is masked, the inputs before it stand in for it."""
    given = site.given_masks
    for mask in given:
        if mask is not None:
            _check(site, mask)
    (output, *others), (joint, *masks) = [site.stripped(value) for value in site.inputs], given
    for index, (value, mask) in enumerate(zip(others, masks, strict=True), start=1):
        if mask is not None:
            value = _either(site, mask, value, output)
        if joint is not None:
            output = _either(site, joint, output, value)
        joint = some([joint, mask]) if joint is not None and mask is not None else None
        if joint is not None:
            _check(site, joint)
        is_last = index == len(others)
        output = site.put(site.layer.class_name, {}, [output, value], part=None if is_last else f"of_{index + 1}")
    return output


def _either(site: Site, mask: Term, value: Ref, other: Ref) -> Ref:
    """`value` at the steps that count, `other` elsewhere."""
    ones = numbers(site, mask)
    kept = site.put("Multiply", {}, [value, ones], part="kept")
    instead = site.put("Multiply", {}, [other, _others(site, ones)], part="instead")
    return site.put("Add", {}, [kept, instead], part="either")


# What is to be done with calls that have masks; other classes have their usual rules.
WITH_MASKS: dict[str, Rule] = {
    "GlobalAveragePooling1D": average,
    **dict.fromkeys(
        sorted(table.USE - table.ATTENTION - {"GlobalAveragePooling1D"}),
        Refusal("it has an input with a mask, which TF.js would not use here"),
    ),
}
WITH_MASKS_FROM_3_4: dict[str, Rule] = {"Multiply": multiply, "Maximum": extremum, "Minimum": extremum}


def rules(version: str) -> dict[str, Rule]:
    return {**WITH_MASKS, **WITH_MASKS_FROM_3_4} if table.merges_any(version) else WITH_MASKS
