"""Normalisation layers give the numbers of Keras in the real TF.js, along any axes and for any rank."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tests.tfjs.branches import Case, branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

# By the shape of the input: what both Keras lines have.
CASES: dict[str, tuple[tuple[int | None, ...], tuple[Case, ...]]] = {
    "vectors": (
        (6,),
        (
            case("BatchNormalization"),
            case("BatchNormalization", axis=1, epsilon=0.1),
            case("BatchNormalization", center=False),
            case("BatchNormalization", scale=False),
            case("BatchNormalization", center=False, scale=False),
            case("LayerNormalization", epsilon=0.2),
            case("GroupNormalization", groups=3),
            case("GroupNormalization", groups=1, epsilon=0.1),
            case("UnitNormalization"),
        ),
    ),
    "sequences": (
        (5, 6),
        (
            case("BatchNormalization"),
            case("BatchNormalization", axis=1),
            case("BatchNormalization", axis=-2, scale=False),
            case("LayerNormalization"),
            case("LayerNormalization", axis=1),
            case("LayerNormalization", axis=[1, 2]),
            case("LayerNormalization", center=False),
            case("LayerNormalization", axis=[1], scale=False, center=False),
            case("GroupNormalization", groups=2),
            case("GroupNormalization", groups=5, axis=1),
            case("GroupNormalization", groups=-1),
            case("UnitNormalization", axis=1),
            case("UnitNormalization", axis=[1, 2]),
        ),
    ),
    "images": (
        (3, 4, 6),
        (
            case("BatchNormalization"),
            case("BatchNormalization", axis=1),
            case("BatchNormalization", axis=2, center=False),
            case("LayerNormalization"),
            case("LayerNormalization", axis=[1, 2, 3]),
            case("LayerNormalization", axis=[-1, 1]),
            case("LayerNormalization", axis=2, epsilon=1e-6),
            case("GroupNormalization", groups=3, epsilon=1e-5),
            case("GroupNormalization", groups=3, axis=1, scale=False),
            case("GroupNormalization", groups=2, axis=-2, center=False),
            case("GroupNormalization", groups=2, center=False, scale=False),
            case("UnitNormalization"),
            case("UnitNormalization", axis=[1, 3]),
        ),
    ),
    "volumes": (
        (3, 4, 2, 6),
        (
            case("BatchNormalization"),
            case("BatchNormalization", axis=1),
            case("BatchNormalization", axis=3, scale=False),
            case("LayerNormalization"),
            case("LayerNormalization", axis=[3, 4]),
            case("LayerNormalization", axis=[1, -1], center=False),
            case("GroupNormalization", groups=3),
            case("UnitNormalization", axis=2),
        ),
    ),
    "higher": (
        (2, 3, 2, 2, 6),
        (case("BatchNormalization"), case("BatchNormalization", axis=2), case("LayerNormalization", axis=[2, 5])),
    ),
}
RMS = {
    "vectors": (case("RMSNormalization"), case("RMSNormalization", epsilon=0.3)),
    "images": (case("RMSNormalization"), case("RMSNormalization", axis=[-2, -1]), case("RMSNormalization", axis=-1)),
}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("group", CASES)
def test_options(assert_parity: AssertParity, library: str, group: str) -> None:
    shape, cases = CASES[group]
    if library == "tf_keras" and group == "images":  # its fused kernel takes no other axis
        cases = tuple(item for item in cases if item != case("BatchNormalization", axis=2, center=False))
    extra = RMS.get(group, ()) if library == "keras" else ()
    assert_parity(branches(library, shape, [*cases, *extra]))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(("shape", "fed"), [((None, 4, 6), (3, 5, 4, 6)), ((None, 6), (3, 5, 6))])
def test_one_unknown_size(
    assert_parity: AssertParity, library: str, shape: tuple[int | None, ...], fed: tuple[int, ...]
) -> None:
    cases = [
        case("BatchNormalization"),
        case("LayerNormalization"),
        case("LayerNormalization", axis=1, scale=False, center=False),
        case("GroupNormalization", groups=3),
        case("UnitNormalization"),
    ]
    if library == "keras":
        cases.append(case("RMSNormalization"))
    inputs = np.random.default_rng(3).standard_normal(fed).astype("float32")
    assert_parity(branches(library, shape, cases), inputs)


@pytest.mark.parametrize("library", LIBRARIES)
def test_images_of_unknown_size(assert_parity: AssertParity, library: str) -> None:
    cases = [
        case("BatchNormalization"),
        case("LayerNormalization"),
        case("UnitNormalization"),
        case("GroupNormalization", groups=-1),
        case("GroupNormalization", groups=1, scale=False),
    ]
    if library == "keras":
        cases.append(case("RMSNormalization"))
    inputs = np.random.default_rng(3).standard_normal((3, 4, 5, 6)).astype("float32")
    assert_parity(branches(library, (None, None, 6), cases), inputs)


@pytest.mark.parametrize("library", LIBRARIES)
def test_volumes_of_unknown_size(assert_parity: AssertParity, library: str) -> None:
    cases = [case("BatchNormalization"), case("LayerNormalization"), case("LayerNormalization", center=False)]
    inputs = np.random.default_rng(3).standard_normal((3, 4, 5, 2, 6)).astype("float32")
    assert_parity(branches(library, (None, None, None, 6), cases), inputs)
    first = [case("BatchNormalization", axis=1)]
    assert_parity(branches(library, (6, None, None, 2), first), np.moveaxis(inputs, -1, 1).copy())


@pytest.mark.parametrize("library", LIBRARIES)
def test_renormalization(assert_parity: AssertParity, library: str) -> None:
    cases = [case("BatchNormalization", renorm=True), case("BatchNormalization", renorm=True, axis=1, scale=False)]
    assert_parity(branches(library, (4, 6), cases))


def test_several_axes_and_virtual_batches(assert_parity: AssertParity) -> None:
    """Only tf_keras has them; it cannot load its own files of models with virtual batches."""
    several = [case("BatchNormalization", axis=[1, 3]), case("BatchNormalization", axis=[2, 3], scale=False)]
    assert_parity(branches("tf_keras", (3, 4, 6), several))
    virtual = [case("BatchNormalization", virtual_batch_size=1), case("BatchNormalization", virtual_batch_size=3)]
    assert_parity(branches("tf_keras", (4, 6), virtual))


def test_older_names_of_batch_normalization(assert_parity: AssertParity) -> None:
    tf_keras = importlib.import_module("tf_keras")
    from tf_keras.src.layers.normalization.batch_normalization_v1 import (
        BatchNormalization as FirstBatchNormalization,
    )

    value = tf_keras.Input((3, 4, 6))
    synchronized = tf_keras.layers.BatchNormalization(synchronized=True)(value)
    assert_parity(tf_keras.Model(value, [synchronized, FirstBatchNormalization()(value)]))
    assert_parity(branches("keras", (4, 6), [case("BatchNormalization", synchronized=True)]))


def test_tiny_variance_and_epsilon(assert_parity: AssertParity) -> None:
    """TensorFlow's fused kernel once raised the epsilon to 1.001e-5."""
    tf_keras = importlib.import_module("tf_keras")
    value = tf_keras.Input((3, 4, 6))
    layer = tf_keras.layers.BatchNormalization(epsilon=1e-7)
    model = tf_keras.Model(value, layer(value))
    gamma, beta, mean, _ = layer.get_weights()
    random = np.random.default_rng(5)
    layer.set_weights([gamma, beta, mean, random.uniform(1e-6, 1e-5, 6)])
    assert_parity(model, random.standard_normal((3, 3, 4, 6)).astype("float32"), randomise=False)


@pytest.mark.parametrize("library", LIBRARIES)
def test_zero_vectors_have_no_direction(assert_parity: AssertParity, library: str) -> None:
    inputs = np.random.default_rng(3).standard_normal((4, 6)).astype("float32")
    inputs[1] = 0
    assert_parity(branches(library, (6,), [case("UnitNormalization")]), inputs)


@pytest.mark.parametrize("library", LIBRARIES)
def test_normalization_from_data(assert_parity: AssertParity, library: str) -> None:
    cases = [
        case("Normalization"),
        case("Normalization", invert=True),
        case("Normalization", axis=None),
        case("Normalization", axis=1),
        case("Normalization", axis=[1, 3]),
        case("Normalization", axis=[1, 2, 3], invert=True),
    ]
    assert_parity(branches(library, (3, 4, 6), cases))
    assert_parity(branches(library, (None, 6), [case("Normalization")]))


@pytest.mark.parametrize("library", LIBRARIES)
def test_normalization_by_given_statistics(assert_parity: AssertParity, library: str) -> None:
    cases = [
        case("Normalization", mean=0.5, variance=2.0),
        case("Normalization", mean=[0.5, -1.0, 1e4], variance=[2.0, 0.25, 9.0]),
        case("Normalization", mean=[0.5, -1.0, 3.0], variance=[2.0, 0.25, 9.0], invert=True),
        case("Normalization", mean=1.5, variance=4.0, axis=None),
        case("Normalization", mean=0.5, variance=0.0),
    ]
    inputs = np.random.default_rng(3).standard_normal((4, 2, 3)).astype("float32")
    inputs[..., 2] += 1e4
    assert_parity(branches(library, (2, 3), cases), inputs)


@pytest.mark.parametrize("library", LIBRARIES)
def test_rescaling(assert_parity: AssertParity, library: str) -> None:
    cases = [
        case("Rescaling", scale=1 / 255),
        case("Rescaling", scale=1 / 127.5, offset=-1),
        case("Rescaling", scale=[1.0, 0.5, 0.25], offset=[0.1, 0.2, 0.3]),
        case("Rescaling", scale=2.0, offset=[0.1, 0.2, 0.3]),
    ]
    assert_parity(branches(library, (4, 5, 3), cases))


def test_rms_normalization_along_other_axes(assert_parity: AssertParity) -> None:
    """Keras applies the scale to the last axes, so only shapes that allow it run there at all."""
    cases = [case("RMSNormalization", axis=1), case("RMSNormalization", axis=[1, 2])]
    assert_parity(branches("keras", (4, 4, 4), cases))


def test_spectral_normalization(assert_parity: AssertParity) -> None:
    """That of tf_keras mixes up the two Keras lines where both are installed."""
    keras = importlib.import_module("keras")
    layers = keras.layers
    value = keras.Input((5, 4, 3))
    conv = layers.SpectralNormalization(layers.Conv2D(4, 2, activation="relu"), power_iterations=2)(value)
    dense = layers.SpectralNormalization(layers.Dense(3, activation=layers.ELU(0.5)))(conv)
    assert_parity(keras.Model(value, dense))


def test_calls_as_in_training(assert_parity: AssertParity) -> None:
    """Keras 2 always uses the statistics of the batch then, Keras 3 not in predict."""

    def model(library: str) -> Any:
        keras = importlib.import_module(library)
        value = keras.Input((6,))
        return keras.Model(value, keras.layers.BatchNormalization(name="live")(value, training=True))

    assert_refused(model("tf_keras"), "live", "training=True")
    assert_parity(model("keras"))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize(
    ("layer", "needles"),
    [
        (case("GroupNormalization", groups=3), ("unknown sizes",)),
        (case("UnitNormalization", axis=1), ("must be known",)),
    ],
    ids=("groups", "vectors"),
)
def test_unknown_sizes_in_the_way_are_refused(library: str, layer: Case, needles: tuple[str, ...]) -> None:
    assert_refused(branches(library, (None, None, 6), [layer]), *needles)


def test_rms_scaling_is_refused() -> None:
    layer: Any = case("LayerNormalization", rms_scaling=True)
    assert_refused(branches("keras", (6,), [layer]), "rms_scaling", "RMSNormalization")
