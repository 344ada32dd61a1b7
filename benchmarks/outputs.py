"""Compares what two converters have written: files, sizes, and each weight's bytes."""

from __future__ import annotations

import filecmp
import json
import math
from pathlib import Path
from typing import Any

SIZES = {"float32": 4, "int32": 4, "uint8": 1, "bool": 1, "uint16": 2, "float16": 2}


def compared(ours: Path, theirs: Path) -> tuple[bool, str]:
    """Whether both outputs hold the same weights, and in words how alike they are."""
    shards = [sorted(path.name for path in folder.glob("*.bin")) for folder in (ours, theirs)]
    manifests = [manifest(folder) for folder in (ours, theirs)]
    same_files = shards[0] == shards[1] and manifests[0] == manifests[1]
    if same_files and all(filecmp.cmp(ours / name, theirs / name, shallow=False) for name in shards[0]):
        return True, f"{_count(shards[0])}, every byte the same"
    mine, others = weights(ours), weights(theirs)
    if mine == others:
        return True, f"{len(mine)} weights, the same by name, in another order"
    if sorted(mine.values()) == sorted(others.values()):
        return True, f"{len(mine)} weights, the same under other names"
    same = sum(others.get(name) == value for name, value in mine.items())
    return False, f"{same} of {len(mine)} weights are the same"


def weight_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.bin"))


def manifest(folder: Path) -> list[dict[str, Any]]:
    """Which weights are where."""
    found: list[dict[str, Any]] = json.loads((folder / "model.json").read_bytes())["weightsManifest"]
    return found


def weights(folder: Path) -> dict[str, bytes]:
    """Shape, dtype and bytes of each weight, by name; for models that fit into memory."""
    found = {}
    for group in manifest(folder):
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        start = 0
        for entry in group["weights"]:
            stop = start + stored_size(entry)
            terms = json.dumps({**entry, "name": ""}, sort_keys=True)  # shape, dtype, scale, ...
            found[entry["name"]] = terms.encode() + data[start:stop]
            start = stop
        if start != len(data):
            raise ValueError(f"{folder}: the manifest tells of {start} bytes, the shards have {len(data)}")
    return found


def stored_size(entry: dict[str, Any]) -> int:
    dtype: str = entry.get("quantization", entry)["dtype"]
    shape: list[int] = entry["shape"]
    return math.prod(shape) * SIZES[dtype]


def _count(shards: list[str]) -> str:
    return "1 shard" if len(shards) == 1 else f"{len(shards)} shards"
