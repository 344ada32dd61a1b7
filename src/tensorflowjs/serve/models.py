"""The models below a folder, as the page lists them."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tensorflowjs.serve.folder import Folder

MODEL_FILE = "model.json"
MOST_MODELS = 500
MOST_FOLDERS = 20_000
LARGEST_JSON = 256 * 1024 * 1024
_NEVER = {"node_modules", "__pycache__"}


def list_models(folder: Folder) -> dict[str, Any]:
    """Path, format and sizes of every model; `complete` is false where there was too much to look at."""
    found: list[str] = []
    folders = 0
    for folders, path in enumerate(_folders(folder.root), 1):
        place = (path / MODEL_FILE).relative_to(folder.root).as_posix()
        if folder.size(place) is not None:
            found.append(place)
        if len(found) > MOST_MODELS or folders > MOST_FOLDERS:
            break
    complete = len(found) <= MOST_MODELS and folders <= MOST_FOLDERS
    return {"models": [describe(place, folder) for place in sorted(found[:MOST_MODELS])], "complete": complete}


def _folders(root: Path) -> Iterator[Path]:
    """All visible folders, not through symbolic links."""
    for path, inside, _ in os.walk(root):
        inside[:] = sorted(name for name in inside if not name.startswith(".") and name not in _NEVER)
        yield Path(path)


def describe(place: str, folder: Folder) -> dict[str, Any]:
    """One row of the list; `problem` where the file is no model."""
    row: dict[str, Any] = {"path": place, "format": None, "weightBytes": 0}
    try:
        document = _read(place, folder)
        row["format"] = _format(document)
        row["weightBytes"] = sum(_shard_sizes(document, place, folder))
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        row["problem"] = str(error) if isinstance(error, _Strange) else "this is not the model.json of a TF.js model"
    return row


class _Strange(ValueError):
    """What is wrong with a model.json, in words."""


def _read(place: str, folder: Folder) -> dict[str, Any]:
    found = folder.open(place)
    if found is None:
        raise _Strange("the file is gone")
    with found.file:
        if found.size > LARGEST_JSON:
            raise _Strange(f"the file is larger than {LARGEST_JSON // 1024**2} MiB")
        text = found.file.read()
    try:
        document = json.loads(text)
    except ValueError as error:
        raise _Strange("the file is not JSON") from error
    if not isinstance(document, dict):
        raise _Strange("the file is not a JSON object")
    return document


def _format(document: dict[str, Any]) -> str:
    """What TF.js would take it for."""
    topology = document.get("modelTopology")
    if not isinstance(topology, dict):
        raise _Strange(
            "it holds weights but no model" if document.get("weightsManifest") else "there is no model in it"
        )
    return str(document.get("format") or ("graph-model" if "node" in topology else "layers-model"))


def _shard_sizes(document: dict[str, Any], place: str, folder: Folder) -> Iterator[int]:
    beside = place[: place.rfind("/") + 1]
    for group in document.get("weightsManifest") or []:
        for name in group["paths"]:
            size = folder.size(f"{beside}{name}")
            if size is None:
                raise _Strange(f"its weight file {name} is missing")
            yield size
