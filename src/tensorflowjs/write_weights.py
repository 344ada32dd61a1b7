"""Writing weights from numpy arrays, under the name that this package always had for it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tensorflowjs.errors import UnsupportedError, UsageError
from tensorflowjs.formats import tfjs
from tensorflowjs.tensors import ArrayTensor, Tensor


def write_weights(
    weight_groups: list[list[dict[str, Any]]],
    write_dir: str | os.PathLike[str],
    shard_size_bytes: int = 1024 * 1024 * 4,
    write_manifest: bool = True,
    quantization_dtype_map: Mapping[str, bool | str | Iterable[str]] | None = None,
) -> list[dict[str, Any]]:
    """Write groups of `{"name": ..., "data": array}` as shards into `write_dir`, and return their manifest.

    Each group is cut into files of `shard_size_bytes`. With `write_manifest` the manifest is written as
    `weights_manifest.json` too. `quantization_dtype_map` gives for `float16`, `uint8` or `uint16` the patterns of
    names to store so, or True. Types that TF.js lacks are widened or narrowed to those it has.
    """
    _check_groups(weight_groups)
    _check_shard_size(shard_size_bytes)
    groups = [[(entry["name"], _tensor(entry)) for entry in group] for group in weight_groups]
    try:
        written = tfjs.write_weights(
            Path(write_dir),
            groups,
            shard_bytes=shard_size_bytes,
            quantization=quantization_dtype_map,
            write_manifest=write_manifest,
        )
    except (UsageError, UnsupportedError) as error:
        raise ValueError(str(error)) from error
    return written.manifest


def _tensor(entry: Mapping[str, Any]) -> Tensor:
    try:
        return ArrayTensor(entry["data"], entry["name"])
    except KeyError:
        raise ValueError(
            f"Error dumping weight {entry['name']}, dtype {entry['data'].dtype.name} not supported."
        ) from None


def _check_groups(weight_groups: object) -> None:
    if not isinstance(weight_groups, list):
        raise ValueError("weight_groups must be a list of groups")
    if not weight_groups:
        raise ValueError("weight_groups must have more than one list element")
    names = set()
    for i, group in enumerate(weight_groups):
        if not isinstance(group, list):
            raise ValueError(f"weight_groups[{i}] must be a list of weight entries")
        for j, entry in enumerate(group):
            _check_entry(entry, f"weight_groups[{i}][{j}]")
            if entry["name"] in names:
                raise ValueError(f"Error dumping weights, duplicate weight name {entry['name']}")
            names.add(entry["name"])


def _check_entry(entry: Mapping[str, Any], where: str) -> None:
    for field in ("name", "data"):
        if field not in entry:
            raise ValueError(f"{where} has no field '{field}'")
    if not isinstance(entry["data"], np.ndarray):
        raise ValueError(f"{where}['data'] is not a numpy array")


def _check_shard_size(size: object) -> None:
    if not isinstance(size, int):
        raise ValueError(f"shard_size_bytes must be an integer, but got {size}")
    if size <= 0:
        raise ValueError(f"shard_size_bytes must be greater than 0, but got {size}")
