"""Convolutions, pooling and padding one behind another and inside wrappers, where every size must stay known."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from tests.tfjs.parity import AssertParity

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")


def sequences(layers: Any) -> tuple[tuple[int, ...], list[Any]]:
    return (9, 4), [
        layers.Conv1D(4, 3, padding="causal"),
        layers.SeparableConv1D(4, 3),
        layers.ZeroPadding1D(1),
        layers.UpSampling1D(2),
        layers.Conv1DTranspose(3, 3, strides=2, padding="same"),
        layers.Cropping1D(1),
    ]


def images(layers: Any) -> tuple[tuple[int, ...], list[Any]]:
    return (8, 7, 4), [
        layers.Conv2D(4, 3, groups=2),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.Cropping2D(1),
        layers.DepthwiseConv2D(3, dilation_rate=2),
        layers.Conv2DTranspose(4, 3, strides=2, output_padding=1),
    ]


def volumes(layers: Any) -> tuple[tuple[int, ...], list[Any]]:
    return (4, 4, 4, 2), [
        layers.ZeroPadding3D(1),
        layers.Conv3D(4, 2, groups=2),
        layers.MaxPooling3D(2),
        layers.UpSampling3D(2),
        layers.Cropping3D(1),
    ]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("chain", [sequences, images, volumes])
def test_chains_end_in_a_dense_layer(assert_parity: AssertParity, library: str, chain: Any) -> None:
    keras = importlib.import_module(library)
    shape, found = chain(keras.layers)
    layers = [keras.Input(shape), *found, keras.layers.Flatten(), keras.layers.Dense(3)]
    assert_parity(keras.Sequential(layers))


@pytest.mark.parametrize("library", LIBRARIES)
def test_time_distributed(assert_parity: AssertParity, library: str) -> None:
    keras = importlib.import_module(library)
    layers = keras.layers
    films, texts = keras.Input((3, 6, 5, 4)), keras.Input((3, 7, 4))
    of_images = [
        layers.Conv2D(6, 3, groups=2),
        layers.GlobalAveragePooling2D(keepdims=True),
        layers.UpSampling2D(2, interpolation="bilinear"),
        layers.DepthwiseConv2D(2, dilation_rate=2),
        layers.Conv2DTranspose(4, 3, strides=2, output_padding=1),
    ]
    of_sequences = [
        layers.Conv1D(6, 3, padding="causal"),
        layers.ZeroPadding1D(2),
        layers.UpSampling1D(2),
        layers.SeparableConv1D(3, 2),
    ]
    outputs = [layers.TimeDistributed(layer)(films) for layer in of_images]
    outputs += [layers.TimeDistributed(layer)(texts) for layer in of_sequences]
    assert_parity(keras.Model([films, texts], outputs))
