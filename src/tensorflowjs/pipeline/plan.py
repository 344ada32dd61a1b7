"""What a conversion would do, found out without writing anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tensorflowjs import events
from tensorflowjs.events import Note
from tensorflowjs.formats.precision import Precision, precision
from tensorflowjs.formats.quantisation import rules_for
from tensorflowjs.pipeline.opening import PathLike, opened
from tensorflowjs.pipeline.options import Options
from tensorflowjs.pipeline.prepared import Prepared


@dataclass(frozen=True)
class PlannedWeight:
    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int
    stored: Precision  # how it would be written


@dataclass(frozen=True)
class Plan:
    input_path: str
    input_format: str
    output_format: str
    weights: tuple[PlannedWeight, ...]
    layers: int = 0  # of a layers model
    nodes: int = 0  # of a graph model, constants not counted
    passes: Mapping[str, int] = field(default_factory=dict)
    missed: Mapping[tuple[str, str], str] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()

    @property
    def weight_bytes(self) -> int:
        return sum(weight.nbytes for weight in self.weights)

    @property
    def written_bytes(self) -> int:
        return sum(weight.stored.nbytes for weight in self.weights)


def plan(
    input_path: PathLike,
    input_format: str | None = None,
    output_format: str | None = None,
    options: Options | None = None,
) -> Plan:
    """What converting `input_path` would write; every weight to be quantised is tried."""
    wanted = options or Options()
    with events.kept_notes() as notes, opened(input_path, input_format, output_format, wanted.graph) as found:
        prepare = getattr(found.journey, "prepare", None)
        prepared = Prepared({}, []) if prepare is None else prepare(found.model, wanted)
        return Plan(
            input_path=os.fspath(input_path),
            input_format=found.route.source,
            output_format=found.route.target,
            weights=tuple(_weights(prepared, wanted)),
            notes=tuple(dict.fromkeys(notes)),
            **prepared.figures,
        )


def _weights(prepared: Prepared, options: Options) -> list[PlannedWeight]:
    rules = rules_for([name for name, _ in prepared.tensors], options.quantization)
    rows: list[PlannedWeight] = []
    for name, tensor in prepared.tensors:
        rule = rules.get(name)
        stored = precision(tensor, rule, name) if rule else Precision(tensor.dtype, tensor.nbytes)
        rows.append(PlannedWeight(name, tensor.dtype, tensor.shape, tensor.nbytes, stored))
    return rows


def as_json(plan: Plan) -> dict[str, Any]:
    """The plan as JSON values."""
    return {
        "input": plan.input_path,
        "inputFormat": plan.input_format,
        "outputFormat": plan.output_format,
        "layers": plan.layers,
        "nodes": plan.nodes,
        "passes": dict(plan.passes),
        "weightBytes": plan.weight_bytes,
        "writtenBytes": plan.written_bytes,
        "notes": [str(note) for note in plan.notes],
    }
