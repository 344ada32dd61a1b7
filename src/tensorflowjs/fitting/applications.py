"""Layer classes that `keras.applications` brings along for its own models."""

from __future__ import annotations

from tensorflowjs.fitting.configs import number
from tensorflowjs.fitting.engine import Outputs, Rule, Site
from tensorflowjs.fitting.normalization import scaled_channels


def layer_scale(site: Site) -> Outputs:
    """A 1 x 1 depthwise convolution with the factors."""
    return scaled_channels(site, site.inputs[0], None)


def stochastic_depth(site: Site) -> Outputs:
    """A linear Activation: it acts in training only."""
    return site.put("Activation", {"activation": "linear"})


def custom_scale(site: Site) -> Outputs:
    """The second input rescaled, then Add."""
    first, second = site.inputs
    scaled = site.put("Rescaling", {"scale": number(site.config["scale"]), "offset": 0.0}, [second], part="scale")
    return site.put("Add", {}, [first, scaled])


RULES: dict[str, Rule] = {
    "LayerScale": layer_scale,
    "StochasticDepth": stochastic_depth,
    "CustomScaleLayer": custom_scale,
}
