"""Locally connected layers, as Dense layers from all inputs to all outputs with zeros where nothing connects them."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.catalog.connections import Connections
from tensorflowjs.catalog.geometry import Numbers, Window, channels_of, is_channels_first, space_of
from tensorflowjs.fitting import kernels, layout
from tensorflowjs.fitting.convolved import activated, two_activations
from tensorflowjs.fitting.engine import Outputs, Rule, Site

# A Dense kernel of more values than this is refused.
LARGEST_KERNEL = 2**26


def locally_connected1d(site: Site) -> Outputs:
    """A Dense layer from all inputs to all outputs."""
    return _connected(site, 1)


def locally_connected2d(site: Site) -> Outputs:
    """A Dense layer from all inputs to all outputs."""
    return _connected(site, 2)


def _connected(site: Site, rank: int) -> Outputs:
    shape, first = site.known_shape(), is_channels_first(site.config)
    space, channels = space_of(shape, rank, first), channels_of(shape, rank, first)
    connections = Connections(
        Window.of_kernel(site.config, rank), _known(site, space), _known(site, [channels])[0],
        int(site.config["filters"]), first,
    )  # fmt: skip
    rows, columns = connections.dense_shape
    if rows * columns > LARGEST_KERNEL:
        site.refuse(f"written out for TF.js as a Dense layer its kernel has {rows * columns:,} values")
    inner, after = two_activations(site.config)
    ref = layout.reshaped(site, site.inputs[0], [rows], "flat")
    implementation = int(site.config.get("implementation", 1))
    kernel = kernels.computed(
        site.weights["kernel"], (rows, columns), lambda values: connections.dense(implementation, values)
    )
    weights = {"kernel": kernel}
    if "bias" in site.weights:
        weights["bias"] = kernels.in_shape(site.weights["bias"], (columns,))
    config = {"units": columns, "activation": inner, "use_bias": "bias" in weights}
    ref = site.put("Dense", config, [ref], weights=weights)
    return activated(site, layout.reshaped(site, ref, connections.shapes[1], "unflattened"), after)


def _known(site: Site, dims: Sequence[int | None]) -> Numbers:
    known = tuple(dim for dim in dims if dim is not None)
    if len(known) != len(dims):
        site.refuse("an input of unknown size: it needs a kernel for every position")
    return known


RULES: dict[str, Rule] = {"LocallyConnected1D": locally_connected1d, "LocallyConnected2D": locally_connected2d}
