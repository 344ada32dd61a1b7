"""Unpacks .tar.gz archives from strangers: plain files and folders only, and never outside of the target."""

from __future__ import annotations

import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from tensorflowjs.errors import CorruptInputError, MissingInputError
from tensorflowjs.formats.signature import not_this_format, unreadable

MOST_BYTES = 64 << 30
MOST_MEMBERS = 100_000
GZIP_SIGNATURE = b"\x1f\x8b"
_DAMAGED = (tarfile.TarError, EOFError, zlib.error, UnicodeError, ValueError)


def unpack(archive: Path, target: Path) -> None:
    """Put everything in `archive` into the existing folder `target`."""
    try:
        with archive.open("rb") as file:
            if file.read(2) != GZIP_SIGNATURE:
                raise not_this_format(archive, kind="a .tar.gz archive")
        with tarfile.open(archive, "r:gz") as tar:
            _unpack(tar, archive, target)
    except FileNotFoundError:
        raise MissingInputError(f"{archive}: there is no such file.", hint="Check the path.") from None
    except _DAMAGED as error:
        raise CorruptInputError(
            f"{archive}: the archive is damaged or cut off ({error}).", hint="Download it again."
        ) from error
    except OSError as error:
        raise unreadable(archive, error) from error


def _unpack(tar: tarfile.TarFile, archive: Path, target: Path) -> None:
    total = 0
    for number, member in enumerate(tar):
        total += max(0, member.size)
        if number >= MOST_MEMBERS or total > MOST_BYTES:
            raise CorruptInputError(f"{archive}: the archive claims to hold far more than a model.")
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
