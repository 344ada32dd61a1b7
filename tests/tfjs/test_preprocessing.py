"""Layers that prepare images and categories give the numbers of Keras in the real TF.js, or are refused."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

from tensorflowjs.catalog.layers.preprocessing import AUGMENTING
from tests.tfjs.branches import Case, branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")
FIRST = {"data_format": "channels_first"}

JITTER = {f"{name}_factor": 0.5 for name in ("brightness", "contrast", "saturation", "hue")}
ARGUMENTS: dict[str, dict[str, Any]] = {
    "RandomColorJitter": JITTER,
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.2},
    "RandomPosterization": {"factor": 3},
    **{
        f"Random{name}": {"factor": 0.5}
        for name in (
            "Brightness", "ColorDegeneration", "Contrast", "Height", "Hue", "Invert", "Rotation", "Saturation",
            "Sharpness", "Width",
        )
    },
}  # fmt: skip


def augmenting(library: str) -> list[Case]:
    layers = importlib.import_module(library).layers
    return [(name, ARGUMENTS.get(name, {})) for name in AUGMENTING if hasattr(layers, name)]


def images(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0, 255, (2, *shape)).astype("float32")


@pytest.mark.parametrize("library", LIBRARIES)
def test_augmentation_does_nothing(library: str, assert_parity: AssertParity) -> None:
    cases = augmenting(library)
    assert len(cases) == (24 if library == "keras" else 8)
    # Keras 3 itself cannot save some of them as HDF5.
    routes = ("keras", "live") if library == "keras" else ("keras", "h5", "live")
    assert_parity(branches(library, (6, 5, 3), cases), images(0, 6, 5, 3), routes=routes, backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_augmentation_of_bytes_gives_floats(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    image = keras.Input((6, 5, 3), dtype="uint8")
    flipped = keras.layers.RandomFlip()(image)
    model = keras.Model(image, keras.layers.Conv2D(2, 3)(keras.layers.RandomContrast(0.2)(flipped)))
    assert_parity(model, images(0, 6, 5, 3).astype("uint8"), backends=("auto",))


METHODS = {
    "keras": ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    "tf_keras": ("nearest", "bilinear", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"),
}
SIZES = ((12, 10), (3, 5), (9, 4), (6, 7), (6, 5), (1, 1))


@pytest.mark.parametrize("library", LIBRARIES)
def test_resizing(library: str, assert_parity: AssertParity) -> None:
    cases = [
        case("Resizing", height=height, width=width, interpolation=method)
        for method in METHODS[library]
        for height, width in SIZES
    ]
    cases += [case("Resizing", height=4, width=9, crop_to_aspect_ratio=True)]
    cases += [case("Resizing", height=9, width=4, crop_to_aspect_ratio=True, interpolation="nearest")]
    assert_parity(branches(library, (6, 5, 3), cases), images(0, 6, 5, 3), backends=("auto",), routes=("keras", "h5"))


def test_resizing_of_keras_3(assert_parity: AssertParity) -> None:
    cases = [
        case("Resizing", height=height, width=width, interpolation=method, antialias=True)
        for method in METHODS["keras"]
        for height, width in ((3, 2), (4, 9))
    ]
    for height, width in ((9, 4), (4, 9), (8, 8), (3, 3)):
        cases += [
            case("Resizing", height=height, width=width, pad_to_aspect_ratio=True, fill_value=7.0),
            case("Resizing", height=height, width=width, pad_to_aspect_ratio=True, interpolation="bicubic"),
        ]
    assert_parity(branches("keras", (6, 5, 3), cases), images(1, 6, 5, 3), backends=("auto",))
    first = [case("Resizing", height=4, width=9, **FIRST), case("Resizing", height=8, width=5, **FIRST)]
    first += [case("CenterCrop", height=2, width=3, **FIRST), case("CenterCrop", height=9, width=3, **FIRST)]
    assert_parity(branches("keras", (3, 6, 5), first), images(1, 3, 6, 5), backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_resizing_of_bytes(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    image = keras.Input((6, 5, 3), dtype="uint8")
    nearest = keras.layers.Resizing(4, 9, interpolation="nearest")(image)
    outputs = [nearest, keras.layers.CenterCrop(3, 3)(image), keras.layers.CenterCrop(8, 3)(image)]
    if library == "tf_keras":
        outputs.append(keras.layers.Resizing(4, 9)(image))
    assert_parity(keras.Model(image, outputs), images(0, 6, 5, 3).astype("uint8"), backends=("auto",))


def test_rounding_is_refused() -> None:
    assert importlib.import_module("keras").layers.Resizing(1, 1)(np.asarray([[[1], [2]]], "uint8")) == 2
    keras = importlib.import_module("keras")
    image = keras.Input((6, 5, 3), dtype="uint8")
    assert_refused(keras.Model(image, keras.layers.Resizing(4, 9)(image)), "Resizing", "rounds", "float32")


@pytest.mark.parametrize("library", LIBRARIES)
def test_cropping(library: str, assert_parity: AssertParity) -> None:
    sizes = ((4, 4), (3, 5), (6, 5), (5, 2), (9, 5), (3, 8), (12, 12))
    cases = [case("CenterCrop", height=height, width=width) for height, width in sizes]
    cases += [case("RandomCrop", height=height, width=width) for height, width in sizes]
    assert_parity(branches(library, (6, 5, 3), cases), images(2, 6, 5, 3), backends=("auto",))


# ---------------------------------------------------------------------------- categories


@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_categories(library: str, dtype: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    encoding = keras.layers.CategoryEncoding
    many, one = keras.Input((5,), dtype=dtype), keras.Input((1,), dtype=dtype)
    outputs = [
        encoding(4, output_mode="multi_hot")(many),
        encoding(4, output_mode="count")(many),
        encoding(6, output_mode="multi_hot")(one),
        encoding(6, output_mode="one_hot")(one),
        keras.layers.Dense(3)(encoding(7, output_mode="count")(one)),
    ]
    random = np.random.default_rng(0)
    given = [random.integers(0, 4, (3, 5)).astype(dtype), random.integers(0, 6, (3, 1)).astype(dtype)]
    assert_parity(keras.Model([many, one], outputs), given, backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_weighted_categories(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    ids, weights = keras.Input((5,), dtype="int32"), keras.Input((5,))
    counted = keras.layers.CategoryEncoding(4, output_mode="count")(ids, count_weights=weights)
    random = np.random.default_rng(0)
    given = [random.integers(0, 4, (3, 5)).astype("int32"), random.standard_normal((3, 5)).astype("float32")]
    assert_parity(keras.Model([ids, weights], counted), given, backends=("auto",))


def test_categories_of_keras_3(assert_parity: AssertParity) -> None:
    keras = importlib.import_module("keras")
    encoding = keras.layers.CategoryEncoding
    open_, grid = keras.Input((None,), dtype="int32"), keras.Input((2, 3), dtype="int32")
    outputs = [
        encoding(4, output_mode="count")(open_),
        encoding(4, output_mode="multi_hot")(open_),
        encoding(5, output_mode="one_hot")(open_),
        encoding(5, output_mode="one_hot")(grid),
    ]
    random = np.random.default_rng(0)
    given = [random.integers(0, 4, (3, 6)).astype("int32"), random.integers(0, 5, (3, 2, 3)).astype("int32")]
    assert_parity(keras.Model([open_, grid], outputs), given, backends=("auto",))


BOUNDARIES = [-1.0, 0.1, 0.5, 2.0]


@pytest.mark.parametrize("library", LIBRARIES)
def test_discretization(library: str, assert_parity: AssertParity) -> None:
    keras = importlib.import_module(library)
    many, one = keras.Input((6,)), keras.Input((1,))

    def binned(mode: str) -> Any:
        return keras.layers.Discretization(bin_boundaries=BOUNDARIES, output_mode=mode)

    outputs = [binned(mode)(value) for mode in ("int", "multi_hot", "count") for value in (many, one)]
    outputs += [keras.layers.Dense(2)(binned("one_hot")(one))]
    at_the_edge = np.asarray([*BOUNDARIES, 0.0, np.nextafter(np.float32(0.5), np.float32(0))], "float32")
    given = [np.stack([at_the_edge, at_the_edge[::-1] * 3, at_the_edge - 0.05]), at_the_edge[:3, None]]
    assert_parity(keras.Model([many, one], outputs), given, backends=("auto",))


def test_learned_boundaries(assert_parity: AssertParity) -> None:
    for library in LIBRARIES:
        keras = importlib.import_module(library)
        layer = keras.layers.Discretization(num_bins=4)
        layer.adapt(np.random.default_rng(0).standard_normal((100, 1)).astype("float32"))
        value = keras.Input((6,))
        assert_parity(keras.Model(value, layer(value)), randomise=False, backends=("auto",))


# ---------------------------------------------------------------------------- several in one


def test_pipeline(assert_parity: AssertParity) -> None:
    layers = importlib.import_module("keras").layers
    keras = importlib.import_module("keras")
    image = keras.Input((6, 5, 3))
    parts = [layers.RandomFlip(), layers.Resizing(4, 4), layers.Normalization(), layers.Rescaling(0.1, 1.0)]
    pipeline = layers.Pipeline(parts)
    model = keras.Model(image, layers.Conv2D(2, 3)(pipeline(pipeline(image))))
    assert_parity(model, images(0, 6, 5, 3), backends=("auto",))
    chain = keras.Sequential([image, layers.Pipeline([layers.RandomZoom(0.2), layers.CenterCrop(4, 4)])])
    chain.add(layers.Flatten())
    chain.add(layers.Dense(3))
    assert_parity(chain, images(0, 6, 5, 3), backends=("auto",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_depends_on_the_size_needs_one(library: str) -> None:
    for layer in (case("Resizing", height=3, width=3), case("CenterCrop", height=3, width=3)):
        assert_refused(branches(library, (None, None, 3), [layer]), "unknown size", "fixed size", routes=("keras",))


REFUSED = {
    "auto contrast": ((6, 5, 3), lambda layers: layers.AutoContrast(), "smallest and largest"),
    "equalisation in tiles": (
        (8, 8, 3),
        lambda layers: layers.ContrastLimitedAdaptiveHistogramEqualization(),
        "how often each occurs",
    ),
    "spectrogram": ((4000,), lambda layers: layers.MelSpectrogram(), "Fourier"),
    "hashing": ((1,), lambda layers: layers.Hashing(4), "hash"),
    "integers": ((1,), lambda layers: layers.IntegerLookup(vocabulary=[3, 5]), "table"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    keras = importlib.import_module("keras")
    shape, make, needle = REFUSED[name]
    whole = name in ("hashing", "integers")
    value = keras.Input(shape, dtype="int64" if whole else "float32")
    layer = make(keras.layers)
    assert_refused(keras.Model(value, layer(value)), type(layer).__name__, needle, routes=("keras", "live"))


@pytest.mark.parametrize("class_name", ["StringLookup", "TextVectorization"])
def test_text_is_refused(class_name: str) -> None:
    keras = importlib.import_module("tf_keras")
    value = keras.Input((1,), dtype="string")
    layer = getattr(keras.layers, class_name)(vocabulary=["a", "b"])
    assert_refused(keras.Model(value, layer(value)), class_name, "numbers only", "JavaScript", routes=("keras", "h5"))
