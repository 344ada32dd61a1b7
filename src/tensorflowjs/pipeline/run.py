"""Runs a conversion: detect, read, then the journey of its route."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from tensorflowjs import events
from tensorflowjs.errors import CorruptInputError
from tensorflowjs.pipeline import detect, routes
from tensorflowjs.pipeline.options import SHARD_BYTES, GraphOptions, Options, QuantizationMap
from tensorflowjs.pipeline.result import Conversion

PathLike = str | os.PathLike[str]


def convert(
    input_path: PathLike,
    output_dir: PathLike,
    input_format: str | None = None,
    output_format: str | None = None,
    *,
    quantization_dtype_map: QuantizationMap | None = None,
    split_weights_by_layer: bool = False,
    weight_shard_size_bytes: int | None = None,
    metadata: Mapping[str, Any] | None = None,
    hash_shards: bool = False,
    **graph_options: Any,
) -> Conversion:
    """Convert the model at `input_path` into the folder `output_dir` and say what was done.

    The input format is detected, and checked when given. Raises a `ConversionError` and leaves the folder as it
    was when anything is in the way. The other options are those of `GraphOptions`.
    """
    size = SHARD_BYTES if weight_shard_size_bytes is None else weight_shard_size_bytes
    graph = GraphOptions(**graph_options)
    options = Options(quantization_dtype_map or {}, split_weights_by_layer, size, metadata or {}, graph, hash_shards)
    address = os.fspath(input_path).startswith("https://")
    source = os.fspath(input_path) if address else Path(input_path)
    found = "tf_hub" if isinstance(source, str) else detect.input_format(source, input_format)
    route = routes.find(found, output_format)
    notes: list[events.Note] = []
    with events.listening(lambda event: _keep_note(event, notes)), ExitStack() as stack, _bounded(source):
        reader = import_module(f"tensorflowjs.readers.{route.reader}")
        journey = import_module(f"tensorflowjs.pipeline.{route.journey}")
        wanted = {name: getattr(graph, name) for name in route.takes}
        model = reader.read(source, stack, **wanted)
        written = journey.write(model, Path(output_dir), options)
    return Conversion(
        input_path=os.fspath(input_path),
        output_dir=Path(output_dir),
        input_format=route.source,
        output_format=route.target,
        notes=tuple(dict.fromkeys(notes)),
        **written,
    )


@contextmanager
def _bounded(source: Path | str) -> Iterator[None]:
    """Models may contain models, but no real one does so a hundred times over."""
    try:
        yield
    except RecursionError as error:
        raise CorruptInputError(f"{source}: what is in it is nested too deeply for a model.") from error


def _keep_note(event: events.Event, notes: list[events.Note]) -> None:
    if isinstance(event, events.Note):
        notes.append(event)
