"""`.keras` archives, read in place: configuration as JSON, weights as HDF5 inside the zip.

    with open_keras(path) as archive:
        archive.config, archive.metadata, archive.weights

Keras stores without compression, so that the HDF5 bytes lie plainly in the archive and tensors are regions of
it. A compressed member is unpacked to an anonymous temporary file, which nobody else sees.
"""

from __future__ import annotations

import io
import json
import os
import struct
import tempfile
import zipfile
import zlib
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, BinaryIO

from tensorflowjs.errors import CorruptInputError, InputError, MissingInputError
from tensorflowjs.formats import signature
from tensorflowjs.formats.datasets import FREE_IN_MEMORY, claim_limit
from tensorflowjs.formats.hdf5 import Group, open_embedded_hdf5

_KIND = "a .keras archive"
_CONFIG, _METADATA, _WEIGHTS, _NPZ = "config.json", "metadata.json", "model.weights.h5", "model.weights.npz"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_TRY_AGAIN = "Save, copy or download it again."
_COPY_BYTES = 1024 * 1024
_READ_AHEAD = 64 * 1024


def open_keras(path: Path | str) -> KerasArchive:
    """Open the archive at `path`; its list of members is checked here, before anything is read."""
    path = Path(path)
    signature.require_file(path, kind=_KIND)
    if not signature.is_zip(path):
        raise signature.not_this_format(path, kind=_KIND)
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise CorruptInputError(
            f"{path}: the archive is cut off or damaged; the list of its members cannot be read.", hint=_TRY_AGAIN
        ) from error
    except OSError as error:
        raise signature.unreadable(path, error) from error
    try:
        _check_members(path, archive.infolist())
    except BaseException:
        archive.close()
        raise
    return KerasArchive(path, archive)


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    seen = set()
    for member in members:
        name = member.filename
        # zipfile turns the backslashes of Windows into slashes, and cuts names at a zero byte.
        pure = PurePosixPath(name)
        if pure.is_absolute() or ".." in pure.parts or "\\" in member.orig_filename or ":" in name.split("/")[0]:
            raise CorruptInputError(f"{path}: the member name {name!r} leads outside the archive.")
        if name in seen:
            raise CorruptInputError(f"{path}: the archive has the member '{name}' twice.", hint=_TRY_AGAIN)
        if member.flag_bits & _ENCRYPTED:
            raise InputError(f"{path}: the archive is encrypted.", hint="Unpack it and zip it without a password.")
        if member.compress_type not in _METHODS:
            raise InputError(
                f"{path}: '{name}' is compressed in a way (method {member.compress_type}) that is not read here.",
                hint="Unpack the archive and zip it again without compression.",
            )
        seen.add(name)


class KerasArchive:
    """An open archive. A context manager; tensors of `weights` can be read until it is closed."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._stack = ExitStack()
        self._stack.callback(archive.close)

    def __enter__(self) -> KerasArchive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._stack.close()

    @property
    def names(self) -> list[str]:
        return self._archive.namelist()

    @cached_property
    def config(self) -> dict[str, Any]:
        return self._json(_CONFIG)

    @cached_property
    def metadata(self) -> dict[str, Any]:
        """What wrote the archive; empty where nobody did."""
        return self._json(_METADATA) if _METADATA in self.names else {}

    @cached_property
    def weights(self) -> Group:
        """The root of the weights, in the layout of object paths."""
        if _WEIGHTS not in self.names and _NPZ in self.names:
            raise InputError(
                f"{self.path}: its weights are Python pickles ({_NPZ}), which can run any code and are never opened.",
                hint="Load the model in Keras and save it with model.save('model.keras').",
            )
        member = self._member(_WEIGHTS)
        if member.compress_type == zipfile.ZIP_STORED:
            return self._open_stored(member)
        return self._open_unpacked(member)

    def read(self, name: str) -> bytes:
        """A member whole, if its size is one for memory."""
        member = self._member(name)
        self._check_size(member, FREE_IN_MEMORY)
        try:
            return self._archive.read(member)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self._damaged(name) from error

    def _json(self, name: str) -> dict[str, Any]:
        try:
            document = json.loads(self.read(name))
        except (ValueError, RecursionError) as error:
            raise CorruptInputError(f"{self._where(name)} is not JSON ({error}).", hint=_TRY_AGAIN) from error
        if not isinstance(document, dict):
            raise CorruptInputError(f"{self._where(name)} is not a JSON object.", hint=_TRY_AGAIN)
        return document

    def _member(self, name: str) -> zipfile.ZipInfo:
        try:
            return self._archive.getinfo(name)
        except KeyError:
            listed = ", ".join(self.names[:8]) or "nothing"
            raise MissingInputError(
                f"{self.path}: there is no '{name}' in it; it holds {listed}.",
                hint="A .keras archive is what model.save('model.keras') writes, with these files at its top.",
            ) from None

    def _where(self, name: str) -> str:
        return f"{self.path}: {name}"

    def _damaged(self, name: str) -> CorruptInputError:
        return CorruptInputError(f"{self._where(name)} is cut off or damaged.", hint=_TRY_AGAIN)

    def _check_size(self, member: zipfile.ZipInfo, free: int) -> None:
        """zipfile never unpacks more than a member declares, so that checking the declaration is enough."""
        if member.file_size > claim_limit(member.compress_size, free):
            raise CorruptInputError(
                f"{self._where(member.filename)} claims to unpack {member.compress_size:,} bytes to "
                f"{member.file_size:,}. This is damage or a decompression bomb."
            )

    def _open_stored(self, member: zipfile.ZipInfo) -> Group:
        offset = self._data_offset(member)
        origin = self._where(member.filename)
        window = io.BufferedReader(_Window(self.path, offset, member.file_size), _READ_AHEAD)
        file = open_embedded_hdf5(window, origin, member.file_size, path=self.path, offset=offset)
        return self._stack.enter_context(file).root

    def _data_offset(self, member: zipfile.ZipInfo) -> int:
        """Where the bytes of a stored member begin: behind a header whose length only it tells."""
        with self.path.open("rb") as file:
            file.seek(member.header_offset)
            header = file.read(_LOCAL_HEADER.size)
        if len(header) < _LOCAL_HEADER.size:
            raise self._damaged(member.filename)
        mark, *_, name_size, extra_size = _LOCAL_HEADER.unpack(header)
        offset = member.header_offset + _LOCAL_HEADER.size + name_size + extra_size
        inside = offset + member.file_size <= self.path.stat().st_size
        if mark != signature.ZIP_SIGNATURE or not inside or member.file_size != member.compress_size:
            raise self._damaged(member.filename)
        return int(offset)

    def _open_unpacked(self, member: zipfile.ZipInfo) -> Group:
        self._check_size(member, claim_limit(0))
        file = self._stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        self._unpack(member, file)
        # An anonymous file has a path of its own on Linux only; elsewhere its tensors are read through HDF5.
        path = Path(f"/proc/self/fd/{file.fileno()}")
        known = path if path.exists() else None
        opened = open_embedded_hdf5(file, self._where(member.filename), member.file_size, path=known, transient=True)
        return self._stack.enter_context(opened).root

    def _unpack(self, member: zipfile.ZipInfo, file: BinaryIO) -> None:
        try:
            with self._archive.open(member) as source:
                while data := source.read(_COPY_BYTES):
                    _write(data, file, self._where(member.filename))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise self._damaged(member.filename) from error
        if file.tell() != member.file_size:
            raise self._damaged(member.filename)
        file.flush()
        file.seek(0)


def _write(data: bytes, file: BinaryIO, where: str) -> None:
    try:
        file.write(data)
    except OSError as error:
        raise InputError(
            f"{where} is compressed, and there is no room to unpack it in {tempfile.gettempdir()} ({error.strerror}).",
            hint="Set TMPDIR to a folder with more space, or zip the archive again without compression.",
        ) from error


class _Window(io.RawIOBase):
    """A part of a file as a file."""

    def __init__(self, path: Path, offset: int, size: int) -> None:
        super().__init__()
        self._file = path.open("rb", buffering=0)
        self._offset = offset
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("negative position")
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)[: max(0, self._size - self._at)]
        self._file.seek(self._offset + self._at)
        count = self._file.readinto(view)
        self._at += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
