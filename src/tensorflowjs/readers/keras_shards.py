"""Weights of Keras 3 in several HDF5 files, and the `.weights.json` that tells which object is in which of them."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path, PurePath
from typing import Any

from tensorflowjs.errors import CorruptInputError, MissingInputError
from tensorflowjs.formats import signature
from tensorflowjs.formats.hdf5 import open_hdf5
from tensorflowjs.ir.damage import quoted
from tensorflowjs.ir.layers import LayersWeights
from tensorflowjs.readers import keras_weights_only
from tensorflowjs.readers.keras_variables import variables

_KIND = "the .weights.json of Keras"


def read(path: Path, stack: ExitStack) -> LayersWeights:
    """All weights of all files, whose tensors can be read until `stack` is closed."""
    places = _places(path)
    files = [_beside(path, name) for name in dict.fromkeys(name for names in places.values() for name in names)]
    stored = variables(stack.enter_context(open_hdf5(file)).root for file in files)
    missing = [place for place in places if place not in stored.by_path]
    if missing:
        raise CorruptInputError(f"{path}: the files that it names do not hold {quoted(missing)}.")
    return keras_weights_only.by_path(stored)


def _places(path: Path) -> dict[str, list[str]]:
    """Names of files by the path of the object whose variables they hold."""
    signature.require_file(path, kind=_KIND)
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise signature.unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise CorruptInputError(f"{path} is not JSON ({error}).") from error
    found: Any = document.get("weight_map") if isinstance(document, dict) else None
    if not isinstance(found, dict) or not found:
        raise CorruptInputError(f'{path} is not {_KIND}: it has no "weight_map".')
    return {place.strip("/").removesuffix("/vars"): _names(path, names) for place, names in found.items()}


def _names(path: Path, value: Any) -> list[str]:
    names = value if isinstance(value, list) else [value]
    for name in names:
        if not isinstance(name, str) or PurePath(name).name != name or name in ("", ".", ".."):
            raise CorruptInputError(f"{path}: {name!r} is not the name of a file beside it.")
    return names


def _beside(path: Path, name: str) -> Path:
    file = path.parent / name
    if not file.is_file():
        raise MissingInputError(
            f"{file}: this file, which {path.name} names, is not there.", hint="Copy all files of the weights together."
        )
    return file
