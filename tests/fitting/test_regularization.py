"""Layers that act on training only."""

from __future__ import annotations

import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tests.fitting.single import Shape, fitted, single


@pytest.mark.parametrize(
    ("class_name", "shape", "data_format", "noise"),
    [
        ("SpatialDropout2D", (4, 5, 6), "channels_last", [None, 1, 1, None]),
        ("SpatialDropout2D", (4, 5, 6), "channels_first", [None, None, 1, 1]),
        ("SpatialDropout3D", (3, 4, 5, 6), None, [None, 1, 1, 1, None]),
    ],
)
def test_spatial_dropout_is_dropout_with_a_noise_shape(
    class_name: str, shape: Shape, data_format: str | None, noise: list[int | None]
) -> None:
    (layer,) = fitted(class_name, shape, rate=0.25, data_format=data_format, seed=3)
    assert layer.class_name == "Dropout"
    assert layer.config == {"rate": 0.25, "noise_shape": noise, "seed": 3}


def test_noise_shapes_that_the_class_could_not_read() -> None:
    (dropout,) = fitted("Dropout", (4, 5), noise_shape=[None, 1, 5])
    assert dropout.config["noise_shape"] == [None, 1, 5]
    (alpha,) = fitted("AlphaDropout", (4, 5), noise_shape=[None, 1, 5])
    assert alpha.config["noise_shape"] is None


@pytest.mark.parametrize("class_name", ["Dropout", "GaussianNoise", "SpatialDropout2D", "BatchNormalization"])
@pytest.mark.parametrize("training", [True, 1])
def test_calls_with_training_are_refused(class_name: str, training: object) -> None:
    model = single(class_name, (4, 5, 6), keras_version="2.19.0")
    call = model.root.layers[1].calls[0]
    call.kwargs["training"] = False
    fit(model)
    call.kwargs["training"] = training
    with pytest.raises(UnsupportedError, match="training=True"):
        fit(model)
    model.keras_version = "3.15.1"  # where it means nothing to predict
    fit(model)
