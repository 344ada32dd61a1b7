"""From the path of a URL to an open file: below one folder, visible, regular, in the best encoding.

A path that leads outside (dots, backslashes, absolute, through a symbolic link), to something hidden (`.git`), or to
anything but a file, is answered like one where nothing is.
"""

from __future__ import annotations

import errno
import mimetypes
import os
import re
import stat
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

from tensorflowjs.formats.shards import HASH_DIGITS, content_hash
from tensorflowjs.serve.conditions import preferred

# encoding -> how the compressed file beside the original is called; the better one first
SIBLINGS = {"br": ".br", "gzip": ".gz"}
TYPES = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
}
_HASHED = re.compile(rf".*\.([0-9a-f]{{{HASH_DIGITS}}})\.bin")
_OPENING = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
_FORBIDDEN = "\\\0:" if os.name == "nt" else "\\\0"
_REMEMBERED = 10_000
_NOT_THERE = {
    errno.EACCES, errno.EINVAL, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOENT, errno.ENOTDIR, errno.EPERM,
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """An open file, to be closed by whoever asked for it."""

    file: FileIO
    size: int
    etag: str
    media_type: str
    encoding: str | None
    varies: bool  # another encoding would have been there for somebody else
    immutable: bool  # its name holds a hash of its bytes


@dataclass
class Folder:
    """The files below `root`, which is a resolved path."""

    root: Path
    _checked: dict[tuple[Path, int, int, int], bool] = field(default_factory=dict)

    def open(self, url_path: str, accepted: str = "") -> Found | None:
        """The file at `url_path` ("a/model.json"); `accepted` is the Accept-Encoding of the request."""
        path = self._locate(url_path)
        opened = None if path is None else _open_regular(path)
        if path is None or opened is None:
            return None
        try:
            return self._describe(path, opened, accepted)
        except BaseException:
            opened.close()
            raise

    def size(self, url_path: str) -> int | None:
        """How large the file at `url_path` is; None where nothing would be served."""
        path = self._locate(url_path)
        opened = None if path is None else _open_regular(path)
        if opened is None:
            return None
        with opened:
            return os.fstat(opened.fileno()).st_size

    def _locate(self, url_path: str) -> Path | None:
        parts = url_path.split("/")
        if any(not part or part.startswith(".") or set(part) & set(_FORBIDDEN) for part in parts):
            return None
        try:
            path = Path(os.path.realpath(self.root.joinpath(*parts)))
        except (OSError, ValueError):  # names that no file can have
            return None
        return path if path.is_relative_to(self.root) else None

    def _describe(self, path: Path, opened: FileIO, accepted: str) -> Found:
        status = os.fstat(opened.fileno())
        immutable = self._is_hashed(path, status)
        siblings = {} if path.suffix in SIBLINGS.values() else self._siblings(path, status)
        encoding = preferred(accepted, list(siblings))
        if encoding is not None and (compressed := _open_regular(siblings[encoding])):
            opened.close()
            opened, status = compressed, os.fstat(compressed.fileno())
        else:
            encoding = None
        etag = f'"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"'
        return Found(opened, status.st_size, etag, media_type(path), encoding, bool(siblings), immutable)

    def _siblings(self, path: Path, original: os.stat_result) -> dict[str, Path]:
        """The compressed forms of a file by encoding. One older than the original is of an earlier version of it."""
        found = {}
        for encoding, suffix in SIBLINGS.items():
            sibling = path.with_name(path.name + suffix)
            try:
                status = sibling.lstat()
            except OSError:
                continue
            if stat.S_ISREG(status.st_mode) and status.st_mtime_ns >= original.st_mtime_ns:
                found[encoding] = sibling
        return found

    def _is_hashed(self, path: Path, status: os.stat_result) -> bool:
        """Whether the name holds the hash of the bytes: looked at, since browsers will never ask again."""
        match = _HASHED.fullmatch(path.name)
        if match is None:
            return False
        version = (path, status.st_ino, status.st_mtime_ns, status.st_size)
        if version not in self._checked:
            if len(self._checked) >= _REMEMBERED:
                self._checked.clear()
            self._checked[version] = content_hash(path) == match[1]
        return self._checked[version]


def _open_regular(path: Path) -> FileIO | None:
    """`path` opened for reading if it is a regular file that we may read."""
    try:
        if not stat.S_ISREG(path.lstat().st_mode):  # opening a device could already do something
            return None
        return FileIO(os.open(path, _OPENING))
    except OSError as error:
        if error.errno in _NOT_THERE:
            return None
        raise


def media_type(path: Path) -> str:
    known = TYPES.get(path.suffix.lower())
    return known or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
