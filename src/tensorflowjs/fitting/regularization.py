"""Layers that act on training only: at inference each is the identity."""

from __future__ import annotations

from tensorflowjs.fitting.configs import number
from tensorflowjs.fitting.engine import Outputs, Rule, Site


def random(site: Site) -> Outputs:
    """As it is: it acts in training only."""
    return site.keep(**_plain_shape(site))


def _plain_shape(site: Site) -> dict[str, object]:
    """Without the sizes of a noise shape that follow the input where TF.js's class could not read them."""
    shape = site.config.get("noise_shape")
    if not isinstance(shape, list | tuple):
        return {}
    unknown = site.layer.class_name == "AlphaDropout" and None in shape
    return {"noise_shape": None if unknown else number(list(shape))}


def spatial_dropout(site: Site) -> Outputs:
    """Dropout with a noise shape of 1 along space."""
    shape = site.known_shape()
    first = site.config.get("data_format") == "channels_first"
    space: list[int | None] = [1] * (len(shape) - 2)
    noise = [None, None, *space] if first else [None, *space, None]
    config = {"rate": site.config["rate"], "seed": site.config.get("seed"), "noise_shape": noise}
    return site.put("Dropout", config)


def activity_regularization(site: Site) -> Outputs:
    """The identity: its penalty is a matter of training, and TF.js has none on activities."""
    return site.put("Activation", {"activation": "linear"})


RULES: dict[str, Rule] = {
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"), random),
    "SpatialDropout2D": spatial_dropout,
    "SpatialDropout3D": spatial_dropout,
    "ActivityRegularization": activity_regularization,
}
