"""What a conversion did, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    passes: Mapping[str, int] = field(default_factory=dict)  # of the optimiser: how often each changed something
    missed: Mapping[tuple[str, str], str] = field(default_factory=dict)  # (pass, node) -> why it left the node

    @property
    def output(self) -> Path:
        """What to load: the model.json, or the file or folder that Keras reads."""
        return self.model_json if self.output_format.startswith("tfjs") else self.output_dir

    @property
    def model_json(self) -> Path:
        return self.output_dir / "model.json"
