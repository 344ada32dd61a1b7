"""Which weights are quantised, and that what is stored stands for nearly the same values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tensorflowjs import events
from tensorflowjs.errors import UsageError
from tensorflowjs.formats.quantisation import (
    AFFINE,
    affine_range,
    dequantize,
    quantised,
    quantize,
    rules_for,
    value_range,
)
from tensorflowjs.tensors import ArrayTensor, Tensor

NAMES = ["conv/kernel", "conv/bias", "dense/kernel", "dense/bias", "Conv2/kernel"]

finite = hnp.arrays(
    np.float32,
    hnp.array_shapes(max_dims=3, max_side=20),
    elements=st.floats(-(2.0**120), 2.0**120, width=32, allow_subnormal=True),
)


def stored(tensor: Tensor, dtype: str) -> tuple[np.ndarray[Any, Any], dict[str, Any] | None, list[events.Note]]:
    notes: list[events.Note] = []
    with events.listening(lambda event: notes.append(event) if isinstance(event, events.Note) else None):
        result, fields = quantised(tensor, dtype, "w")
        pieces = [chunk.copy() for chunk in result.chunks()]
    values = np.concatenate(pieces) if pieces else np.empty(0, np.float32)
    assert np.array_equal(values.reshape(result.shape), result.read(), equal_nan=True)
    return values.reshape(result.shape), fields, notes


@given(finite, st.sampled_from(sorted(AFFINE)))
def test_every_value_comes_back_within_half_a_step(values: np.ndarray[Any, Any], dtype: str) -> None:
    coded, fields, notes = stored(ArrayTensor(values), dtype)
    assert fields is not None
    assert not notes
    assert coded.dtype.name == fields["dtype"] == dtype
    back = dequantize(coded, fields["scale"], fields["min"])
    # Moving the range so that 0 is exact can cost the other half step at its ends.
    rounding = np.abs(values.astype(np.float64)) * 2**-23
    assert np.all(np.abs(back.astype(np.float64) - values) <= fields["scale"] * 1.001 + rounding)
    if values.min() <= 0 <= values.max():
        assert np.all(back[values == 0] == 0)


def test_large_tensors_are_coded_block_by_block_as_small_ones_whole() -> None:
    values = (np.random.RandomState(0).random_sample(1_200_001) - 0.3).astype(np.float32)
    coded, fields, _ = stored(ArrayTensor(values), "uint16")
    assert fields is not None
    exact = (values.astype(np.float64) - fields["min"]) / fields["scale"]
    assert np.array_equal(coded, np.clip(np.rint(exact), 0, 65535).astype(np.uint16))


def test_a_constant_is_zeros_with_its_value_as_minimum() -> None:
    coded, fields, _ = stored(ArrayTensor(np.full((3, 2), -1.25, np.float32)), "uint8")
    assert fields == {"dtype": "uint8", "min": -1.25, "scale": 1.0, "original_dtype": "float32"}
    assert not coded.any()


@pytest.mark.parametrize(
    ("values", "dtype", "reason"),
    [
        ([1.0, math.nan, 2.0], "uint8", "NaN"),
        ([1.0, math.inf], "uint16", "infinite"),
        ([1.0, math.nan], "float16", "NaN"),
        ([-65520.0, 1.0], "float16", "65504"),
        ([3e38], "float16", "65504"),
        ([], "uint8", "empty"),
        ([], "float16", "empty"),
    ],
)
def test_what_cannot_be_quantised_stays_and_is_noted(values: list[float], dtype: str, reason: str) -> None:
    kept, fields, notes = stored(ArrayTensor(np.array(values, np.float32)), dtype)
    assert fields is None
    assert kept.dtype == np.float32
    assert np.array_equal(kept, np.array(values, np.float32), equal_nan=True)
    assert len(notes) == 1
    assert reason in notes[0].text
    assert notes[0].where == "w"


def test_float16_keeps_its_largest_value() -> None:
    coded, fields, notes = stored(ArrayTensor(np.array([65519.996, -65504, 6e-8], np.float32)), "float16")
    assert fields == {"dtype": "float16", "original_dtype": "float32"}
    assert coded.tolist() == [65504.0, -65504.0, np.float16(6e-8)]
    assert not notes


@pytest.mark.parametrize("dtype", ["int32", "bool", "complex64"])
def test_only_float32_is_quantised(dtype: str) -> None:
    tensor = ArrayTensor(np.array([0, 1, 1]).astype(dtype))
    assert quantised(tensor, "uint8", "w") == (tensor, None)


@given(finite)
def test_the_range_is_that_of_all_blocks(values: np.ndarray[Any, Any]) -> None:
    assert value_range(ArrayTensor(values)) == (values.min(), values.max())


def test_integers_are_rounded_when_they_come_back() -> None:
    values = np.arange(-40, 1000, 3, dtype=np.int32)
    affine = affine_range(float(values.min()), float(values.max()), "uint16")
    back = dequantize(quantize(values, affine), affine.scale, affine.minimum, "int32")
    assert back.dtype == np.int32
    assert np.array_equal(back, values)


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        (None, {}),
        ({}, {}),
        ({"uint8": "*"}, dict.fromkeys(NAMES, "uint8")),
        ({"uint8": True}, dict.fromkeys(NAMES, "uint8")),
        ({"uint8": False, "uint16": ["dense/*"]}, {"dense/kernel": "uint16", "dense/bias": "uint16"}),
        (
            {"uint8": ["conv/*"], "float16": True},
            {
                "conv/kernel": "uint8",
                "conv/bias": "uint8",
                "dense/kernel": "float16",
                "dense/bias": "float16",
                "Conv2/kernel": "float16",
            },
        ),
        (
            {"uint16": ("*/bias", "dense/kernel")},
            {"conv/bias": "uint16", "dense/bias": "uint16", "dense/kernel": "uint16"},
        ),
        (
            {"uint8": ["[cC]onv*"], "uint16": "dense/b?as"},
            {"conv/kernel": "uint8", "conv/bias": "uint8", "Conv2/kernel": "uint8", "dense/bias": "uint16"},
        ),
    ],
)
def test_patterns_choose_weights(asked: Any, rules: dict[str, str]) -> None:
    assert rules_for(NAMES, asked) == rules


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"uint8": True, "float16": True}, "uint8 and float16"),
        ({"uint8": "conv/*", "uint16": "*/kernel"}, "conv/kernel"),
        ({"int4": True}, "int4"),
    ],
)
def test_ambiguous_rules_are_refused(asked: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        rules_for(NAMES, asked)


def test_a_pattern_that_matches_nothing_is_noted() -> None:
    heard: list[events.Event] = []
    with events.listening(heard.append):
        assert rules_for(NAMES, {"uint8": ["nothing*"]}) == {}
    assert "nothing*" in str(heard[0])
