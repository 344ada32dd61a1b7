"""Arrays on their way to Node: the dtype they travel as, and that nothing is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tensorflowjs.errors import UsageError
from tensorflowjs.verify import InputSpec, random_inputs, wire


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (np.array([1.5, -np.inf]), "float32"),
        (np.float16(0.1), "float32"),
        ([[1, 2], [3, 4]], "int32"),
        (np.array([255], np.uint8), "int32"),
        ([True, False], "bool"),
        (np.array([1 + 2j]), "complex64"),
        (["a", "größer", ""], "string"),
        (np.zeros((2, 0, 3)), "float32"),
        (np.array([[1, 2], [3, 4]], ">i4").T, "int32"),
    ],
)
def test_there_and_back(value: Any, dtype: str) -> None:
    header, data = wire.encode("x", value)
    assert (header["dtype"], header["shape"]) == (dtype, list(np.shape(value)))
    assert header["bytes"] == len(data)
    back = wire.decode(header, data)
    if dtype == "string":
        value = [text.encode() for text in value]
    np.testing.assert_array_equal(back, np.asarray(value).astype(back.dtype))
    assert back.flags.writeable


def test_several_arrays_in_one_payload() -> None:
    encoded = [wire.encode("a", [1.0, 2.0]), wire.encode("b", ["x", "yz"]), wire.encode("c", 3)]
    a, b, c = wire.split([header for header, _ in encoded], b"".join(data for _, data in encoded))
    np.testing.assert_array_equal(a, [1, 2])
    assert b.tolist() == [b"x", b"yz"]
    assert c.shape == ()
    assert c == 3


@pytest.mark.parametrize("value", [[2**31], [-(2**31) - 1], [0.5], [np.nan], [np.inf]])
def test_numbers_that_int32_cannot_hold(value: Any) -> None:
    with pytest.raises(UsageError, match="'x' takes int32"):
        wire.encode("x", value, "int32")


def test_random_inputs_follow_the_specs() -> None:
    specs = [
        InputSpec("image", "float32", (None, 5, None, 3)),
        InputSpec("ids", "int32", (4, 7)),
        InputSpec("flag", "bool", (None,)),
        InputSpec("text", "string", (None, 2)),
        InputSpec("any", "float32", None),
    ]
    first = random_inputs(specs, seed=1, batch=3, unknown=6, below=5)
    assert {name: value.shape for name, value in first.items()} == {
        "image": (3, 5, 6, 3), "ids": (4, 7), "flag": (3,), "text": (3, 2), "any": (3,),
    }  # fmt: skip
    assert [value.dtype.kind for value in first.values()] == ["f", "i", "b", "O", "f"]
    assert first["ids"].max() <= 4
    again, other = (random_inputs(specs, seed=seed, batch=3, unknown=6, below=5) for seed in (1, 2))
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
    assert not np.array_equal(first["image"], other["image"])
