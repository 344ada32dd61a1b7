"""Pooling: layouts of sequences, volumes as a whole, kept dimensions, and windows that adapt."""

from __future__ import annotations

from tensorflowjs.catalog.geometry import Window, is_channels_first, numbers, space_of
from tensorflowjs.catalog.schema import Dim
from tensorflowjs.catalog.windows import Windows
from tensorflowjs.fitting import images, layout
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.ir.layers import Ref


def pooling1d(site: Site) -> Outputs:
    """Kept; channels in front are permuted to the end and back."""
    if not is_channels_first(site.config):
        return site.keep()
    ref = layout.channels_last(site, site.inputs[0])
    config = {key: site.config[key] for key in ("pool_size", "strides", "padding")}
    ref = site.put(site.layer.class_name, config, [ref], part="pooled")
    return layout.channels_first(site, ref, part=None)


def max_pooling3d(site: Site) -> Outputs:
    """Pooling of images, of depth times height by width and of depth by height.

    TF.js has the class, but on its wasm backend (4.22) no maximum gets below zero.
    """
    window = Window.of_pool(site.config, 3)
    kind = images.pooling("Max", window.padding)
    amounts = list(zip(window.size, window.strides, strict=True))
    first = is_channels_first(site.config)
    return images.over_volume(site, site.inputs[0], kind, amounts, channels_first=first)


# ---------------------------------------------------------------------------- over everything


def global_pooling1d(site: Site) -> Outputs:
    """Kept; channels in front are permuted to the end, kept dimensions put back by a reshape."""
    ref = site.inputs[0]
    if is_channels_first(site.config):
        ref = layout.channels_last(site, ref)
    return _global(site, ref, site.layer.class_name, {})


def global_pooling2d(site: Site) -> Outputs:
    """Kept; kept dimensions are put back by a reshape."""
    config = {"data_format": site.config.get("data_format")}
    return _global(site, site.inputs[0], site.layer.class_name, config)


def global_pooling3d(site: Site) -> Outputs:
    """Pooling over an image: depth, height and width in one dimension, the other has size 1."""
    first, shape = is_channels_first(site.config), site.known_shape()
    voxels, channels = _product(space_of(shape, 3, first)), shape[1 if first else -1]
    dims = (channels, voxels, 1) if first else (voxels, 1, channels)
    ref = layout.reshaped(site, site.inputs[0], dims, "as_image")
    class_name = site.layer.class_name.replace("3D", "2D")
    return _global(site, ref, class_name, {"data_format": site.config.get("data_format")})


def _global(site: Site, ref: Ref, class_name: str, config: dict[str, object]) -> Ref:
    """The pooled value, with dimensions of size 1 for those that Keras keeps."""
    keep = site.config.get("keepdims")
    ref = site.put(class_name, config, [ref], part="pooled" if keep else None)
    if not keep:
        return ref
    ones, channels = [1] * (len(site.known_shape()) - 2), layout.shape_of(site, ref)[1]
    dims = [channels, *ones] if is_channels_first(site.config) else [*ones, channels]
    return layout.reshaped(site, ref, dims, None)


def _product(dims: tuple[Dim, ...]) -> Dim:
    total = 1
    for dim in dims:
        if dim is None:
            return None
        total *= dim
    return total


# ---------------------------------------------------------------------------- to a given size


def adaptive_pooling1d(site: Site) -> Outputs:
    """Ordinary pooling where all windows are alike, otherwise a pool of its own for each output."""
    first = is_channels_first(site.config)
    (windows,) = _windows(site, 1)
    _, *dims = site.known_shape()
    apart = (*dims, 1) if first else (dims[0], 1, dims[1])
    ref = layout.reshaped(site, site.inputs[0], apart, "as_image")
    ref = _adaptive(site, ref, 0, windows, first, "pooled")
    _, *dims = layout.shape_of(site, ref)
    return layout.reshaped(site, ref, dims[:2] if first else (dims[0], dims[2]), None)


def adaptive_pooling2d(site: Site) -> Outputs:
    """Ordinary pooling where all windows are alike, otherwise a pool of its own for each output."""
    first = is_channels_first(site.config)
    rows, columns = _windows(site, 2)
    if rows.are_regular and columns.are_regular:
        return _regular(site, site.inputs[0], (rows, columns), first, None)
    ref = _adaptive(site, site.inputs[0], 0, rows, first, "rows")
    return _adaptive(site, ref, 1, columns, first, None)


def adaptive_pooling3d(site: Site) -> Outputs:
    """Ordinary pooling where all windows are alike."""
    windows = _windows(site, 3)
    if not all(dim.are_regular for dim in windows):
        site.refuse(
            f"output_size={list(numbers(site.config['output_size'], 3))} of an input of shape "
            f"{layout.shown(site.known_shape())}: its windows have different sizes",
            "choose sizes that divide those of the input",
        )
    kind, amounts = images.pooling(_kind(site), "valid"), [(dim.size, dim.step) for dim in windows]
    first = is_channels_first(site.config)
    return images.over_volume(site, site.inputs[0], kind, amounts, channels_first=first)


def _windows(site: Site, rank: int) -> tuple[Windows, ...]:
    space = space_of(site.known_shape(), rank, is_channels_first(site.config))
    found = []
    for length, count in zip(space, numbers(site.config["output_size"], rank), strict=True):
        if length is None:
            site.refuse(
                "an input of unknown size: adaptive pooling needs to know it",
                "give the model's input a fixed size",
            )
        found.append(Windows.to(length, count))
    return tuple(found)


def _regular(site: Site, ref: Ref, windows: tuple[Windows, ...], channels_first: bool, part: str | None) -> Ref:
    kind, amounts = images.pooling(_kind(site), "valid"), [(dim.size, dim.step) for dim in windows]
    return images.over_image(site, ref, kind, amounts, channels_first=channels_first, part=part)


def _kind(site: Site) -> str:
    return "Max" if "Max" in site.layer.class_name else "Average"


def _adaptive(site: Site, ref: Ref, dim: int, windows: Windows, channels_first: bool, part: str | None) -> Ref:
    """Pooling of an image along its height (dim 0) or width (dim 1)."""
    alone = Windows(((0, 1),), 1)
    if windows.are_regular:
        both = (windows, alone) if dim == 0 else (alone, windows)
        return _regular(site, ref, both, channels_first, part)
    outputs = []
    for number, (start, stop) in enumerate(windows.spans):
        name = f"{part or 'columns'}_{number}"
        cut, nothing = (start, windows.length - stop), (0, 0)
        amounts = (cut, nothing) if dim == 0 else (nothing, cut)
        span = images.over_image(
            site, ref, images.CROPPING, amounts, channels_first=channels_first, part=f"{name}_cropped"
        )
        whole = Windows(((0, stop - start),), stop - start)
        both = (whole, alone) if dim == 0 else (alone, whole)
        outputs.append(_regular(site, span, both, channels_first, name))
    return site.put("Concatenate", {"axis": dim + (2 if channels_first else 1)}, outputs, part=part)


RULES: dict[str, Rule] = {
    "MaxPooling1D": pooling1d,
    "AveragePooling1D": pooling1d,
    "MaxPooling3D": max_pooling3d,
    "GlobalMaxPooling1D": global_pooling1d,
    "GlobalAveragePooling1D": global_pooling1d,
    "GlobalMaxPooling2D": global_pooling2d,
    "GlobalAveragePooling2D": global_pooling2d,
    "GlobalMaxPooling3D": global_pooling3d,
    "GlobalAveragePooling3D": global_pooling3d,
    "AdaptiveMaxPooling1D": adaptive_pooling1d,
    "AdaptiveAveragePooling1D": adaptive_pooling1d,
    "AdaptiveMaxPooling2D": adaptive_pooling2d,
    "AdaptiveAveragePooling2D": adaptive_pooling2d,
    "AdaptiveMaxPooling3D": adaptive_pooling3d,
    "AdaptiveAveragePooling3D": adaptive_pooling3d,
}
