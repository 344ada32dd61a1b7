"""What padding, cropping and upsampling become."""

from __future__ import annotations

from math import prod

import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.fitting import fit
from tests.fitting.single import Shape, classes, fitted, output_shapes, single


@pytest.mark.parametrize("padding, expected", [(2, [[2, 2], [0, 0]]), ([3, 0], [[3, 0], [0, 0]])])
def test_sequences_are_padded_as_images(padding: object, expected: object) -> None:
    layers = fitted("ZeroPadding1D", (7, 3), padding=padding)
    assert classes(layers) == ["Reshape", "ZeroPadding2D", "Reshape"]
    assert layers[1].config["padding"] == expected
    assert layers[2].name == "it"


@pytest.mark.parametrize(
    "class_name, arguments",
    [
        ("ZeroPadding3D", {"padding": 1}),
        ("ZeroPadding3D", {"padding": [1, 0, 2]}),
        ("ZeroPadding3D", {"padding": [[0, 1], [0, 0], [0, 0]]}),
        ("Cropping3D", {"cropping": [[1, 0], [0, 2], [1, 1]]}),
        ("UpSampling3D", {"size": [1, 3, 2]}),
        ("UpSampling3D", {"size": 1}),
    ],
)
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
@pytest.mark.parametrize("shape", [(5, 6, 7, 4), (5, None, 7, 4), (None, None, None, 4), (4, 5, None, None)])
def test_volumes_keep_their_size(class_name: str, arguments: dict[str, object], data_format: str, shape: Shape) -> None:
    if data_format == "channels_first" and shape[0] is None:
        shape = (4, *shape[:-1])
    if data_format == "channels_last" and shape[-1] is None:
        shape = (*shape[1:], 4)
    before, after = output_shapes(class_name, shape, data_format=data_format, **arguments)
    assert before == after


def test_a_sequential_that_crops_unknown_sizes_becomes_functional() -> None:
    """TF.js refuses to build a Sequential in which a size is negative for a moment."""
    for shape, kind in (((9, 8, 3), "Sequential"), ((None, None, 3), "Functional")):
        model = single("Cropping2D", shape, cropping=1)
        model.root.kind = "Sequential"
        assert fit(model).root.kind == kind


@pytest.mark.parametrize("factor", [2, 40, 49, 55, 64, 99, 1000])
def test_large_factors_are_reached_in_steps(factor: int) -> None:
    layers = fitted("UpSampling2D", (3, 3, 1), size=[factor, 2])
    sizes = [layer.config["size"] for layer in layers]
    assert prod(height for height, _ in sizes) == factor and prod(width for _, width in sizes) == 2
    assert max(max(size) for size in sizes) <= 40
    assert layers[-1].name == "it"


@pytest.mark.parametrize("factor", [41, 82])
def test_large_prime_factors_are_refused(factor: int) -> None:
    with pytest.raises(UnsupportedError, match="upsampling by 41"):
        fitted("UpSampling2D", (3, 3, 1), size=[factor, 2])


@pytest.mark.parametrize("size", [1, 2, 3, [4, 1], [1, 5]])
@pytest.mark.parametrize("shape", [(4, 5, 2), (None, None, 2)])
def test_bilinear_upsampling_needs_no_fixed_size(size: object, shape: Shape) -> None:
    before, after = output_shapes("UpSampling2D", shape, size=size, interpolation="bilinear")
    assert before == after
