"""Rules of the layers that only move values."""

from __future__ import annotations

from tensorflowjs.catalog.inference import output_shapes
from tensorflowjs.fitting import layout
from tensorflowjs.fitting.engine import Outputs, Rule, Site


def flatten(site: Site) -> Outputs:
    """Kept; left out in front of what is flat already, and a Reshape where a size is unknown."""
    shape = site.known_shape()
    if len(shape) == 1:
        return site.put("Reshape", {"target_shape": [1]})
    if len(shape) == 2:
        return site.put("Activation", {"activation": "linear"})
    if None not in shape[1:]:
        return site.keep()
    ref = site.inputs[0]
    if site.config["data_format"] == "channels_first":
        ref = layout.channels_last(site, ref)
    return site.put("Reshape", {"target_shape": [-1]}, [ref])


def reshape(site: Site) -> Outputs:
    """Kept, with the size that is left open worked out where it can be."""
    site.known_shape()
    shape = output_shapes(site.layer, site.shapes)[0]
    target = list(shape or ())[1:]
    return site.put("Reshape", {"target_shape": [-1 if dim is None else dim for dim in target]})


RULES: dict[str, Rule] = {"Flatten": flatten, "Reshape": reshape}
