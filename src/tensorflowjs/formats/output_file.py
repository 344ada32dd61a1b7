"""One output file that appears whole or not at all.

with staged_file(Path("model.h5")) as new:
    new.write_bytes(...)          # a hidden file beside the target, which takes its place when the block ends
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tensorflowjs.errors import OutputError
from tensorflowjs.formats.output import cannot_write, make_folders, remove_folders


@contextmanager
def staged_file(target: Path) -> Iterator[Path]:
    """The path of a new file, in a folder of its own, that becomes `target`; removed if anything goes wrong."""
    target = target.absolute()
    if target.is_dir():
        raise OutputError(
            f"{target}: this is a folder, and the output is a file.",
            hint=f"Give the path of the file to write, for example {target / 'model'}{target.suffix or '.h5'}.",
        )
    made: list[Path] = []
    folder: Path | None = None
    done = False
    try:
        make_folders(target.parent, made)
        folder = target.parent / f".tensorflowjs-{os.urandom(4).hex()}.part"
        folder.mkdir()
        yield folder / target.name
        (folder / target.name).replace(target)
        done = True
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if not done:
            remove_folders(made)
