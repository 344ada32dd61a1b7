"""Vocabularies that layers have learned, which a `.keras` archive keeps as text files beside the weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tensorflowjs.errors import CorruptInputError
from tensorflowjs.ir.layers import Layer, Model
from tensorflowjs.readers.keras_weights import places

if TYPE_CHECKING:
    from tensorflowjs.formats.keras_zip import KerasArchive

LOOKUPS = ("StringLookup", "IntegerLookup")


def read_vocabularies(model: Model, archive: KerasArchive, path: str = "layers") -> None:
    """Put each of them where one that was told stands: into the configuration of its layer."""
    for place, layer in places(model, path):
        name = f"assets/{place}/vocabulary.txt"
        if layer.model is not None:
            read_vocabularies(layer.model, archive, f"{place}/layers")
        elif layer.class_name in LOOKUPS and layer.config.get("vocabulary") is None and name in archive.names:
            layer.config["vocabulary"] = _entries(layer, archive, name)


def _entries(layer: Layer, archive: KerasArchive, name: str) -> list[str] | list[int]:
    """One on each line, the special ones in front."""
    try:
        lines = archive.read(name).decode("utf-8").splitlines()
        while lines and not lines[-1]:
            lines.pop()
        return [int(line) for line in lines] if layer.class_name == "IntegerLookup" else lines
    except ValueError as error:
        raise CorruptInputError(f"{archive.path}: {name} is no vocabulary ({error}).") from error
