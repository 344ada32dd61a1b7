"""The files in a folder as one archive beside model.json, as the add-on of TF.js for decision forests loads them."""

from __future__ import annotations

import shutil
import zlib
from pathlib import Path, PurePosixPath
from zipfile import BadZipFile, ZipFile, ZipInfo

from tensorflowjs.errors import CorruptInputError, MissingInputError
from tensorflowjs.formats.datasets import claim_limit
from tensorflowjs.formats.signature import unreadable

ASSETS_FILE = "assets.zip"
_COPY = 1 << 20


def write_assets(source: Path, target: Path) -> str:
    """Put all files below `source` into an archive in the folder `target`; returns its name.

    Nothing in it tells when it was made: the same files give the same archive.
    """
    if not source.is_dir():
        raise MissingInputError(f"{source}: the assets of the SavedModel are missing.", hint="Copy the whole folder.")
    with ZipFile(target / ASSETS_FILE, "w") as archive:
        for path in sorted(source.rglob("*")):
            if path.is_file() and not path.is_symlink():
                _add(archive, path, path.relative_to(source).as_posix())
    return ASSETS_FILE


def _add(archive: ZipFile, path: Path, name: str) -> None:
    try:
        with path.open("rb") as file, archive.open(ZipInfo(name), "w", force_zip64=True) as member:
            shutil.copyfileobj(file, member, _COPY)
    except OSError as error:
        raise unreadable(path, error) from error


def unpack_assets(path: Path, target: Path) -> None:
    """Put the files of the archive at `path` into the folder `target`, none of them outside of it."""
    try:
        with ZipFile(path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            names = [PurePosixPath(member.filename) for member in members]
            outside = any(name.is_absolute() or ".." in name.parts or "\\" in str(name) for name in names)
            if outside or sum(member.file_size for member in members) > claim_limit(path.stat().st_size):
                raise CorruptInputError(f"{path}: it holds names that lead outside, or claims to be far too large.")
            for member in members:
                archive.extract(member, target)
    except (BadZipFile, OSError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise CorruptInputError(f"{path}: the archive is damaged ({error}).") from error
