"""What a file is, by its first bytes; and what to say when it is not what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tensorflowjs.errors import (
    ConversionError,
    CorruptInputError,
    InputError,
    MissingInputError,
    UnknownFormatError,
)

HDF5_SIGNATURE = b"\x89HDF\r\n\x1a\n"
ZIP_SIGNATURE = b"PK\x03\x04"
EMPTY_ZIP_SIGNATURE = b"PK\x05\x06"

_Recognise = Callable[[bytes], bool]

# (does it start like this?, what it is, what to try)
_LOOKS: tuple[tuple[_Recognise, str, str | None], ...] = (
    (lambda head: head.startswith(HDF5_SIGNATURE), "an HDF5 file", "Keras names such files .h5."),
    (
        lambda head: head.startswith((ZIP_SIGNATURE, EMPTY_ZIP_SIGNATURE)),
        "a zip archive",
        "Keras names such files .keras.",
    ),
    (
        lambda head: head.startswith(b"version https://git-lfs"),
        "a Git LFS pointer, not the file itself",
        "Fetch the file with: git lfs pull",
    ),
    (
        lambda head: head.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")),
        "a web page, perhaps an error page saved instead of the download",
        "Download the file again.",
    ),
    (
        lambda head: head.startswith(b"\x1f\x8b"),
        "compressed with gzip",
        "Unpack it first (gunzip, or tar -xzf), or say --input_format=tf_hub if it is a TensorFlow Hub module.",
    ),
    (
        lambda head: head.lstrip().startswith((b"{", b"[")),
        "a JSON text",
        "For a TF.js model give its model.json.",
    ),
    (lambda head: head.startswith(b"\x80") and head[1:2] in b"\x02\x03\x04\x05", "a Python pickle", None),
)


def require_file(path: Path, *, kind: str) -> int:
    """The size of the file at `path`; an error of the right class when it cannot be a file of this kind."""
    try:
        if path.is_dir():
            raise UnknownFormatError(
                f"{path}: this is a folder; {kind} is a single file.",
                hint="Give the path of the file itself.",
            )
        size = path.stat().st_size
    except FileNotFoundError:
        raise MissingInputError(f"{path}: there is no such file.", hint="Check the path.") from None
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from None
    if size == 0:
        raise CorruptInputError(f"{path}: the file is empty.", hint="Save or download the model again.")
    return size


def unreadable(path: Path | str, error: Exception) -> InputError:
    """What to raise when the operating system does not let us read `path`."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(f"{path}: cannot be read ({reason}).")


def head(path: Path, size: int = 512) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError as error:
        raise unreadable(path, error) from None


def is_hdf5(path: Path) -> bool:
    """HDF5 begins at byte 0, 512, 1024, 2048, ...; whatever comes before is the user's own."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            offset = 0
            while offset + len(HDF5_SIGNATURE) <= size:
                file.seek(offset)
                if file.read(len(HDF5_SIGNATURE)) == HDF5_SIGNATURE:
                    return True
                offset = max(512, offset * 2)
    except OSError:
        return False
    return False


def is_zip(path: Path) -> bool:
    try:
        return path.is_file() and head(path, 4) in (ZIP_SIGNATURE, EMPTY_ZIP_SIGNATURE)
    except InputError:
        return False


def not_this_format(path: Path, *, kind: str) -> ConversionError:
    """The error for a file that is something else than `kind`, naming what it looks like."""
    start = head(path)
    for recognises, what, hint in _LOOKS:
        if recognises(start):
            return UnknownFormatError(f"{path}: this is not {kind} but {what}.", hint=hint)
    return UnknownFormatError(f"{path}: this is not {kind}.", hint="Check that it is the file you meant.")
