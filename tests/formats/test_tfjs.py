"""model.json and shards: exact bytes, all or nothing, and read back as they were."""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import tracemalloc
from collections.abc import Callable, Iterator
from io import FileIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tensorflowjs import events
from tensorflowjs.errors import CorruptInputError, InputError, MissingInputError, OutputError, UnsupportedError
from tensorflowjs.formats import manifest, regions, tfjs
from tensorflowjs.formats.shards import encode_strings
from tensorflowjs.tensors import ArrayTensor, ComputedTensor, RegionTensor, Tensor

Array = np.ndarray[Any, Any]


def floats(seed: int, *shape: int) -> Array:
    return (np.random.RandomState(seed).random_sample(shape) - 0.4).astype("<f4")


def in_file(folder: Path, values: Array, before: int = 5) -> RegionTensor:
    """The values as a region of a file that holds other bytes around them."""
    path = folder / f"source{len(list(folder.iterdir()))}"
    path.write_bytes(b"#" * before + values.tobytes() + b"#" * 7)
    return RegionTensor(path, before, values.dtype.name, values.shape)


def shard_bytes(folder: Path, written: tfjs.Written) -> list[bytes]:
    return [b"".join((folder / path).read_bytes() for path in group["paths"]) for group in written.manifest]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    return tmp_path / "source"


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "target"


# ------------------------------------------------------------------------------------------- writing


def test_a_model_is_a_document_and_shards(source: Path, target: Path) -> None:
    kernel, bias, other = floats(1, 7, 5), floats(2, 5), floats(3, 4)
    groups: list[tfjs.WeightGroup] = [
        [("dense/kernel", in_file(source, kernel)), ("dense/bias", ArrayTensor(bias))],
        [("other", ArrayTensor(other))],
    ]
    written = tfjs.write_model(target, {"format": "layers-model", "modelTopology": None}, groups, shard_bytes=60)
    text = (target / "model.json").read_text()
    assert json.loads(text) == {
        "format": "layers-model",
        "modelTopology": None,
        "weightsManifest": [
            {
                "paths": ["group1-shard1of3.bin", "group1-shard2of3.bin", "group1-shard3of3.bin"],
                "weights": [
                    {"name": "dense/kernel", "shape": [7, 5], "dtype": "float32"},
                    {"name": "dense/bias", "shape": [5], "dtype": "float32"},
                ],
            },
            {"paths": ["group2-shard1of1.bin"], "weights": [{"name": "other", "shape": [4], "dtype": "float32"}]},
        ],
    }
    assert list(json.loads(text)) == ["format", "modelTopology", "weightsManifest"]
    assert ": " not in text
    assert (written.shards, written.weight_bytes) == (4, 160 + 16)
    assert shard_bytes(target, written) == [kernel.tobytes() + bias.tobytes(), other.tobytes()]
    assert [(target / name).stat().st_size for name in written.files] == [60, 60, 40, 16]
    assert sorted(path.name for path in target.iterdir()) == sorted([*written.files, "model.json"])


def test_hashed_shards_change_their_names_with_their_bytes_and_only_then(source: Path, target: Path) -> None:
    kernel, changed = floats(1, 7, 5), floats(1, 7, 5)
    changed[-1, -1] += 1
    names = []
    for values in (kernel, kernel, changed):
        groups = [[("dense/kernel", in_file(source, values))]]
        written = tfjs.write_model(target, {}, groups, shard_bytes=100, hash_shards=True)
        for name in written.files:
            digest = hashlib.sha256((target / name).read_bytes()).hexdigest()
            assert name.endswith(f".{digest[:16]}.bin")
        assert shard_bytes(target, written) == [values.tobytes()]
        assert sorted(path.name for path in target.iterdir()) == sorted([*written.files, "model.json"])
        names.append(written.files)
    assert names[0] == names[1]
    assert names[0][0] == names[2][0]
    assert names[0][1] != names[2][1]
    assert [name.partition(".")[0] for name in names[2]] == ["group1-shard1of2", "group1-shard2of2"]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.tuples(st.booleans(), st.integers(0, 90)), max_size=8),
    shard=st.one_of(st.none(), st.integers(1, 200)),
    buffer=st.sampled_from([1, 3, 64, 65536]),
)
def test_any_cut_gives_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[tuple[bool, int]], shard: int | None, buffer: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    arrays = [floats(index, size) for index, (_, size) in enumerate(sizes)]
    (folder / "source").mkdir()
    group = [
        (f"w{index}", in_file(folder / "source", values) if as_file else ArrayTensor(values))
        for index, ((as_file, _), values) in enumerate(zip(sizes, arrays, strict=True))
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(regions.RegionReader.__init__, "__defaults__", (buffer,))
        written = tfjs.write_model(folder / "out", {}, [group], shard_bytes=shard)
    data = b"".join(values.tobytes() for values in arrays)
    assert shard_bytes(folder / "out", written) == [data]
    lengths = [(folder / "out" / name).stat().st_size for name in written.files]
    if shard is None:
        assert lengths == ([len(data)] if data else [])
    else:
        assert lengths == [min(shard, len(data) - start) for start in range(0, len(data), shard)]
    read = tfjs.read_model(folder / "out").groups[0]
    for weight, values in zip(read, arrays, strict=True):
        assert np.array_equal(weight.tensor.read(), values)
        chunks = list(weight.tensor.chunks())
        assert np.array_equal(np.concatenate(chunks) if chunks else values, values)


class NeverRead(RegionTensor):
    def read(self) -> Array:
        raise AssertionError("a region must be copied, not read")

    def chunks(self) -> Iterator[Array]:
        raise AssertionError("a region must be copied, not read")


def test_regions_are_copied_without_being_read(source: Path, target: Path) -> None:
    values = floats(4, 100_000)
    tensor = in_file(source, values)
    path, offset = tensor.region().path, tensor.region().offset
    written = tfjs.write_model(target, {}, [[("w", NeverRead(path, offset, "float32", values.shape))]])
    assert shard_bytes(target, written) == [values.tobytes()]


def test_memory_stays_flat(source: Path, target: Path) -> None:
    values = floats(4, 12_000_000)
    tensors: list[tuple[str, Tensor]] = [("a", in_file(source, values)), ("b", in_file(source, values[::-1].copy()))]
    for quantization in (None, {"uint8": True}, {"uint16": True}, {"float16": True}):
        tracemalloc.start()
        tfjs.write_model(target, {}, [tensors], quantization=quantization)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 6_000_000, quantization


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (np.array([1.5, -2.25, 1e-40], np.float64), "float32"),
        (np.array([1.5, -2.25], np.float16), "float32"),
        (np.array([-(2**31), 2**31 - 1], np.int64), "int32"),
        (np.array([0, 255], np.uint8), "int32"),
        (np.array([-128, 127], np.int8), "int32"),
        (np.array([0, 2**31 - 1], np.uint32), "int32"),
        (np.array([True, False]), "bool"),
        (np.array([1 + 2j, -0.5j], np.complex128), "complex64"),
        (np.array([math.inf, -math.inf, math.nan, 1], np.float64), "float32"),
        (np.array([], np.int64), "int32"),
        (np.array(7, np.int64), "int32"),
    ],
)
def test_types_that_tfjs_lacks_become_those_it_has(target: Path, values: Array, dtype: str) -> None:
    tfjs.write_model(target, {}, [[("w", ArrayTensor(values))]])
    weight = tfjs.read_model(target).groups[0][0]
    assert weight.entry == {"name": "w", "shape": list(values.shape), "dtype": dtype}
    assert weight.tensor.read().dtype.name == dtype
    assert np.array_equal(weight.tensor.read(), values.astype(dtype), equal_nan=True)


def test_bfloat16_is_widened(target: Path) -> None:
    raw = np.array([0x3F80, 0xC040, 0x7F80], "<u2")
    tfjs.write_model(target, {}, [[("w", ArrayTensor(raw, dtype="bfloat16"))]])
    assert tfjs.read_model(target).groups[0][0].tensor.read().tolist() == [1.0, -3.0, math.inf]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (np.array([2**31]), "int32"),
        (np.array([-(2**31) - 1]), "int32"),
        (np.array([2**64 - 1], np.uint64), "int32"),
        (np.array([1e39]), "float32"),
        (np.array([1e39j]), "complex64"),
    ],
)
def test_values_that_tfjs_cannot_hold_are_refused(target: Path, values: Array, words: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"w: .*{words}"):
        tfjs.write_model(target, {}, [[("w", ArrayTensor(values))]])
    assert not target.exists()


def test_strings(target: Path) -> None:
    values = np.array([["a", "héllo"], ["", "x" * 70_000]], object)
    with_bytes = np.array([b"\xff\x00", b""], object)
    group = [("s", ArrayTensor(values)), ("f", ArrayTensor(floats(1, 3))), ("b", ArrayTensor(with_bytes))]
    written = tfjs.write_model(target, {}, [group], shard_bytes=1000)
    assert [entry["dtype"] for entry in written.manifest[0]["weights"]] == ["string", "float32", "string"]
    assert shard_bytes(target, written)[0].startswith(b"\x01\0\0\0a\x06\0\0\0h\xc3\xa9llo\0\0\0\0")
    read = [weight.tensor.read() for weight in tfjs.read_model(target).groups[0]]
    assert read[0].tolist() == [[b"a", "héllo".encode()], [b"", b"x" * 70_000]]
    assert np.array_equal(read[1], floats(1, 3))
    assert read[2].tolist() == [b"\xff\x00", b""]


@given(st.lists(st.binary(max_size=40)))
def test_strings_are_read_as_written(texts: list[bytes]) -> None:
    data = manifest.MemoryBytes(encode_strings(texts) + b"rest")
    group = {
        "weights": [
            {"name": "s", "shape": [len(texts)], "dtype": "string"},
            {"name": "u", "shape": [4], "dtype": "uint8"},
        ]
    }
    read = manifest.read_group(group, data, origin="here")
    assert read[0].tensor.read().tolist() == texts
    assert read[1].tensor.read().tobytes() == b"rest"


def test_quantised_weights_come_back_as_what_they_stand_for(target: Path) -> None:
    kernel, bias = floats(1, 30, 7), floats(2, 7)
    group = [("a/kernel", ArrayTensor(kernel)), ("a/bias", ArrayTensor(bias)), ("n", ArrayTensor(np.array([3])))]
    written = tfjs.write_model(target, {}, [group], quantization={"uint8": "*/kernel", "float16": True})
    kinds = [entry.get("quantization", {}).get("dtype") for entry in written.manifest[0]["weights"]]
    assert kinds == ["uint8", "float16", None]
    assert written.weight_bytes == 210 + 14 + 4
    read = {weight.name: weight.tensor for weight in tfjs.read_model(target).groups[0]}
    assert np.abs(read["a/kernel"].read() - kernel).max() <= 1 / 255
    assert np.array_equal(read["a/bias"].read(), bias.astype("f2").astype("f4"))
    assert np.array_equal(np.concatenate(list(read["a/kernel"].chunks())), read["a/kernel"].read().reshape(-1))


def test_names_must_be_unique(target: Path) -> None:
    tensor = ArrayTensor(floats(1, 2))
    with pytest.raises(UnsupportedError, match="twin"):
        tfjs.write_model(target, {}, [[("twin", tensor)], [("twin", tensor), ("other", tensor)]])
    assert not target.exists()


def test_nothing_at_all_is_a_model_too(target: Path) -> None:
    written = tfjs.write_model(target, {"a": 1}, [[]])
    assert written.manifest == [{"paths": [], "weights": []}]
    assert tfjs.read_model(target).document["a"] == 1


@pytest.mark.parametrize(
    ("document", "where"),
    [
        ({"a": {"b": [1, math.nan]}}, r"model\.json\.a\.b\[1\]: the number nan"),
        ({"a": -math.inf}, r"model\.json\.a: the number -inf"),
        ({"a": [np.float32(1)]}, r"model\.json\.a\[0\]: float32 is not"),
        ({"a": {1, 2}}, r"model\.json\.a: set is not"),
    ],
)
def test_json_stays_finite(target: Path, document: dict[str, Any], where: str) -> None:
    with pytest.raises(UnsupportedError, match=where):
        tfjs.write_model(target, document, [[("w", ArrayTensor(floats(1, 9)))]])
    assert not target.exists()


def test_progress_goes_from_nothing_to_all(source: Path, target: Path) -> None:
    group = [("a", in_file(source, floats(1, 5_000_000))), ("b", ArrayTensor(floats(2, 1000)))]
    for quantization in ({}, {"uint8": True}, {"float16": "a"}):
        heard: list[events.Event] = []
        with events.listening(heard.append):
            tfjs.write_model(target, {}, [group], quantization=quantization)
        steps = [event for event in heard if isinstance(event, events.Progress)]
        assert {(step.stage, step.total) for step in steps} == {("Writing weights", 20_004_000)}
        done = [step.done for step in steps]
        assert done == sorted(done)
        assert (done[0], done[-1]) == (0, 20_004_000)
        assert 5 <= len(done) <= 12
        assert max(b - a for a, b in pairwise(done)) < 6_000_000


# ------------------------------------------------------------------------------------------- all or nothing


OLD_MANIFEST = [{"paths": ["group1-shard1of2.bin", "group1-shard2of2.bin", "group9-shard1of1"], "weights": []}]


def old_model(target: Path, paths: list[Any] | None = None) -> dict[str, str]:
    target.mkdir()
    written = OLD_MANIFEST if paths is None else [{"paths": paths, "weights": []}]
    (target / "model.json").write_text(json.dumps({"weightsManifest": written}))
    for name in ("group1-shard1of2.bin", "group1-shard2of2.bin", "group9-shard1of1", "mine.bin", "mine.txt"):
        (target / name).write_text("old")
    return content(target)


def content(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(errors="replace") for path in folder.iterdir()}


def test_shards_of_the_old_model_are_removed(target: Path) -> None:
    old_model(target)
    tfjs.write_model(target, {}, [[("w", ArrayTensor(floats(1, 2)))]])
    assert sorted(content(target)) == ["group1-shard1of1.bin", "mine.bin", "mine.txt", "model.json"]


def test_the_old_manifest_cannot_delete_anything_else(tmp_path: Path, target: Path) -> None:
    (tmp_path / "out.bin").write_text("precious")
    (tmp_path / "folder.bin").mkdir()
    paths: list[Any] = [
        "../out.bin",
        str(tmp_path / "out.bin"),
        "mine.txt",
        "model.json",
        "sub/x.bin",
        ".",
        "",
        3,
        None,
    ]
    paths += ["..\\out.bin", "link.bin", "dir.bin"]
    old_model(target, paths)
    (target / "sub").mkdir()
    (target / "sub/x.bin").write_text("precious")
    (target / "dir.bin").mkdir()
    (target / "link.bin").symlink_to(tmp_path / "out.bin")
    tfjs.write_model(target, {}, [[("w", ArrayTensor(floats(1, 2)))]])
    assert (tmp_path / "out.bin").read_text() == "precious"
    assert (target / "sub/x.bin").read_text() == "precious"
    assert {"mine.txt", "mine.bin", "dir.bin", "model.json"} <= {path.name for path in target.iterdir()}
    assert not (target / "link.bin").is_symlink(), "the link itself was a shard"


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"weightsManifest": 3}', '{"weightsManifest": [3]}', "[" * 99999]
)
def test_a_broken_old_model_is_simply_replaced(target: Path, text: str) -> None:
    target.mkdir()
    (target / "model.json").write_text(text)
    tfjs.write_model(target, {}, [[("w", ArrayTensor(floats(1, 2)))]])
    assert sorted(content(target)) == ["group1-shard1of1.bin", "model.json"]


def test_a_model_can_be_rewritten_onto_itself(target: Path) -> None:
    values = floats(1, 100)
    tfjs.write_model(target, {}, [[("w", ArrayTensor(values))]], shard_bytes=50)
    read = tfjs.read_model(target)
    tfjs.write_model(target, {}, [[(weight.name, weight.tensor) for weight in read.groups[0]]], shard_bytes=70)
    assert len(list(target.iterdir())) == 1 + 6
    assert np.array_equal(tfjs.read_model(target).groups[0][0].tensor.read(), values)


def full_disk(patch: pytest.MonkeyPatch, after: int) -> None:
    """The disk is full after so many bytes of shards."""
    room = after

    class Full(FileIO):
        def write(self, data: Any) -> int:
            nonlocal room
            room -= len(data)
            if room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(data)

    real = Path.open

    def opened(self: Path, mode: str = "r", *args: Any, **options: Any) -> Any:
        return Full(self, "xb") if mode == "xb" else real(self, mode, *args, **options)

    patch.setattr(Path, "open", opened)


def failing(error: BaseException) -> Tensor:
    def compute() -> Array:
        raise error

    return ComputedTensor("float32", (3,), compute)


def interrupted(error: BaseException) -> Callable[[pytest.MonkeyPatch], list[tuple[str, Tensor]]]:
    return lambda patch: [("w", ArrayTensor(floats(1, 50))), ("bad", failing(error))]


def without_room(patch: pytest.MonkeyPatch) -> list[tuple[str, Tensor]]:
    full_disk(patch, 170)
    return [("w", ArrayTensor(floats(1, 50)))]


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (without_room, OutputError, "no space left"),
        (interrupted(KeyboardInterrupt()), KeyboardInterrupt, None),
        (interrupted(CorruptInputError("damaged")), CorruptInputError, "damaged"),
        (interrupted(MemoryError()), MemoryError, None),
    ],
)
@pytest.mark.parametrize("exists", [True, False])
def test_whatever_goes_wrong_changes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make: Callable[[pytest.MonkeyPatch], list[tuple[str, Tensor]]],
    error: type[BaseException],
    words: str | None,
    exists: bool,
) -> None:
    target = tmp_path / "a/model" if not exists else tmp_path / "model"
    before = old_model(target) if exists else None
    with pytest.raises(error, match=words):
        tfjs.write_model(target, {}, [make(monkeypatch)], shard_bytes=64)
    monkeypatch.undo()
    assert [path.name for path in tmp_path.iterdir()] == (["model"] if exists else [])
    if exists:
        assert content(target) == before


def test_a_source_that_ends_early_is_the_sources_fault(source: Path, target: Path) -> None:
    tensor = in_file(source, floats(1, 100))
    with tensor.region().path.open("r+b") as file:
        file.truncate(100)
    with pytest.raises(CorruptInputError, match="ends before its data does"):
        tfjs.write_model(target, {}, [[("w", tensor)]])
    tensor.region().path.unlink()
    with pytest.raises(InputError, match="source0: cannot be read"):
        tfjs.write_model(target, {}, [[("w", tensor)]])
    assert not target.exists()


# ------------------------------------------------------------------------------------------- reading


def stored(folder: Path, weights: Any, paths: Any = ("a.bin",), data: bytes = bytes(64)) -> Path:
    folder.mkdir()
    (folder / "a.bin").write_bytes(data)
    (folder / "sub").mkdir()
    (folder / "sub/b.bin").write_bytes(data)
    document = {"weightsManifest": [{"paths": list(paths) if isinstance(paths, tuple) else paths, "weights": weights}]}
    (folder / "model.json").write_text(json.dumps(document))
    return folder


W = {"name": "w", "shape": [2], "dtype": "float32"}


@pytest.mark.parametrize(
    "paths",
    [("../a.bin",), ("/etc/passwd",), ("sub/../../a.bin",), ("C:a.bin",), ("..\\a.bin",), ("",), ("a\0",), (3,)],
)
def test_shards_outside_the_folder_are_refused(tmp_path: Path, target: Path, paths: Any) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(64))
    stored(target, [W], paths)
    with pytest.raises(CorruptInputError, match=r"leads outside|is not a text"):
        tfjs.read_model(target)


def test_shards_in_folders_below_are_read(target: Path) -> None:
    stored(target, [{**W, "shape": [32]}], ("a.bin", "sub/b.bin"))
    assert tfjs.read_model(target / "model.json").groups[0][0].tensor.shape == (32,)


@pytest.mark.parametrize(
    "weights",
    [
        None,
        "w",
        [3],
        [{**W, "name": 3}],
        [{"name": "w", "dtype": "float32"}],
        [{**W, "shape": [-1]}],
        [{**W, "shape": [1.5]}],
        [{**W, "shape": [True]}],
        [{**W, "shape": 2}],
        [{**W, "dtype": "float33"}],
        [{**W, "dtype": None}],
        [{**W, "shape": [17]}],
        [{**W, "shape": [10**9, 10**9]}],
        [{**W, "shape": [10**9], "dtype": "string"}],
        [{**W, "quantization": 3}],
        [{**W, "quantization": {"dtype": "int4"}}],
        [{**W, "quantization": {"dtype": "uint8"}}],
        [{**W, "quantization": {"dtype": "uint8", "scale": "1", "min": 0}}],
        [{**W, "quantization": {"dtype": "uint8", "scale": 1, "min": None}}],
        [{**W, "dtype": "int32", "quantization": {"dtype": "float16"}}],
        [{**W, "dtype": "bool", "quantization": {"dtype": "uint8", "scale": 1, "min": 0}}],
    ],
)
def test_a_manifest_that_makes_no_sense_is_refused(target: Path, weights: Any) -> None:
    with pytest.raises(CorruptInputError) as caught:
        tfjs.read_model(stored(target, weights))
    assert "model.json" in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 99999, "\xff"])
def test_a_model_json_that_is_none(target: Path, text: str) -> None:
    target.mkdir()
    (target / "model.json").write_text(text, encoding="latin-1")
    with pytest.raises(CorruptInputError):
        tfjs.read_model(target)


def test_missing_files_are_named(target: Path) -> None:
    with pytest.raises(MissingInputError, match="target"):
        tfjs.read_model(target)
    stored(target, [W], ("a.bin", "gone.bin"))
    with pytest.raises(MissingInputError, match=r"gone\.bin"):
        tfjs.read_model(target)


def test_string_lengths_beyond_the_end_are_refused(target: Path) -> None:
    stored(target, [{"name": "s", "shape": [2], "dtype": "string"}], data=b"\x01\0\0\0a\xff\xff\xff\xffabc")
    with pytest.raises(CorruptInputError, match="end before"):
        tfjs.read_model(target)


def test_integers_are_dequantised_by_rounding(target: Path) -> None:
    entry = {"name": "n", "shape": [3], "dtype": "int32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -3}}
    stored(target, [entry], data=bytes([0, 3, 255]))
    values = tfjs.read_model(target).groups[0][0].tensor.read()
    assert values.dtype == np.int32
    assert values.tolist() == [-3, -2, 124]
