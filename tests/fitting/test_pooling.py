"""What pooling becomes."""

from __future__ import annotations

import pytest

from tensorflowjs.catalog.windows import Windows
from tensorflowjs.errors import UnsupportedError
from tests.fitting.single import Shape, classes, fitted, output_shapes


@pytest.mark.parametrize("length", range(1, 15))
def test_regular_windows_are_those_of_an_ordinary_pooling(length: int) -> None:
    for count in range(1, 17):
        windows = Windows.to(length, count)
        assert windows.spans[0][0] == 0 and windows.spans[-1][1] == length
        if windows.are_regular:
            assert (length - windows.size) // windows.step + 1 == count
            starts = [index * windows.step for index in range(count)]
            assert list(windows.spans) == [(start, start + windows.size) for start in starts]
        else:
            steps = {after[0] - before[0] for before, after in zip(windows.spans, windows.spans[1:], strict=False)}
            sizes = {stop - start for start, stop in windows.spans}
            assert len(steps) > 1 or len(sizes) > 1 or steps == {0}


def test_adaptive_pooling_to_one_value_is_pooling_over_everything() -> None:
    """TensorFlow itself cannot run this one."""
    (layer,) = fitted("AdaptiveMaxPooling2D", (7, 5, 3), output_size=1)
    assert (layer.class_name, layer.config["pool_size"]) == ("MaxPooling2D", [7, 5])


@pytest.mark.parametrize("sizes", [3, 4, [2, 7], [9, 1]])
@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_adaptive_pooling_gives_the_size_asked_for(sizes: object, data_format: str) -> None:
    arguments = {"output_size": sizes, "data_format": data_format}
    before, after = output_shapes("AdaptiveAveragePooling2D", (7, 6, 5), **arguments)
    assert before == after


def test_adaptive_pooling_of_unknown_sizes_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"it \(AdaptiveMaxPooling1D\): an input of unknown size"):
        fitted("AdaptiveMaxPooling1D", (None, 3), output_size=4)


@pytest.mark.parametrize(
    "shape, data_format, target",
    [((4, 5, 6, 3), "channels_last", [120, 1, 3]), ((None, 5, None, 3), "channels_last", [-1, 1, 3]),
     ((3, 4, 5, 6), "channels_first", [3, 120, 1])],
)  # fmt: skip
def test_volumes_are_pooled_as_images(shape: Shape, data_format: str, target: list[int]) -> None:
    layers = fitted("GlobalAveragePooling3D", shape, data_format=data_format)
    assert classes(layers) == ["Reshape", "GlobalAveragePooling2D"]
    assert layers[0].config["target_shape"] == target
    assert layers[1].name == "it"


def test_kept_dimensions_are_put_back() -> None:
    layers = fitted("GlobalMaxPooling2D", (None, None, 3), keepdims=True)
    assert classes(layers) == ["GlobalMaxPooling2D", "Reshape"]
    assert (layers[1].name, layers[1].config["target_shape"]) == ("it", [1, 1, 3])
