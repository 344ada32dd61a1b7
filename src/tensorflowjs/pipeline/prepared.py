"""A model ready to be written: everything is decided, nothing has been read but names, dtypes and shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tensorflowjs.formats import tfjs
from tensorflowjs.pipeline.options import Options
from tensorflowjs.tensors import Tensor

NamedTensors = list[tuple[str, Tensor]]


@dataclass(frozen=True)
class Prepared:
    """`document` is the model.json but for its manifest; `figures` are fields of a Conversion."""

    document: Mapping[str, Any]
    groups: list[NamedTensors]
    figures: Mapping[str, Any] = field(default_factory=dict)
    assets: Path | None = None  # a folder whose files go beside the model
    marks: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # what else to say of weights, by name

    @property
    def tensors(self) -> NamedTensors:
        return [pair for group in self.groups for pair in group]


def write(prepared: Prepared, target: Path, options: Options) -> dict[str, Any]:
    """Write a model for TF.js into the folder `target`; returns the figures of a Conversion."""
    written = tfjs.write_model(
        target,
        prepared.document,
        prepared.groups,
        shard_bytes=options.weight_shard_size_bytes,
        quantization=options.quantization,
        hash_shards=options.hash_shards,
        marks=prepared.marks,
        assets=prepared.assets,
    )
    tensors = [tensor for _, tensor in prepared.tensors]
    return {
        **prepared.figures,
        "weights": len(tensors),
        "parameters": sum(tensor.count for tensor in tensors),
        "weight_bytes": sum(tensor.nbytes for tensor in tensors),
        "written_bytes": written.weight_bytes,
        "shards": written.shards,
    }
