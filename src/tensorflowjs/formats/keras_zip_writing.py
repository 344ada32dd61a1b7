"""Writes `.keras` archives: JSON members and the HDF5 file of the weights, uncompressed, as Keras does."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_DATE = (1980, 1, 1, 0, 0, 0)  # the same model gives the same bytes


def write_keras(path: Path, config: Mapping[str, Any], metadata: Mapping[str, Any], weights: Path) -> None:
    """Write an archive to `path` with the HDF5 file `weights` in it."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, document in (("metadata.json", metadata), ("config.json", config)):
            archive.writestr(zipfile.ZipInfo(name, _DATE), json.dumps(document))
        member = zipfile.ZipInfo("model.weights.h5", _DATE)
        member.file_size = weights.stat().st_size
        with weights.open("rb") as source, archive.open(member, "w") as target:
            while block := source.read(1024 * 1024):
                target.write(block)
