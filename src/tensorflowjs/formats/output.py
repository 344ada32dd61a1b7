"""Output appears whole or not at all.

    with staged(target) as staging:
        (staging.folder / "model.json").write_text(...)
        staging.publish(["a.bin", "model.json"], stale=["old.bin"])

Files are made in a hidden folder: beside a target that does not exist yet, which then appears by one
rename; inside one that does (the parent may be on another disk, or not ours to write in), from where they
are moved one by one, the last name last. Whatever goes wrong before `publish` is through, including
Ctrl-C, everything is put back as it was.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tensorflowjs.errors import OutputError

_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}


class Staging:
    """A folder to make files in, and the way to bring them to the target."""

    def __init__(self, target: Path, folder: Path, *, exists: bool) -> None:
        self.target = target
        self.folder = folder
        self.holds_old_files = False  # true when putting them back failed: then they must not be deleted
        self._exists = exists

    def publish(self, names: Sequence[str], *, stale: Iterable[str] = ()) -> None:
        """Move `names` (paths below `folder`) to the target in this order, then delete the `stale` files of it."""
        if not self._exists:
            self.folder.rename(self.target)
            return
        if names:
            with _Exchange(self, names) as exchange:
                exchange.run()
        for name in stale:
            if name not in names:
                with suppress(OSError):
                    (self.target / name).unlink()


class _Exchange:
    """Moves new files over old ones and can take it all back.

    Undoing looks at what lies where rather than at a log, so that being interrupted between a move and
    the note of it does no harm.
    """

    def __init__(self, staging: Staging, names: Sequence[str]) -> None:
        self._staging = staging
        self._new = staging.folder
        self._target = staging.target
        self._old = staging.folder / f"replaced-{os.urandom(4).hex()}"
        self._names = names
        self._made: list[Path] = []

    def __enter__(self) -> _Exchange:
        self._old.mkdir()
        return self

    def run(self) -> None:
        *before, last = self._names
        for name in self._names:
            if (self._target / name).is_dir():
                raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(self._target / name))
        for name in before:
            self._replace(name)
        self._make_folder((self._target / last).parent)
        (self._new / last).replace(self._target / last)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        last_was_moved = not (self._new / self._names[-1]).exists()
        if kind is not None and not last_was_moved:
            self._undo()

    def _replace(self, name: str) -> None:
        final = self._target / name
        self._make_folder(final.parent)
        if os.path.lexists(final):
            (self._old / name).parent.mkdir(parents=True, exist_ok=True)
            final.rename(self._old / name)
        (self._new / name).rename(final)

    def _make_folder(self, folder: Path) -> None:
        self._made += make_folders(folder)

    def _undo(self) -> None:
        for name in self._names[:-1]:
            try:
                if os.path.lexists(self._old / name):
                    (self._old / name).replace(self._target / name)
                elif not (self._new / name).exists():
                    (self._target / name).unlink()
            except OSError:
                self._staging.holds_old_files = True
        remove_folders(self._made)


@contextmanager
def staged(target: Path) -> Iterator[Staging]:
    """A place to prepare the files of `target`; removed again, published or not."""
    target = target.absolute()
    made: list[Path] = []
    staging: Staging | None = None
    done = False
    try:
        exists = _is_folder(target)
        if not exists:
            make_folders(target.parent, made)
        folder = (target if exists else target.parent) / f".tensorflowjs-{os.urandom(4).hex()}.part"
        staging = Staging(target, folder, exists=exists)
        folder.mkdir()
        yield staging
        done = True
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        if staging is not None and not staging.holds_old_files:
            shutil.rmtree(staging.folder, ignore_errors=True)
        if not done:
            remove_folders(made)


def _is_folder(target: Path) -> bool:
    if target.is_dir():
        return True
    if os.path.lexists(target):
        raise OutputError(
            f"{target}: this is a file, and the output is a folder.",
            hint="Give another output path, or remove the file.",
        )
    return False


def make_folders(folder: Path, made: list[Path] | None = None) -> list[Path]:
    """Make `folder` and its parents where missing; the list of those that were, outermost first."""
    made = [] if made is None else made
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir()
        made.append(path)
    return made


def remove_folders(made: Sequence[Path]) -> None:
    """Remove folders that `make_folders` made, unless somebody has put something in them."""
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir()


def cannot_write(target: Path, error: OSError) -> OutputError:
    """What the operating system said, as a sentence with something to try."""
    if error.errno in _NO_SPACE:
        return OutputError(
            f"{target}: there is no space left to write it.",
            hint="Nothing was changed. Free some space, or write elsewhere.",
        )
    if error.errno in _FORBIDDEN:
        return OutputError(
            f"{target}: no permission to write there.", hint="Choose an output folder that you may write to."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return OutputError(
            f"{target}: a part of this path is a file, not a folder.", hint="Choose another output folder."
        )
    where = error.filename or target
    return OutputError(f"{target}: cannot be written ({error.strerror or error}: {where}).")
