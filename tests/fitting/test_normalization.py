"""What normalisation layers become."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tensorflowjs.ir.layers import Call, Layer, Ref
from tests.fitting.single import Shape, classes, fitted, output_shapes, single


@pytest.mark.parametrize(
    ("shape", "axis", "expected"),
    [
        ((6,), -1, ["BatchNormalization"]),
        ((4, 5, 6), [3], ["BatchNormalization"]),
        ((4, 5, 6), 1, ["Permute", "BatchNormalization", "Permute"]),
        ((4, 5, 6), [1, 3], ["Permute", "Reshape", "BatchNormalization", "Reshape", "Permute"]),
        ((3, 4, 5, 6), -1, ["Reshape", "BatchNormalization", "Reshape"]),
        ((None, None, None, 6), -1, ["TimeDistributed"]),
    ],
)
def test_batch_normalization_works_on_the_last_axis(shape: Shape, axis: object, expected: list[str]) -> None:
    layers = fitted("BatchNormalization", shape, axis=axis)
    assert classes(layers) == expected
    owner = next(layer for layer in layers if layer.name == "it")
    weights = owner.weights or owner.children["layer"].weights
    assert list(weights) == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert all(len(tensor.shape) == 1 for tensor in weights.values())
    before, after = output_shapes("BatchNormalization", shape, axis=axis)
    assert before == after


def test_statistics_of_renormalization_are_left_out() -> None:
    (layer,) = fitted("BatchNormalization", (6,), renorm=True)
    assert list(layer.weights) == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert "renorm" not in layer.config


def test_weights_along_axes_out_of_order_are_read_in_order() -> None:
    model = single("LayerNormalization", (3, 4, 5), axis=[3, 1])
    gamma = model.root.layers[1].weights["gamma"]
    (layer,) = fit(model).root.layers[1:]
    assert layer.config["axis"] == [1, 3]
    assert gamma.shape == (5, 3)
    np.testing.assert_array_equal(layer.weights["gamma"].read(), gamma.read().reshape(3, 5))


@pytest.mark.parametrize("class_name", ["UnitNormalization", "RMSNormalization", "GroupNormalization"])
@pytest.mark.parametrize("shape", [(6,), (None, 6), (4, None, 6), (2, 3, 4, 6)])
def test_sizes_stay_known(class_name: str, shape: Shape) -> None:
    arguments = {"groups": 2} if class_name == "GroupNormalization" else {}
    before, after = output_shapes(class_name, shape, **arguments)
    assert before == after


def test_spectral_normalization_is_what_it_wraps_under_its_own_name() -> None:
    for version in ("2.15.0", "3.15.1"):
        model = single("Dense", (4,), units=3, activation="relu", keras_version=version)
        dense = replace(model.root.layers[1], name="inner", calls=[])
        model.root.layers[1] = Layer(
            "it", "SpectralNormalization", {"power_iterations": 1}, [Call([Ref("x")])], children={"layer": dense}
        )
        (layer,) = fit(model).root.layers[1:]
        assert (layer.name, layer.class_name, layer.config["activation"]) == ("it", "Dense", "relu")
        assert list(layer.weights) == ["kernel", "bias"]


def test_normalization_becomes_two_rescalings() -> None:
    centered, scaled = fitted("Normalization", (2, 3), mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.0])
    assert (centered.config["scale"], centered.config["offset"]) == (1.0, [-1.0, -2.0, -3.0])
    np.testing.assert_allclose(scaled.config["scale"], [0.5, 1.0, 1e7])
    assert scaled.name == "it"


@pytest.mark.parametrize("class_name", ["BatchNormalization", "LayerNormalization", "UnitNormalization"])
def test_the_batch_is_no_axis_to_normalise_along(class_name: str) -> None:
    model = single(class_name, (4, 5), axis=-1)
    model.root.layers[1].config["axis"] = 0
    with pytest.raises(UnsupportedError, match=rf"it \({class_name}\): axis 0"):
        fit(model)
