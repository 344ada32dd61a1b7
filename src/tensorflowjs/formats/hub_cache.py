"""TensorFlow Hub's way of fetching modules: ask an address for its compressed form, keep it unpacked in a cache.

The cache is the one that TensorFlow Hub itself uses (`TFHUB_CACHE_DIR`, or `tfhub_modules` among the temporary files),
so that what either has fetched serves both. Models that have moved to Kaggle are fetched from there.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tensorflowjs import events
from tensorflowjs.errors import InputError, MissingInputError, UsageError
from tensorflowjs.formats import kaggle
from tensorflowjs.formats.tar import unpack

CACHE_VARIABLE = "TFHUB_CACHE_DIR"
TIMEOUT = 60.0
_ASK_FOR_ARCHIVE = ("tf-hub-format", "compressed")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_COPY = 1 << 20


def is_address(handle: str) -> bool:
    return "://" in handle


def fetch(address: str) -> Path:
    """The folder with the unpacked module at `address`; from the cache if it is there."""
    _check(address, address)
    try:
        return kaggle.fetch(address) if kaggle.is_kaggle(address) else _cached(address)
    except _LeadsToKaggle as moved:
        return kaggle.fetch(moved.address)


def _cached(address: str) -> Path:
    folder = cache_folder() / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    if folder.is_dir() and any(folder.iterdir()):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        archive = staging / "archive.tar.gz"
        _download(address, archive)
        contents = staging / "module"
        contents.mkdir()
        unpack(archive, contents)
        _move(contents, folder)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return folder


def cache_folder() -> Path:
    chosen = os.environ.get(CACHE_VARIABLE)
    return Path(chosen).expanduser() if chosen else Path(tempfile.gettempdir()) / "tfhub_modules"


def _move(contents: Path, folder: Path) -> None:
    try:
        contents.rename(folder)
    except OSError:
        if not (folder.is_dir() and any(folder.iterdir())):  # else somebody else was faster
            raise


def _check(address: str, handle: str) -> None:
    """Only encrypted addresses; plain ones on this machine alone."""
    parts = urlsplit(address)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK):
        return
    raise UsageError(
        f"{handle}: modules are fetched from https:// addresses only.",
        hint="Download the module and give its folder or .tar.gz.",
    )


class _LeadsToKaggle(Exception):
    """The module is not where it was asked for, but on Kaggle."""

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


class _SafeRedirects(HTTPRedirectHandler):
    def redirect_request(self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Request | None:
        _check(newurl, f"{req.full_url} (which leads to {newurl})")
        if kaggle.is_kaggle(newurl):
            raise _LeadsToKaggle(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _download(address: str, target: Path) -> None:
    with _reported(address), build_opener(_SafeRedirects).open(_request(address), timeout=TIMEOUT) as response:
        total = int(response.headers.get("Content-Length") or 0)
        done = 0
        with target.open("wb") as file:
            while piece := response.read(_COPY):
                file.write(piece)
                done += len(piece)
                events.progress("download", done, max(total, done))
        if done < total:
            raise InputError(f"{address}: the download ended after {done:,} of {total:,} bytes.", hint="Try again.")


def _request(address: str) -> Request:
    parts = urlsplit(address)
    query = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict([_ASK_FOR_ARCHIVE])
    return Request(urlunsplit(parts._replace(query=urlencode(query))), headers={"User-Agent": "tensorflowjs"})


@contextmanager
def _reported(address: str) -> Iterator[None]:
    try:
        yield
    except HTTPError as error:
        kind = MissingInputError if error.code in (404, 410) else InputError
        raise kind(
            f"{address}: the server answers {error.code} {error.reason}.", hint="Check the address of the module."
        ) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise InputError(f"{address}: cannot be downloaded ({reason}).", hint="Check the connection.") from error
