"""Runs a conversion: detect, read, then the journey of its route."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tensorflowjs import events
from tensorflowjs.errors import UsageError
from tensorflowjs.pipeline.opening import PathLike, format_by_name, opened
from tensorflowjs.pipeline.options import SHARD_BYTES, GraphOptions, Options, QuantizationMap
from tensorflowjs.pipeline.result import Conversion
from tensorflowjs.pipeline.routes import FORMATS, Route


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

    The input format is detected, and checked when given; the output format may follow from the ending of the name.
    Raises a `ConversionError` and leaves the folder as it was when anything is in the way. The other options are
    those of `GraphOptions`.
    """
    output_format = output_format or format_by_name(input_path, input_format, output_dir)
    size = SHARD_BYTES if weight_shard_size_bytes is None else weight_shard_size_bytes
    graph = GraphOptions(**graph_options)
    options = Options(quantization_dtype_map or {}, split_weights_by_layer, size, metadata or {}, graph, hash_shards)
    with events.kept_notes() as notes, opened(input_path, input_format, output_format, graph) as found:
        _check_options(found.route, options)
        written = found.journey.write(found.model, Path(output_dir), options)
    return Conversion(
        input_path=os.fspath(input_path),
        output_dir=Path(output_dir),
        input_format=found.route.source,
        output_format=found.route.target,
        notes=tuple(dict.fromkeys(notes)),
        **written,
    )


def _check_options(route: Route, options: Options) -> None:
    """What is asked of weight files only means something where TF.js loads them."""
    plain = Options(metadata=options.metadata, graph=options.graph)
    if not route.target.startswith("tfjs_") and options != plain:
        raise UsageError(
            "Quantisation, --hash_shards, --weight_shard_size_bytes, --split_weights_by_layer are for TF.js models, "
            f"and the output is {FORMATS[route.target].what}.",
            hint=f"Leave them out, or choose another --output_format, such as {route.source}.",
        )
