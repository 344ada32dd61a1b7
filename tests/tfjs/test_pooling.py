"""Pooling in the real TF.js gives the numbers of Keras, with every option that changes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.tfjs.branches import branches, case
from tests.tfjs.parity import AssertParity, assert_refused

pytestmark = pytest.mark.oracle
LIBRARIES = ("keras", "tf_keras")
KINDS = ("Max", "Average")

SEQUENCE, IMAGE, VOLUME = (11, 3), (9, 8, 3), (5, 4, 6, 3)
SAME = {"pool_size": 3, "strides": 2, "padding": "same"}
POOLS: dict[str, tuple[tuple[int, ...], list[dict[str, Any]]]] = {
    "Pooling1D": (SEQUENCE, [{"pool_size": 2}, {"pool_size": 4, "strides": 1}, SAME]),
    "Pooling2D": (IMAGE, [{"pool_size": 2}, {"pool_size": (3, 2), "strides": (2, 1)}, SAME]),
    "Pooling3D": (VOLUME, [{"pool_size": 2}, {"pool_size": (1, 2, 3), "strides": 1, "padding": "same"}, SAME]),
}
GLOBAL = [
    {},
    {"keepdims": True},
    {"data_format": "channels_first"},
    {"data_format": "channels_first", "keepdims": True},
]


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("sizes", ["known", "unknown"])
def test_windows(assert_parity: AssertParity, library: str, name: str, sizes: str) -> None:
    shape, options = POOLS[name]
    options = [*options, {**SAME, "data_format": "channels_first"}]
    cases = [case(f"{kind}{name}", **arguments) for kind in KINDS for arguments in options]
    values = np.random.default_rng(1).standard_normal((2, *shape)).astype("float32")
    if sizes == "unknown":
        shape = (*(None for _ in shape[1:]), shape[-1])
        cases = [item for item in cases if "data_format" not in item[1]]
    assert_parity(branches(library, shape, cases), values)


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("shape", [SEQUENCE, IMAGE, VOLUME, (None, 3), (None, None, 3), (None, None, 5, 3)])
def test_everything(assert_parity: AssertParity, library: str, shape: tuple[int | None, ...]) -> None:
    rank = len(shape) - 1
    options = GLOBAL if None not in shape else GLOBAL[:2]
    cases = [case(f"Global{kind}Pooling{rank}D", **arguments) for kind in KINDS for arguments in options]
    assert_parity(branches(library, shape, cases))


ADAPTIVE = (
    (SEQUENCE, [4, 11, 13]),
    ((12, 4), [3, 5]),
    (IMAGE, [(3, 4), (2, 5), (9, 3), 10]),
    (VOLUME, [(5, 2, 3), (2, 4, 2)]),
)


@pytest.mark.parametrize("shape, sizes", ADAPTIVE)
def test_adaptive(assert_parity: AssertParity, shape: tuple[int, ...], sizes: list[int | tuple[int, ...]]) -> None:
    rank = len(shape) - 1
    cases = [
        case(f"Adaptive{kind}Pooling{rank}D", output_size=size, data_format=layout)
        for kind in KINDS
        for size in sizes
        for layout in ("channels_last", "channels_first")
        if layout == "channels_last" or shape == IMAGE
    ]
    # A maximum over everything stops TensorFlow itself.
    cases += [case(f"AdaptiveAveragePooling{rank}D", output_size=1)]
    assert_parity(branches("keras", shape, cases))


def test_uneven_windows_in_volumes_are_refused() -> None:
    model = branches("keras", VOLUME, [case("AdaptiveMaxPooling3D", output_size=4)])
    assert_refused(model, "output_size=[4, 4, 4]", "[?, 5, 4, 6, 3]")
