"""Functions of JAX to TF.js graph models, without TensorFlow."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tensorflowjs.errors import UsageError
from tensorflowjs.lowering.jax import lower
from tensorflowjs.lowering.jax.tracing import trace
from tensorflowjs.pipeline import graphs
from tensorflowjs.pipeline.options import SHARD_BYTES, GraphOptions, Options, QuantizationMap

__all__ = ["convert_jax"]

_TAGS = "serve"
_SIGNATURE = "serving_default"


def convert_jax(
    apply_fn: Callable[..., Any],
    params: Any,
    *,
    input_signatures: Sequence[Any],
    model_dir: str | os.PathLike[str],
    polymorphic_shapes: Sequence[Any] | None = None,
    signature_def: str | None = _SIGNATURE,
    saved_model_tags: str | None = _TAGS,
    quantization_dtype_map: QuantizationMap | None = None,
    skip_op_check: bool = False,
    strip_debug_ops: bool = False,
    use_structured_outputs_names: bool = False,
    weight_shard_size_bytes: int = SHARD_BYTES,
    control_flow_v2: bool = False,
    experiments: bool = False,
    metadata: Mapping[str, Any] | None = None,
    frozen_graph_dir: str | os.PathLike[str] | None = None,
) -> None:
    """Write `apply_fn(params, *inputs)` into `model_dir`, for `tf.loadGraphModel`.

    `params` is any tree of arrays; they become the weights. `input_signatures` has a (shape, dtype) for each further
    argument, or a tree of them; sizes that are None are open, and `polymorphic_shapes`, in the language of
    `jax.export.symbolic_shape`, can say which of them are equal. `signature_def`, `saved_model_tags`, `experiments`
    and `strip_debug_ops` are there for scripts of old, and have no effect.
    """
    if frozen_graph_dir is not None:
        raise UsageError("There is no frozen graph to keep in frozen_graph_dir: no file is written in between.")
    options = Options(
        quantization_dtype_map or {},
        weight_shard_size_bytes=weight_shard_size_bytes,
        metadata=metadata or {},
        graph=GraphOptions(
            skip_op_check=skip_op_check,
            control_flow_v2=control_flow_v2,
            use_structured_outputs_names=use_structured_outputs_names,
        ),
    )
    traced = trace(apply_fn, params, input_signatures, polymorphic_shapes)
    graphs.write(lower(traced), Path(model_dir), options)
