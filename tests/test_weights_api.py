"""`quantization`, `write_weights` and `read_weights` give what they gave in tensorflowjs 4.22, byte for byte.

`formats/reference.json` holds what that version made of the same arrays.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tensorflowjs import quantization, read_weights, write_weights

REFERENCE = json.loads((Path(__file__).parent / "formats/reference.json").read_text(encoding="utf-8"))


def uniform(seed: int, *shape: int) -> Any:
    return np.random.RandomState(seed).random_sample(shape)


ARRAYS: dict[str, np.ndarray[Any, Any]] = {
    "both signs": ((uniform(3, 100000) + uniform(33, 100000) - 1) * 0.37).astype(np.float32),
    "positive": (uniform(4, 50000) * 5 + 2).astype(np.float32),
    "negative": (-uniform(5, 50000) * 1e-3 - 7).astype(np.float32),
    "tiny": ((uniform(6, 5000) - 0.4) * 1e-41).astype(np.float32),
    "wide": ((uniform(7, 5000) - 0.6) * 5e38).astype(np.float32),
    "from zero": (uniform(8, 5000) * (uniform(9, 5000) > 0.3)).astype(np.float32),
    "constant": np.full(7, -3.25, np.float32),
    "zeros": np.zeros(5, np.float32),
    "ints": np.random.RandomState(10).randint(-1000, 2000, size=5000).astype(np.int32),
}


def groups() -> list[list[dict[str, Any]]]:
    sample = np.random.RandomState(11).random_sample
    return [
        [
            {"name": "dense/kernel", "data": (sample((7, 5)) - 0.5).astype(np.float32)},
            {"name": "dense/bias", "data": sample(5) * 3 - 1},
            {"name": "steps", "data": np.array([5, -7, 2**31 - 1], np.int64)},
        ],
        [
            {"name": "words", "data": np.array([["a", "héllo"], ["", "dd"]], object)},
            {"name": "flags", "data": np.array([True, False, True])},
            {"name": "fft", "data": (sample(3) + 1j * sample(3)).astype(np.complex64)},
            {"name": "half", "data": (sample(4) * 9 - 4).astype(np.float16)},
            {"name": "scalar", "data": np.array(2.5, np.float32)},
            {"name": "c16", "data": sample(2) + 2j},
        ],
    ]


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()[:16]


@pytest.mark.parametrize("case", REFERENCE["arrays"], ids=lambda case: f"{case['name']} to {case['dtype']}")
def test_arrays_are_quantised_bit_for_bit(case: dict[str, Any]) -> None:
    values = ARRAYS[case["name"]]
    coded, metadata = quantization.quantize_weights(values, np.dtype(case["dtype"]).type)
    assert metadata == {key: case[key] for key in ("min", "scale") if key in case}
    assert coded.dtype.name == case["dtype"]
    assert sha1(coded.tobytes()) == case["quantized"]
    back = quantization.dequantize_weights(coded, metadata, values.dtype)
    assert back.dtype == values.dtype
    assert sha1(back.tobytes()) == case["back"]


@pytest.mark.parametrize("case", REFERENCE["files"], ids=lambda case: str(case["arguments"]))
def test_files_are_written_byte_for_byte(case: dict[str, Any], tmp_path: Path) -> None:
    manifest = write_weights.write_weights(groups(), tmp_path, **case["arguments"])
    assert manifest == case["manifest"]
    assert [list(weight.get("quantization", {})) for group in manifest for weight in group["weights"]] == [
        list(weight.get("quantization", {})) for group in case["manifest"] for weight in group["weights"]
    ]
    shards = {path.name: sha1(path.read_bytes()) for path in tmp_path.glob("*.bin")}
    assert shards == case["sha1"]
    assert json.loads((tmp_path / "weights_manifest.json").read_text(encoding="utf-8")) == manifest


@pytest.mark.parametrize("flatten", [False, True])
@pytest.mark.parametrize("in_memory", [False, True])
def test_written_weights_are_read_back(tmp_path: Path, flatten: bool, in_memory: bool) -> None:
    manifest = write_weights.write_weights(groups(), tmp_path, shard_size_bytes=60, write_manifest=False)
    assert not (tmp_path / "weights_manifest.json").exists()
    if in_memory:
        buffers = [b"".join((tmp_path / path).read_bytes() for path in group["paths"]) for group in manifest]
        read = read_weights.decode_weights(manifest, buffers, flatten=flatten)
    else:
        read = read_weights.read_weights(manifest, str(tmp_path), flatten=flatten)
    expected = groups()
    if not flatten:
        assert [len(group) for group in read] == [3, 6]
        read = [entry for group in read for entry in group]
    for got, want in zip(read, [entry for group in expected for entry in group], strict=True):
        assert got["name"] == want["name"]
        assert got["data"].shape == want["data"].shape
        if want["name"] == "words":
            assert got["data"].tolist() == [[b"a", "héllo".encode()], [b"", b"dd"]]
        else:
            assert np.allclose(got["data"], want["data"], rtol=1e-6)


def test_quantised_weights_are_read_as_their_original_type(tmp_path: Path) -> None:
    manifest = write_weights.write_weights(groups(), tmp_path, quantization_dtype_map={"uint8": ["dense/*", "half"]})
    read = {entry["name"]: entry["data"] for entry in read_weights.read_weights(manifest, tmp_path, flatten=True)}
    kernel = groups()[0][0]["data"]
    assert read["dense/kernel"].dtype == np.float32
    assert np.abs(read["dense/kernel"] - kernel).max() <= np.ptp(kernel) / 255
    assert not np.array_equal(read["dense/kernel"], kernel)
    assert read["steps"].tolist() == [5, -7, 2**31 - 1]


def test_one_buffer_needs_no_list() -> None:
    manifest = [{"paths": [], "weights": [{"name": "a", "shape": [2], "dtype": "uint16"}]}]
    assert read_weights.decode_weights(manifest, b"\x01\x00\x00\x01", flatten=True)[0]["data"].tolist() == [1, 256]


def test_names_map_to_numpy_types() -> None:
    mapped = quantization.map_layers_to_quantization_dtype(["a/k", "a/b", "c"], {"uint8": "a/*", "float16": True})
    assert mapped == {"a/k": np.uint8, "a/b": np.uint8, "c": np.float16}
    assert quantization.map_layers_to_quantization_dtype(["a"], None) == {}


@pytest.mark.parametrize(
    "call",
    [
        lambda: quantization.map_layers_to_quantization_dtype(["a"], {"uint8": True, "uint16": True}),
        lambda: quantization.map_layers_to_quantization_dtype(["a"], {"uint8": "a", "uint16": "*"}),
        lambda: quantization.quantize_weights(np.ones(3, np.float32), np.int8),
        lambda: quantization.quantize_weights(np.ones(3, np.int32), np.float16),
        lambda: quantization.dequantize_weights(np.ones(3, np.int8), {}),
        lambda: quantization.dequantize_weights(np.ones(3, np.uint8), {"scale": 1.0}),
        lambda: quantization.dequantize_weights(np.ones(3, np.float16), {}, np.int32),
        lambda: read_weights.read_weights({}, "."),  # type: ignore[arg-type]
        lambda: read_weights.decode_weights([], [b""]),
        lambda: read_weights.decode_weights(
            [{"weights": [{"name": "a", "shape": [3], "dtype": "float32"}]}], b"\0" * 11
        ),
    ],
)
def test_misuse_is_a_value_error(call: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        call()


def test_an_unknown_type_is_not_implemented() -> None:
    with pytest.raises(NotImplementedError, match="float64"):
        read_weights.decode_weights([{"weights": [{"name": "a", "shape": [1], "dtype": "float64"}]}], b"\0" * 8)


@pytest.mark.parametrize(
    ("weights", "options"),
    [
        ("no list", {}),
        ([], {}),
        (["no list"], {}),
        ([[{"data": np.ones(2)}]], {}),
        ([[{"name": "a"}]], {}),
        ([[{"name": "a", "data": [1.0]}]], {}),
        ([[{"name": "a", "data": np.ones(2)}], [{"name": "a", "data": np.ones(3)}]], {}),
        ([[{"name": "a", "data": np.array(["2020-01-01"], "M8[D]")}]], {}),
        ([[{"name": "a", "data": np.array([2**31])}]], {}),
        ([[{"name": "a", "data": np.ones(2)}]], {"shard_size_bytes": 0}),
        ([[{"name": "a", "data": np.ones(2)}]], {"shard_size_bytes": 1.5}),
        ([[{"name": "a", "data": np.ones(2)}]], {"quantization_dtype_map": {"uint8": True, "uint16": True}}),
    ],
)
def test_wrong_weights_are_a_value_error_and_nothing_is_written(weights: Any, options: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        write_weights.write_weights(weights, tmp_path / "new", **options)
    assert not list(tmp_path.iterdir())
