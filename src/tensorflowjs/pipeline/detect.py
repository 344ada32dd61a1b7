"""What format an input is in: looked up in its first bytes and members, never in its name alone."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from tensorflowjs.errors import ConversionError, InputError, MissingInputError, UnknownFormatError, UsageError
from tensorflowjs.formats import signature
from tensorflowjs.pipeline.routes import FORMATS

# Formats that serve for each other: SavedModels look alike, and the old converter called several things "keras".
FAMILIES = (
    frozenset({"keras", "keras_keras", "keras_weights"}),
    frozenset({"tf_saved_model", "keras_saved_model", "tf_hub"}),
)
BY_SUFFIX = {
    ".h5": "keras",
    ".hdf5": "keras",
    ".keras": "keras_keras",
    ".pb": "tf_frozen_model",
    ".pbtxt": "tf_frozen_model",
}
OLD_MANIFEST = "weights_manifest.json"  # beside the .pb of a graph model for TF.js before 1.0
LARGEST_JSON = 256 * 1024 * 1024


def input_format(path: Path, asked: str | None) -> str:
    """The format of the input; one that was asked for must be what is found."""
    if asked is not None and asked not in FORMATS:
        raise UsageError(f"There is no input format {asked!r}.", hint=f"There are: {', '.join(FORMATS)}.")
    found = _found(path)
    if asked is None:
        if found is None:
            raise _unknown(path)
        return found
    if found is None or asked == found:
        return asked
    family = next((family for family in FAMILIES if asked in family), frozenset[str]())
    if found not in family:
        raise UnknownFormatError(
            f"{path} is {FORMATS[found].what}, not {FORMATS[asked].what}.",
            hint=f"Leave --input_format out, or use --input_format={found}.",
        )
    return found if family is FAMILIES[0] else asked


def _found(path: Path) -> str | None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise MissingInputError(f"There is no file or folder {path}.", hint="Check the path of the model.") from None
    except (OSError, ValueError) as error:
        raise signature.unreadable(path, error) from None
    if stat.S_ISDIR(mode):
        return _folder(path)
    if not stat.S_ISREG(mode):
        raise InputError(f"{path} is neither a file nor a folder.", hint="Save the model to a file first.")
    return _file(path)


def _file(path: Path) -> str | None:
    if path.suffix.lower() == ".pb" and (path.parent / OLD_MANIFEST).is_file():
        return "tfjs_graph_model"
    if signature.is_zip(path):  # first: the HDF5 in it may begin where HDF5 is looked for behind a user's block
        return "keras_keras"
    if signature.is_hdf5(path):
        return "keras"
    if signature.head(path).lstrip()[:1] == b"{":
        return _json_format(path)
    return BY_SUFFIX.get(path.suffix.lower())


def _json_format(path: Path) -> str | None:
    document = _json(path)
    if not isinstance(document, dict):
        return None
    if "weight_map" in document:
        return "keras_weights"
    topology = document.get("modelTopology")
    if document.get("format") == "graph-model" or (isinstance(topology, dict) and "node" in topology):
        return "tfjs_graph_model"
    if {"modelTopology", "weightsManifest"} & set(document) or {"class_name", "config"} <= set(document):
        return "tfjs_layers_model"
    return None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes()) if path.stat().st_size <= LARGEST_JSON else None
    except (ValueError, RecursionError):
        return None
    except OSError as error:
        raise signature.unreadable(path, error) from None


def _folder(path: Path) -> str | None:
    if (path / "tfhub_module.pb").exists():
        return "tf_hub"
    if any((path / f"saved_model.{kind}").exists() for kind in ("pb", "pbtxt", "cpb")):
        return "tf_saved_model"  # one of Keras as well, unless it is asked for as that
    if (path / "model.json").is_file():
        return _json_format(path / "model.json")
    if (path / OLD_MANIFEST).is_file() and len(list(path.glob("*.pb"))) == 1:
        return "tfjs_graph_model"
    return None


def _unknown(path: Path) -> ConversionError:
    if path.is_dir():
        return UnknownFormatError(
            f"{path} is a folder in which no model is recognised.",
            hint="Name the model file itself, or a SavedModel folder (one that holds saved_model.pb).",
        )
    return signature.not_this_format(path, kind="a model in a format that this converter reads")
