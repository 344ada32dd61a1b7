"""What a conversion did, for whoever wants to show it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tensorflowjs.events import Note


@dataclass(frozen=True)
class Conversion:
    input_path: str
    output_dir: Path
    input_format: str
    output_format: str
    weights: int
    parameters: int
    weight_bytes: int  # as float32 and the like, before quantisation
    written_bytes: int  # of all shards
    shards: int
    notes: tuple[Note, ...]
    layers: int = 0  # of a layers model
    nodes: int = 0  # of a graph model, constants not counted

    @property
    def model_json(self) -> Path:
        return self.output_dir / "model.json"
