"""The files in a folder as one archive beside model.json, as the add-on of TF.js for decision forests loads them."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from tensorflowjs.errors import MissingInputError
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
