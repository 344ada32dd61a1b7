"""`.keras` archives are read in place, stored or compressed; damaged and hostile ones are refused."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tensorflowjs.errors import ConversionError, CorruptInputError, InputError, MissingInputError, UnknownFormatError
from tensorflowjs.formats import keras_zip
from tensorflowjs.formats.keras_zip import open_keras

KERNEL = (np.random.RandomState(3).random_sample((50, 40)) - 0.3).astype("<f4")
BIAS = np.random.RandomState(4).random_sample(40).astype(">f8")


def weights(**options: Any) -> bytes:
    file = io.BytesIO()
    with h5py.File(file, "w", **options) as opened:
        opened["layers/dense/vars/0"] = KERNEL
        opened["layers/dense/vars/1"] = BIAS
        opened["layers/dense/vars"].attrs["name"] = "head"
    return file.getvalue()


MEMBERS: dict[str, bytes] = {
    "metadata.json": b'{"keras_version": "3.5.0"}',
    "config.json": b'{"class_name": "Sequential", "config": {}}',
    "model.weights.h5": weights(),
}


def archive(path: Path, members: dict[str, bytes] = MEMBERS, method: int = zipfile.ZIP_STORED) -> Path:
    with zipfile.ZipFile(path, "w", method) as opened:
        for name, data in members.items():
            opened.writestr(name, data)
    return path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "models").mkdir()
    return tmp_path / "models/model.keras"


def check(path: Path, *, has_region: bool) -> None:
    before = sorted(entry.name for entry in path.parent.iterdir())
    with open_keras(path) as opened:
        assert opened.metadata == {"keras_version": "3.5.0"}
        assert opened.config["class_name"] == "Sequential"
        assert opened.weights.group("layers/dense/vars").text("name") == "head"
        kernel = opened.weights.tensor("layers/dense/vars/0")
        assert kernel.origin == f"{path}: model.weights.h5: layers/dense/vars/0"
        assert np.array_equal(kernel.read(), KERNEL)
        assert np.array_equal(opened.weights.tensor("layers/dense/vars/1").read(), BIAS)
        region = kernel.region()
        assert (region is not None) == has_region
        if region is not None:
            with region.path.open("rb") as file:
                file.seek(region.offset)
                assert file.read(region.size) == KERNEL.tobytes()
        assert sorted(entry.name for entry in path.parent.iterdir()) == before


def test_stored_weights_are_regions_of_the_archive(path: Path) -> None:
    archive(path)
    check(path, has_region=True)
    with open_keras(path) as opened:
        region = opened.weights.tensor("layers/dense/vars/0").region()
    assert region is not None
    assert region.path == path
    with path.open("rb") as file:
        file.seek(region.offset)
        assert file.read(region.size) == KERNEL.tobytes()


def test_a_user_block_inside_the_archive(path: Path) -> None:
    archive(path, {**MEMBERS, "model.weights.h5": weights(userblock_size=1024)})
    check(path, has_region=True)


def test_bytes_before_the_archive(path: Path) -> None:
    """Offsets in a zip count from where it begins; a self-extractor may stand before it."""
    data = archive(path).read_bytes()
    path.write_bytes(b"PK\x03\x04" + b"x" * 123 + data)
    check(path, has_region=True)


def test_extra_fields_and_data_descriptors(path: Path) -> None:
    """Written to a pipe: sizes come after the data; with room reserved for sizes beyond 4 GiB."""

    class Pipe(io.RawIOBase):
        def __init__(self, file: io.BufferedWriter) -> None:
            self.file = file

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            return self.file.write(data)

    with path.open("wb") as file, zipfile.ZipFile(Pipe(file), "w") as opened:  # type: ignore[type-var]
        for name, data in MEMBERS.items():
            with opened.open(name, "w", force_zip64=True) as member:
                member.write(data)
    check(path, has_region=True)


def test_compressed_weights_are_unpacked_out_of_sight(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(path, method=zipfile.ZIP_DEFLATED)
    scratch = path.parent.parent / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    check(path, has_region=sys.platform == "linux")
    with open_keras(path) as opened:
        kernel = opened.weights.tensor("layers/dense/vars/0")
        if sys.platform != "win32":
            assert not list(scratch.iterdir())
    assert not list(scratch.iterdir())
    assert kernel.region() is None, "its place is gone with the archive"


def test_large_archives_need_zip64(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 1000)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    archive(path)
    monkeypatch.undo()
    assert b"PK\x06\x06" in path.read_bytes()
    check(path, has_region=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows makes no sparse files by seeking")
def test_weights_beyond_four_gigabytes(path: Path) -> None:
    """A sparse file: the archive's members lie behind 5 GiB of another one, which takes no room on the disk."""
    gap = 5 * 1024**3
    with path.open("wb") as file, zipfile.ZipFile(file, "w", allowZip64=True) as opened:
        info = zipfile.ZipInfo("assets/large")
        with opened.open(info, "w", force_zip64=True) as member:
            file.seek(gap, os.SEEK_CUR)
            member.write(b"end")
        for name, data in MEMBERS.items():
            opened.writestr(name, data)
    assert path.stat().st_size > gap
    assert path.stat().st_blocks * 512 < 1024**2
    check(path, has_region=True)


def test_without_metadata(path: Path) -> None:
    archive(path, {name: data for name, data in MEMBERS.items() if name != "metadata.json"})
    with open_keras(path) as opened:
        assert opened.metadata == {}


def test_other_members_can_be_read(path: Path) -> None:
    archive(path, {**MEMBERS, "assets/words.txt": b"a\nb"}, zipfile.ZIP_DEFLATED)
    with open_keras(path) as opened:
        assert opened.names[-1] == "assets/words.txt"
        assert opened.read("assets/words.txt") == b"a\nb"


# ------------------------------------------------------------------------------------------- bad archives


def use(path: Path) -> None:
    with open_keras(path) as opened:
        assert isinstance(opened.config, dict)
        assert isinstance(opened.metadata, dict)
        for _, tensor in opened.weights.tensors():
            tensor.read()


def patched(find: bytes, replace: bytes, **options: Any) -> Callable[[Path], None]:
    def make(path: Path) -> None:
        data = archive(path, **options).read_bytes()
        assert find in data
        path.write_bytes(data.replace(find, replace))

    return make


def without(name: str) -> Callable[[Path], Any]:
    return lambda path: archive(path, {key: data for key, data in MEMBERS.items() if key != name})


def having(name: str, data: bytes = b"x", **options: Any) -> Callable[[Path], Any]:
    return lambda path: archive(path, {**MEMBERS, name: data}, **options)


def twice(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as opened, pytest.warns(UserWarning, match="Duplicate"):
        for name, data in [*MEMBERS.items(), ("config.json", b"{}")]:
            opened.writestr(name, data)


def encrypted(path: Path) -> None:
    """Sets the flag of encryption in both headers of each member."""
    data = bytearray(archive(path).read_bytes())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = data.find(mark)
        while at >= 0:
            data[at + offset] |= 1
            at = data.find(mark, at + 1)
    path.write_bytes(data)


def damaged_deflate(path: Path) -> None:
    with zipfile.ZipFile(archive(path, method=zipfile.ZIP_DEFLATED)) as opened:
        info = opened.getinfo("model.weights.h5")
    data = bytearray(path.read_bytes())
    middle = info.header_offset + 100 + info.compress_size // 2
    data[middle : middle + 50] = bytes(50)
    path.write_bytes(data)


def cut(part: float) -> Callable[[Path], Any]:
    def make(path: Path) -> None:
        data = archive(path).read_bytes()
        path.write_bytes(data[: int(len(data) * part)])

    return make


BAD: dict[str, tuple[Callable[[Path], Any], type[ConversionError], str]] = {
    "missing": (lambda path: None, MissingInputError, "no such file"),
    "folder": (lambda path: path.mkdir(), UnknownFormatError, "folder"),
    "empty": (lambda path: path.write_bytes(b""), CorruptInputError, "empty"),
    "hdf5": (lambda path: path.write_bytes(weights()), UnknownFormatError, "an HDF5 file"),
    "text": (lambda path: path.write_text("hello"), UnknownFormatError, "this is not a .keras archive"),
    "cut in the list": (cut(0.999), CorruptInputError, "cut off"),
    "cut in the weights": (cut(0.5), CorruptInputError, "cut off"),
    "no members": (lambda path: archive(path, {}), MissingInputError, "holds nothing"),
    "no config": (without("config.json"), MissingInputError, "no 'config.json'"),
    "no weights": (without("model.weights.h5"), MissingInputError, "no 'model.weights.h5'"),
    "zipped folder": (
        lambda path: archive(path, {f"model/{name}": data for name, data in MEMBERS.items()}),
        MissingInputError,
        "holds model/metadata.json",
    ),
    "config no JSON": (having("config.json", b'{"a": '), CorruptInputError, "config.json is not JSON"),
    "config no text": (having("config.json", b"\xff\xfe\x00"), CorruptInputError, "config.json is not JSON"),
    "config no object": (having("config.json", b"[1]"), CorruptInputError, "not a JSON object"),
    "config too deep": (having("config.json", b"[" * 200_000), CorruptInputError, "config.json is not JSON"),
    "metadata no JSON": (having("metadata.json", b"x"), CorruptInputError, "metadata.json is not JSON"),
    "weights no HDF5": (having("model.weights.h5", b"x" * 5000), CorruptInputError, "model.weights.h5: the HDF5"),
    "weights cut": (having("model.weights.h5", weights()[:-9]), CorruptInputError, "cut off"),
    "weights cut, compressed": (
        having("model.weights.h5", weights()[:-9], method=zipfile.ZIP_DEFLATED),
        CorruptInputError,
        "cut off",
    ),
    "pickled weights": (
        lambda path: archive(path, {"config.json": b"{}", "model.weights.npz": b"PK"}),
        InputError,
        "pickles",
    ),
    "absolute member": (having("/etc/passwd"), CorruptInputError, "leads outside"),
    "member above": (having("assets/../../x"), CorruptInputError, "leads outside"),
    "member on a drive": (having("C:/x"), CorruptInputError, "leads outside"),
    "member with backslash": (
        patched(b"assets/x", b"assets\\x", members={**MEMBERS, "assets/x": b"1"}),
        CorruptInputError,
        "leads outside",
    ),
    "member twice": (twice, CorruptInputError, "'config.json' twice"),
    "encrypted": (encrypted, InputError, "encrypted"),
    "bzip2": (having("x", method=zipfile.ZIP_BZIP2), InputError, "compressed in a way"),
    "damaged deflate": (damaged_deflate, CorruptInputError, "model.weights.h5 is cut off or damaged"),
    "wrong checksum": (patched(b"Sequential", b"Functional"), CorruptInputError, "config.json is cut off or damaged"),
    "wrong local header": (patched(b"PK\x03\x04", b"PK\x03\x05"), UnknownFormatError, "not a .keras archive"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_good_archive_is_named(path: Path, case: str) -> None:
    make, error, words = BAD[case]
    make(path)
    with pytest.raises(error, match=words) as caught:
        use(path)
    assert str(path) in caught.value.message
    assert caught.value.hint or "bomb" in words or "outside" in words
    assert len(list(path.parent.iterdir())) == path.exists()


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_decompression_bombs_are_refused_unopened(path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(keras_zip, "claim_limit", lambda stored, free=0: max(100_000, 100 * stored))
    archive(path, {**MEMBERS, name: bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    with open_keras(path) as opened:
        monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_: pytest.fail("it was unpacked"))
        with pytest.raises(CorruptInputError, match=f"{name} claims to unpack .* bomb"):
            _ = opened.config if name == "config.json" else opened.weights


def test_a_member_that_unpacks_to_more_than_it_says_is_cut(path: Path) -> None:
    """Says 1000 bytes and holds 20 million: no more than 1000 are ever unpacked, and they are not what was meant."""
    archive(path, {"config.json": bytes(20_000_000)}, zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    path.write_bytes(data.replace((20_000_000).to_bytes(4, "little"), (1000).to_bytes(4, "little")))
    with open_keras(path) as opened, pytest.raises(CorruptInputError, match="cut off or damaged"):
        opened.read("config.json")


def test_no_room_to_unpack_says_where(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.BytesIO):
        def write(self, data: Any) -> int:
            raise OSError(28, "No space left on device")

    archive(path, method=zipfile.ZIP_DEFLATED)
    monkeypatch.setattr(tempfile, "TemporaryFile", Full)
    with pytest.raises(InputError, match="no room to unpack it in"):
        use(path)


def test_random_damage_is_an_error_of_ours_or_harmless(path: Path) -> None:
    dice = random.Random(8)
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        good = archive(path, {**MEMBERS, "model.weights.h5": weights(libver="latest")}, method).read_bytes()
        names = good.find(b"metadata.json"), good.rfind(b"PK\x01\x02")
        for _ in range(150):
            bad = bytearray(good)
            for _ in range(dice.randint(1, 3)):
                bad[min(len(bad) - 1, dice.choice(names) + dice.randint(-30, 200))] = dice.randint(0, 255)
            path.write_bytes(bad)
            try:
                use(path)
            except ConversionError as error:
                assert str(path) in str(error)


def test_nothing_is_left_open(path: Path) -> None:
    archive(path)
    with open_keras(path) as opened:
        opened.weights.tensor("layers/dense/vars/0").read()
    shutil.move(path, path.with_name("moved"))
    if sys.platform == "linux":
        open_names = [entry.readlink().name for entry in Path("/proc/self/fd").iterdir() if entry.exists()]
        assert not [name for name in open_names if "moved" in name]


def test_json_is_plain_data(path: Path) -> None:
    archive(path, {**MEMBERS, "config.json": json.dumps({"a": float("inf")}).encode()})
    with open_keras(path) as opened:
        assert opened.config == {"a": float("inf")}
