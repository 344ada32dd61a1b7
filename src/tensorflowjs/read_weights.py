"""Reading weights into numpy arrays, under the name that this package always had for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.errors import InputError, MissingInputError
from tensorflowjs.formats import manifest

# The number of bytes, and their type, that tell the length of a string.
STRING_LENGTH_NUM_BYTES = 4
STRING_LENGTH_DTYPE = np.dtype("<u4")

_DTYPES = frozenset({"float16", "float32", "int32", "complex64", "uint8", "uint16", "string", "bool"})

Entry = dict[str, Any]


def read_weights(
    weights_manifest: list[dict[str, Any]], base_path: str | os.PathLike[str], flatten: bool = False
) -> list[Any]:
    """The weights of a manifest, whose shards lie in `base_path`.

    Returns a list of groups, each a list of `{"name": ..., "data": array}`; with `flatten` one list of all of them.
    """
    if not isinstance(weights_manifest, list):
        raise ValueError(f"weights_manifest should be a `list`, but received {type(weights_manifest)}")
    _check_dtypes(weights_manifest)
    try:
        groups = manifest.read_manifest(weights_manifest, Path(base_path))
    except MissingInputError as error:
        raise FileNotFoundError(str(error)) from error
    except InputError as error:
        raise ValueError(str(error)) from error
    return _arrays(groups, flatten)


def decode_weights(
    weights_manifest: list[dict[str, Any]], data_buffers: bytes | list[bytes], flatten: bool = False
) -> list[Any]:
    """The same from memory: one buffer per group with the bytes of all its weights."""
    if not isinstance(data_buffers, list):
        data_buffers = [data_buffers]
    if len(weights_manifest) != len(data_buffers):
        raise ValueError(
            f"Mismatch in the length of weights_manifest ({len(weights_manifest)}) "
            f"and the length of data buffers ({len(data_buffers)})"
        )
    _check_dtypes(weights_manifest)
    try:
        groups = [
            manifest.read_group(group, manifest.MemoryBytes(data), origin="manifest")
            for group, data in zip(weights_manifest, data_buffers, strict=True)
        ]
    except InputError as error:
        raise ValueError(str(error)) from error
    return _arrays(groups, flatten)


def _arrays(groups: list[list[manifest.StoredWeight]], flatten: bool) -> list[Any]:
    read = [[{"name": weight.name, "data": weight.tensor.read()} for weight in group] for group in groups]
    return [entry for group in read for entry in group] if flatten else read


def _check_dtypes(weights_manifest: list[dict[str, Any]]) -> None:
    for group in weights_manifest:
        for weight in group["weights"]:
            if weight["dtype"] not in _DTYPES:
                raise NotImplementedError(f"Unsupported data type: {weight['dtype']}")
