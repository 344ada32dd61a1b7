"""Layers that act on training only let everything through in the real TF.js, as they do in Keras."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.tfjs.branches import Case, branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

ANY_RANK = (
    case("Dropout", rate=0.5),
    case("Dropout", rate=0.0),
    case("Dropout", rate=0.3, seed=7),
    case("GaussianNoise", stddev=0.5),
    case("GaussianDropout", rate=0.5),
    case("AlphaDropout", rate=0.5),
    case("ActivityRegularization", l1=0.1, l2=0.2),
)
BY_SHAPE: dict[str, tuple[tuple[int | None, ...], tuple[Case, ...]]] = {
    "vectors": ((6,), (case("Dropout", rate=0.5, noise_shape=(3, 1)),)),
    "sequences": (
        (5, 6),
        (
            case("SpatialDropout1D", rate=0.5),
            case("Dropout", rate=0.5, noise_shape=(None, 1, 6)),
            case("AlphaDropout", rate=0.5, noise_shape=(None, 1, 6)),
        ),
    ),
    "images": (
        (None, 4, 6),
        (case("SpatialDropout2D", rate=0.5), case("SpatialDropout2D", rate=0.5, data_format="channels_first")),
    ),
    "volumes": (
        (3, 4, 5, 6),
        (case("SpatialDropout3D", rate=0.5), case("SpatialDropout3D", rate=0.5, data_format="channels_first")),
    ),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("group", BY_SHAPE)
def test_everything_passes(assert_parity: AssertParity, library: str, group: str) -> None:
    shape, cases = BY_SHAPE[group]
    assert_parity(branches(library, shape, [*ANY_RANK, *cases]))


def always(library: str, class_name: str) -> Any:
    keras = importlib.import_module(library)
    value = keras.Input((5, 6))
    return keras.Model(value, getattr(keras.layers, class_name)(0.5, name="always")(value, training=True))


@pytest.mark.parametrize("class_name", ["Dropout", "GaussianNoise", "SpatialDropout1D"])
def test_calls_as_in_training_are_refused(class_name: str) -> None:
    assert_refused(always("tf_keras", class_name), f"always ({class_name})", "training=True")


@pytest.mark.parametrize("class_name", ["Dropout", "GaussianNoise", "SpatialDropout1D"])
def test_calls_as_in_training_mean_nothing_to_predict(class_name: str, assert_parity: AssertParity) -> None:
    assert_parity(always("keras", class_name))


@pytest.mark.parametrize("library", LIBRARIES)
def test_calls_as_at_inference_pass(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    value = keras.Input((5, 6))
    inside = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(value, training=False), training=False)
    assert_parity(keras.Model(value, inside))
