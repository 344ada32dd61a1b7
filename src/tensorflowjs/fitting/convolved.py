"""Batches, arguments and activations of convolutions that are written as other ones."""

from __future__ import annotations

from functools import wraps
from typing import Any

from tensorflowjs.catalog.geometry import Window
from tensorflowjs.catalog.layers import LAYERS
from tensorflowjs.fitting import kernels
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Config, Ref
from tensorflowjs.tensors import Tensor

# Activations that look at the whole last axis, so that it matters in which layout they run.
ALONG_LAST_AXIS = frozenset({"softmax", "log_softmax"})


def in_one_batch(rank: int, rule: Rule) -> Rule:
    """`rule` for inputs with one batch dimension, which is all that TF.js takes; further ones become time steps."""

    @wraps(rule)
    def with_one(site: Site) -> Outputs:
        batch, *shape = site.known_shape()
        if len(shape) == rank + 1:
            return rule(site)
        inner = site.fit_inside(site.layer, (batch, *shape[1:]))
        return site.put("TimeDistributed", {}, children={"layer": inner})

    return with_one


def without_mixing(window: Window, kernel: Tensor) -> tuple[Window, Tensor]:
    """TF.js does not combine strides with dilation; where both are asked for, the kernel gets zeros in its gaps."""
    if not window.is_mixed:
        return window, kernel
    return window.without_gaps, kernels.with_gaps(kernel, window.dilation)


def arguments(site: Site, class_name: str, window: Window, channels_first: bool, **changes: Any) -> Config:
    """The arguments of the site's layer that TF.js's class knows, for another window and layout.

    Constraints are left out: they were made for the kernel as it was.
    """
    known = LAYERS[class_name].tfjs or ()
    kept = {key: site.config[key] for key in known if key in site.config and not key.endswith("_constraint")}
    moved = {
        "kernel_size": list(window.size),
        "strides": list(window.strides),
        "dilation_rate": list(window.dilation),
        "padding": window.padding,
        "data_format": "channels_first" if channels_first else "channels_last",
    }
    return kept | {key: value for key, value in moved.items() if key in known} | changes


def two_activations(config: Config) -> tuple[Any, Any]:
    """The activation for a convolution whose output is still to be moved, and the one for afterwards, or None."""
    activation = config.get("activation") or "linear"
    return ("linear", activation) if activation in ALONG_LAST_AXIS else (activation, None)


def activated(site: Site, ref: Ref, activation: Any) -> Ref:
    """What a separate activation makes of `ref`, if there is one."""
    if activation is None:
        return ref
    return site.put("Activation", {"activation": activation}, [ref], part="activation")
