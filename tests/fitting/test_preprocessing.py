"""What becomes of layers that prepare images and categories."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorflowjs.catalog.layers.preprocessing import AUGMENTING, OPAQUE
from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tensorflowjs.ir.layers import Call, Layer, Model, Ref
from tests.fitting.single import classes, fitted, output_shapes, single

IMAGE = (6, 5, 3)


@pytest.mark.parametrize("class_name", AUGMENTING)
def test_augmentation(class_name: str) -> None:
    assert classes(fitted(class_name, IMAGE)) == ["Activation"]


@pytest.mark.parametrize("class_name", OPAQUE)
def test_refused(class_name: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"it \({class_name}\): .{{20}}"):
        fit(single(class_name, IMAGE))


RESIZED = ["Permute", "Dense", "Permute", "Dense", "Permute"]


@pytest.mark.parametrize(
    ("class_name", "arguments", "expected"),
    [
        ("Resizing", {"height": 6, "width": 5}, ["Cropping2D"]),
        ("Resizing", {"height": 4, "width": 9}, RESIZED),
        ("Resizing", {"height": 6, "width": 9}, ["Permute", "Permute", "Dense", "Permute"]),
        ("Resizing", {"height": 3, "width": 5, "interpolation": "nearest"}, ["Permute", "Dense", "Permute", "Permute"]),
        ("CenterCrop", {"height": 4, "width": 4}, ["Cropping2D"]),
        ("CenterCrop", {"height": 8, "width": 4}, RESIZED),
        ("Resizing", {"height": 4, "width": 9, "data_format": "channels_first"}, ["Dense", "Permute"] * 2),
    ],
)
def test_sizes(class_name: str, arguments: dict[str, Any], expected: list[str]) -> None:
    assert classes(fitted(class_name, IMAGE, **arguments)) == expected
    before, after = output_shapes(class_name, IMAGE, **arguments)
    assert before == after


@pytest.mark.parametrize(
    ("version", "expected"),
    [("2.15.0", RESIZED), ("3.5.0", RESIZED), ("3.7.0", ["Cropping2D"]), ("3.8.0", ["Activation"])],
)
def test_random_crop(version: str, expected: list[str]) -> None:
    model = single("RandomCrop", (6, 6, 3), keras_version=version, height=3, width=3)
    assert classes(fit(model).root.layers[1:]) == expected


def test_resizing_weights_are_not_trained() -> None:
    dense = [layer for layer in fitted("Resizing", IMAGE, height=4, width=9) if layer.class_name == "Dense"]
    assert [layer.trainable for layer in dense] == [False, False]
    np.testing.assert_allclose(dense[0].weights["kernel"].read().sum(axis=0), 1, rtol=1e-6)


@pytest.mark.parametrize(("mode", "shape", "output"), [
    ("one_hot", (1,), (None, 4)),
    ("one_hot", (3,), (None, 3, 4)),
    ("multi_hot", (3,), (None, 4)),
    ("count", (None,), (None, 4)),
])  # fmt: skip
@pytest.mark.parametrize(
    ("class_name", "arguments"),
    [("CategoryEncoding", {"num_tokens": 4}), ("Discretization", {"bin_boundaries": [0.0, 1.0, 2.0]})],
)
def test_categories(
    class_name: str, arguments: dict[str, Any], mode: str, shape: tuple[int | None, ...], output: tuple[int | None, ...]
) -> None:
    assert output_shapes(class_name, shape, output_mode=mode, **arguments) == (output, output)


def test_sparse_categories_are_refused() -> None:
    with pytest.raises(UnsupportedError, match="sparse=True"):
        fit(single("CategoryEncoding", (3,), num_tokens=4, sparse=True))


def test_pipelines_are_taken_apart() -> None:
    model = single("Dense", (4, 4, 3), units=2)
    entry, dense = model.root.layers
    inside = [
        Layer("inside_input", "InputLayer", {"batch_shape": None, "dtype": "float32"}, [Call()]),
        Layer("flip", "RandomFlip", calls=[Call([Ref("inside_input")])]),
        Layer("it", "Rescaling", {"scale": 2.0, "offset": 0.0}, [Call([Ref("flip")])]),
    ]
    chain = Model("pipeline", "Sequential", inside, [Ref("inside_input")], [Ref("it")])
    pipeline = Layer("pipeline", "Pipeline", calls=[Call([Ref("x")]), Call([Ref("pipeline")])], model=chain)
    dense.calls = [Call([Ref("pipeline", 1)])]
    model.root.layers = [entry, pipeline, dense]
    layers = fit(model).root.layers
    assert classes(layers) == ["InputLayer", "Activation", "Rescaling", "Dense"]
    assert [len(layer.calls) for layer in layers] == [1, 2, 2, 1]
    assert len({layer.name for layer in layers}) == 4
