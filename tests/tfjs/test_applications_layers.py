"""Layer classes of `keras.applications` give the numbers of Keras, and are not mistaken for others of their name."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")


@pytest.mark.parametrize("library", LIBRARIES)
def test_layers_of_convnext(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    convnext = importlib.import_module(f"{library}.src.applications.convnext")
    image, sequence = keras.Input((4, 5, 3)), keras.Input((None, 6))
    scaled = convnext.LayerScale(0.1, 3)(convnext.StochasticDepth(0.2)(image))
    assert_parity(keras.Model([image, sequence], [scaled, convnext.LayerScale(0.1, 6)(sequence)]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_layer_of_inception_resnet(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    inception = importlib.import_module(f"{library}.src.applications.inception_resnet_v2")
    value = keras.Input((4, 3))
    assert_parity(keras.Model(value, inception.CustomScaleLayer(0.3)([value, keras.layers.Dense(3)(value)])))


@pytest.mark.parametrize("library", LIBRARIES)
def test_others_of_that_name_are_refused(library: str) -> None:
    keras = importlib.import_module(library)

    class LayerScale(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, start: float = 0.1, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.start = start

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(name="scale", shape=(shape[-1],))

        def call(self, x: Any) -> Any:
            return x * self.scale

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "start": self.start}

    value = keras.Input((4,))
    assert_refused(keras.Model(value, LayerScale(name="mine")(value)), "mine", "custom class")
