"""Modules of TensorFlow Hub, from a folder, a .tar.gz or an https address.

A module of version 1 (marked by tfhub_module.pb) is a SavedModel of TensorFlow 1 whose graph to use has no tags; one
of version 2 is a plain SavedModel.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

from tensorflowjs.errors import MissingInputError, Problem, UnsupportedError
from tensorflowjs.formats.hub_cache import fetch, is_address
from tensorflowjs.formats.protobuf import parse
from tensorflowjs.formats.tar import unpack
from tensorflowjs.ir.graph import GraphModel
from tensorflowjs.readers import saved_model
from tensorflowjs.readers.saved_model_file import read_bytes

MARK = "tfhub_module.pb"
DEFAULT_SIGNATURES = ("default", "serving_default")
_FORMAT = 3


def read(
    path: Path | str,
    stack: ExitStack,
    *,
    signature_name: str | None = None,
    saved_model_tags: str | None = None,
) -> GraphModel:
    """A module as a graph. `path` may be an address; what is unpacked stays until `stack` is closed."""
    folder = _folder(str(path), stack)
    mark = folder / MARK
    if mark.is_file():
        _check_mark(mark)
        saved_model_tags = saved_model_tags or ""
    return saved_model.read(
        folder,
        stack,
        signature_name=signature_name,
        saved_model_tags=saved_model_tags,
        default_signatures=DEFAULT_SIGNATURES,
    )


def _folder(handle: str, stack: ExitStack) -> Path:
    if is_address(handle):
        return _module_in(fetch(handle))
    path = Path(handle)
    if path.is_dir():
        return path
    if not path.exists():
        raise MissingInputError(f"There is no file or folder {path}.", hint="Check the path of the module.")
    target = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tensorflowjs-")))
    unpack(path, target)
    return _module_in(target)


def _module_in(folder: Path) -> Path:
    """Archives hold the module itself, or one folder with it."""
    inside = list(folder.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else folder


def _check_mark(path: Path) -> None:
    proto = parse("saved_model", "ModuleDef", read_bytes(path), str(path))
    problems = [Problem(str(path), f"it needs the feature {name!r}") for name in proto.required_features]
    if proto.format != _FORMAT:
        problems.append(Problem(str(path), f"its format is number {proto.format}, not {_FORMAT}"))
    if problems:
        raise UnsupportedError("This TensorFlow Hub module cannot be read.", problems)
