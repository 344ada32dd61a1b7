"""HDF5 files of every make are read with exactly their values, and hostile ones refused."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tensorflowjs import dtypes, tensors
from tensorflowjs.errors import ConversionError, CorruptInputError, InputError, MissingInputError, UnknownFormatError
from tensorflowjs.formats import datasets
from tensorflowjs.formats.datasets import row_major_blocks
from tensorflowjs.formats.hdf5 import open_hdf5
from tensorflowjs.tensors import Tensor

Array = np.ndarray[Any, Any]


def uniform(*shape: int) -> Array:
    return np.random.RandomState(5).random_sample(shape) * 9 - 4


def all_chunks(tensor: Tensor) -> Array:
    pieces = [chunk.copy() for chunk in tensor.chunks()]
    assert all(piece.ndim == 1 for piece in pieces)
    return np.concatenate(pieces) if pieces else np.empty(0)


def region_bytes(tensor: Tensor) -> bytes | None:
    region = tensor.region()
    if region is None:
        return None
    with region.path.open("rb") as file:
        file.seek(region.offset)
        return file.read(region.size)


# ------------------------------------------------------------------------------------------- datasets

VALUES = {
    "float32": uniform(13, 7).astype("<f4"),
    "float64": uniform(13, 7).astype("<f8"),
    "float16": uniform(13, 7).astype("<f2"),
    "int64": (uniform(13, 7) * 1e15).astype("<i8"),
    "int32": (uniform(13, 7) * 1e8).astype("<i4"),
    "uint8": (uniform(13, 7) * 10).astype("u1"),
    "uint16": (uniform(13, 7) * 1000).astype("<u2"),
    "bool": uniform(13, 7) > 0,
    "complex64": (uniform(13, 7) + 1j * uniform(13, 7)[::-1]).astype("<c8"),
}
LAYOUTS: dict[str, dict[str, Any]] = {
    "contiguous": {},
    "chunked": {"chunks": (4, 3)},
    "gzip": {"chunks": (5, 7), "compression": "gzip", "shuffle": True},
    "lzf": {"chunks": (13, 2), "compression": "lzf"},
    "growing": {"maxshape": (None, 7), "chunks": (50, 7)},
    "checksummed": {"fletcher32": True},
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", VALUES)
def test_values_of_every_type_and_layout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, layout: str, order: str
) -> None:
    values = VALUES[dtype]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("g/w", data=values.astype(values.dtype.newbyteorder(order)), **LAYOUTS[layout])
    monkeypatch.setattr(datasets, "CHUNK_BYTES", 100)  # so that even these are read in parts
    with open_hdf5(tmp_path / "a.h5") as file:
        tensor = file.root.tensor("g/w")
        assert (tensor.dtype, tensor.shape) == (dtype, values.shape)
        assert tensor.read().dtype == np.dtype(dtypes.DTYPES[dtype].storage)
        assert np.array_equal(tensor.read(), values)
        assert np.array_equal(all_chunks(tensor), values.reshape(-1))
        plain = layout == "contiguous" and (order == "<" or values.dtype.itemsize == 1) and dtype != "bool"
        assert region_bytes(tensor) == (values.tobytes() if plain else None)


def test_regions_outlive_the_file(tmp_path: Path) -> None:
    values = uniform(100).astype("<f4")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["w"] = values
    with open_hdf5(tmp_path / "a.h5") as file:
        tensor = file.root.tensor("w")
    assert file.closed
    assert region_bytes(tensor) == values.tobytes()
    assert np.array_equal(tensor.read(), values)


@pytest.mark.parametrize("block", [512, 4096])
def test_a_user_block_before_the_data(tmp_path: Path, block: int) -> None:
    values = uniform(11, 3).astype("<f4")
    with h5py.File(tmp_path / "a.h5", "w", userblock_size=block) as file:
        file["w"] = values
    with open_hdf5(tmp_path / "a.h5") as file:
        assert region_bytes(file.root.tensor("w")) == values.tobytes()


@pytest.mark.parametrize("libver", ["earliest", "latest"])
def test_both_generations_of_the_format(tmp_path: Path, libver: str) -> None:
    values = uniform(11, 3).astype("<f4")
    with h5py.File(tmp_path / "a.h5", "w", libver=libver) as file:
        file["a/b/w"] = values
        file["a"].attrs["names"] = [f"name {index}" for index in range(50)]
        file.create_dataset("chunked", data=values, chunks=(2, 2), maxshape=(None, None))
    with open_hdf5(tmp_path / "a.h5") as file:
        assert region_bytes(file.root.tensor("a/b/w")) == values.tobytes()
        assert np.array_equal(file.root.tensor("chunked").read(), values)
        assert file.root.group("a").texts("names") == [f"name {index}" for index in range(50)]


def test_scalars_empty_and_never_written_datasets(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["scalar"] = np.float32(2.5)
        file["nothing"] = np.empty((0, 4), np.float32)
        file["null"] = h5py.Empty("f4")
        file.create_dataset("late", (3, 2), "f4", fillvalue=7)
        file.create_dataset("compact", data=np.arange(3, dtype="f4"), track_times=False)
        file.create_dataset("chunked scalar row", data=np.ones((1,), "f4"), chunks=(1,), compression="gzip")
    with open_hdf5(tmp_path / "a.h5") as file:
        found = dict(file.root.tensors())
        assert {name: tensor.shape for name, tensor in found.items()} == {
            "chunked scalar row": (1,),
            "compact": (3,),
            "late": (3, 2),
            "nothing": (0, 4),
            "null": (0,),
            "scalar": (),
        }
        assert found["scalar"].read().shape == ()
        assert found["scalar"].read() == 2.5
        assert all_chunks(found["scalar"]).tolist() == [2.5]
        assert found["nothing"].read().shape == (0, 4)
        assert list(found["nothing"].chunks()) == []
        assert found["null"].read().shape == (0,)
        assert found["late"].region() is None
        assert found["late"].read().tolist() == [[7, 7]] * 3
        assert all_chunks(found["chunked scalar row"]).tolist() == [1]


def bfloat16(values: Array) -> Array:
    return (values.astype("<f4").view("<u4") >> 16).astype("<u2")


@pytest.mark.parametrize("layout", [{}, {"chunks": (2, 7), "compression": "gzip"}])
@pytest.mark.parametrize("form", ["opaque", "opaque, marked", "integers, marked"])
def test_bfloat16(tmp_path: Path, form: str, layout: dict[str, Any]) -> None:
    raw = bfloat16(uniform(13, 7))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", data=raw.view("V2") if "opaque" in form else raw, **layout)
        if "marked" in form:
            file["w"].attrs["dtype"] = "bfloat16"
    with open_hdf5(tmp_path / "a.h5") as file:
        tensor = file.root.tensor("w")
        assert tensor.dtype == "bfloat16"
        assert np.array_equal(tensor.read(), raw)
        assert np.array_equal(all_chunks(tensor), raw.reshape(-1))
        assert region_bytes(tensor) == (None if layout else raw.tobytes())
        widened = tensors.cast(tensor, "float32").read()
        assert np.allclose(widened, uniform(13, 7), rtol=0.01)


def test_a_float_type_of_another_shape_is_converted(tmp_path: Path) -> None:
    """Two bytes with the exponent of float32: what newer HDF5 calls bfloat16."""
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    kind.set_ebias(127)
    values = np.array([1.0, -2.5, 1e30, 0.15625], "<f4")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = h5py.h5d.create(file.id, b"w", kind, h5py.h5s.create_simple((4,)))
        dataset.write(h5py.h5s.ALL, h5py.h5s.ALL, values)
    with open_hdf5(tmp_path / "a.h5") as file:
        tensor = file.root.tensor("w")
        assert tensor.region() is None
        assert tensor.dtype == "float32"
        assert np.allclose(tensor.read(), values, rtol=0.01)


def test_strings(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["variable"] = np.array([["é", ""], ["abc", "d"]], h5py.string_dtype())
        file["fixed"] = np.array([b"ab", b"c"])
    with open_hdf5(tmp_path / "a.h5") as file:
        assert file.root.tensor("variable").dtype == "string"
        assert file.root.tensor("variable").read().tolist() == [["é".encode(), b""], [b"abc", b"d"]]
        assert list(all_chunks(file.root.tensor("fixed"))) == [b"ab", b"c"]


def test_a_file_that_is_open_already(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["w"] = uniform(3)
    with h5py.File(tmp_path / "a.h5", "r"), open_hdf5(tmp_path / "a.h5") as first:
        with open_hdf5(tmp_path / "a.h5") as second:
            assert np.array_equal(second.root.tensor("w").read(), uniform(3))
        assert np.array_equal(first.root.tensor("w").read(), uniform(3))


# ------------------------------------------------------------------------------------------- blocks


@given(
    st.lists(st.integers(0, 7), max_size=4).map(tuple),
    st.integers(1, 60),
    st.none() | st.lists(st.integers(1, 9), min_size=4, max_size=4).map(tuple),
)
def test_blocks_cover_an_array_in_order(shape: tuple[int, ...], limit: int, piece: tuple[int, ...] | None) -> None:
    array = np.arange(np.prod(shape, dtype=int)).reshape(shape)
    seen: list[int] = []
    for selection, start, count in row_major_blocks(shape, limit, piece):
        block = np.asarray(array[selection]).reshape(-1)
        assert (start, count) == (len(seen), block.size)
        assert count <= max(limit * 8, 1)
        seen += block.tolist()
    assert seen == list(range(array.size))


def test_blocks_end_where_stored_pieces_do() -> None:
    assert [count for _, _, count in row_major_blocks((1000, 10), 900, (64, 5))] == [640] * 15 + [400]
    assert [count for _, _, count in row_major_blocks((1000, 10), 300, (64, 5))] == [640] * 15 + [400]
    assert [count for _, _, count in row_major_blocks((1000, 10), 300, (999, 5))][:2] == [300, 300]


def test_memory_stays_flat_when_a_large_dataset_is_read_in_chunks(tmp_path: Path) -> None:
    values = uniform(3000, 4000).astype(">f4")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("w", data=values, chunks=(100, 400), compression="lzf")
    with open_hdf5(tmp_path / "a.h5") as file:
        tensor = file.root.tensor("w")
        tracemalloc.start()
        total = sum(float(chunk.sum(dtype=np.float64)) for chunk in tensor.chunks())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert np.isclose(total, values.sum(dtype=np.float64))
    assert peak < values.nbytes / 3


# ------------------------------------------------------------------------------------------- groups, attributes


def test_groups_are_walked_by_path(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for path in ("b/x/0", "b/x/10", "b/x/2", "a/w:0", "é/w"):
            file[path] = np.float32(1)
        file.create_group("empty")
    with open_hdf5(tmp_path / "a.h5") as file:
        root = file.root
        assert list(root) == ["a", "b", "empty", "é"]
        assert [name for name, _ in root.groups()] == ["a", "b", "empty", "é"]
        assert [name for name, _ in root.tensors()] == ["a/w:0", "b/x/0", "b/x/10", "b/x/2", "é/w"]
        assert [name for name, _ in root.group("b").tensors()] == ["x/0", "x/10", "x/2"]
        assert "b/x" in root
        assert "b/x/0" in root
        assert "b/x/0/deeper" not in root
        assert "c" not in root
        assert "" in root
        assert root.get("c") is None
        assert root.group("b").group("/x/").path == "b/x"
        assert root.tensor("b/x/2").origin.endswith("a.h5: b/x/2")
        with pytest.raises(MissingInputError, match=r"no group 'b/y'"):
            root.group("b").group("y")
        with pytest.raises(MissingInputError, match=r"b/x is not a dataset"):
            root.tensor("b/x")


@pytest.mark.parametrize(
    "names",
    [
        np.array([b"one", b"two"]),
        np.array(["one", "two"], h5py.string_dtype()),
        np.array([b"one", b"two"], h5py.string_dtype("ascii")),
        np.array([b"one\0\0\0", b"two"], "S9"),
    ],
)
def test_lists_of_names_in_every_encoding(tmp_path: Path, names: Array) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["names"] = names
    with open_hdf5(tmp_path / "a.h5") as file:
        assert file.root.texts("names") == ["one", "two"]


def test_long_lists_are_stored_in_numbered_parts(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for index in range(12):
            file.attrs[f"names{index}"] = np.array([f"{index}a".encode(), f"{index}b".encode()])
        file.attrs["names13"] = np.array([b"not in sequence"])
    with open_hdf5(tmp_path / "a.h5") as file:
        assert file.root.texts("names") == [f"{index}{letter}" for index in range(12) for letter in "ab"]
        assert file.root.texts("other") is None


@pytest.mark.parametrize("empty", [np.array([], "f8"), np.array([], "S1")])
def test_lists_may_be_empty(tmp_path: Path, empty: Any) -> None:
    """Keras writes the names of a layer without weights as an empty array of floats."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["names"] = empty
    with open_hdf5(tmp_path / "a.h5") as file:
        assert file.root.texts("names") == []


def test_attributes_are_plain_values(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["bytes"] = np.bytes_("é".encode())
        file.attrs["str"] = "é"
        file.attrs["int"] = 3
        file.attrs["float"] = np.float32(0.5)
        file.attrs["flag"] = True
        file.attrs["list"] = [1, 2]
        file.attrs["json"] = json.dumps({"a": [1, None]})
        file.attrs["long"] = "x" * 1_000_000
        file.attrs["none"] = ""
        file.attrs["null"] = h5py.Empty("S1")
    with open_hdf5(tmp_path / "a.h5") as file:
        root = file.root
        assert root.text("bytes") == root.text("str") == "é"
        assert [root.attribute(name) for name in ("int", "float", "flag", "list")] == [3, 0.5, True, [1, 2]]
        assert root.json("json") == {"a": [1, None]}
        assert len(root.text("long") or "") == 1_000_000
        assert root.text("none") == ""
        assert root.text("missing") is root.text("null") is root.texts("null") is None
        assert root.json("missing") is None
        assert "json" in root.attributes()
        with pytest.raises(CorruptInputError, match="'int' is not a text"):
            root.text("int")
        with pytest.raises(CorruptInputError, match="'list' is not a list of texts"):
            root.texts("list")
        with pytest.raises(CorruptInputError, match="'str' is not JSON"):
            root.json("str")


def test_many_tensors_cost_little_memory(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for index in range(1000):
            file[f"layers/dense_{index}/vars/0"] = np.zeros((3, 3), "f4")
    with open_hdf5(tmp_path / "a.h5") as file:
        tracemalloc.start()
        found = [tensor for _, tensor in file.root.tensors()]
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        assert len(found) == 1000
        assert h5py.h5f.get_obj_count(file._handle.id, h5py.h5f.OBJ_DATASET) == 0
    assert size < 3_000_000


# ------------------------------------------------------------------------------------------- bad files


def whole(path: Path) -> bytes:
    """A small file. Its text has a fixed length, since libhdf5 can hang in a damaged heap of other texts."""
    with h5py.File(path, "w") as file:
        file.attrs["config"] = np.bytes_(json.dumps({"name": "model"}))
        file.create_dataset("g/w", data=uniform(64, 32).astype("f4"))
        file.create_dataset("g/z", data=uniform(64, 32).astype("f4"), chunks=(8, 8), compression="gzip")
    return path.read_bytes()


def read_everything(path: Path) -> None:
    with open_hdf5(path) as file:
        assert file.root.attributes() is not None
        file.root.json("config")
        for _, tensor in file.root.tensors():
            all_chunks(tensor)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda path: None, MissingInputError, "no such file"),
        (lambda path: path.mkdir(), UnknownFormatError, "this is a folder"),
        (lambda path: path.write_bytes(b""), CorruptInputError, "empty"),
        (lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)), UnknownFormatError, "zip archive"),
        (lambda path: path.write_bytes(b"<!DOCTYPE html><html>"), UnknownFormatError, "web page"),
        (lambda path: path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n"), UnknownFormatError, "LFS"),
        (lambda path: path.write_bytes(bytes(3000)), UnknownFormatError, "this is not an HDF5 file"),
        (lambda path: path.write_bytes(whole(path)[:-1]), CorruptInputError, "cut off"),
        (lambda path: path.write_bytes(whole(path)[:600]), CorruptInputError, "cut off"),
        (lambda path: path.write_bytes(whole(path)[:8]), CorruptInputError, "damaged"),
    ],
)
def test_what_is_no_whole_hdf5_file_is_named(
    tmp_path: Path, make: Callable[[Path], Any], error: type[ConversionError], words: str
) -> None:
    make(tmp_path / "model.h5")
    with pytest.raises(error, match=words) as caught:
        open_hdf5(tmp_path / "model.h5")
    assert "model.h5" in caught.value.message
    assert caught.value.hint


def link(kind: Any) -> Callable[[h5py.File, Path], None]:
    def make(file: h5py.File, folder: Path) -> None:
        with h5py.File(folder / "other.h5", "w") as other:
            other["w"] = np.ones(3, "f4")
            other["g/w"] = np.ones(3, "f4")
        file["own"] = np.ones(3, "f4")
        file["bad"] = kind

    return make


def external_data(file: h5py.File, folder: Path) -> None:
    (folder / "data.raw").write_bytes(b"secret" * 100)
    file.create_dataset("bad", (3,), "f4", external=[(str(folder / "data.raw"), 0, 12)])


def virtual_data(file: h5py.File, folder: Path) -> None:
    layout = h5py.VirtualLayout((3,), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "other.h5"), "w", (3,))
    file.create_virtual_dataset("bad", layout)


def references(file: h5py.File, folder: Path) -> None:
    file["own"] = np.ones(3, "f4")
    file.create_dataset("bad", data=np.array([file["own"].ref], h5py.ref_dtype), dtype=h5py.ref_dtype)


def lists(file: h5py.File, folder: Path) -> None:
    file.create_dataset("bad", (2,), h5py.vlen_dtype(np.float32))


def records(file: h5py.File, folder: Path) -> None:
    file["bad"] = np.zeros(3, [("x", "f4"), ("y", "i4"), ("z", "f8")])


def named_type(file: h5py.File, folder: Path) -> None:
    file["bad"] = np.dtype("f4")


def huge_unwritten(file: h5py.File, folder: Path) -> None:
    file.create_dataset("bad", (1 << 20, 1 << 20), "f4")


def huge_chunked(file: h5py.File, folder: Path) -> None:
    dataset = file.create_dataset("bad", (1 << 20, 1 << 20), "f4", chunks=(1024, 1024), compression="gzip")
    dataset[0, 0] = 1


def huge_chunk(file: h5py.File, folder: Path) -> None:
    """A tiny dataset in one enormous piece, that would be unpacked in memory to read a single value."""
    file.create_dataset("bad", (1,), "f4", maxshape=(None,), chunks=(1 << 29,), compression="gzip")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (link(h5py.SoftLink("/own")), "Links are not followed"),
        (link(h5py.SoftLink("/nowhere")), "Links are not followed"),
        (link(h5py.ExternalLink("other.h5", "/w")), "Links are not followed"),
        (link(h5py.ExternalLink("/etc/passwd", "/")), "Links are not followed"),
        (external_data, "lies in other files"),
        (virtual_data, "lies in other files"),
        (references, "kind that tensors do not have"),
        (lists, "kind that tensors do not have"),
        (records, "kind that tensors do not have"),
        (named_type, "neither a group nor a dataset"),
        (huge_unwritten, "decompression bomb"),
        (huge_chunked, "decompression bomb"),
        (huge_chunk, "decompression bomb"),
    ],
)
def test_what_leads_elsewhere_or_claims_too_much_is_refused(
    tmp_path: Path, make: Callable[[h5py.File, Path], None], words: str
) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file, tmp_path)
    with open_hdf5(tmp_path / "a.h5") as file:
        tracemalloc.start()
        for use in (lambda: file.root.tensor("bad"), lambda: list(file.root.tensors())):
            with pytest.raises(CorruptInputError, match=words):
                use()
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
        tracemalloc.stop()


def test_a_link_on_the_way_is_refused_too(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["g/w"] = np.ones(3, "f4")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["g"] = h5py.ExternalLink("other.h5", "/g")
    with open_hdf5(tmp_path / "a.h5") as file, pytest.raises(CorruptInputError, match="'g' is a link"):
        file.root.tensor("g/w")


def circle(file: h5py.File) -> None:
    file["a/b/c"] = file["/"]


def doubling(file: h5py.File) -> None:
    """60 levels, each linking twice to the next: few groups, but 2**60 paths."""
    deepest = file.create_group("start")
    for level in range(60):
        group = file.create_group(f"level{level}")
        group["x"] = deepest
        group["y"] = deepest
        deepest = group


def deep(file: h5py.File) -> None:
    file.create_group("/".join("x" * 200))


@pytest.mark.parametrize("make", [circle, doubling, deep])
def test_endless_trees_are_refused(tmp_path: Path, make: Callable[[h5py.File], None]) -> None:
    with h5py.File(tmp_path / "a.h5", "w") as file:
        make(file)
    with open_hdf5(tmp_path / "a.h5") as file, pytest.raises(CorruptInputError, match="without end"):
        list(file.root.tensors())


def test_an_unknown_filter_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("w", data=np.ones(100, "f4"), chunks=(10,), compression="lzf")
    data = path.read_bytes()
    code = (32000).to_bytes(2, "little")
    assert data.count(code) == 1
    path.write_bytes(data.replace(code, (32999).to_bytes(2, "little")).replace(b"lzf\0", b"zzz\0"))
    with open_hdf5(path) as file, pytest.raises(InputError, match="compressed with 'zzz'"):
        file.root.tensor("w")


def test_damaged_compressed_data_says_where(tmp_path: Path) -> None:
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("g/w", data=uniform(1000).astype("f4"), chunks=(1000,), compression="gzip")
        offset = file["g/w"].id.get_chunk_info(0).byte_offset
    data = bytearray(path.read_bytes())
    data[offset : offset + 40] = bytes(40)
    path.write_bytes(data)
    with open_hdf5(path) as file, pytest.raises(CorruptInputError, match=r"a\.h5: g/w: the HDF5 data here is damaged"):
        file.root.tensor("g/w").read()


def test_data_beyond_the_end_is_refused(tmp_path: Path) -> None:
    """The address of a dataset points behind the file, whose own header is right about its size."""
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        file["before"] = uniform(1003).astype("f4")
        file["w"] = uniform(64).astype("f4")
        offset = file["w"].id.get_offset()
    data = path.read_bytes()
    address = offset.to_bytes(8, "little")
    assert data.count(address) == 1
    path.write_bytes(data.replace(address, (len(data) - 8).to_bytes(8, "little")))
    with open_hdf5(path) as file, pytest.raises(CorruptInputError, match=r"a\.h5: w: "):
        file.root.tensor("w")


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """One file for all examples: HDF5 does not write the same bytes twice."""
    return bytes(whole(tmp_path_factory.mktemp("intact") / "model.h5"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_damage_anywhere_is_an_error_of_ours_or_harmless(tmp_path: Path, intact: bytes, data: st.DataObject) -> None:
    path = tmp_path / "model.h5"
    content = bytearray(intact)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2, len(content) - 9]))])
    try:
        read_everything(path)
    except InputError as error:
        assert "model.h5" in str(error)
