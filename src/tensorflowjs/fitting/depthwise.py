"""Depthwise and separable convolutions: TF.js has them for images, the depthwise one without dilation."""

from __future__ import annotations

from typing import Any

from tensorflowjs.catalog.geometry import Window, is_channels_first
from tensorflowjs.fitting import images, kernels, layout
from tensorflowjs.fitting.convolved import activated, arguments, in_one_batch, two_activations, without_mixing
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref
from tensorflowjs.tensors import Tensor


def depthwise_conv1d(site: Site) -> Outputs:
    """A depthwise convolution over an image of width 1."""
    inner, after = two_activations(site.config)
    ref, window = _entered(site)
    kernel = kernels.on_image(site.weights["depthwise_kernel"])
    return activated(site, _left(site, over_image(site, ref, window, kernel, False, inner)), after)


def depthwise_conv2d(site: Site) -> Outputs:
    """Dilation becomes a kernel with zeros in its gaps."""
    window = Window.of_kernel(site.config, 2)
    if not window.is_dilated:
        return site.keep()
    kernel, first = site.weights["depthwise_kernel"], is_channels_first(site.config)
    return over_image(site, site.inputs[0], window, kernel, first, site.config["activation"])


def separable_conv1d(site: Site) -> Outputs:
    """A separable convolution over an image of width 1."""
    inner, after = two_activations(site.config)
    ref, window = _entered(site)
    weights = {name: kernels.on_image(site.weights[name]) for name in ("depthwise_kernel", "pointwise_kernel")}
    ref = _separable(site, ref, window, {**site.weights, **weights}, inner)
    return activated(site, _left(site, ref), after)


def separable_conv2d(site: Site) -> Outputs:
    """Channels in front are permuted to the end and back."""
    window, first = Window.of_kernel(site.config, 2), is_channels_first(site.config)
    if not first and not window.is_mixed:
        return site.keep()
    inner, after = two_activations(site.config)
    ref = layout.channels_last(site, site.inputs[0]) if first else site.inputs[0]
    ref = _separable(site, ref, window, site.weights, inner)
    ref = layout.channels_first(site, ref) if first else ref
    return activated(site, ref, after)


def over_image(site: Site, ref: Ref, window: Window, kernel: Tensor, channels_first: bool, activation: Any) -> Ref:
    """A depthwise convolution over an image with a kernel [height, width, channels, multiplier]."""
    kernel = kernels.with_gaps(kernel, window.dilation)
    changes = {"activation": activation, "depth_multiplier": kernel.shape[-1]}
    config = arguments(site, "DepthwiseConv2D", window.without_gaps, channels_first, **changes)
    weights = {"depthwise_kernel": kernel}
    if "bias" in site.weights:
        weights["bias"] = site.weights["bias"]
    return site.put("DepthwiseConv2D", config, [ref], weights=weights)


def _separable(site: Site, ref: Ref, window: Window, weights: dict[str, Tensor], activation: Any) -> Ref:
    """A separable convolution over an image, channels last."""
    window, kernel = without_mixing(window, weights["depthwise_kernel"])
    config = arguments(site, "SeparableConv2D", window, False, activation=activation)
    return site.put("SeparableConv2D", config, [ref], weights={**weights, "depthwise_kernel": kernel})


def _entered(site: Site) -> tuple[Ref, Window]:
    """The site's sequence as a padded image with channels last, and the window to move over it."""
    window, ref = Window.of_kernel(site.config, 1), site.inputs[0]
    if is_channels_first(site.config):
        ref = layout.channels_last(site, ref)
    ref = layout.as_image(site, ref)
    if window.padding == "causal":
        amounts = ((window.reach[0] - 1, 0), (0, 0))
        ref = images.over_image(site, ref, images.PADDING, amounts, part="padding_steps")
        window = window.valid
    return ref, window.on_image


def _left(site: Site, ref: Ref) -> Ref:
    """An image back as a sequence in the site's layout."""
    ref = layout.as_sequence(site, ref)
    return layout.channels_first(site, ref) if is_channels_first(site.config) else ref


RULES: dict[str, Rule] = {
    "DepthwiseConv1D": in_one_batch(1, depthwise_conv1d),
    "DepthwiseConv2D": in_one_batch(2, depthwise_conv2d),
    "SeparableConv1D": in_one_batch(1, separable_conv1d),
    "SeparableConv2D": in_one_batch(2, separable_conv2d),
}
