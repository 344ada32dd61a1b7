"""Unpacks .tar.gz archives from strangers: plain files and folders only, and never outside of the target."""

from __future__ import annotations

import gzip
import shutil
import tarfile
import zlib
from io import RawIOBase
from pathlib import Path, PurePosixPath

from tensorflowjs.errors import CorruptInputError, MissingInputError
from tensorflowjs.formats.signature import not_this_format, unreadable

MOST_BYTES = 64 << 30
MOST_MEMBERS = 100_000
MOST_TIMES = 100  # the size of the archive; weights hardly get smaller by packing, other files a few times
ALWAYS_ALLOWED = 256 << 20  # bytes, whatever the size of the archive
MOST_AT_ONCE = 8 << 20  # bytes that the fields of a member may claim for a name
GZIP_SIGNATURE = b"\x1f\x8b"
_DAMAGED = (tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, UnicodeError, ValueError)


def unpack(archive: Path, target: Path) -> None:
    """Put everything in `archive` into the existing folder `target`."""
    try:
        with archive.open("rb") as file:
            if file.read(2) != GZIP_SIGNATURE:
                raise not_this_format(archive, kind="a .tar.gz archive")
        with gzip.open(archive) as packed, tarfile.open(fileobj=_Bounded(packed, archive), mode="r:") as tar:
            _unpack(tar, archive, target)
    except FileNotFoundError:
        raise MissingInputError(f"{archive}: there is no such file.", hint="Check the path.") from None
    except _DAMAGED as error:
        raise CorruptInputError(
            f"{archive}: the archive is damaged or cut off ({error}).", hint="Download it again."
        ) from error
    except OSError as error:
        raise unreadable(archive, error) from error


class _Bounded(RawIOBase):
    """The unpacked bytes of `archive`, up to a size that no model exceeds."""

    def __init__(self, packed: gzip.GzipFile, archive: Path) -> None:
        self._packed = packed
        self._archive = archive
        self._most = min(MOST_BYTES, max(ALWAYS_ALLOWED, MOST_TIMES * archive.stat().st_size))

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MOST_AT_ONCE or self._packed.tell() + size > self._most:
            raise _too_much(self._archive)
        return self._packed.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence != 0 or offset > self._most:
            raise _too_much(self._archive)
        return self._packed.seek(offset)

    def tell(self) -> int:
        return self._packed.tell()


def _too_much(archive: Path) -> CorruptInputError:
    return CorruptInputError(f"{archive}: the archive claims to hold far more than a model.")


def _unpack(tar: tarfile.TarFile, archive: Path, target: Path) -> None:
    for number, member in enumerate(tar):
        if number >= MOST_MEMBERS:
            raise _too_much(archive)
        path = target / _safe_name(member, archive)
        if member.isdir():
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        source = tar.extractfile(member)
        assert source is not None
        with source, path.open("wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)


def _safe_name(member: tarfile.TarInfo, archive: Path) -> PurePosixPath:
    name = PurePosixPath(member.name.replace("\\", "/"))
    if name.is_absolute() or ".." in name.parts or any(":" in part for part in name.parts):
        raise CorruptInputError(f"{archive}: its member {member.name!r} would lie outside of the target.")
    if not (member.isfile() or member.isdir()):
        raise CorruptInputError(f"{archive}: its member {member.name!r} is neither a file nor a folder.")
    return name
