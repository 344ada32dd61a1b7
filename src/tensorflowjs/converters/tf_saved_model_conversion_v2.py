"""SavedModels, TensorFlow Hub modules and frozen graphs to TF.js graph models, as scripts of old call it.

Names, order and defaults of the parameters are those of the package that this one replaces. A default there also
stands for "not given": a model whose only signature is not the default one is converted, with a note.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tensorflowjs.errors import UsageError
from tensorflowjs.pipeline.options import SHARD_BYTES, QuantizationMap
from tensorflowjs.pipeline.run import convert

__all__ = ["convert_tf_frozen_model", "convert_tf_hub_module", "convert_tf_hub_module_v1", "convert_tf_saved_model"]

PathLike = str | os.PathLike[str]
Metadata = Mapping[str, Any]
_TAGS = "serve"
_SIGNATURE = "serving_default"
_HUB_SIGNATURE = "default"


def convert_tf_saved_model(
    saved_model_dir: PathLike,
    output_dir: PathLike,
    signature_def: str | None = _SIGNATURE,
    saved_model_tags: str | None = _TAGS,
    quantization_dtype_map: QuantizationMap | None = None,
    skip_op_check: bool = False,
    strip_debug_ops: bool = False,
    use_structured_outputs_names: bool = False,
    weight_shard_size_bytes: int = SHARD_BYTES,
    control_flow_v2: bool = False,
    experiments: bool = False,
    metadata: Metadata | None = None,
    frozen_graph_dir: PathLike | None = None,
) -> None:
    """Write one signature of a SavedModel into `output_dir`, for `tf.loadGraphModel`. `experiments` has no effect."""
    if frozen_graph_dir is not None:
        raise UsageError(
            "There is no frozen graph to keep in frozen_graph_dir: no file is written between model and result.",
            hint="Leave frozen_graph_dir out.",
        )
    convert(
        saved_model_dir,
        output_dir,
        "tf_saved_model",
        "tfjs_graph_model",
        quantization_dtype_map=quantization_dtype_map,
        weight_shard_size_bytes=weight_shard_size_bytes,
        metadata=metadata,
        signature_name=_given(signature_def, _SIGNATURE),
        saved_model_tags=_given(saved_model_tags, _TAGS),
        skip_op_check=skip_op_check,
        strip_debug_ops=strip_debug_ops,
        use_structured_outputs_names=use_structured_outputs_names,
        control_flow_v2=control_flow_v2,
    )


def convert_tf_hub_module(
    module_handle: PathLike,
    output_dir: PathLike,
    signature: str | None = _HUB_SIGNATURE,
    saved_model_tags: str | None = _TAGS,
    quantization_dtype_map: QuantizationMap | None = None,
    skip_op_check: bool = False,
    strip_debug_ops: bool = False,
    use_structured_outputs_names: bool = False,
    weight_shard_size_bytes: int = SHARD_BYTES,
    control_flow_v2: bool = False,
    experiments: bool = False,
    metadata: Metadata | None = None,
) -> None:
    """Write a module of TensorFlow Hub (a folder, .tar.gz or https address, of version 1 or 2) into `output_dir`."""
    convert(
        module_handle,
        output_dir,
        "tf_hub",
        "tfjs_graph_model",
        quantization_dtype_map=quantization_dtype_map,
        weight_shard_size_bytes=weight_shard_size_bytes,
        metadata=metadata,
        signature_name=_given(signature, _HUB_SIGNATURE),
        saved_model_tags=_given(saved_model_tags, _TAGS),
        skip_op_check=skip_op_check,
        strip_debug_ops=strip_debug_ops,
        use_structured_outputs_names=use_structured_outputs_names,
        control_flow_v2=control_flow_v2,
    )


def convert_tf_hub_module_v1(
    module_path: PathLike,
    output_dir: PathLike,
    signature: str | None = _HUB_SIGNATURE,
    quantization_dtype_map: QuantizationMap | None = None,
    skip_op_check: bool = False,
    strip_debug_ops: bool = False,
    weight_shard_size_bytes: int = SHARD_BYTES,
    experiments: bool = False,
    metadata: Metadata | None = None,
) -> None:
    """As `convert_tf_hub_module`, with the fewer options that modules of version 1 once had."""
    convert_tf_hub_module(
        module_path,
        output_dir,
        signature,
        quantization_dtype_map=quantization_dtype_map,
        skip_op_check=skip_op_check,
        strip_debug_ops=strip_debug_ops,
        weight_shard_size_bytes=weight_shard_size_bytes,
        experiments=experiments,
        metadata=metadata,
    )


def convert_tf_frozen_model(
    frozen_model_path: PathLike,
    output_node_names: str,
    output_dir: PathLike,
    quantization_dtype_map: QuantizationMap | None = None,
    skip_op_check: bool = False,
    strip_debug_ops: bool = False,
    weight_shard_size_bytes: int = SHARD_BYTES,
    experiments: bool = False,
    metadata: Metadata | None = None,
) -> None:
    """Write a frozen graph, as far as `output_node_names` (separated by commas) need it, into `output_dir`."""
    convert(
        frozen_model_path,
        output_dir,
        "tf_frozen_model",
        "tfjs_graph_model",
        quantization_dtype_map=quantization_dtype_map,
        weight_shard_size_bytes=weight_shard_size_bytes,
        metadata=metadata,
        output_node_names=output_node_names,
        skip_op_check=skip_op_check,
        strip_debug_ops=strip_debug_ops,
    )


def _given(value: str | None, default: str) -> str | None:
    """None where the caller has left the default alone."""
    return None if value == default else value
