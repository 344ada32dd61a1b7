"""Convolutions in the real TF.js give the numbers of Keras, with every option that changes them."""

from __future__ import annotations

import importlib

import numpy as np
import pytest

from tests.tfjs.branches import branches, case
from tests.tfjs.parity import BACKENDS, AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")

CONV1D = (
    case("Conv1D", filters=5, kernel_size=3),
    case("Conv1D", filters=5, kernel_size=3, padding="same", strides=2, activation="relu"),
    case("Conv1D", filters=5, kernel_size=3, dilation_rate=2, use_bias=False),
    case("Conv1D", filters=5, kernel_size=3, padding="same", dilation_rate=3, activation="tanh"),
    case("Conv1D", filters=5, kernel_size=4, padding="causal"),
    case("Conv1D", filters=5, kernel_size=4, padding="causal", strides=3, activation="softmax"),
    case("Conv1D", filters=5, kernel_size=2, padding="causal", dilation_rate=4),
    case("Conv1D", filters=4, kernel_size=3, groups=2),
    case("Conv1D", filters=12, kernel_size=3, groups=6, padding="same", activation="softmax"),
    case("Conv1D", filters=6, kernel_size=3, groups=3, padding="causal", dilation_rate=2),
)
CONV2D = (
    case("Conv2D", filters=5, kernel_size=3),
    case("Conv2D", filters=5, kernel_size=(2, 3), strides=(2, 1), padding="same", activation="elu"),
    case("Conv2D", filters=5, kernel_size=3, dilation_rate=(2, 1), use_bias=False),
    case("Conv2D", filters=5, kernel_size=3, dilation_rate=2, padding="same", activation="softmax"),
    case("Conv2D", filters=8, kernel_size=3, groups=2, padding="same", strides=2),
    case("Conv2D", filters=9, kernel_size=(3, 2), groups=3, activation="softmax"),
    case("Conv2D", filters=6, kernel_size=3, groups=6, padding="same", activation="sigmoid"),
    case("Conv2D", filters=18, kernel_size=3, groups=6, dilation_rate=2, use_bias=False),
)
CONV3D = (
    case("Conv3D", filters=4, kernel_size=2),
    case("Conv3D", filters=4, kernel_size=(1, 2, 3), strides=(1, 2, 1), padding="same", activation="relu"),
    case("Conv3D", filters=4, kernel_size=2, dilation_rate=2, use_bias=False),
    case("Conv3D", filters=6, kernel_size=2, groups=2, padding="same", activation="softmax"),
)
DEPTHWISE1D = (
    case("DepthwiseConv1D", kernel_size=3),
    case("DepthwiseConv1D", kernel_size=3, strides=2, padding="same", depth_multiplier=2, activation="relu"),
    case("DepthwiseConv1D", kernel_size=3, dilation_rate=2, use_bias=False),
    case("SeparableConv1D", filters=4, kernel_size=3),
    case("SeparableConv1D", filters=4, kernel_size=3, strides=2, padding="same", depth_multiplier=2),
    case("SeparableConv1D", filters=4, kernel_size=3, dilation_rate=3, activation="softmax"),
)
CAUSAL_SEPARABLE = (
    case("SeparableConv1D", filters=4, kernel_size=3, padding="causal"),
    case("SeparableConv1D", filters=4, kernel_size=2, padding="causal", dilation_rate=3, use_bias=False),
)
DEPTHWISE2D = (
    case("DepthwiseConv2D", kernel_size=3),
    case("DepthwiseConv2D", kernel_size=(2, 3), strides=2, padding="same", depth_multiplier=2, activation="relu"),
    case("DepthwiseConv2D", kernel_size=3, dilation_rate=2, use_bias=False),
    case("DepthwiseConv2D", kernel_size=3, dilation_rate=(1, 3), padding="same", depth_multiplier=2),
    case("SeparableConv2D", filters=4, kernel_size=3),
    case("SeparableConv2D", filters=4, kernel_size=(3, 2), strides=2, padding="same", depth_multiplier=2),
    case("SeparableConv2D", filters=4, kernel_size=3, dilation_rate=2, activation="softmax"),
    case("SeparableConv2D", filters=4, kernel_size=3, dilation_rate=(2, 1), padding="same", use_bias=False),
)
# Keras 3.15 allows these two to meet; tf_keras and earlier Keras 3 do not.
STRIDES_WITH_DILATION = (
    case("DepthwiseConv2D", kernel_size=3, strides=2, dilation_rate=2),
    case("DepthwiseConv2D", kernel_size=(2, 3), strides=2, dilation_rate=(3, 2), padding="same"),
    case("SeparableConv2D", filters=4, kernel_size=3, strides=2, dilation_rate=2, padding="same"),
)
TRANSPOSED1D = (
    case("Conv1DTranspose", filters=4, kernel_size=3),
    case("Conv1DTranspose", filters=4, kernel_size=3, strides=2, padding="same", activation="softmax"),
    case("Conv1DTranspose", filters=4, kernel_size=2, strides=3, use_bias=False),
    case("Conv1DTranspose", filters=4, kernel_size=4, strides=3, padding="same", output_padding=1),
    case("Conv1DTranspose", filters=4, kernel_size=4, strides=3, output_padding=2, activation="relu"),
    case("Conv1DTranspose", filters=4, kernel_size=3, dilation_rate=3),
)
TRANSPOSED2D = (
    case("Conv2DTranspose", filters=4, kernel_size=3),
    case("Conv2DTranspose", filters=4, kernel_size=(3, 4), strides=2, padding="same", activation="relu"),
    case("Conv2DTranspose", filters=4, kernel_size=1, strides=(2, 3), use_bias=False),
    case("Conv2DTranspose", filters=4, kernel_size=1, strides=3, padding="same"),
    case("Conv2DTranspose", filters=4, kernel_size=3, strides=2, padding="same", output_padding=1),
    case("Conv2DTranspose", filters=4, kernel_size=3, strides=2, padding="same", output_padding=0),
    case("Conv2DTranspose", filters=4, kernel_size=(5, 4), strides=3, padding="same", output_padding=(2, 1)),
    case("Conv2DTranspose", filters=4, kernel_size=3, strides=2, output_padding=1, activation="softmax"),
    case("Conv2DTranspose", filters=4, kernel_size=2, strides=4, output_padding=(0, 3)),
    case("Conv2DTranspose", filters=4, kernel_size=(7, 2), strides=(2, 4), padding="same", output_padding=(0, 3)),
    case("Conv2DTranspose", filters=4, kernel_size=(2, 3), dilation_rate=2),
    case("Conv2DTranspose", filters=4, kernel_size=3, dilation_rate=3, padding="same", activation="relu"),
)
TRANSPOSED3D = (
    case("Conv3DTranspose", filters=3, kernel_size=2),
    case("Conv3DTranspose", filters=3, kernel_size=3, strides=2, padding="same", activation="softmax"),
    case("Conv3DTranspose", filters=3, kernel_size=3, strides=2, padding="same", output_padding=0),
    case("Conv3DTranspose", filters=3, kernel_size=(2, 3, 4), strides=(3, 1, 2), output_padding=(2, 0, 1)),
    case("Conv3DTranspose", filters=3, kernel_size=2, dilation_rate=2, padding="same"),
)

# No width after a layer equals its channels: there Keras 3.15, channels first, adds the bias along the width.
SEQUENCE, IMAGE, VOLUME = (11, 6), (9, 11, 6), (5, 4, 7, 4)
GROUPS = {
    "conv1d": (SEQUENCE, CONV1D),
    "conv2d": (IMAGE, CONV2D),
    "conv3d": (VOLUME, CONV3D),
    "depthwise1d": (SEQUENCE, DEPTHWISE1D),
    "depthwise2d": (IMAGE, DEPTHWISE2D),
    "transposed1d": (SEQUENCE, TRANSPOSED1D),
    "transposed2d": (IMAGE, TRANSPOSED2D),
    "transposed3d": (VOLUME, TRANSPOSED3D),
}


@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("group", GROUPS)
def test_options(assert_parity: AssertParity, library: str, group: str, layout: str) -> None:
    shape, cases = GROUPS[group]
    if layout == "channels_first":
        shape = (shape[-1], *shape[:-1])
        cases = tuple((name, {**arguments, "data_format": layout}) for name, arguments in cases)
    # The wasm backend of TF.js 4.22 computes every transposed convolution of volumes wrongly.
    backends = ("cpu",) if group == "transposed3d" else BACKENDS
    assert_parity(branches(library, shape, cases), backends=backends)


def test_causal_separable_convolution(assert_parity: AssertParity) -> None:
    assert_parity(branches("tf_keras", SEQUENCE, CAUSAL_SEPARABLE))


def test_strides_with_dilation(assert_parity: AssertParity) -> None:
    assert_parity(branches("keras", IMAGE, STRIDES_WITH_DILATION))


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("group", GROUPS)
def test_unknown_sizes(assert_parity: AssertParity, library: str, group: str) -> None:
    shape, cases = GROUPS[group]
    values = np.random.default_rng(1).standard_normal((2, *shape)).astype("float32")
    model = branches(library, (*(None,) * (len(shape) - 1), shape[-1]), cases)
    assert_parity(model, values, backends=("cpu",) if group == "transposed3d" else BACKENDS)


def test_groups_too_wide_for_one_kernel_are_split(assert_parity: AssertParity) -> None:
    cases = [
        case("Conv2D", filters=384, kernel_size=3, groups=24, activation="softmax"),
        case("Conv2D", filters=384, kernel_size=3, groups=24, use_bias=False, padding="same", strides=2),
    ]
    results = assert_parity(branches("keras", (5, 4, 192), cases), routes=("keras",))
    assert len(results) == len(BACKENDS)
    first = [(name, {**arguments, "data_format": "channels_first"}) for name, arguments in cases]
    assert_parity(branches("keras", (192, 5, 4), first), routes=("keras",))


@pytest.mark.parametrize("library", LIBRARIES)
def test_shared_layers_stay_shared(assert_parity: AssertParity, library: str) -> None:
    """Called on values of different sizes; each layer's weights are written once."""
    keras = importlib.import_module(library)
    layers = keras.layers
    short, long = keras.Input((7, 4)), keras.Input((9, 4))
    shared = [
        layers.Conv1D(4, 3, padding="causal"),
        layers.SeparableConv1D(5, 3, padding="same"),
        layers.Conv1DTranspose(4, 3, strides=2, padding="same"),
    ]
    pooled = []
    for value in (short, long):
        for layer in shared:
            value = layer(value)
        pooled.append(layers.GlobalMaxPooling1D()(value))
    assert_parity(keras.Model([short, long], pooled))


def test_more_batch_dimensions(assert_parity: AssertParity) -> None:
    """Only Keras 2 takes them."""
    images = branches("tf_keras", (3, 7, 6, 2), [case("Conv2D", filters=4, kernel_size=3, activation="gelu")])
    assert_parity(images)
    cases = [case("Conv1D", filters=4, kernel_size=3, padding="causal", dilation_rate=2)]
    assert_parity(branches("tf_keras", (2, 3, 7, 4), cases))


IMPLEMENTATIONS = {
    1: [{}, {"strides": 2, "activation": "relu"}, {"use_bias": False, "activation": "softmax"}],
    2: [{}, {"strides": 2, "padding": "same"}, {"activation": "softmax"}],
    3: [{"strides": 2}, {"padding": "same", "use_bias": False}, {"activation": "tanh"}],
}


@pytest.mark.parametrize("shape, kernel_size", [((9, 8), 3), ((7, 6, 5), (3, 2))], ids=["1d", "2d"])
@pytest.mark.parametrize("implementation", IMPLEMENTATIONS)
def test_locally_connected(
    assert_parity: AssertParity, shape: tuple[int, ...], kernel_size: object, implementation: int
) -> None:
    common = {"filters": 3, "kernel_size": kernel_size, "implementation": implementation}
    cases = [
        case(f"LocallyConnected{len(shape) - 1}D", **common, data_format=layout, **arguments)
        for arguments in IMPLEMENTATIONS[implementation]
        for layout in ("channels_last", "channels_first")
    ]
    assert_parity(branches("tf_keras", shape, cases))


def test_locally_connected_layers_too_large_for_a_dense_one_are_refused() -> None:
    model = branches("tf_keras", (96, 96, 1), [case("LocallyConnected2D", filters=1, kernel_size=2)])
    assert_refused(model, "LocallyConnected2D", "83,174,400 values")
