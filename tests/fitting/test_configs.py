"""Arguments reduced to what TF.js reads, from the spellings of all generations of Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import UnsupportedError
from tensorflowjs.events import listening
from tensorflowjs.fitting.configs import initializer, number, regularizer, tfjs_config


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("zeros", {"class_name": "Zeros", "config": {}}),
        ("GlorotUniform", {"class_name": "GlorotUniform", "config": {"seed": None}}),
        (
            {"class_name": "GlorotUniformV2", "config": {"seed": 3}},
            {"class_name": "GlorotUniform", "config": {"seed": 3}},
        ),
        (
            {"class_name": "OrthogonalInitializer", "config": {"gain": 2.0, "seed": None}},
            {"class_name": "Orthogonal", "config": {"gain": 2.0, "seed": None}},
        ),
        (
            {"class_name": "LecunUniform", "config": {"seed": 7}},
            {
                "class_name": "VarianceScaling",
                "config": {"scale": 1.0, "mode": "fan_in", "distribution": "uniform", "seed": 7},
            },
        ),
        (
            {"class_name": "VarianceScaling", "config": {"scale": 2.0, "distribution": "untruncated_normal"}},
            {
                "class_name": "VarianceScaling",
                "config": {"scale": 2.0, "mode": "fan_in", "distribution": "normal", "seed": None},
            },
        ),
        (
            {"class_name": "RandomUniform", "config": {"minval": -1, "maxval": 1, "seed": {"class_name": "x"}}},
            {"class_name": "RandomUniform", "config": {"minval": -1, "maxval": 1, "seed": None}},
        ),
        ({"class_name": "Constant", "config": {"value": [1, 2]}}, {"class_name": "Constant", "config": {"value": 0.0}}),
        ({"class_name": "pkg>Own", "config": {"a": 1}}, {"class_name": "Zeros", "config": {}}),
        (None, None),
    ],
)
def test_initializers(value: Any, expected: Any) -> None:
    assert initializer(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"class_name": "L1", "config": {"l1": 0.5}}, {"l1": 0.5, "l2": 0.0}),
        ({"class_name": "L2", "config": {"l2": 0.5}}, {"l1": 0.0, "l2": 0.5}),
        ({"class_name": "L1L2", "config": {"l1": 0.5, "l2": None}}, {"l1": 0.5, "l2": 0.0}),
        ({"class_name": "L2", "config": {"l2": {"type": "ndarray", "value": 0.5}}}, {"l1": 0.0, "l2": 0.5}),
        ("l2", {"l1": 0.0, "l2": 0.01}),
    ],
)
def test_regularizers_become_the_only_one_of_tfjs(value: Any, expected: Any) -> None:
    assert regularizer(value) == {"class_name": "L1L2", "config": expected}


def test_what_is_left_out_is_noted() -> None:
    notes: list[str] = []
    config = {
        "units": np.int64(3),
        "activation": "relu",
        "kernel_regularizer": {"class_name": "OrthogonalRegularizer", "config": {}},
        "kernel_constraint": {"class_name": "MaxNorm", "config": {"max_value": 2}},
        "bias_constraint": None,
        "activity_regularizer": {"class_name": "L2", "config": {"l2": 1.0}},
        "lora_rank": 4,
        "kernel_initializer": None,
    }
    with listening(lambda event: notes.append(str(event))):
        reduced = tfjs_config("Dense", config, "hidden")
    assert reduced == {
        "units": 3,
        "activation": "relu",
        "kernel_regularizer": None,
        "kernel_constraint": None,
        "bias_constraint": None,
    }
    assert len(notes) == 2
    assert all(note.startswith("hidden (Dense): ") for note in notes)


def test_numbers_that_older_files_wrap() -> None:
    assert number({"type": "ndarray", "value": 6.0}) == 6.0
    assert number([np.float32(0.5), (1, 2)]) == [0.5, [1, 2]]
    assert type(number(np.arange(2))) is list


def test_what_json_cannot_write_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="mask_value is nan"):
        tfjs_config("Masking", {"mask_value": float("nan")}, "m")


def test_seeds_of_any_kind() -> None:
    assert tfjs_config("Dropout", {"rate": 0.5, "seed": 3})["seed"] == 3
    assert tfjs_config("Dropout", {"rate": 0.5, "seed": {"class_name": "SeedGenerator"}})["seed"] is None


def test_only_classes_of_tfjs_get_here() -> None:
    with pytest.raises(AssertionError, match="Identity"):
        tfjs_config("Identity", {})
