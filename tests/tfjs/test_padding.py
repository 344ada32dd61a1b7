"""Padding, cropping and upsampling in the real TF.js give the numbers of Keras, with every option."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from tests.tfjs.branches import Case, branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")
FIRST = {"data_format": "channels_first"}

SEQUENCE = (
    case("ZeroPadding1D", padding=2),
    case("ZeroPadding1D", padding=(3, 0)),
    case("Cropping1D", cropping=1),
    case("Cropping1D", cropping=(0, 4)),
    case("UpSampling1D", size=3),
)
IMAGE = (
    case("ZeroPadding2D", padding=1),
    case("ZeroPadding2D", padding=(2, 0)),
    case("ZeroPadding2D", padding=((1, 0), (0, 3))),
    case("ZeroPadding2D", padding=((1, 0), (0, 3)), **FIRST),
    case("Cropping2D", cropping=1),
    case("Cropping2D", cropping=(2, 0)),
    case("Cropping2D", cropping=((1, 0), (0, 3))),
    case("Cropping2D", cropping=((1, 0), (0, 2)), **FIRST),
    case("UpSampling2D"),
    case("UpSampling2D", size=(3, 1), **FIRST),
    case("UpSampling2D", size=(1, 49)),
    case("UpSampling2D", size=2, interpolation="bilinear"),
    case("UpSampling2D", size=(3, 4), interpolation="bilinear"),
    case("UpSampling2D", size=(1, 5), interpolation="bilinear"),
    case("UpSampling2D", size=(6, 1), interpolation="bilinear", **FIRST),
)
VOLUME = tuple(
    case(class_name, **arguments, **layout)
    for layout in ({}, FIRST)
    for class_name, arguments in (
        case("ZeroPadding3D", padding=1),
        case("ZeroPadding3D", padding=((1, 2), (0, 1), (3, 0))),
        case("ZeroPadding3D", padding=(0, 0, 2)),
        case("Cropping3D", cropping=1),
        case("Cropping3D", cropping=((1, 0), (0, 1), (1, 2))),
        case("UpSampling3D"),
        case("UpSampling3D", size=(3, 1, 2)),
    )
)
GROUPS = {"1d": ((7, 3), SEQUENCE), "2d": ((6, 5, 4), IMAGE), "3d": ((5, 5, 4, 4), VOLUME)}


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("group", GROUPS)
def test_options(assert_parity: AssertParity, library: str, group: str) -> None:
    shape, cases = GROUPS[group]
    assert_parity(branches(library, shape, cases))


def of_layout(cases: tuple[Case, ...], first: bool) -> tuple[Case, ...]:
    return tuple(item for item in cases if ("data_format" in item[1]) == first)


# Several unknown sizes, and what follows must not take what TF.js makes of them for sizes.
UNKNOWN = (
    ((None, 3), (6, 3), SEQUENCE),
    ((None, None, 3), (6, 7, 3), of_layout(IMAGE, False)),
    ((3, None, None), (3, 6, 7), of_layout(IMAGE, True)),
    ((None, None, 4, 3), (6, 7, 4, 3), of_layout(VOLUME, False)),
    ((None, None, None, 3), (6, 7, 4, 3), of_layout(VOLUME, False)),
    ((3, None, 7, None), (3, 6, 7, 4), of_layout(VOLUME, True)),
)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape, size, cases", UNKNOWN, ids=[str(shape) for shape, _, _ in UNKNOWN])
def test_unknown_sizes(
    assert_parity: AssertParity,
    library: str,
    shape: tuple[int | None, ...],
    size: tuple[int, ...],
    cases: tuple[Case, ...],
) -> None:
    images = np.random.default_rng(1).standard_normal((2, *size)).astype("float32")
    assert_parity(branches(library, shape, cases), images)


@pytest.mark.parametrize("library", LIBRARIES)
def test_cropping_of_unknown_sizes_leaves_them_unknown(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    value = keras.Input((None, None, 3))
    narrow = keras.layers.Conv2D(4, (1, 3))(value)
    joined = keras.layers.Concatenate()([narrow, keras.layers.Cropping2D(((0, 0), (2, 0)))(value)])
    model = keras.Model(value, keras.layers.Conv2D(2, 3, padding="same")(joined))
    images = np.random.default_rng(1).standard_normal((2, 5, 6, 3)).astype("float32")
    assert_parity(model, images)


@pytest.mark.parametrize("library", LIBRARIES)
def test_cropping_of_unknown_sizes_in_a_sequential(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    inner = keras.Sequential([keras.Input((None, None, 4)), layers.Cropping2D((1, 0)), layers.Conv2D(3, 1)])
    model = keras.Sequential([keras.Input((None, None, 3)), layers.Cropping2D(1), layers.Conv2D(4, 1), inner])
    images = np.random.default_rng(1).standard_normal((2, 7, 6, 3)).astype("float32")
    assert_parity(model, images)


def test_padding_of_channels_first_sequences(assert_parity: AssertParity) -> None:
    assert_parity(branches("keras", (3, 7), [case("ZeroPadding1D", padding=(2, 1), **FIRST)]))


def test_area_interpolation_is_nearest(assert_parity: AssertParity) -> None:
    assert_parity(branches("tf_keras", (4, 3, 2), [case("UpSampling2D", size=3, interpolation="area")]))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("interpolation", ["bicubic", "lanczos3"])
def test_other_interpolations_are_refused(library: str, interpolation: str) -> None:
    model = branches(library, (4, 3, 2), [case("UpSampling2D", size=3, interpolation=interpolation)])
    assert_refused(model, "UpSampling2D", f'interpolation="{interpolation}"')


def test_large_prime_factors_are_refused() -> None:
    assert_refused(branches("keras", (3, 2), [case("UpSampling1D", size=47)]), "UpSampling1D", "upsampling by 47")
