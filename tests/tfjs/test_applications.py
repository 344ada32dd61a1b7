"""The models of keras.applications, of both Keras lines, give the same numbers in the real TF.js."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from tests.tfjs.parity import AssertParity, Route

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")


@dataclass(frozen=True)
class Application:
    """A model at the smallest size that runs through all of it."""

    pixels: int = 64
    is_for_bytes: bool = False  # whether it takes pixels from 0 to 255
    arguments: dict[str, Any] = field(default_factory=dict)
    routes: tuple[Route, ...] = ("keras",)
    libraries: tuple[str, ...] = LIBRARIES


APPLICATIONS = {
    "MobileNet": Application(arguments={"alpha": 0.25}, routes=("keras", "h5", "live")),
    "MobileNetV2": Application(96, arguments={"alpha": 0.35}),
    "MobileNetV3Small": Application(96, is_for_bytes=True, arguments={"alpha": 0.75}, routes=("keras", "h5")),
    "MobileNetV3Large": Application(96, is_for_bytes=True, arguments={"alpha": 0.75, "minimalistic": True}),
    "ResNet50": Application(),
    "ResNet50V2": Application(),
    "DenseNet121": Application(),
    "EfficientNetB0": Application(is_for_bytes=True),
    "EfficientNetV2B0": Application(is_for_bytes=True, routes=("h5",)),
    "Xception": Application(72),
    # In smaller images there is but one place left in the end, and rounding grows with what hardly varies.
    "InceptionV3": Application(139),
    "InceptionResNetV2": Application(139, libraries=("keras",)),
    "NASNetMobile": Application(),
    "VGG16": Application(32),
    "ConvNeXtTiny": Application(is_for_bytes=True),
    "RegNetY002": Application(is_for_bytes=True, libraries=("tf_keras",)),
    "ResNetRS50": Application(is_for_bytes=True, libraries=("tf_keras",)),
}
CASES = [(name, library) for name, application in APPLICATIONS.items() for library in application.libraries]


@pytest.mark.parametrize(("name", "library"), CASES)
def test_equals_keras(name: str, library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    application = APPLICATIONS[name]
    shape = (application.pixels, application.pixels, 3)
    make = getattr(keras.applications, name)
    model = make(weights=None, input_shape=shape, classes=10, **application.arguments)
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (3, *shape)) if application.is_for_bytes else random.standard_normal((3, *shape))
    given = images.astype("float32")
    assert_parity(model, given, rtol=1e-3, atol=1e-4, routes=application.routes, backends=("auto",))
    keras.backend.clear_session()
