"""What convolutions become: classes, windows and kernels."""

from __future__ import annotations

from itertools import product
from math import prod

import numpy as np
import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.events import Note, listening
from tensorflowjs.fitting import fit, kernels
from tensorflowjs.ir.layers import Layer
from tensorflowjs.tensors import ArrayTensor
from tests.fitting.single import Shape, classes, fitted, output_shapes, single


def random_kernel(*shape: int) -> ArrayTensor:
    return ArrayTensor(np.random.default_rng(3).standard_normal(shape).astype("float32"))


# ---------------------------------------------------------------------------- what stays as it is


@pytest.mark.parametrize(
    "class_name, shape, arguments",
    [
        ("Conv1D", (9, 2), {"dilation_rate": [2]}),
        ("Conv2D", (9, 8, 2), {"data_format": "channels_first", "strides": 2}),
        ("Conv3D", (5, 5, 5, 2), {"padding": "same"}),
        ("Conv2DTranspose", (4, 4, 2), {"strides": [2, 2], "padding": "same", "output_padding": [1, 1]}),
        ("SeparableConv2D", (9, 8, 2), {"dilation_rate": 2}),
    ],
)
def test_what_tfjs_can_do_keeps_its_weights_untouched(class_name: str, shape: Shape, arguments: object) -> None:
    model = single(class_name, shape, filters=4, kernel_size=3, **arguments)  # type: ignore[arg-type]
    before = model.root.layers[1].weights
    (_, layer) = fit(model).root.layers
    assert (layer.name, layer.class_name) == ("it", class_name)
    assert all(layer.weights[name] is tensor for name, tensor in before.items())


# ---------------------------------------------------------------------------- sequences


def test_causal_padding_is_put_in_front() -> None:
    layers = fitted("Conv1D", (9, 2), filters=4, kernel_size=3, dilation_rate=2, padding="causal")
    assert classes(layers) == ["Reshape", "ZeroPadding2D", "Reshape", "Conv1D"]
    assert layers[1].config["padding"] == [[4, 0], [0, 0]]
    assert layers[2].config["target_shape"] == [13, 2]
    assert layers[3].config["padding"] == "valid"
    assert layers[3].name == "it"


def test_unknown_lengths_are_left_to_tfjs() -> None:
    layers = fitted("Conv1D", (None, 2), filters=4, kernel_size=3, padding="causal")
    assert [layer.config["target_shape"] for layer in layers if layer.class_name == "Reshape"] == [[-1, 1, 2], [-1, 2]]


def test_softmax_runs_in_the_layout_of_keras() -> None:
    layers = fitted(
        "SeparableConv2D", (2, 9, 8), filters=4, kernel_size=3, data_format="channels_first", activation="softmax"
    )
    assert classes(layers) == ["Permute", "SeparableConv2D", "Permute", "Activation"]
    assert layers[1].config["activation"] == "linear"


# ---------------------------------------------------------------------------- groups


def test_one_group_per_channel_is_a_depthwise_convolution() -> None:
    (layer,) = fitted("Conv2D", (9, 8, 4), filters=12, kernel_size=3, groups=4)
    assert layer.class_name == "DepthwiseConv2D"
    assert layer.weights["depthwise_kernel"].shape == (3, 3, 4, 3)
    assert layer.config["depth_multiplier"] == 3


def kernel_sizes(layers: list[Layer]) -> list[int]:
    return [layer.weights["kernel"].count for layer in layers if layer.class_name == "Conv2D"]


@pytest.mark.parametrize("channels, groups, parts", [(64, 2, 1), (64, 32, 1), (256, 32, 4), (512, 32, 8), (512, 3, 1)])
def test_wide_kernels_are_split(channels: int, groups: int, parts: int) -> None:
    """One kernel up to 4 times the size of its groups or 2**18 values; parts that keep to that beyond it."""
    channels -= channels % groups
    layers = fitted("Conv2D", (9, 8, channels), filters=channels, kernel_size=3, groups=groups)
    sizes = kernel_sizes(layers)
    assert len(sizes) == parts
    assert sum(sizes) <= max(4 * 9 * channels * channels // groups, 2**18)
    assert classes(layers).count("Cropping2D") == (0 if parts == 1 else parts)
    assert layers[-1].name == "it"


def test_a_volume_that_cannot_be_split_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"it \(Conv3D\): groups=2: .* 113,246,208 values"):
        fitted("Conv3D", (4, 4, 4, 2048), filters=2048, kernel_size=3, groups=2)


def test_block_diagonal_kernels_hold_each_group_once() -> None:
    kernel = random_kernel(2, 3, 6)  # 3 channels per group
    whole = kernels.block_diagonal(kernel, 2).read()
    values = kernel.read()
    assert whole.shape == (2, 6, 6)
    np.testing.assert_array_equal(whole[:, :3, :3], values[..., :3])
    np.testing.assert_array_equal(whole[:, 3:, 3:], values[..., 3:])
    assert not whole[:, :3, 3:].any() and not whole[:, 3:, :3].any()


# ---------------------------------------------------------------------------- dilation


def test_gaps_hold_zeros() -> None:
    kernel = random_kernel(2, 3, 1, 1)
    grown = kernels.with_gaps(kernel, (3, 2)).read()
    assert grown.shape == (4, 5, 1, 1)
    np.testing.assert_array_equal(grown[::3, ::2], kernel.read())
    assert np.count_nonzero(grown) == kernel.count


def test_kernels_of_half_precision_become_single() -> None:
    half = ArrayTensor(np.ones((2, 1, 1), "float16"))
    assert kernels.with_gaps(half, (2,)).read().dtype == np.float32


def test_strides_with_dilation_get_a_kernel_with_gaps() -> None:
    """No Keras makes such a layer, but its file would be valid, and TF.js would throw when it runs."""
    (layer,) = fitted("Conv2D", (9, 9, 2), filters=4, kernel_size=3, strides=2, dilation_rate=2)
    assert layer.weights["kernel"].shape == (5, 5, 2, 4)
    assert layer.config["dilation_rate"] == [1, 1]


# ---------------------------------------------------------------------------- transposed


@pytest.mark.parametrize("padding, size, strides", [*product(["same", "valid"], [1, 2, 3, 4, 5], [1, 2, 3])])
def test_transposed_convolutions_keep_their_size(padding: str, size: int, strides: int) -> None:
    common = {"filters": 3, "kernel_size": [size, 2], "strides": strides, "padding": padding}
    for added, gap in product([None, *range(strides)], [1, 2]):
        arguments = {**common, "output_padding": added, "dilation_rate": gap}
        before, after = output_shapes("Conv2DTranspose", (5, 6, 2), **arguments)
        assert before == after, arguments


def test_dilation_of_transposed_volumes_counts_from_keras_3_on() -> None:
    arguments = {"filters": 2, "kernel_size": 2, "dilation_rate": 2}
    for version, size in (("3.15.1", 3), ("2.15.0", 2)):
        layer = fitted("Conv3DTranspose", (4, 4, 4, 2), keras_version=version, **arguments)[0]
        assert prod(layer.weights["kernel"].shape) == size**3 * 4


def test_the_backend_that_gets_transposed_volumes_wrong_is_named() -> None:
    notes: list[str] = []
    with listening(lambda event: notes.append(str(event)) if isinstance(event, Note) else None):
        fitted("Conv3DTranspose", (4, 4, 4, 2), filters=2, kernel_size=2)
    assert any("wasm" in note and "it (Conv3DTranspose)" in note for note in notes)
