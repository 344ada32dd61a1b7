"""Conv1D, Conv2D and Conv3D: causal padding, layouts and groups that TF.js lacks."""

from __future__ import annotations

from tensorflowjs.catalog.geometry import Window, channels_of, is_channels_first
from tensorflowjs.fitting import depthwise, images, kernels, layout
from tensorflowjs.fitting.convolved import activated, arguments, in_one_batch, two_activations, without_mixing
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref
from tensorflowjs.tensors import Tensor

# A grouped kernel is written as whole blocks of zeros and groups while that costs at most this many times its
# own size, or stays below this many values; beyond that its channels are split and convolved in parts.
WIDENING = 4
SMALL_KERNEL = 2**18
# Volumes cannot be split into channels; a kernel of more values than this is refused.
LARGEST_KERNEL = 2**26


def conv1d(site: Site) -> Outputs:
    """Causal padding becomes zeros in front, other layouts are permuted, groups become parts of one convolution."""
    window, kernel, groups, first = _read(site, 1)
    if window.padding != "causal" and not first and groups == 1 and kernel is site.weights["kernel"]:
        return site.keep()
    inner, after = two_activations(site.config)
    ref = layout.channels_last(site, site.inputs[0]) if first else site.inputs[0]
    if window.padding == "causal":
        zeros = (window.reach[0] - 1, 0)
        ref = images.over_sequence(site, ref, images.PADDING, zeros, part="padded")
        window = window.valid
    if groups > 1:
        ref = layout.as_image(site, ref, "with_width")
        ref = _grouped(site, ref, window.on_image, kernels.on_image(kernel), False, inner)
        ref = layout.as_sequence(site, ref)
    else:
        ref = _whole(site, ref, "Conv1D", window, kernel, False, inner)
    ref = layout.channels_first(site, ref) if first else ref
    return activated(site, ref, after)


def conv2d(site: Site) -> Outputs:
    """Groups of one channel become a depthwise convolution, others one block-diagonal kernel or several kernels."""
    window, kernel, groups, first = _read(site, 2)
    if groups == 1 and kernel is site.weights["kernel"]:
        return site.keep()
    if groups == 1:
        return _whole(site, site.inputs[0], "Conv2D", window, kernel, first, site.config["activation"])
    inner, after = two_activations(site.config)
    return activated(site, _grouped(site, site.inputs[0], window, kernel, first, inner), after)


def conv3d(site: Site) -> Outputs:
    """Groups become a block-diagonal kernel."""
    window, kernel, groups, first = _read(site, 3)
    if groups == 1 and kernel is site.weights["kernel"]:
        return site.keep()
    if kernel.count * groups > LARGEST_KERNEL:
        site.refuse(f"groups={groups}: written out for TF.js the kernel has {kernel.count * groups:,} values")
    kernel = kernels.block_diagonal(kernel, groups)
    return _whole(site, site.inputs[0], "Conv3D", window, kernel, first, site.config["activation"])


def _read(site: Site, rank: int) -> tuple[Window, Tensor, int, bool]:
    """The site's window and kernel as TF.js can use them, its groups, and whether channels come first."""
    window, kernel = without_mixing(Window.of_kernel(site.config, rank), site.weights["kernel"])
    return window, kernel, int(site.config.get("groups") or 1), is_channels_first(site.config)


def _whole(
    site: Site,
    ref: Ref,
    class_name: str,
    window: Window,
    kernel: Tensor,
    channels_first: bool,
    activation: object,
) -> Ref:
    """One convolution over all channels."""
    config = arguments(site, class_name, window, channels_first, activation=activation)
    return site.put(class_name, config, [ref], weights={**site.weights, "kernel": kernel})


# ---------------------------------------------------------------------------- groups


def _grouped(site: Site, ref: Ref, window: Window, kernel: Tensor, channels_first: bool, activation: object) -> Ref:
    """A grouped convolution over an image."""
    groups = int(site.config["groups"])
    channels = channels_of(layout.shape_of(site, ref), 2, channels_first)
    if groups == channels:
        *size, _, filters = kernel.shape
        kernel = kernels.in_shape(kernel, (*size, groups, filters // groups))
        return depthwise.over_image(site, ref, window, kernel, channels_first, activation)
    count = _parts(kernel, groups)
    if count == 1:
        kernel = kernels.block_diagonal(kernel, groups)
        return _whole(site, ref, "Conv2D", window, kernel, channels_first, activation)
    return _split(site, ref, window, kernel, count, channels_first, activation)


def _parts(kernel: Tensor, groups: int) -> int:
    """Into how many equal parts to split the groups, so that no part is too much wider than its groups."""
    allowed = max(WIDENING * kernel.count, SMALL_KERNEL)
    dividers = [count for count in range(1, groups + 1) if groups % count == 0]
    return next(count for count in dividers if kernel.count * groups // count <= allowed)


def _split(
    site: Site,
    ref: Ref,
    window: Window,
    kernel: Tensor,
    count: int,
    channels_first: bool,
    activation: object,
) -> Ref:
    """One convolution for each part of the channels."""
    groups, filters = int(site.config["groups"]) // count, kernel.shape[-1] // count
    width = kernel.shape[-2] * groups
    config = arguments(site, "Conv2D", window, channels_first, activation=activation, filters=filters)
    outputs = []
    for number in range(count):
        part = images.channels_cropped(
            site,
            ref,
            number * width,
            (number + 1) * width,
            channels_first=channels_first,
            part=f"channels_{number}",
        )
        weights = {name: kernels.slice_of(tensor, number, count) for name, tensor in site.weights.items()}
        weights["kernel"] = kernels.block_diagonal(kernels.slice_of(kernel, number, count), groups)
        outputs.append(site.put("Conv2D", config, [part], part=f"part_{number}", weights=weights))
    return site.put("Concatenate", {"axis": 1 if channels_first else 3}, outputs)


RULES: dict[str, Rule] = {
    "Conv1D": in_one_batch(1, conv1d),
    "Conv2D": in_one_batch(2, conv2d),
    "Conv3D": in_one_batch(3, conv3d),
}
