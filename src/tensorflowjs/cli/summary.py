"""The closing words of a conversion."""

from __future__ import annotations

from collections.abc import Sequence

from tensorflowjs.events import Note
from tensorflowjs.pipeline.result import Conversion
from tensorflowjs.report.amounts import size

MOST_NOTES = 12


def summary(result: Conversion) -> str:
    from tensorflowjs.report.snippet import snippet

    lines = [f"Wrote {result.output} ({result.output_format}) from {result.input_path} ({result.input_format})."]
    if result.layers:
        lines.append(f"  layers   {result.layers}")
    if result.nodes:
        lines.append(f"  nodes    {result.nodes:,}")
    lines.append(f"  weights  {result.weights} tensors, {result.parameters:,} parameters")
    lines.append(f"  written  {_written(result)}")
    lines += _passes(result)
    lines += _notes(result.notes)
    code = snippet(result.model_json) if result.output_format.startswith("tfjs_") else ""
    if code:
        lines += ["", *code.splitlines()]
    return "\n".join(lines)


def _written(result: Conversion) -> str:
    if not result.output_format.startswith("tfjs_"):
        return size(result.written_bytes)
    shards = "1 shard" if result.shards == 1 else f"{result.shards} shards"
    text = f"{size(result.written_bytes)} in {shards}"
    if result.written_bytes and result.written_bytes < result.weight_bytes:
        saved = result.weight_bytes / result.written_bytes
        text += f", quantised from {size(result.weight_bytes)} ({saved:.1f} times smaller)"
    return text


def _passes(result: Conversion) -> list[str]:
    done = sum(result.passes.values())
    if not done:
        return []
    busiest = sorted(result.passes, key=lambda name: -result.passes[name])[:3]
    return [f"  passes   {done:,} changes, most by {', '.join(name for name in busiest if result.passes[name])}"]


def _notes(notes: Sequence[Note]) -> list[str]:
    lines = [f"  note     {note}" for note in notes[:MOST_NOTES]]
    if len(notes) > MOST_NOTES:
        lines.append(f"  note     ... and {len(notes) - MOST_NOTES} more")
    return lines
