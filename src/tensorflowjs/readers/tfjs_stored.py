"""Models for TF.js just as they are stored, for changing nothing but how."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

from tensorflowjs.formats.manifest import StoredModel, read_model


def read(path: Path, stack: ExitStack) -> StoredModel:
    """The model.json at `path`, or in the folder `path`, and its weights, dequantised when they are read."""
    return read_model(path)
