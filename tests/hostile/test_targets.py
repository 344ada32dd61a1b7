"""Targets that cannot be written, and conversions that are broken off: the folder stays as it was."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import h5py
import pytest

from tensorflowjs import events
from tensorflowjs.cli.converter import main
from tests.fixtures_keras import FOLDER
from tests.hostile.broken_files import SOUND_H5, SOUND_KERAS
from tests.hostile.test_broken_files import tree
from tests.written_models import dense, functional, input_layer

COMMAND = [sys.executable, "-m", "tensorflowjs.cli.converter"]


def refused(capsys: pytest.CaptureFixture[str], source: Path, target: Path | str, *needles: str) -> None:
    assert main([str(source), str(target)]) == 1
    printed = capsys.readouterr()
    assert printed.out == "" and printed.err.startswith("error: ")
    assert not [needle for needle in needles if needle not in printed.err], printed.err


# ------------------------------------------------------------------------------------- no place to write


def test_the_target_is_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out").write_text("here first")
    refused(capsys, SOUND_KERAS, tmp_path / "out", "out", "this is a file", "another output path")
    assert tree(tmp_path) == {"out": b"here first"}


def test_the_target_is_the_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "model.keras"
    source.write_bytes(SOUND_KERAS.read_bytes())
    refused(capsys, source, source, "model.keras", "this is a file")
    assert tree(tmp_path) == {"model.keras": SOUND_KERAS.read_bytes()}


def test_the_target_is_below_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    refused(capsys, SOUND_KERAS, tmp_path / "file" / "below" / "it", "a part of this path is a file")
    assert tree(tmp_path) == {"file": b"x"}


def test_a_folder_stands_where_a_file_should(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "out" / "model.json" / "inside").mkdir(parents=True)
    before = tree(tmp_path)
    refused(capsys, SOUND_KERAS, tmp_path / "out", "model.json")
    assert tree(tmp_path) == before


no_modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows does not forbid by the mode of a folder")


@pytest.fixture
def forbidden(tmp_path: Path) -> Iterator[Path]:
    """A folder in which nobody may write: not even the superuser can, where the disk is read-only."""
    folder = tmp_path / "forbidden"
    folder.mkdir()
    if sys.platform == "linux" and os.geteuid() == 0:
        with mounted(folder, "ro"):
            yield folder
    else:
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


class mounted:
    """A file system in memory at `folder`."""

    def __init__(self, folder: Path, options: str) -> None:
        self.folder = folder
        self._options = options

    def __enter__(self) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", self._options, "tmpfs", str(self.folder)], check=True)

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", str(self.folder)], check=True)


def may_mount() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as folder:
        asked = subprocess.run(["mount", "-t", "tmpfs", "tmpfs", folder], capture_output=True)
        return asked.returncode == 0 and subprocess.run(["umount", folder]).returncode == 0


@no_modes
def test_the_target_may_not_be_written(forbidden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, SOUND_KERAS, forbidden / "out", "no permission to write there", "may write to")
    assert not (forbidden / "out").exists()


@no_modes
def test_an_existing_target_may_not_be_written(forbidden: Path, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, SOUND_KERAS, forbidden, "no permission to write there")


@pytest.mark.skipif(not may_mount(), reason="only the superuser of Linux can make a small disk to fill")
@pytest.mark.parametrize("exists", [False, True])
def test_the_disk_is_full(exists: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    source = large_model(tmp_path / "large.h5", megabytes=8)
    with mounted(disk, "size=1m"):
        if exists:
            (disk / "out").mkdir()
            (disk / "out" / "mine.txt").write_text("stays")
        before = tree(disk)
        refused(capsys, source, disk / "out", "no space left", "Nothing was changed")
        assert tree(disk) == before


# ------------------------------------------------------------------------------------- broken off


def large_model(path: Path, megabytes: int) -> Path:
    """A whole model whose kernel takes this much room, though not on disk: its zeros are never written."""
    units = megabytes * 1024
    topology = functional([input_layer("x", 256), dense("big", units, "x", use_bias=False)], ["x"], ["big"])
    with h5py.File(path, "w") as file:
        file.attrs.update({"keras_version": "2.15.0", "model_config": json.dumps(topology)})
        group = file.create_group("model_weights/big")
        file["model_weights"].attrs["layer_names"] = [b"big"]
        group.attrs["weight_names"] = [b"big/kernel:0"]
        plan = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plan.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        plan.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        space = h5py.h5s.create_simple((256, units))
        links = h5py.h5p.create(h5py.h5p.LINK_CREATE)
        links.set_create_intermediate_group(True)
        h5py.h5d.create(group.id, b"big/kernel:0", h5py.h5t.IEEE_F32LE, space, plan, links)
    return path


def test_the_sparse_model_is_a_sound_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = large_model(tmp_path / "large.h5", megabytes=2)
    assert main([str(source), str(tmp_path / "out")]) == 0
    assert sum(path.stat().st_size for path in (tmp_path / "out").glob("*.bin")) == 2 * 1024 * 1024
    capsys.readouterr()


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize("after", [0, 1, 3])
def test_ctrl_c_while_weights_are_written(
    exists: bool, after: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = large_model(tmp_path / "large.h5", megabytes=32)
    if exists:
        assert main([str(SOUND_H5), str(tmp_path / "out"), "--quiet"]) == 0
    before = tree(tmp_path)
    heard: list[object] = []

    def interrupt(event: events.Event) -> None:
        heard.append(event)
        if isinstance(event, events.Progress) and len(heard) > after:
            raise KeyboardInterrupt

    with events.listening(interrupt):
        assert main([str(source), str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.strip() == "Stopped. Nothing was written."
    assert tree(tmp_path) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_signal_while_weights_are_written(number: signal.Signals, tmp_path: Path) -> None:
    source = large_model(tmp_path / "large.h5", megabytes=1024)
    arguments = [*COMMAND, str(source), str(tmp_path / "web" / "out"), "--quantize_uint8"]
    process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 30
    while not any((tmp_path / "web").rglob("group1*")) and time.monotonic() < until:
        assert process.poll() is None, process.communicate()
        time.sleep(0.005)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.strip() == "Stopped. Nothing was written."
    assert [path.name for path in tmp_path.iterdir()] == ["large.h5"]


def test_damage_found_while_weights_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Compressed data that turns out to be broken: what an earlier conversion wrote stays and is whole."""
    assert main([str(SOUND_H5), str(tmp_path / "out"), "--quiet"]) == 0
    source = tmp_path / "broken.h5"
    source.write_bytes((FOLDER / "keras-2.3.1" / "td_nested-gzip.h5").read_bytes())
    flip_a_bit_of_a_chunk(source)
    before = tree(tmp_path)
    refused(capsys, source, tmp_path / "out", "broken.h5", "time_distributed_1", "damaged")
    assert tree(tmp_path) == before


def flip_a_bit_of_a_chunk(path: Path) -> None:
    with h5py.File(path) as file:
        names: list[str] = []
        file["model_weights/time_distributed_1"].visit(names.append)
        kernel = next(name for name in names if name.endswith("kernel:0"))
        place = file["model_weights/time_distributed_1"][kernel].id.get_chunk_info(0).byte_offset
    with path.open("r+b") as raw:
        raw.seek(place + 8)
        byte = raw.read(1)[0]
        raw.seek(place + 8)
        raw.write(bytes([byte ^ 0xFF]))
